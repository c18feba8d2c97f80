//===-- ReferenceBuilder.cpp - Writes reference decompositions ------------===//
//
// Thin layers over linalg.generic, tensor slices and arith conversions.
//
//===----------------------------------------------------------------------===//

#include "dialects/Ashlar/ReferenceBuilder.h"
#include "dialects/Ashlar/Verification.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace ashlar::ash;

//===----------------------------------------------------------------------===//
// Sizes and indices
//===----------------------------------------------------------------------===//

OpFoldResult ReferenceBuilder::size(Value tensor, int64_t dim) {
  return tensor::getMixedSize(*this, getLoc(), tensor, dim);
}

TensorSizes ReferenceBuilder::sizes(Value tensor) { return tensor::getMixedSizes(*this, getLoc(), tensor); }

AffineMap ReferenceBuilder::map(int64_t loops, ArrayRef<AffineExpr> results) {
  return AffineMap::get(loops, 0, results, getContext());
}

Value ReferenceBuilder::index(OpFoldResult size) {
  return getValueOrCreateConstantIndexOp(*this, getLoc(), size);
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

Value ReferenceBuilder::empty(const TensorSizes &sizes, Type elementType) {
  return tensor::EmptyOp::create(*this, sizes, elementType);
}

Value ReferenceBuilder::filled(const TensorSizes &sizes, Type elementType, double value) {
  return linalg::FillOp::create(*this, number(elementType, value), empty(sizes, elementType)).getResult(0);
}

Value ReferenceBuilder::accumulate(Operand init, ArrayRef<Operand> inputs, Body body) {
  int64_t loops = init.map ? init.map.getNumDims() : tensorTypeOf(init.tensor).getRank();
  SmallVector<Value> tensors;
  SmallVector<AffineMap> maps;
  for (const Operand &input : inputs) {
    tensors.push_back(input.tensor);
    maps.push_back(input.map ? input.map : getMultiDimIdentityMap(loops));
  }
  maps.push_back(init.map ? init.map : getMultiDimIdentityMap(loops));
  SmallVector<utils::IteratorType> iterators(loops, utils::IteratorType::reduction);
  for (AffineExpr result : maps.back().getResults())
    iterators[cast<AffineDimExpr>(result).getPosition()] = utils::IteratorType::parallel;

  auto buildBody = [&](OpBuilder &nested, Location, ValueRange arguments) {
    OpBuilder::InsertionGuard guard(*this);
    restoreInsertionPoint(nested.saveInsertionPoint());
    linalg::YieldOp::create(*this, body(arguments));
  };
  return linalg::GenericOp::create(*this, init.tensor.getType(), tensors, init.tensor, maps, iterators,
                                   buildBody)
      .getResult(0);
}

Value ReferenceBuilder::compute(const TensorSizes &sizes, Type elementType, ArrayRef<Operand> inputs,
                                Body body) {
  return accumulate({empty(sizes, elementType)}, inputs,
                    [&](ValueRange arguments) { return body(arguments.drop_back()); });
}

Value ReferenceBuilder::contract(const TensorSizes &sizes, AffineMap resultMap, Operand lhs, Operand rhs) {
  Type accumulator = accumulatorTypeFor(tensorTypeOf(lhs.tensor).getElementType());
  Operand init = {filled(sizes, accumulator, 0), resultMap};
  return accumulate(init, {lhs, rhs}, [&](ValueRange arguments) {
    return add(arguments[2],
               multiply(convert(arguments[0], accumulator), convert(arguments[1], accumulator)));
  });
}

Value ReferenceBuilder::convertTensor(Value tensor, Type elementType) {
  if (tensorTypeOf(tensor).getElementType() == elementType)
    return tensor;
  return compute(sizes(tensor), elementType, {{tensor}},
                 [&](ValueRange arguments) { return convert(arguments[0], elementType); });
}

/// Upstream's slices refuse the offset 0 in an empty dimension, so those that hold nothing are not made.
static bool isEmpty(RankedTensorType type) { return llvm::is_contained(type.getShape(), 0); }

Value ReferenceBuilder::slice(Value tensor, const TensorSizes &offsets, const TensorSizes &sizes,
                              int64_t rank) {
  TensorSizes strides(offsets.size(), getIndexAttr(1));
  RankedTensorType type =
      tensor::ExtractSliceOp::inferCanonicalRankReducedResultType(rank, tensorTypeOf(tensor), sizes);
  if (isEmpty(type))
    return empty(TensorSizes(sizes.end() - rank, sizes.end()), type.getElementType());
  return tensor::ExtractSliceOp::create(*this, type, tensor, offsets, sizes, strides);
}

Value ReferenceBuilder::insert(Value part, Value whole, const TensorSizes &offsets,
                               const TensorSizes &sizes) {
  if (isEmpty(tensorTypeOf(part)))
    return whole;
  TensorSizes strides(offsets.size(), getIndexAttr(1));
  return tensor::InsertSliceOp::create(*this, part, whole, offsets, sizes, strides);
}

Value ReferenceBuilder::as(Value value, Type type) {
  return value.getType() == type ? value : tensor::CastOp::create(*this, type, value).getResult();
}

//===----------------------------------------------------------------------===//
// Scalars
//===----------------------------------------------------------------------===//

Value ReferenceBuilder::convert(Value scalar, Type type, bool isUnsigned) {
  Type from = scalar.getType();
  if (from == type)
    return scalar;
  unsigned fromWidth = from.getIntOrFloatBitWidth(), toWidth = type.getIntOrFloatBitWidth();
  if (isa<FloatType>(from)) {
    if (isa<IntegerType>(type))
      return isUnsigned ? arith::FPToUIOp::create(*this, type, scalar).getResult()
                        : arith::FPToSIOp::create(*this, type, scalar).getResult();
    if (fromWidth == toWidth) // f16 and bf16 meet in f32.
      return convert(convert(scalar, getF32Type()), type);
    return fromWidth < toWidth ? arith::ExtFOp::create(*this, type, scalar).getResult()
                               : arith::TruncFOp::create(*this, type, scalar).getResult();
  }
  if (isa<FloatType>(type))
    return isUnsigned ? arith::UIToFPOp::create(*this, type, scalar).getResult()
                      : arith::SIToFPOp::create(*this, type, scalar).getResult();
  if (fromWidth > toWidth)
    return arith::TruncIOp::create(*this, type, scalar);
  return isUnsigned ? arith::ExtUIOp::create(*this, type, scalar).getResult()
                    : arith::ExtSIOp::create(*this, type, scalar).getResult();
}

Value ReferenceBuilder::number(Type type, double value) {
  if (isa<FloatType>(type))
    return arith::ConstantOp::create(*this, getFloatAttr(type, value));
  return arith::ConstantOp::create(*this, getIntegerAttr(type, static_cast<int64_t>(value)));
}

Value ReferenceBuilder::add(Value a, Value b) {
  return isa<FloatType>(a.getType()) ? arith::AddFOp::create(*this, a, b).getResult()
                                     : arith::AddIOp::create(*this, a, b).getResult();
}

Value ReferenceBuilder::subtract(Value a, Value b) {
  return isa<FloatType>(a.getType()) ? arith::SubFOp::create(*this, a, b).getResult()
                                     : arith::SubIOp::create(*this, a, b).getResult();
}

Value ReferenceBuilder::multiply(Value a, Value b) {
  return isa<FloatType>(a.getType()) ? arith::MulFOp::create(*this, a, b).getResult()
                                     : arith::MulIOp::create(*this, a, b).getResult();
}
