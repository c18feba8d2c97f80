//===-- MathToPtx.cpp - Functions of the special-function unit ------------===//
//
// Scalar f32 functions as ptx operations. Where the instruction alone is as exact as f32 arithmetic, it is
// always used; where it is not, only under the fast-math flag `afn` (approximate functions), which 16-bit
// functions carry too.
//
//===----------------------------------------------------------------------===//

#include "ThreadProgram.h"

#include "dialects/Ptx/Ptx.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <numbers>

using namespace mlir;
using namespace ashlar;

static bool hasFlag(Operation *op, arith::FastMathFlags flag) {
  auto fast = dyn_cast<arith::ArithFastMathInterface>(op);
  return fast && fast.getFastMathFlagsAttr() &&
         bitEnumContainsAny(fast.getFastMathFlagsAttr().getValue(), flag);
}

static bool allowsApproximation(Operation *op) { return hasFlag(op, arith::FastMathFlags::afn); }

/// Division may also be a multiplication by the reciprocal under `arcp`.
static bool allowsReciprocal(Operation *op) {
  return hasFlag(op, arith::FastMathFlags::afn | arith::FastMathFlags::arcp);
}

/// Whether products of warp groups may be under way in the function. They must not be across a call, and rounded
/// division and square root are calls.
static bool forbidsCalls(Operation *op) {
  auto function = op->getParentOfType<FunctionOpInterface>();
  return function && function->hasAttr(forbidsCallsAttrName);
}

void ashlar::markFunctionsWithoutCalls(gpu::GPUModuleOp gpuModule) {
  for (auto function : gpuModule.getOps<gpu::GPUFuncOp>())
    if (function.walk([](ptx::WgmmaOp) { return WalkResult::interrupt(); }).wasInterrupted())
      function->setAttr(forbidsCallsAttrName, UnitAttr::get(function.getContext()));
}

bool ashlar::lowersToSpecialFunction(Operation *op) {
  if (op->getNumResults() != 1 || !getElementTypeOrSelf(op->getResult(0)).isF32())
    return false;
  if (isa<math::ExpOp, math::Exp2Op, math::RsqrtOp>(op))
    return true;
  if (isa<arith::DivFOp>(op))
    return allowsReciprocal(op) || forbidsCalls(op);
  if (isa<math::SqrtOp>(op) && forbidsCalls(op))
    return true;
  return isa<math::LogOp, math::Log2Op, math::Log10Op, math::TanhOp, math::SqrtOp>(op) &&
         allowsApproximation(op);
}

static Value constant(ImplicitLocOpBuilder &builder, double value) {
  return arith::ConstantOp::create(builder, builder.getF32FloatAttr(static_cast<float>(value)));
}

/// exp(x) as 2^(x * log2 e). One instruction rounds the product to f32, whose error grows with |x|; unless
/// that is allowed, the rounding error e of the product is computed exactly and 2^e = 1 + e * ln 2 makes up
/// for it.
static Value buildExp(ImplicitLocOpBuilder &builder, Value x, bool approximate) {
  constexpr float log2eHigh = std::numbers::log2e_v<float>;
  constexpr double log2eLow = std::numbers::log2e - double(log2eHigh);
  if (approximate) {
    Value scaled = arith::MulFOp::create(builder, x, constant(builder, log2eHigh));
    return ptx::Ex2Op::create(builder, scaled);
  }
  // Beyond these bounds the result is zero or infinite anyway, and the error of an infinite product is no
  // number.
  x = arith::MaximumFOp::create(builder, x, constant(builder, -105.0));
  x = arith::MinimumFOp::create(builder, x, constant(builder, 90.0));
  Value high = constant(builder, log2eHigh);
  Value scaled = arith::MulFOp::create(builder, x, high);
  Value error = math::FmaOp::create(builder, x, high, arith::NegFOp::create(builder, scaled));
  error = math::FmaOp::create(builder, x, constant(builder, log2eLow), error);
  Value correction =
      math::FmaOp::create(builder, error, constant(builder, std::numbers::ln2), constant(builder, 1.0));
  return arith::MulFOp::create(builder, ptx::Ex2Op::create(builder, scaled), correction);
}

/// The logarithm of another base: lg2(x) * log_base(2).
static Value buildLog(ImplicitLocOpBuilder &builder, Value x, double logOfTwo) {
  Value binary = ptx::Lg2Op::create(builder, x);
  return arith::MulFOp::create(builder, binary, constant(builder, logOfTwo));
}

static Value buildSpecialFunction(ImplicitLocOpBuilder &builder, Operation *op) {
  Value x = op->getOperand(0);
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](math::ExpOp) { return buildExp(builder, x, allowsApproximation(op)); })
      .Case([&](math::Exp2Op) { return ptx::Ex2Op::create(builder, x); })
      .Case([&](math::RsqrtOp) { return ptx::RsqrtOp::create(builder, x); })
      .Case([&](math::SqrtOp) { return ptx::SqrtOp::create(builder, x); })
      .Case([&](math::TanhOp) { return ptx::TanhOp::create(builder, x); })
      .Case([&](math::Log2Op) { return ptx::Lg2Op::create(builder, x); })
      .Case([&](math::LogOp) { return buildLog(builder, x, std::numbers::ln2); })
      .Case([&](math::Log10Op) { return buildLog(builder, x, std::numbers::ln2 / std::numbers::ln10); })
      .Case([&](arith::DivFOp division) -> Value {
        if (!allowsReciprocal(division))
          return ptx::DivOp::create(builder, x, division.getRhs());
        Value reciprocal = ptx::RcpOp::create(builder, division.getRhs());
        return arith::MulFOp::create(builder, x, reciprocal);
      });
}

namespace {
struct LowerToSpecialFunction : RewritePattern {
  LowerToSpecialFunction(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/5, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!lowersToSpecialFunction(op))
      return rewriter.notifyMatchFailure(op, "is not a function of the special-function unit");
    if (isa<ShapedType>(op->getResult(0).getType()))
      return rewriter.notifyMatchFailure(op, "is not scalar");
    ImplicitLocOpBuilder builder(op->getLoc(), rewriter);
    rewriter.replaceOp(op, buildSpecialFunction(builder, op));
    return success();
  }
};
} // namespace

/// Two numbers rounded to 16 bits by one instruction.
static Value packPair(ImplicitLocOpBuilder &builder, Value low, Value high, VectorType type) {
  auto round = NVVM::FPRoundingMode::RN;
  auto saturate = NVVM::SaturationMode::NONE;
  if (type.getElementType().isF16())
    return NVVM::ConvertF32x2ToF16x2Op::create(builder, type, high, low, Value(), round, saturate,
                                               /*relu=*/false);
  return NVVM::ConvertF32x2ToBF16x2Op::create(builder, type, high, low, Value(), round, saturate,
                                              /*relu=*/false);
}

namespace {
/// Rounds the accumulators of a warp group in pairs. One by one, ptxas takes the conversions for reads of
/// accumulators of products that are under way, and serializes the products (its note C7514).
struct PackConversions : OpRewritePattern<arith::TruncFOp> {
  PackConversions(MLIRContext *context) : OpRewritePattern(context, /*benefit=*/6) {}

  LogicalResult matchAndRewrite(arith::TruncFOp op, PatternRewriter &rewriter) const override {
    auto type = dyn_cast<VectorType>(op.getType());
    bool is16Bit = type && (type.getElementType().isF16() || type.getElementType().isBF16());
    if (!is16Bit || type.getRank() != 1 || type.getNumElements() % 2 != 0 || !forbidsCalls(op) ||
        !getElementTypeOrSelf(op.getIn().getType()).isF32())
      return rewriter.notifyMatchFailure(op, "is not a row of even length in a function of warp groups");
    ImplicitLocOpBuilder builder(op.getLoc(), rewriter);
    auto pairType = VectorType::get({2}, type.getElementType());
    Value result = arith::ConstantOp::create(builder, rewriter.getZeroAttr(type));
    for (int64_t i = 0; i < type.getNumElements(); i += 2) {
      Value low = vector::ExtractOp::create(builder, op.getIn(), ArrayRef<int64_t>{i});
      Value high = vector::ExtractOp::create(builder, op.getIn(), ArrayRef<int64_t>{i + 1});
      Value pair = packPair(builder, low, high, pairType);
      result = vector::InsertStridedSliceOp::create(builder, pair, result, ArrayRef<int64_t>{i},
                                                    ArrayRef<int64_t>{1});
    }
    rewriter.replaceOp(op, result);
    return success();
  }
};
} // namespace

void ashlar::populateMathToPtxPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerToSpecialFunction, PackConversions>(patterns.getContext());
}
