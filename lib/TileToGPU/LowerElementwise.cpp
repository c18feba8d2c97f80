//===-- LowerElementwise.cpp - operations on every element alone ------------===//
//
// arith and math take vectors as they take tiles, so an elementwise operation is rebuilt on register vectors.
// Constants, splats and coordinates are made register by register; a renaming of registers is a shuffle of
// constants.
//
//===-----------------------------------------------------------------------===//
#include "Lowering.h"
#include "PackedElements.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

namespace {

/// Any elementwise operation of arith or math whose types hold tiles.
struct LowerElementwise : ConversionPattern {
  LowerElementwise(const TypeConverter &converter, MLIRContext *context)
      : ConversionPattern(converter, MatchAnyOpTypeTag(), /*benefit=*/1, context) {}
  LogicalResult matchAndRewrite(Operation *op, ArrayRef<Value> operands,
                                ConversionPatternRewriter &rewriter) const override {
    if (!op->hasTrait<OpTrait::Elementwise>() && !isa<arith::SelectOp>(op))
      return rewriter.notifyMatchFailure(op, "not elementwise");
    SmallVector<Type> types;
    if (failed(typeConverter->convertTypes(op->getResultTypes(), types)))
      return rewriter.notifyMatchFailure(op, "a result has no type on the GPU level");
    SmallVector<Value> numbers(operands);
    if (getElementTypeOrSelf(op->getOperand(0)).isInteger(4)) {
      if (!isa<arith::ExtSIOp, arith::ExtUIOp, arith::SIToFPOp, arith::UIToFPOp>(op))
        return op->emitError("computes with four-bit integers; extend them first");
      numbers[0] =
          extendNibbles(rewriter, op->getLoc(), numbers[0], isa<arith::ExtUIOp, arith::UIToFPOp>(op));
    }
    // Between i4 and i8 there is nothing left to do: both are bytes in registers.
    if (numbers[0].getType() == types[0] && isa<arith::ExtSIOp, arith::ExtUIOp, arith::TruncIOp>(op)) {
      rewriter.replaceOp(op, numbers[0]);
      return success();
    }
    OperationState state(op->getLoc(), op->getName(), numbers, types, op->getAttrs());
    rewriter.replaceOp(op, rewriter.create(state)->getResults());
    return success();
  }
};

struct LowerConstant : OpConversionPattern<arith::ConstantOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(arith::ConstantOp op, OpAdaptor,
                                ConversionPatternRewriter &rewriter) const override {
    auto type = dyn_cast_or_null<VectorType>(typeConverter->convertType(op.getType()));
    auto splat = dyn_cast<SplatElementsAttr>(op.getValue());
    if (!type || !splat)
      return op.emitError(
          "a constant tile must have one value in all its elements; read others from a global buffer");
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(
        op, DenseElementsAttr::get(type, splat.getSplatValue<Attribute>()));
    return success();
  }
};

struct LowerSplat : OpConversionPattern<SplatOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(SplatOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<vector::BroadcastOp>(op, typeConverter->convertType(op.getType()),
                                                     adaptor.getValue());
    return success();
  }
};

struct LowerIota : OpConversionPattern<IotaOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(IotaOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    IndexMath math(rewriter, op.getLoc());
    layout::Distribution distribution = distributionOf(op);
    int64_t rank = cast<RankedTensorType>(op.getType()).getRank(), dim = op.getDim();
    Value start = threadCoordinates(math, distribution, rank, math.thread())[dim];
    start = arith::IndexCastOp::create(rewriter, op.getLoc(), rewriter.getI32Type(),
                                       math.add(start, adaptor.getOffset()));
    // One vector addition: the thread's part in every register, plus the registers' constants.
    auto type = cast<VectorType>(typeConverter->convertType(op.getType()));
    SmallVector<int32_t> steps;
    for (int64_t value = 0; value < distribution.values(); ++value)
      steps.push_back(distribution.valueOffsets(value, rank)[dim]);
    Value offsets =
        arith::ConstantOp::create(rewriter, op.getLoc(), DenseElementsAttr::get(type, ArrayRef(steps)));
    Value starts = vector::BroadcastOp::create(rewriter, op.getLoc(), type, start);
    rewriter.replaceOpWithNewOp<arith::AddIOp>(op, starts, offsets);
    return success();
  }
};

/// Register i of the result is register `from[i]` of the source.
Value renameRegisters(OpBuilder &builder, Location loc, VectorType type, Value source,
                      ArrayRef<int64_t> from) {
  Registers registers(builder, loc, source);
  SmallVector<Value> parts;
  for (int64_t index : from)
    parts.push_back(registers.scalar(index));
  return Registers::join(builder, loc, type, parts);
}

struct LowerConvertLayout : OpConversionPattern<ConvertLayoutOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(ConvertLayoutOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    auto permutation = layout::registerPermutation(distributionOf(op.getSource()), distributionOf(op));
    if (!permutation)
      return op.emitOpError(
          "moves data between threads; ashlar-tile-assign-layouts takes such a conversion through "
          "shared memory");
    auto type = cast<VectorType>(typeConverter->convertType(op.getType()));
    rewriter.replaceOp(op, renameRegisters(rewriter, op.getLoc(), type, adaptor.getSource(), *permutation));
    return success();
  }
};

struct LowerUnpack : OpConversionPattern<UnpackOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(UnpackOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    // The verifier has seen to it that there is one, and that the source has its distribution.
    std::optional<layout::Renumbering> renumbering = op.renumber(distributionOf(op));
    auto type = cast<VectorType>(typeConverter->convertType(op.getType()));
    rewriter.replaceOp(
        op, renameRegisters(rewriter, op.getLoc(), type, adaptor.getSource(), renumbering->registers));
    return success();
  }
};

} // namespace

void ashlar::tile::populateElementwisePatterns(const TypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<LowerElementwise, LowerConstant, LowerSplat, LowerIota, LowerConvertLayout, LowerUnpack>(
      converter, patterns.getContext());
}
