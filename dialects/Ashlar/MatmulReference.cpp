//===-- MatmulReference.cpp - What matrix multiplication computes ---------===//
//
// The decompositions of ashlar.matmul and ashlar.quantized_matmul.
//
//===----------------------------------------------------------------------===//

#include "dialects/Ashlar/Ashlar.h"
#include "dialects/Ashlar/ReferenceBuilder.h"
#include "dialects/Ashlar/Verification.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace ashlar::ash;

/// `rhs` as [b, k, n] in the type of the sums, so that the innermost loop reads it contiguously.
static Value prepareRhs(ReferenceBuilder &builder, MatmulOp op) {
  if (!op.getTransposeRhs())
    return builder.convertTensor(op.getRhs(), op.getAccumulatorType());
  int64_t rank = op.getRhsType().getRank();
  TensorSizes sizes = builder.sizes(op.getRhs());
  std::swap(sizes[rank - 1], sizes[rank - 2]);
  auto swapped =
      llvm::map_to_vector(llvm::seq<int64_t>(0, rank), [&](int64_t dim) { return builder.dim(dim); });
  std::swap(swapped[rank - 1], swapped[rank - 2]);
  Type type = op.getAccumulatorType();
  return builder.compute(sizes, type, {{op.getRhs(), builder.map(rank, swapped)}},
                         [&](ValueRange values) { return builder.convert(values[0], type); });
}

FailureOr<SmallVector<Value>> MatmulOp::decompose(OpBuilder &opBuilder) {
  ReferenceBuilder builder(opBuilder, getLoc());
  int64_t batchRank = getBatchRank(), loops = batchRank + 3;
  AffineExpr m = builder.dim(batchRank), k = builder.dim(batchRank + 1), n = builder.dim(batchRank + 2);
  auto batch =
      llvm::map_to_vector(llvm::seq<int64_t>(0, batchRank), [&](int64_t dim) { return builder.dim(dim); });
  auto indexed = [&](ArrayRef<AffineExpr> leading, AffineExpr row, AffineExpr column) {
    SmallVector<AffineExpr> exprs(leading);
    exprs.append({row, column});
    return builder.map(loops, exprs);
  };
  TensorSizes sizes;
  for (int64_t dim = 0; dim < batchRank; ++dim)
    sizes.push_back(builder.size(getLhs(), dim));
  sizes.push_back(builder.size(getLhs(), getLhsRowDim()));
  sizes.push_back(builder.size(getRhs(), getRhsColumnDim()));

  ReferenceBuilder::Operand lhs = {getLhs(), getTransposeLhs() ? indexed(batch, k, m) : indexed(batch, m, k)};
  ReferenceBuilder::Operand rhs = {prepareRhs(builder, *this),
                                   indexed(isRhsBroadcast() ? ArrayRef<AffineExpr>() : batch, k, n)};
  Value product = builder.contract(sizes, indexed(batch, m, n), lhs, rhs);
  product = builder.convertTensor(product, getResultType().getElementType());
  return SmallVector<Value>{builder.as(product, getType())};
}

//===----------------------------------------------------------------------===//
// Quantised weights
//===----------------------------------------------------------------------===//

/// Where the value of the weight's row n and column k finds its scale or zero point.
static AffineMap scaleMap(ReferenceBuilder &builder, QuantizedMatmulOp op, int64_t loops, AffineExpr n,
                          AffineExpr k) {
  int64_t rank = op.getScalesType().getRank();
  SmallVector<AffineExpr> exprs = {n, k.floorDiv(op.getGroupSize())};
  return builder.map(loops, ArrayRef(exprs).take_front(rank));
}

/// The weight's integers less their zero points, as [k, n] of i32.
static Value centeredWeight(ReferenceBuilder &builder, QuantizedMatmulOp op) {
  AffineExpr k = builder.dim(0), n = builder.dim(1);
  SmallVector<ReferenceBuilder::Operand> inputs = {{op.getWeight(), builder.map(2, {n, k})}};
  if (op.getZeroPoints())
    inputs.push_back({op.getZeroPoints(), scaleMap(builder, op, 2, n, k)});
  TensorSizes sizes = {builder.getIndexAttr(op.getReductionSize()), builder.getIndexAttr(op.getOutputSize())};
  Type i32 = builder.getI32Type();
  return builder.compute(sizes, i32, inputs, [&](ValueRange values) {
    Value weight = builder.convert(values[0], i32, op.getUnsignedWeights());
    if (values.size() == 1)
      return weight;
    return builder.subtract(weight, builder.convert(values[1], i32, op.getUnsignedWeights()));
  });
}

/// input [m, k] * weight [k, n] in f32.
static Value multiplyFloats(ReferenceBuilder &builder, QuantizedMatmulOp op, Value input, Value weight) {
  Type f32 = builder.getF32Type();
  AffineMap scales = scaleMap(builder, op, 2, builder.dim(1), builder.dim(0));
  weight = builder.compute(
      builder.sizes(weight), f32, {{weight}, {op.getScales(), scales}}, [&](ValueRange values) {
        return builder.multiply(builder.convert(values[0], f32), builder.convert(values[1], f32));
      });
  AffineExpr m = builder.dim(0), k = builder.dim(1), n = builder.dim(2);
  return builder.contract({builder.size(input, 0), builder.size(weight, 1)}, builder.map(3, {m, n}),
                          {input, builder.map(3, {m, k})}, {weight, builder.map(3, {k, n})});
}

/// input [m, k] * weight [k, n]: exact sums in i32 within each group, scaled sums of the groups in f32.
static Value multiplyIntegers(ReferenceBuilder &builder, QuantizedMatmulOp op, Value input, Value weight) {
  Type f32 = builder.getF32Type();
  int64_t groupSize = op.getGroupSize(), groups = op.getReductionSize() / groupSize;
  OpFoldResult rows = builder.size(input, 0), columns = builder.size(weight, 1),
               zero = builder.getIndexAttr(0);
  // One scale for each channel and group, whatever the scales' rank.
  Value scales = builder.compute(
      {builder.getIndexAttr(groups), columns}, f32,
      {{op.getScales(), scaleMap(builder, op, 2, builder.dim(1), builder.dim(0) * groupSize)}},
      [&](ValueRange values) { return builder.convert(values[0], f32); });

  auto addGroup = [&](OpBuilder &nested, Location, Value group, ValueRange sums) {
    OpBuilder::InsertionGuard guard(builder);
    builder.restoreInsertionPoint(nested.saveInsertionPoint());
    OpFoldResult size = builder.getIndexAttr(groupSize);
    OpFoldResult begin = builder.multiply(group, builder.index(size));
    Value inputPart = builder.slice(input, {zero, begin}, {rows, size}, 2);
    Value weightPart = builder.slice(weight, {begin, zero}, {size, columns}, 2);
    Value scalesPart = builder.slice(scales, {group, zero}, {builder.getIndexAttr(1), columns}, 1);
    AffineExpr m = builder.dim(0), k = builder.dim(1), n = builder.dim(2);
    Value exact = builder.contract({rows, columns}, builder.map(3, {m, n}),
                                   {inputPart, builder.map(3, {m, k})}, {weightPart, builder.map(3, {k, n})});
    Value sum = builder.accumulate({sums[0]}, {{exact}, {scalesPart, builder.map(2, {builder.dim(1)})}},
                                   [&](ValueRange values) {
                                     Value part = builder.convert(values[0], f32);
                                     return builder.add(values[2], builder.multiply(part, values[1]));
                                   });
    scf::YieldOp::create(builder, sum);
  };
  Value sums = builder.filled({rows, columns}, f32, 0);
  return scf::ForOp::create(builder, builder.index(zero), builder.index(builder.getIndexAttr(groups)),
                            builder.index(builder.getIndexAttr(1)), sums, addGroup)
      .getResult(0);
}

/// product [m, n] * input_scale, which is one number or one for each row.
static Value applyInputScale(ReferenceBuilder &builder, QuantizedMatmulOp op, Value product) {
  Value scale = op.getInputScale();
  SmallVector<AffineExpr> row;
  if (int64_t rank = tensorTypeOf(scale).getRank()) {
    row.push_back(builder.dim(0));
    if (rank > 1)
      scale = tensor::CollapseShapeOp::create(
          builder, scale, ArrayRef<ReassociationIndices>{llvm::to_vector<2>(llvm::seq<int64_t>(0, rank))});
  }
  return builder.compute(builder.sizes(product), builder.getF32Type(),
                         {{product}, {scale, builder.map(2, row)}},
                         [&](ValueRange values) { return builder.multiply(values[0], values[1]); });
}

FailureOr<SmallVector<Value>> QuantizedMatmulOp::decompose(OpBuilder &opBuilder) {
  ReferenceBuilder builder(opBuilder, getLoc());
  Value input = builder.flattenRows(getInput()), weight = centeredWeight(builder, *this);
  Value product = isIntegerInput() ? multiplyIntegers(builder, *this, input, weight)
                                   : multiplyFloats(builder, *this, input, weight);
  if (getInputScale())
    product = applyInputScale(builder, *this, product);
  product = builder.convertTensor(product, getResultType().getElementType());

  int64_t rank = getResultType().getRank();
  if (rank > 2) {
    TensorSizes sizes = builder.sizes(getInput());
    sizes.back() = builder.getIndexAttr(getOutputSize());
    SmallVector<int64_t> shape(getInputType().getShape());
    shape.back() = getOutputSize();
    auto type = RankedTensorType::get(shape, getResultType().getElementType());
    SmallVector<ReassociationIndices> groups = {llvm::to_vector<2>(llvm::seq<int64_t>(0, rank - 1)),
                                                {rank - 1}};
    product = tensor::ExpandShapeOp::create(builder, type, product, groups, sizes);
  }
  return SmallVector<Value>{builder.as(product, getType())};
}
