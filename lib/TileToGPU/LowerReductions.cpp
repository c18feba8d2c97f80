//===-- LowerReductions.cpp - reductions and broadcasts along a dimension ---===//
//
// A thread first combines its own registers, then lanes that share a result exchange by butterflies. The distribution's
// slice says which register a result lies in, and its thread modes which lanes take part.
//
//===-----------------------------------------------------------------------===//
#include "Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

static Value combine(OpBuilder &builder, Location loc, ReduceKind kind, Value a, Value b) {
  bool isFloat = isa<FloatType>(a.getType());
  switch (kind) {
  case ReduceKind::Add:
    return isFloat ? Value(arith::AddFOp::create(builder, loc, a, b)) : Value(arith::AddIOp::create(builder, loc, a, b));
  case ReduceKind::Mul:
    return isFloat ? Value(arith::MulFOp::create(builder, loc, a, b)) : Value(arith::MulIOp::create(builder, loc, a, b));
  case ReduceKind::Max:
    return isFloat ? Value(arith::MaximumFOp::create(builder, loc, a, b))
                   : Value(arith::MaxSIOp::create(builder, loc, a, b));
  case ReduceKind::Min:
    return isFloat ? Value(arith::MinimumFOp::create(builder, loc, a, b))
                   : Value(arith::MinSIOp::create(builder, loc, a, b));
  }
  llvm_unreachable("every kind is handled");
}

/// The value of the lane whose index differs from this lane's in the bits of `mask`.
static Value exchange(OpBuilder &builder, Location loc, Value value, int64_t mask) {
  Type type = value.getType(), word = builder.getI32Type();
  unsigned bits = type.getIntOrFloatBitWidth();
  auto constant = [&](int64_t number) { return arith::ConstantIntOp::create(builder, loc, number, 32); };
  auto shuffle = [&](Value sent) -> Value {
    return NVVM::ShflOp::create(builder, loc, sent.getType(), constant(-1), sent, constant(mask), constant(31),
                                NVVM::ShflKind::bfly, UnitAttr());
  };
  if (bits == 32)
    return shuffle(value);
  Type integer = builder.getIntegerType(bits);
  Value raw = type == integer ? value : Value(arith::BitcastOp::create(builder, loc, integer, value));
  Value received = shuffle(arith::ExtUIOp::create(builder, loc, word, raw));
  received = arith::TruncIOp::create(builder, loc, integer, received);
  return type == integer ? received : Value(arith::BitcastOp::create(builder, loc, type, received));
}

namespace {

struct LowerReduce : OpConversionPattern<ReduceOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(ReduceOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    layout::Distribution distribution = distributionOf(op.getSource());
    auto dim = static_cast<int>(op.getDim());
    auto type = cast<VectorType>(typeConverter->convertType(op.getType()));
    if (type.getElementTypeBitWidth() > 32)
      return op.emitOpError("reduces elements of at most 32 bits, got ") << type.getElementType();
    Registers source(rewriter, loc, adaptor.getSource());
    SmallVector<Value> results(type.getNumElements());
    for (auto [value, target] : llvm::enumerate(distribution.sliceRegisters(dim))) {
      Value element = source.scalar(value);
      results[target] = results[target] ? combine(rewriter, loc, op.getKind(), results[target], element) : element;
    }
    for (const layout::ThreadDigit &digit : distribution.threadDigitsAlong(dim)) {
      int64_t size = digit.mode.size, divisor = digit.divisor;
      if (!llvm::isPowerOf2_64(size) || !llvm::isPowerOf2_64(divisor) || divisor * size > 32)
        return op.emitOpError("reduces across warps or over ")
               << size << " lanes; ashlar-tile-assign-layouts keeps a reduced dimension inside a warp";
      for (int64_t mask = divisor; mask < divisor * size; mask *= 2)
        for (Value &result : results)
          result = combine(rewriter, loc, op.getKind(), result, exchange(rewriter, loc, result, mask));
    }
    rewriter.replaceOp(op, Registers::join(rewriter, loc, type, results));
    return success();
  }
};

struct LowerBroadcast : OpConversionPattern<BroadcastOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(BroadcastOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Registers source(rewriter, op.getLoc(), adaptor.getSource());
    SmallVector<Value> parts;
    for (int64_t index : distributionOf(op).sliceRegisters(static_cast<int>(op.getDim())))
      parts.push_back(source.scalar(index));
    auto type = cast<VectorType>(typeConverter->convertType(op.getType()));
    rewriter.replaceOp(op, Registers::join(rewriter, op.getLoc(), type, parts));
    return success();
  }
};

} // namespace

void ashlar::tile::populateReductionPatterns(const TypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<LowerReduce, LowerBroadcast>(converter, patterns.getContext());
}
