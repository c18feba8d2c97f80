//===-- TileComputeOps.cpp - constraints of the operations on tiles ---------===//
//
// Verifiers of what is computed in registers.
//
//===-----------------------------------------------------------------------===//
#include "dialects/Tile/Tile.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace ashlar::tile;

static RankedTensorType tileType(Value value) { return cast<RankedTensorType>(value.getType()); }

static LogicalResult verifyTensorCoreShape(MmaOp op, RankedTensorType a, RankedTensorType accumulator) {
  unsigned bits = a.getElementTypeBitWidth();
  Type element = a.getElementType();
  if (!element.isF16() && !element.isBF16() && !element.isF32() && !element.isInteger(8))
    return op.emitOpError("C3: mma_sync takes f16, bf16, f32 (as tf32) or i8, got ") << element;
  int64_t depth = 256 / bits;
  if (accumulator.getDimSize(0) % 16 || accumulator.getDimSize(1) % 8 || a.getDimSize(1) % depth)
    return op.emitOpError("C3: expected multiples of 16x8x")
           << depth << ", got " << accumulator.getDimSize(0) << "x" << accumulator.getDimSize(1) << "x"
           << a.getDimSize(1);
  return success();
}

LogicalResult MmaOp::verify() {
  RankedTensorType a = tileType(getA()), b = tileType(getB()), c = tileType(getAccumulator());
  if (a.getRank() != 2 || b.getRank() != 2 || c.getRank() != 2 || a.getDimSize(0) != c.getDimSize(0) ||
      a.getDimSize(1) != b.getDimSize(0) || b.getDimSize(1) != c.getDimSize(1))
    return emitOpError("C1: expected MxK, KxN and MxN tiles, got ") << a << ", " << b << " and " << c;
  bool isInteger = a.getElementType().isInteger();
  Type expected = isInteger ? Type(IntegerType::get(getContext(), 32)) : Type(Float32Type::get(getContext()));
  if (a.getElementType() != b.getElementType() || c.getElementType() != expected)
    return emitOpError("C2: expected one operand type and accumulator type ")
           << expected << ", got " << a.getElementType() << ", " << b.getElementType() << " and "
           << c.getElementType();
  return getKind() == MmaKind::MmaSync ? verifyTensorCoreShape(*this, a, c) : success();
}

/// `small` must be `large` without dimension `dim`, in shape, element type and, once assigned, distribution.
static LogicalResult verifySlice(Operation *op, RankedTensorType small, RankedTensorType large, int64_t dim) {
  SmallVector<int64_t> shape(large.getShape());
  if (dim < 0 || dim >= large.getRank())
    return op->emitOpError("C1: expected a dimension in [0, ") << large.getRank() << "), got " << dim;
  shape.erase(shape.begin() + dim);
  if (small.getShape() != ArrayRef<int64_t>(shape) || small.getElementType() != large.getElementType())
    return op->emitOpError("C1: expected ") << large << " without dimension " << dim << ", got " << small;
  DistributionAttr smallDistribution = getDistributionAttr(small), largeDistribution = getDistributionAttr(large);
  if (smallDistribution && largeDistribution &&
      !smallDistribution.getDistribution().isSliceOf(largeDistribution.getDistribution(), dim))
    return op->emitOpError("C2: expected the slice along ")
           << dim << " of the distribution, " << largeDistribution.getDistribution().slice(dim).print() << ", got "
           << smallDistribution.getDistribution().print();
  return success();
}

LogicalResult ReduceOp::verify() { return verifySlice(*this, tileType(getResult()), tileType(getSource()), getDim()); }

LogicalResult BroadcastOp::verify() {
  return verifySlice(*this, tileType(getSource()), tileType(getResult()), getDim());
}

LogicalResult SplatOp::verify() {
  if (tileType(getResult()).getElementType() != getValue().getType())
    return emitOpError("expected a tile of ") << getValue().getType() << ", got " << getResult().getType();
  return success();
}

LogicalResult IotaOp::verify() {
  RankedTensorType result = tileType(getResult());
  if (getDim() < 0 || static_cast<int64_t>(getDim()) >= result.getRank() || !result.getElementType().isInteger(32))
    return emitOpError("expected an i32 tile with a dimension ") << getDim() << ", got " << result;
  return success();
}

LogicalResult ConvertLayoutOp::verify() {
  RankedTensorType source = tileType(getSource()), result = tileType(getResult());
  if (source.getShape() != result.getShape() || source.getElementType() != result.getElementType())
    return emitOpError("C1: expected one shape and element type, got ") << source << " and " << result;
  return success();
}

LogicalResult UnpackOp::verify() {
  RankedTensorType source = tileType(getSource()), result = tileType(getResult());
  SmallVector<int64_t> shape(source.getShape());
  int64_t bits = getBits();
  if (bits != 1 && bits != 2 && bits != 4 && bits != 8)
    return emitOpError("C1: expected 1, 2, 4 or 8 bits, got ") << bits;
  shape.push_back(32 / bits);
  if (result.getShape() != ArrayRef<int64_t>(shape) || !source.getElementType().isInteger(32) ||
      !result.getElementType().isInteger(8))
    return emitOpError("C1: expected i32 words and their ") << 32 / bits << " i8 elements, got " << source << " and "
                                                            << result;
  return success();
}
