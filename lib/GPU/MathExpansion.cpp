//===-- MathExpansion.cpp - Functions as polynomials ----------------------===//
//
// What the special-function unit does not compute: 16-bit functions go through f32, the rest becomes
// polynomials. Both exits thereby run the same arithmetic, and neither needs a mathematical library.
//
//===----------------------------------------------------------------------===//

#include "MathFunctions.h"
#include "ThreadProgram.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <limits>

using namespace mlir;
using namespace ashlar;

static bool isSixteenBitFloat(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isF16() || element.isBF16();
}

/// Questions about the encoding of a float, which f32 would answer for another type.
static bool isClassification(Operation *op) {
  return isa<math::IsNaNOp, math::IsInfOp, math::IsFiniteOp, math::IsNormalOp>(op);
}

/// `type` with f32 elements where it has 16-bit floats.
static Type widened(Type type) {
  if (!isSixteenBitFloat(type))
    return type;
  Type f32 = Float32Type::get(type.getContext());
  if (auto shaped = dyn_cast<ShapedType>(type))
    return shaped.clone(f32);
  return f32;
}

static Value integerConstant(ImplicitLocOpBuilder &builder, Type type, int64_t value) {
  return buildConstant(builder, type, builder.getIntegerAttr(getElementTypeOrSelf(type), value));
}

namespace {
/// A function of 16-bit floats is that of f32, rounded. Approximations lie below the rounding, hence `afn`.
struct ComputeInF32 : RewritePattern {
  ComputeInF32(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/8, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isa_and_present<math::MathDialect>(op->getDialect()))
      return rewriter.notifyMatchFailure(op, "is not a function");
    if (isa<math::AbsFOp, math::CopySignOp, math::ClampFOp, math::FmaOp>(op) || isClassification(op))
      return rewriter.notifyMatchFailure(op, "exists for 16 bits");
    if (llvm::none_of(op->getOperandTypes(), isSixteenBitFloat))
      return rewriter.notifyMatchFailure(op, "has no 16-bit operand");

    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(
          isSixteenBitFloat(operand.getType())
              ? arith::ExtFOp::create(rewriter, op->getLoc(), widened(operand.getType()), operand)
              : operand);
    SmallVector<Type> types = llvm::map_to_vector(op->getResultTypes(), widened);
    Operation *wide =
        rewriter.create(op->getLoc(), op->getName().getIdentifier(), operands, types, op->getAttrs());
    if (auto fast = dyn_cast<arith::ArithFastMathInterface>(wide)) {
      arith::FastMathFlags flags = fast.getFastMathFlagsAttr().getValue() | arith::FastMathFlags::afn;
      wide->setAttr(fast.getFastMathAttrName(), arith::FastMathFlagsAttr::get(op->getContext(), flags));
    }
    SmallVector<Value> results;
    for (auto [result, type] : llvm::zip_equal(wide->getResults(), op->getResultTypes()))
      results.push_back(isSixteenBitFloat(type)
                            ? arith::TruncFOp::create(rewriter, op->getLoc(), type, result)
                            : Value(result));
    rewriter.replaceOp(op, results);
    return success();
  }
};
} // namespace

/// A function of f32 by one of the formulas of MathFunctions.h.
using UnaryFormula = Value (*)(FunctionBuilder &, Value);
using BinaryFormula = Value (*)(FunctionBuilder &, Value, Value);

namespace {
template <typename OpTy, typename Formula>
struct ExpandFunction : OpRewritePattern<OpTy> {
  ExpandFunction(MLIRContext *context, Formula formula)
      : OpRewritePattern<OpTy>(context, /*benefit=*/5), formula(formula) {}

  LogicalResult matchAndRewrite(OpTy op, PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return rewriter.notifyMatchFailure(op, "is not a function of f32");
    ImplicitLocOpBuilder builder(op.getLoc(), rewriter);
    FunctionBuilder functions(builder, op.getType());
    if constexpr (std::is_same_v<Formula, BinaryFormula>)
      rewriter.replaceOp(op, formula(functions, op->getOperand(0), op->getOperand(1)));
    else
      rewriter.replaceOp(op, formula(functions, op->getOperand(0)));
    return success();
  }

  Formula formula;
};

/// Sine and cosine are found together by the backend: their range reduction is the same.
struct SplitSincos : OpRewritePattern<math::SincosOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::SincosOp op, PatternRewriter &rewriter) const override {
    Value sine = math::SinOp::create(rewriter, op.getLoc(), op.getOperand());
    rewriter.replaceOp(op, {sine, math::CosOp::create(rewriter, op.getLoc(), op.getOperand())});
    return success();
  }
};

/// The polynomial behind the cube root does not know infinities, which are their own roots.
struct GuardCubeRoot : OpRewritePattern<math::CbrtOp> {
  GuardCubeRoot(MLIRContext *context) : OpRewritePattern(context, /*benefit=*/5) {}

  LogicalResult matchAndRewrite(math::CbrtOp op, PatternRewriter &rewriter) const override {
    if (op->hasAttr(guardedAttrName) || !getElementTypeOrSelf(op.getType()).isF32())
      return rewriter.notifyMatchFailure(op, "is guarded already, or not a function of f32");
    ImplicitLocOpBuilder builder(op.getLoc(), rewriter);
    FunctionBuilder f(builder, op.getType());
    Value x = op.getOperand();
    auto root = math::CbrtOp::create(builder, x);
    root->setAttr(guardedAttrName, rewriter.getUnitAttr());
    Value isInfinite = f.equal(f.abs(x), f.number(std::numeric_limits<double>::infinity()));
    rewriter.replaceOp(op, f.select(isInfinite, x, root));
    return success();
  }

  static constexpr StringLiteral guardedAttrName = "guarded";
};

/// Classes of floats as comparisons of the magnitude; comparisons are false where an operand is no number.
struct ExpandClassification : RewritePattern {
  ExpandClassification(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/5, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isClassification(op))
      return rewriter.notifyMatchFailure(op, "does not ask for a class of floats");
    ImplicitLocOpBuilder builder(op->getLoc(), rewriter);
    Value x = op->getOperand(0);
    auto compare = [&](arith::CmpFPredicate predicate, Value a, Value b) -> Value {
      return arith::CmpFOp::create(builder, predicate, a, b);
    };
    if (isa<math::IsNaNOp>(op)) {
      rewriter.replaceOp(op, compare(arith::CmpFPredicate::UNO, x, x));
      return success();
    }
    auto type = cast<FloatType>(getElementTypeOrSelf(x));
    Value magnitude = math::AbsFOp::create(builder, x);
    auto limit = [&](const APFloat &value) {
      return buildConstant(builder, x.getType(), builder.getFloatAttr(type, value));
    };
    Value infinity = limit(APFloat::getInf(type.getFloatSemantics()));
    if (isa<math::IsInfOp>(op)) {
      rewriter.replaceOp(op, compare(arith::CmpFPredicate::OEQ, magnitude, infinity));
      return success();
    }
    Value answer = compare(arith::CmpFPredicate::OLT, magnitude, infinity);
    if (isa<math::IsNormalOp>(op)) {
      Value smallest = limit(APFloat::getSmallestNormalized(type.getFloatSemantics()));
      answer =
          arith::AndIOp::create(builder, answer, compare(arith::CmpFPredicate::OGE, magnitude, smallest));
    }
    rewriter.replaceOp(op, answer);
    return success();
  }
};

/// Integer powers by squaring, one step a bit of the exponent. A negative exponent asks for the reciprocal: 1
/// and -1 are their own, and that of any other number rounds to 0.
struct ExpandIntegerPower : OpRewritePattern<math::IPowIOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::IPowIOp op, PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder builder(op.getLoc(), rewriter);
    Type type = op.getType();
    Value base = op.getLhs(), exponent = op.getRhs();
    Value zero = integerConstant(builder, type, 0), one = integerConstant(builder, type, 1);
    auto compare = [&](arith::CmpIPredicate predicate, Value a, Value b) -> Value {
      return arith::CmpIOp::create(builder, predicate, a, b);
    };
    auto select = [&](Value condition, Value a, Value b) -> Value {
      return arith::SelectOp::create(builder, condition, a, b);
    };
    Value power = one, square = base;
    for (unsigned bit = 0, width = getElementTypeOrSelf(type).getIntOrFloatBitWidth(); bit < width; ++bit) {
      Value shifted = arith::ShRUIOp::create(builder, exponent, integerConstant(builder, type, bit));
      Value set = compare(arith::CmpIPredicate::ne, arith::AndIOp::create(builder, shifted, one), zero);
      power = select(set, arith::MulIOp::create(builder, power, square), power);
      square = arith::MulIOp::create(builder, square, square);
    }
    // The bits of a negative exponent raise -1 to the right parity already.
    Value minusOne = integerConstant(builder, type, -1);
    Value isUnit = arith::OrIOp::create(builder, compare(arith::CmpIPredicate::eq, base, one),
                                        compare(arith::CmpIPredicate::eq, base, minusOne));
    Value isNegative = compare(arith::CmpIPredicate::slt, exponent, zero);
    rewriter.replaceOp(op, select(isNegative, select(isUnit, power, zero), power));
    return success();
  }
};
} // namespace

static void populateFormulas(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  auto unary = [&]<typename OpTy>(UnaryFormula formula) {
    patterns.add<ExpandFunction<OpTy, UnaryFormula>>(context, formula);
  };
  unary.operator()<math::SinOp>(buildSin);
  unary.operator()<math::CosOp>(buildCos);
  unary.operator()<math::TanOp>(buildTan);
  unary.operator()<math::AtanOp>(buildAtan);
  unary.operator()<math::SinhOp>(buildSinh);
  unary.operator()<math::CoshOp>(buildCosh);
  unary.operator()<math::AsinhOp>(buildAsinh);
  unary.operator()<math::AcoshOp>(buildAcosh);
  unary.operator()<math::AtanhOp>(buildAtanh);
  unary.operator()<math::Log10Op>(buildLog10);
  patterns.add<ExpandFunction<math::Atan2Op, BinaryFormula>>(context, buildAtan2);
  patterns.add<ExpandFunction<math::PowFOp, BinaryFormula>>(context, buildPow);
}

void ashlar::populateMathExpansionPatterns(RewritePatternSet &patterns) {
  patterns.add<ComputeInF32, ExpandClassification, ExpandIntegerPower, GuardCubeRoot, SplitSincos>(
      patterns.getContext());
  populateFormulas(patterns);

  constexpr StringRef polynomials[] = {"math.acos",  "math.asin", "math.cbrt",  "math.erf",  "math.erfc",
                                       "math.expm1", "math.log",  "math.log1p", "math.log2", "math.tanh"};
  populateMathPolynomialApproximationPatterns(
      patterns, [&](StringRef name) { return llvm::is_contained(polynomials, name); });
  math::populateExpansionPatterns(patterns, {"clampf", "fpowi", "round"});
}
