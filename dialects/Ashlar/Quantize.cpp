//===-- Quantize.cpp - ashlar.quantize and ashlar.dequantize --------------===//
//
// The two operations share every rule about scales, so one verifier serves both.
//
//===----------------------------------------------------------------------===//

#include "dialects/Ashlar/Ashlar.h"
#include "dialects/Ashlar/Verification.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace ashlar::ash;

/// Whether `scale` is [], [size of the axis] or `shape` with the axis divided by a group size.
static bool scaleFits(ArrayRef<int64_t> scale, ArrayRef<int64_t> shape, int64_t axis) {
  if (scale.empty())
    return true;
  int64_t size = shape[axis];
  if (scale.size() == 1 && sizesAgree(scale[0], size))
    return true;
  if (scale.size() != shape.size() || size < 1 || scale[axis] < 1 ||
      size % scale[axis]) // Dynamic is negative.
    return false;
  SmallVector<int64_t> ungrouped(scale);
  ungrouped[axis] = size;
  return shapesAgree(ungrouped, shape);
}

/// C1 to C5, in which the two operations differ only by what they call their tensors.
static LogicalResult verifyQuantization(Operation *op, StringRef floatName, RankedTensorType floats,
                                        StringRef integerName, RankedTensorType integers, Value scaleValue,
                                        Value zeroPointValue, std::optional<int64_t> axis) {
  RankedTensorType scale = tensorTypeOf(scaleValue);
  if (!isFloatElement(floats.getElementType()) || !isFloatElement(scale.getElementType()))
    return op->emitOpError("C1: expected ") << floatName << " and scale of f32, f16 or bf16, got "
                                            << floats.getElementType() << " and " << scale.getElementType();
  if (!isQuantizedElement(integers.getElementType()))
    return op->emitOpError("C2: expected ")
           << integerName << " of i4 or i8, got " << integers.getElementType();
  if (!shapesAgree(floats.getShape(), integers.getShape()))
    return op->emitOpError("C2: expected one shape of input and result, got ")
           << shapeText(floats.getShape()) << " and " << shapeText(integers.getShape());
  if (!axis && scale.getRank() != 0)
    return op->emitOpError("C3: expected an axis for a scale of the shape ") << shapeText(scale.getShape());
  if (axis && (*axis < 0 || *axis >= floats.getRank()))
    return op->emitOpError("C3: expected an axis from 0 to ") << floats.getRank() - 1 << ", got " << *axis;
  if (!scaleFits(scale.getShape(), floats.getShape(), axis.value_or(0)))
    return op->emitOpError("C4: expected a scale that is scalar, has the size of axis ")
           << axis.value_or(0) << " or divides it, for the shape " << shapeText(floats.getShape()) << ", got "
           << shapeText(scale.getShape());
  if (!zeroPointValue)
    return success();
  RankedTensorType zeroPoint = tensorTypeOf(zeroPointValue);
  if (zeroPoint.getElementType() != integers.getElementType() ||
      !shapesAgree(zeroPoint.getShape(), scale.getShape()))
    return op->emitOpError("C5: expected a zero_point of ")
           << integers.getElementType() << " and the shape " << shapeText(scale.getShape()) << ", got "
           << zeroPoint;
  return success();
}

LogicalResult QuantizeOp::verify() {
  return verifyQuantization(*this, "input", tensorTypeOf(getInput()), "result", tensorTypeOf(getResult()),
                            getScale(), getZeroPoint(), getAxis());
}

LogicalResult DequantizeOp::verify() {
  return verifyQuantization(*this, "result", tensorTypeOf(getResult()), "input", tensorTypeOf(getInput()),
                            getScale(), getZeroPoint(), getAxis());
}

/// The result has the input's sizes.
static LogicalResult reifyInputShape(OpBuilder &builder, Operation *op, ReifiedRankedShapedTypeDims &shapes) {
  auto type = tensorTypeOf(op->getResult(0));
  auto source = [&](int64_t dim) -> OpFoldResult {
    if (!type.isDynamicDim(dim))
      return builder.getIndexAttr(type.getDimSize(dim));
    return tensor::getMixedSize(builder, op->getLoc(), op->getOperand(0), dim);
  };
  shapes.assign(1, llvm::map_to_vector(llvm::seq<int64_t>(0, type.getRank()), source));
  return success();
}

LogicalResult QuantizeOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &shapes) {
  return reifyInputShape(builder, *this, shapes);
}

LogicalResult DequantizeOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &shapes) {
  return reifyInputShape(builder, *this, shapes);
}
