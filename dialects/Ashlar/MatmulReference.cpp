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

// A weight's columns are seen as G groups of g; with one scale for a row or for all, G is 1.

/// Where (group, position in it, n) finds a scale or zero point.
static AffineMap scaleMap(ReferenceBuilder &builder, QuantizedMatmulOp op) {
  SmallVector<AffineExpr> exprs = {builder.dim(2), builder.dim(0)};
  return builder.map(3, ArrayRef(exprs).take_front(op.getScalesType().getRank()));
}

/// The weight's integers less their zero points, as [G, g, n] of `type`; with `isScaled` times their scales.
static Value prepareWeight(ReferenceBuilder &builder, QuantizedMatmulOp op, Type type, bool isScaled) {
  int64_t group = op.getGroupSize(), groups = op.getReductionSize() / group, outputs = op.getOutputSize();
  auto grouped = RankedTensorType::get({outputs, groups, group}, op.getWeightType().getElementType());
  SmallVector<ReassociationIndices> split = {{0}, {1, 2}};
  Value weight = tensor::ExpandShapeOp::create(builder, grouped, op.getWeight(), split);

  AffineMap scales = scaleMap(builder, op);
  SmallVector<ReferenceBuilder::Operand> inputs = {
      {weight, builder.map(3, {builder.dim(2), builder.dim(0), builder.dim(1)})}, {op.getScales(), scales}};
  if (op.getZeroPoints())
    inputs.push_back({op.getZeroPoints(), scales});
  TensorSizes sizes = getAsIndexOpFoldResult(builder.getContext(), {groups, group, outputs});
  Type activations = op.getInputType().getElementType();
  return builder.compute(sizes, type, inputs, [&](ValueRange values) {
    Value steps = builder.convert(values[0], type, op.getUnsignedWeights());
    if (values.size() == 3)
      steps = builder.subtract(steps, builder.convert(values[2], type, op.getUnsignedWeights()));
    if (!isScaled)
      return steps;
    // Weights are numbers of the activations' type: the scale is rounded to it, and then the product.
    auto rounded = [&](Value value) { return builder.convert(builder.convert(value, activations), type); };
    return rounded(builder.multiply(steps, rounded(values[1])));
  });
}

/// input [..., k] * weight [k, n], summed in f32 or i32. The rows may have any number of dimensions.
static Value multiplyRows(ReferenceBuilder &builder, Value input, Value weight) {
  int64_t rows = tensorTypeOf(input).getRank() - 1, loops = rows + 2;
  auto indexed = [&](AffineExpr last) {
    auto exprs =
        llvm::map_to_vector(llvm::seq<int64_t>(0, rows), [&](int64_t dim) { return builder.dim(dim); });
    exprs.push_back(last);
    return builder.map(loops, exprs);
  };
  AffineExpr k = builder.dim(rows), n = builder.dim(rows + 1);
  TensorSizes sizes = builder.sizes(input);
  sizes.back() = builder.size(weight, 1);
  return builder.contract(sizes, indexed(n), {input, indexed(k)}, {weight, builder.map(loops, {k, n})});
}

static Value multiplyFloats(ReferenceBuilder &builder, QuantizedMatmulOp op) {
  Value weight = prepareWeight(builder, op, builder.getF32Type(), /*isScaled=*/true);
  SmallVector<ReassociationIndices> joined = {{0, 1}, {2}};
  return multiplyRows(builder, op.getInput(), tensor::CollapseShapeOp::create(builder, weight, joined));
}

/// Exact sums in i32 within each group of the weight, scaled sums of the groups in f32.
static Value multiplyIntegers(ReferenceBuilder &builder, QuantizedMatmulOp op) {
  Type f32 = builder.getF32Type();
  int64_t rank = op.getInputType().getRank();
  int64_t groupSize = op.getGroupSize(), groups = op.getReductionSize() / groupSize;
  OpFoldResult columns = builder.getIndexAttr(op.getOutputSize()), size = builder.getIndexAttr(groupSize);
  OpFoldResult zero = builder.getIndexAttr(0), one = builder.getIndexAttr(1);
  Value weight = prepareWeight(builder, op, builder.getI32Type(), /*isScaled=*/false);
  // One scale for each group and channel, whatever the scales' rank.
  SmallVector<AffineExpr> scaleIndex = {builder.dim(1), builder.dim(0)};
  AffineMap scaleSource = builder.map(2, ArrayRef(scaleIndex).take_front(op.getScalesType().getRank()));
  Value scales =
      builder.compute({builder.getIndexAttr(groups), columns}, f32, {{op.getScales(), scaleSource}},
                      [&](ValueRange values) { return builder.convert(values[0], f32); });
  TensorSizes partSizes = builder.sizes(op.getInput()), offsets(rank, zero), resultSizes = partSizes;
  partSizes.back() = size;
  resultSizes.back() = columns;

  auto addGroup = [&](OpBuilder &nested, Location, Value group, ValueRange sums) {
    OpBuilder::InsertionGuard guard(builder);
    builder.restoreInsertionPoint(nested.saveInsertionPoint());
    offsets.back() = builder.multiply(group, builder.index(size));
    Value inputPart = builder.slice(op.getInput(), offsets, partSizes, rank);
    Value weightPart = builder.slice(weight, {group, zero, zero}, {one, size, columns}, 2);
    Value scalesPart = builder.slice(scales, {group, zero}, {one, columns}, 1);
    Value exact = multiplyRows(builder, inputPart, weightPart);
    AffineMap column = builder.map(rank, {builder.dim(rank - 1)});
    Value sum = builder.accumulate({sums[0]}, {{exact}, {scalesPart, column}}, [&](ValueRange values) {
      return builder.add(values[2], builder.multiply(builder.convert(values[0], f32), values[1]));
    });
    scf::YieldOp::create(builder, sum);
  };
  return scf::ForOp::create(builder, builder.index(zero), builder.index(builder.getIndexAttr(groups)),
                            builder.index(one), builder.filled(resultSizes, f32, 0), addGroup)
      .getResult(0);
}

/// product [..., n] * input_scale, which is one number or one for each row.
static Value applyInputScale(ReferenceBuilder &builder, QuantizedMatmulOp op, Value product) {
  int64_t rank = tensorTypeOf(product).getRank(), scaleRank = tensorTypeOf(op.getInputScale()).getRank();
  auto rows =
      llvm::map_to_vector(llvm::seq<int64_t>(0, scaleRank), [&](int64_t dim) { return builder.dim(dim); });
  return builder.compute(builder.sizes(product), builder.getF32Type(),
                         {{product}, {op.getInputScale(), builder.map(rank, rows)}},
                         [&](ValueRange values) { return builder.multiply(values[0], values[1]); });
}

FailureOr<SmallVector<Value>> QuantizedMatmulOp::decompose(OpBuilder &opBuilder) {
  ReferenceBuilder builder(opBuilder, getLoc());
  Value product = isIntegerInput() ? multiplyIntegers(builder, *this) : multiplyFloats(builder, *this);
  if (getInputScale())
    product = applyInputScale(builder, *this, product);
  product = builder.convertTensor(product, getResultType().getElementType());
  return SmallVector<Value>{builder.as(product, getType())};
}
