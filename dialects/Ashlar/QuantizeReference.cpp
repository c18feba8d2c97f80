//===-- QuantizeReference.cpp - What quantisation and packing compute -----===//
//
// The decompositions of ashlar.quantize, ashlar.dequantize, ashlar.pack and ashlar.unpack.
//
//===----------------------------------------------------------------------===//

#include "dialects/Ashlar/Ashlar.h"
#include "dialects/Ashlar/ReferenceBuilder.h"
#include "dialects/Ashlar/Verification.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;
using namespace ashlar::ash;

/// Where an element of a tensor of type `type` finds its scale.
static AffineMap scaleMap(ReferenceBuilder &builder, RankedTensorType type, RankedTensorType scale,
                          std::optional<int64_t> axis) {
  int64_t rank = type.getRank();
  if (scale.getRank() == 0)
    return builder.map(rank, {});
  AffineExpr along = builder.dim(*axis);
  if (scale.getRank() == 1 && sizesAgree(scale.getDimSize(0), type.getDimSize(*axis)))
    return builder.map(rank, {along});
  auto exprs =
      llvm::map_to_vector(llvm::seq<int64_t>(0, rank), [&](int64_t dim) { return builder.dim(dim); });
  exprs[*axis] = along.floorDiv(type.getDimSize(*axis) / scale.getDimSize(*axis));
  return builder.map(rank, exprs);
}

FailureOr<SmallVector<Value>> QuantizeOp::decompose(OpBuilder &opBuilder) {
  ReferenceBuilder builder(opBuilder, getLoc());
  Type f32 = builder.getF32Type();
  auto type = cast<IntegerType>(tensorTypeOf(getResult()).getElementType());
  bool isUnsigned = getUnsignedResult();
  AffineMap map = scaleMap(builder, tensorTypeOf(getInput()), tensorTypeOf(getScale()), getAxis());
  SmallVector<ReferenceBuilder::Operand> inputs = {{getInput()}, {getScale(), map}};
  if (getZeroPoint())
    inputs.push_back({getZeroPoint(), map});
  int64_t steps = int64_t(1) << type.getWidth();
  double lowest = isUnsigned ? 0 : -steps / 2, highest = lowest + steps - 1;

  Value result = builder.compute(builder.sizes(getInput()), type, inputs, [&](ValueRange values) {
    Value quotient =
        arith::DivFOp::create(builder, builder.convert(values[0], f32), builder.convert(values[1], f32));
    Value rounded = math::RoundEvenOp::create(builder, quotient);
    if (values.size() == 3)
      rounded = builder.add(rounded, builder.convert(values[2], f32, isUnsigned));
    // maxnum and not maximum: what is no number becomes the lowest one.
    Value clamped = arith::MaxNumFOp::create(builder, rounded, builder.number(f32, lowest));
    clamped = arith::MinNumFOp::create(builder, clamped, builder.number(f32, highest));
    return builder.convert(builder.convert(clamped, builder.getI32Type()), type);
  });
  return SmallVector<Value>{builder.as(result, getType())};
}

FailureOr<SmallVector<Value>> DequantizeOp::decompose(OpBuilder &opBuilder) {
  ReferenceBuilder builder(opBuilder, getLoc());
  Type f32 = builder.getF32Type(), type = tensorTypeOf(getResult()).getElementType();
  AffineMap map = scaleMap(builder, tensorTypeOf(getInput()), tensorTypeOf(getScale()), getAxis());
  SmallVector<ReferenceBuilder::Operand> inputs = {{getInput()}, {getScale(), map}};
  if (getZeroPoint())
    inputs.push_back({getZeroPoint(), map});
  Value result = builder.compute(builder.sizes(getInput()), type, inputs, [&](ValueRange values) {
    Value steps = builder.convert(values[0], f32, getUnsignedInput());
    if (values.size() == 3)
      steps = builder.subtract(steps, builder.convert(values[2], f32, getUnsignedInput()));
    return builder.convert(builder.multiply(steps, builder.convert(values[1], f32)), type);
  });
  return SmallVector<Value>{builder.as(result, getType())};
}

//===----------------------------------------------------------------------===//
// Packing
//===----------------------------------------------------------------------===//

/// A static tensor with its dimensions split up into the given groups of sizes.
static Value expand(ReferenceBuilder &builder, Value tensor, ArrayRef<SmallVector<int64_t>> groups) {
  SmallVector<ReassociationIndices> indices;
  SmallVector<int64_t> shape;
  for (ArrayRef<int64_t> group : groups) {
    ReassociationIndices &positions = indices.emplace_back();
    for (int64_t size : group) {
      positions.push_back(shape.size());
      shape.push_back(size);
    }
  }
  auto type = RankedTensorType::get(shape, tensorTypeOf(tensor).getElementType());
  return tensor::ExpandShapeOp::create(builder, type, tensor, indices);
}

/// A tensor with each of the given groups of dimensions made into one.
static Value collapse(ReferenceBuilder &builder, Value tensor, ArrayRef<int64_t> groupRanks) {
  SmallVector<ReassociationIndices> indices;
  int64_t position = 0;
  for (int64_t rank : groupRanks) {
    indices.push_back(llvm::to_vector<2>(llvm::seq<int64_t>(position, position + rank)));
    position += rank;
  }
  return tensor::CollapseShapeOp::create(builder, tensor, indices);
}

/// The dimensions put in the order of `permutation`, or back from it.
static Value permute(ReferenceBuilder &builder, Value tensor, ArrayRef<int64_t> permutation, bool isInverse) {
  SmallVector<int64_t> order =
      isInverse ? invertPermutationVector(permutation) : SmallVector<int64_t>(permutation);
  SmallVector<int64_t> shape = applyPermutation(tensorTypeOf(tensor).getShape(), order);
  Value init = builder.empty(getAsIndexOpFoldResult(builder.getContext(), shape),
                             tensorTypeOf(tensor).getElementType());
  return linalg::TransposeOp::create(builder, tensor, init, order).getResult()[0];
}

/// A vector of narrow integers as one of wide integers that hold `ratio` of them each, the first in the
/// lowest bits.
static Value joinElements(ReferenceBuilder &builder, Value vector, Type wide, int64_t ratio) {
  int64_t count = tensorTypeOf(vector).getNumElements() / ratio;
  unsigned width = tensorTypeOf(vector).getElementType().getIntOrFloatBitWidth();
  Value parts = expand(builder, vector, {{count, ratio}});
  Value zeros = builder.filled({builder.getIndexAttr(count)}, wide, 0);
  return builder.accumulate({zeros, builder.map(2, {builder.dim(0)})}, {{parts}}, [&](ValueRange values) {
    Value position = arith::IndexCastOp::create(builder, wide, linalg::IndexOp::create(builder, 1));
    Value shift = builder.multiply(position, builder.number(wide, width));
    Value part = builder.convert(values[0], wide, /*isUnsigned=*/true);
    return arith::OrIOp::create(builder, values[1], arith::ShLIOp::create(builder, part, shift));
  });
}

/// The inverse of `joinElements`.
static Value splitElements(ReferenceBuilder &builder, Value vector, Type narrow, int64_t ratio) {
  Type wide = tensorTypeOf(vector).getElementType();
  TensorSizes sizes = {builder.size(vector, 0), builder.getIndexAttr(ratio)};
  Value parts =
      builder.compute(sizes, narrow, {{vector, builder.map(2, {builder.dim(0)})}}, [&](ValueRange values) {
        Value position = arith::IndexCastOp::create(builder, wide, linalg::IndexOp::create(builder, 1));
        Value shift = builder.multiply(position, builder.number(wide, narrow.getIntOrFloatBitWidth()));
        return builder.convert(arith::ShRUIOp::create(builder, values[0], shift), narrow);
      });
  return collapse(builder, parts, {2});
}

FailureOr<SmallVector<Value>> PackOp::decompose(OpBuilder &opBuilder) {
  ReferenceBuilder builder(opBuilder, getLoc());
  RankedTensorType from = tensorTypeOf(getInput()), to = tensorTypeOf(getResult());
  auto factors = getPacking().resolveFactors(from.getShape());
  if (failed(factors))
    return emitOpError("has a packing that does not divide its input");
  ArrayRef<int64_t> permutation = getPacking().getPermutation();
  Value permuted = permute(builder, expand(builder, getInput(), *factors), permutation, /*isInverse=*/false);
  Value vector = collapse(builder, permuted, {static_cast<int64_t>(permutation.size())});
  if (from.getElementType() != to.getElementType())
    vector = joinElements(builder, vector, to.getElementType(), from.getNumElements() / to.getNumElements());
  return SmallVector<Value>{vector};
}

FailureOr<SmallVector<Value>> UnpackOp::decompose(OpBuilder &opBuilder) {
  ReferenceBuilder builder(opBuilder, getLoc());
  RankedTensorType from = tensorTypeOf(getInput()), to = tensorTypeOf(getResult());
  auto factors = getPacking().resolveFactors(to.getShape());
  if (failed(factors))
    return emitOpError("has a packing that does not divide its result");
  ArrayRef<int64_t> permutation = getPacking().getPermutation();
  Value vector = getInput();
  if (from.getElementType() != to.getElementType())
    vector = splitElements(builder, vector, to.getElementType(), to.getNumElements() / from.getNumElements());
  SmallVector<int64_t> flat, ranks;
  for (ArrayRef<int64_t> list : *factors) {
    llvm::append_range(flat, list);
    ranks.push_back(list.size());
  }
  Value permuted = expand(builder, vector, {applyPermutation(flat, permutation)});
  return SmallVector<Value>{
      collapse(builder, permute(builder, permuted, permutation, /*isInverse=*/true), ranks)};
}
