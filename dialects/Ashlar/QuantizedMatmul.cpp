//===-- QuantizedMatmul.cpp - ashlar.quantized_matmul ---------------------===//
//
// Verifier and shape inference of the product with a quantised weight.
//
//===----------------------------------------------------------------------===//

#include "dialects/Ashlar/Ashlar.h"
#include "dialects/Ashlar/Verification.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace ashlar::ash;

void QuantizedMatmulOp::build(OpBuilder &builder, OperationState &state, Value input, Value weight,
                              Value scales, Value zeroPoints, Value inputScale, Type resultElementType,
                              bool unsignedWeights) {
  SmallVector<int64_t> shape(tensorTypeOf(input).getShape());
  shape.back() = tensorTypeOf(weight).getDimSize(0);
  build(builder, state, RankedTensorType::get(shape, resultElementType), input, weight, scales, zeroPoints,
        inputScale, unsignedWeights);
}

int64_t QuantizedMatmulOp::getGroupSize() {
  RankedTensorType scales = getScalesType();
  return scales.getRank() == 2 ? getReductionSize() / scales.getDimSize(1) : getReductionSize();
}

/// Whether `scales` is [], [N] or [N, K / g].
static bool scalesFit(ArrayRef<int64_t> scales, int64_t outputSize, int64_t reductionSize) {
  if (scales.size() > 2 || (!scales.empty() && scales[0] != outputSize))
    return false;
  return scales.size() < 2 || (scales[1] >= 1 && reductionSize % scales[1] == 0);
}

static LogicalResult verifyScales(QuantizedMatmulOp op) {
  RankedTensorType scales = op.getScalesType(), weight = op.getWeightType();
  if (!scalesFit(scales.getShape(), op.getOutputSize(), op.getReductionSize()))
    return op.emitOpError("C5: expected scales of the shape [], [N] or [N, K / g] for the weight ")
           << shapeText(weight.getShape()) << ", got " << shapeText(scales.getShape());
  if (op.getZeroPoints()) {
    RankedTensorType zeroPoints = tensorTypeOf(op.getZeroPoints());
    if (zeroPoints.getElementType() != weight.getElementType() || zeroPoints.getShape() != scales.getShape())
      return op.emitOpError("C6: expected zero_points of ")
             << weight.getElementType() << " and the shape " << shapeText(scales.getShape()) << ", got "
             << zeroPoints;
  }
  if (op.isIntegerInput() != static_cast<bool>(op.getInputScale()))
    return op.emitOpError("C7: expected ")
           << (op.isIntegerInput() ? "an" : "no") << " input_scale for activations of "
           << op.getInputType().getElementType();
  if (!op.getInputScale())
    return success();
  RankedTensorType inputScale = tensorTypeOf(op.getInputScale());
  ArrayRef<int64_t> rows = op.getInputType().getShape().drop_back();
  if (!inputScale.getElementType().isF32() ||
      (inputScale.getRank() != 0 && !shapesAgree(inputScale.getShape(), rows)))
    return op.emitOpError("C7: expected an input_scale of f32 and the shape [] or ")
           << shapeText(rows) << ", got " << inputScale;
  return success();
}

LogicalResult QuantizedMatmulOp::verify() {
  RankedTensorType input = getInputType(), weight = getWeightType(), result = getResultType();
  if (input.getRank() < 2 || result.getRank() != input.getRank() || weight.getRank() != 2)
    return emitOpError("C1: expected input and result of one rank, 2 or more, and a weight of rank 2, got ")
           << input.getRank() << ", " << result.getRank() << " and " << weight.getRank();
  Type element = input.getElementType();
  if (!(isFloatElement(element) || element.isSignlessInteger(8)) ||
      !isFloatElement(result.getElementType()) || !isFloatElement(getScalesType().getElementType()))
    return emitOpError(
               "C2: expected an input of f32, f16, bf16 or i8, scales and a result of f32, f16 or bf16, got ")
           << element << ", " << getScalesType().getElementType() << " and " << result.getElementType();
  auto isKnown = [](int64_t size) { return size >= 1; }; // Dynamic sizes are negative.
  if (!llvm::all_of(weight.getShape(), isKnown) || !isQuantizedElement(weight.getElementType()))
    return emitOpError("C3: expected a static weight of i4 or i8, each size at least 1, got ") << weight;
  if (input.getShape().back() != weight.getDimSize(1))
    return emitOpError("C4: expected a last dimension of ")
           << weight.getDimSize(1) << " in the input, as in the weight, got " << shapeText(input.getShape());
  if (failed(verifyScales(*this)))
    return failure();
  SmallVector<int64_t> expected(input.getShape());
  expected.back() = getOutputSize();
  if (!shapesAgree(expected, result.getShape()))
    return emitOpError("C8: expected the result shape ")
           << shapeText(expected) << ", got " << shapeText(result.getShape());
  return success();
}

SmallVector<SharedSize> QuantizedMatmulOp::getSharedSizes() {
  SmallVector<SharedSize> sizes;
  bool hasRowScales = getInputScale() && tensorTypeOf(getInputScale()).getRank() > 0;
  for (int64_t dim = 0; dim + 1 < getInputType().getRank(); ++dim) {
    sizes.push_back({{getInput(), dim}, {getResult(), dim}});
    if (hasRowScales)
      sizes.back().push_back({getInputScale(), dim});
  }
  return sizes;
}

LogicalResult QuantizedMatmulOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &shapes) {
  RankedTensorType type = getResultType();
  auto source = [&](int64_t dim) -> OpFoldResult {
    if (dim == type.getRank() - 1)
      return builder.getIndexAttr(getOutputSize());
    if (!type.isDynamicDim(dim))
      return builder.getIndexAttr(type.getDimSize(dim));
    return tensor::getMixedSize(builder, getLoc(), getInput(), dim);
  };
  shapes.assign(1, llvm::map_to_vector(llvm::seq<int64_t>(0, type.getRank()), source));
  return success();
}
