//===-- Attention.cpp - ashlar.attention ----------------------------------===//
//
// Verifier and shape inference of attention.
//
//===----------------------------------------------------------------------===//

#include "dialects/Ashlar/Ashlar.h"
#include "dialects/Ashlar/Verification.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cmath>

using namespace mlir;
using namespace ashlar::ash;

float AttentionOp::getScaleOrDefault() {
  if (std::optional<APFloat> scale = getScale())
    return scale->convertToFloat();
  return static_cast<float>(1.0 / std::sqrt(static_cast<double>(getQueryType().getDimSize(3))));
}

/// [B, Hq, Sq, Dv].
static SmallVector<int64_t> outputShape(RankedTensorType query, RankedTensorType key,
                                        RankedTensorType value) {
  int64_t batch = moreStatic(query.getDimSize(0), moreStatic(key.getDimSize(0), value.getDimSize(0)));
  return {batch, query.getDimSize(1), query.getDimSize(2), value.getDimSize(3)};
}

void AttentionOp::build(OpBuilder &builder, OperationState &state, Value query, Value key, Value value,
                        Value mask, Type outputElementType, bool causal, std::optional<float> scale,
                        std::optional<float> softcap, bool withLogSumExp) {
  SmallVector<int64_t> shape = outputShape(tensorTypeOf(query), tensorTypeOf(key), tensorTypeOf(value));
  auto output = RankedTensorType::get(shape, outputElementType);
  RankedTensorType logSumExp;
  if (withLogSumExp)
    logSumExp = RankedTensorType::get(ArrayRef(shape).drop_back(), builder.getF32Type());
  auto attribute = [&](std::optional<float> number) {
    return number ? builder.getF32FloatAttr(*number) : FloatAttr();
  };
  build(builder, state, output, logSumExp, query, key, value, mask,
        causal ? builder.getUnitAttr() : UnitAttr(), attribute(scale), attribute(softcap));
}

//===----------------------------------------------------------------------===//
// Verifier
//===----------------------------------------------------------------------===//

static LogicalResult verifyTypes(AttentionOp op) {
  RankedTensorType query = op.getQueryType(), key = op.getKeyType(), value = op.getValueType(),
                   mask = op.getMaskType();
  RankedTensorType output = op.getOutputType();
  auto logSumExp = op.getLogSumExp() ? tensorTypeOf(op.getLogSumExp()) : RankedTensorType();
  for (auto [name, type, rank] : {std::tuple("query", query, 4), std::tuple("key", key, 4),
                                  std::tuple("value", value, 4), std::tuple("mask", mask, 4),
                                  std::tuple("output", output, 4), std::tuple("log_sum_exp", logSumExp, 3)})
    if (type && type.getRank() != rank)
      return op.emitOpError("C1: expected ") << name << " of rank " << rank << ", got " << type;
  Type element = query.getElementType();
  if (!isFloatElement(element) || key.getElementType() != element || value.getElementType() != element)
    return op.emitOpError("C2: expected query, key and value of one element type, f32, f16 or bf16, got ")
           << element << ", " << key.getElementType() << " and " << value.getElementType();
  if (!isFloatElement(output.getElementType()))
    return op.emitOpError("C3: expected an output of f32, f16 or bf16, got ") << output.getElementType();
  if (logSumExp && !logSumExp.getElementType().isF32())
    return op.emitOpError("C3: expected a log_sum_exp of f32, got ") << logSumExp.getElementType();
  if (mask && !mask.getElementType().isSignlessInteger(1) && !isFloatElement(mask.getElementType()))
    return op.emitOpError("C4: expected a mask of i1, f32, f16 or bf16, got ") << mask.getElementType();
  return success();
}

static LogicalResult verifyOperandShapes(AttentionOp op) {
  ArrayRef<int64_t> query = op.getQueryType().getShape(), key = op.getKeyType().getShape(),
                    value = op.getValueType().getShape();
  for (auto [name, shape] : {std::pair("query", query), std::pair("key", key), std::pair("value", value)})
    for (int64_t dim : {1, 3})
      if (shape[dim] < 1) // Dynamic sizes are negative.
        return op.emitOpError("C5: expected static heads and head sizes of at least 1, got ")
               << name << " " << shapeText(shape);
  if (!sizesAgree(query[0], key[0]) || !sizesAgree(key[0], value[0]) || !sizesAgree(query[0], value[0]))
    return op.emitOpError("C6: expected one batch size, got ")
           << shapeText(query) << ", " << shapeText(key) << " and " << shapeText(value);
  if (key[1] != value[1] || query[1] % key[1])
    return op.emitOpError("C7: expected as many heads in key as in value, dividing the query's ")
           << query[1] << ", got " << key[1] << " and " << value[1];
  if (!sizesAgree(key[2], value[2]))
    return op.emitOpError("C7: expected one length of key and value, got ") << key[2] << " and " << value[2];
  if (query[3] != key[3])
    return op.emitOpError("C8: expected one head size of query and key, got ")
           << query[3] << " and " << key[3];
  return success();
}

static LogicalResult verifyMaskShape(AttentionOp op) {
  if (!op.getMask())
    return success();
  ArrayRef<int64_t> mask = op.getMaskType().getShape(), query = op.getQueryType().getShape();
  SmallVector<int64_t> full = {moreStatic(query[0], op.getKeyType().getDimSize(0)), query[1], query[2],
                               moreStatic(op.getKeyType().getDimSize(2), op.getValueType().getDimSize(2))};
  bool fits = sizesAgree(mask[3], full[3]);
  for (int64_t dim = 0; dim < 3; ++dim)
    fits &= mask[dim] == 1 || sizesAgree(mask[dim], full[dim]);
  if (!fits)
    return op.emitOpError("C9: expected a mask of shape ")
           << shapeText(full) << ", or with 1 in its first three dimensions, got " << shapeText(mask);
  return success();
}

LogicalResult AttentionOp::verify() {
  if (failed(verifyTypes(*this)) || failed(verifyOperandShapes(*this)) || failed(verifyMaskShape(*this)))
    return failure();
  if (getScale() && !getScale()->isFinite())
    return emitOpError("C10: expected a finite scale, got ") << getScaleAttr().getValueAsDouble();
  if (getSoftcap() && !(getSoftcap()->isFinite() && getSoftcap()->convertToFloat() > 0))
    return emitOpError("C10: expected a finite softcap above 0, got ") << getSoftcapAttr().getValueAsDouble();
  SmallVector<int64_t> shape = outputShape(getQueryType(), getKeyType(), getValueType());
  if (!shapesAgree(shape, getOutputType().getShape()))
    return emitOpError("C11: expected the output shape ")
           << shapeText(shape) << ", got " << shapeText(getOutputType().getShape());
  shape.pop_back();
  if (getLogSumExp() && !shapesAgree(shape, tensorTypeOf(getLogSumExp()).getShape()))
    return emitOpError("C11: expected the log_sum_exp shape ")
           << shapeText(shape) << ", got " << shapeText(tensorTypeOf(getLogSumExp()).getShape());
  return success();
}

SmallVector<SharedSize> AttentionOp::getSharedSizes() {
  SharedSize batch = {{getQuery(), 0}, {getKey(), 0}, {getValue(), 0}, {getOutput(), 0}},
             queries = {{getQuery(), 2}, {getOutput(), 2}}, keys = {{getKey(), 2}, {getValue(), 2}};
  SharedSize heads = {{getQuery(), 1}};
  if (getLogSumExp()) {
    batch.push_back({getLogSumExp(), 0});
    queries.push_back({getLogSumExp(), 2});
  }
  if (getMask()) {
    // A static 1 is broadcast; the mask's keys never are.
    for (auto [dim, size] : llvm::enumerate(llvm::ArrayRef<SharedSize *>{&batch, &heads, &queries}))
      if (getMaskType().getDimSize(dim) != 1)
        size->push_back({getMask(), dim});
    keys.push_back({getMask(), 3});
  }
  return {batch, heads, queries, keys};
}

LogicalResult AttentionOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &shapes) {
  for (Value result : getResults()) {
    auto type = tensorTypeOf(result);
    auto source = [&](int64_t dim) -> OpFoldResult {
      if (!type.isDynamicDim(dim))
        return builder.getIndexAttr(type.getDimSize(dim));
      return tensor::getMixedSize(builder, getLoc(), dim == 3 ? getValue() : getQuery(), dim);
    };
    shapes.push_back(llvm::map_to_vector(llvm::seq<int64_t>(0, type.getRank()), source));
  }
  return success();
}
