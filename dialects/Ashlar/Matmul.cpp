//===-- Matmul.cpp - ashlar.matmul ----------------------------------------===//
//
// Verifier, shape inference and canonical form of matrix multiplication.
//
//===----------------------------------------------------------------------===//

#include "dialects/Ashlar/Ashlar.h"
#include "dialects/Ashlar/Verification.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace ashlar::ash;

RankedTensorType MatmulOp::inferResultType(RankedTensorType lhs, RankedTensorType rhs, Type resultElementType,
                                           bool transposeLhs, bool transposeRhs) {
  int64_t rank = lhs.getRank(), rhsRank = rhs.getRank();
  SmallVector<int64_t> shape(lhs.getShape());
  if (rhsRank == rank)
    for (int64_t dim = 0; dim < rank - 2; ++dim)
      shape[dim] = moreStatic(lhs.getDimSize(dim), rhs.getDimSize(dim));
  shape[rank - 2] = lhs.getDimSize(rank - (transposeLhs ? 1 : 2));
  shape[rank - 1] = rhs.getDimSize(rhsRank - (transposeRhs ? 2 : 1));
  return RankedTensorType::get(shape, resultElementType);
}

void MatmulOp::build(OpBuilder &builder, OperationState &state, Value lhs, Value rhs, Type resultElementType,
                     bool transposeLhs, bool transposeRhs) {
  RankedTensorType type =
      inferResultType(tensorTypeOf(lhs), tensorTypeOf(rhs), resultElementType, transposeLhs, transposeRhs);
  build(builder, state, type, lhs, rhs, transposeLhs, transposeRhs);
}

Type MatmulOp::getAccumulatorType() { return accumulatorTypeFor(getLhsType().getElementType()); }

LogicalResult MatmulOp::verify() {
  RankedTensorType lhs = getLhsType(), rhs = getRhsType(), result = getResultType();
  if (lhs.getRank() < 2 || rhs.getRank() < 2 || result.getRank() < 2)
    return emitOpError("C1: expected ranks of 2 or more, got ")
           << lhs.getRank() << ", " << rhs.getRank() << " and " << result.getRank();
  Type element = lhs.getElementType();
  if (element != rhs.getElementType() || !(isFloatElement(element) || element.isSignlessInteger(8)))
    return emitOpError("C2: expected operands of one element type, f32, f16, bf16 or i8, got ")
           << element << " and " << rhs.getElementType();
  bool isFloat = isFloatElement(element);
  if (isFloat ? !isFloatElement(result.getElementType()) : !result.getElementType().isSignlessInteger(32))
    return emitOpError("C3: expected a result of ")
           << (isFloat ? "f32, f16 or bf16" : "i32") << " for operands of " << element << ", got "
           << result.getElementType();
  int64_t batchRank = getBatchRank();
  bool sameBatches = rhs.getRank() == lhs.getRank() &&
                     shapesAgree(lhs.getShape().take_front(batchRank), rhs.getShape().take_front(batchRank));
  if (rhs.getRank() != 2 && !sameBatches)
    return emitOpError("C4: expected a right operand of rank 2 or with the batch dimensions ")
           << shapeText(lhs.getShape().take_front(batchRank)) << ", got the shape "
           << shapeText(rhs.getShape());
  // With rank 2 on both sides there are no batches, and a rank-2 `rhs` never has any.
  int64_t lhsReduction = lhs.getDimSize(getLhsReductionDim()),
          rhsReduction = rhs.getDimSize(getRhsReductionDim());
  if (!sizesAgree(lhsReduction, rhsReduction))
    return emitOpError("C5: expected one size of the dimension summed over, got ")
           << lhsReduction << " in dimension " << getLhsReductionDim() << " of the left and " << rhsReduction
           << " in dimension " << getRhsReductionDim() << " of the right operand";
  RankedTensorType expected =
      inferResultType(lhs, rhs, result.getElementType(), getTransposeLhs(), getTransposeRhs());
  if (!shapesAgree(expected.getShape(), result.getShape()))
    return emitOpError("C6: expected the result shape ")
           << shapeText(expected.getShape()) << ", got " << shapeText(result.getShape());
  return success();
}

SmallVector<SharedSize> MatmulOp::getSharedSizes() {
  int64_t batchRank = getBatchRank();
  SmallVector<SharedSize> sizes = {{{getLhs(), getLhsReductionDim()}, {getRhs(), getRhsReductionDim()}},
                                   {{getLhs(), getLhsRowDim()}, {getResult(), batchRank}},
                                   {{getRhs(), getRhsColumnDim()}, {getResult(), batchRank + 1}}};
  for (int64_t dim = 0; dim < batchRank; ++dim) {
    sizes.push_back({{getLhs(), dim}, {getResult(), dim}});
    if (!isRhsBroadcast())
      sizes.back().push_back({getRhs(), dim});
  }
  return sizes;
}

LogicalResult MatmulOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &shapes) {
  int64_t rank = getResultType().getRank();
  auto source = [&](int64_t dim) -> OpFoldResult {
    if (!getResultType().isDynamicDim(dim))
      return builder.getIndexAttr(getResultType().getDimSize(dim));
    if (dim == rank - 1)
      return tensor::getMixedSize(builder, getLoc(), getRhs(), getRhsColumnDim());
    return tensor::getMixedSize(builder, getLoc(), getLhs(), dim == rank - 2 ? getLhsRowDim() : dim);
  };
  shapes.assign(1, llvm::map_to_vector(llvm::seq<int64_t>(0, rank), source));
  return success();
}

//===----------------------------------------------------------------------===//
// Canonical form
//===----------------------------------------------------------------------===//

/// The value whose last two dimensions `value` swaps, or null.
static Value swappedOperand(Value value) {
  auto transpose = value.getDefiningOp<linalg::TransposeOp>();
  if (!transpose)
    return {};
  ArrayRef<int64_t> permutation = transpose.getPermutation();
  int64_t rank = permutation.size();
  if (rank < 2 || permutation[rank - 2] != rank - 1 || permutation[rank - 1] != rank - 2)
    return {};
  for (int64_t dim = 0; dim < rank - 2; ++dim)
    if (permutation[dim] != dim)
      return {};
  return transpose.getInput();
}

namespace {
/// A transposition of an operand's matrices becomes the operand's transpose flag.
struct FoldTransposeIntoMatmul : OpRewritePattern<MatmulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MatmulOp op, PatternRewriter &rewriter) const override {
    Value lhs = swappedOperand(op.getLhs()), rhs = swappedOperand(op.getRhs());
    if (!lhs && !rhs)
      return rewriter.notifyMatchFailure(op, "no operand is a transposition of the last two dimensions");
    rewriter.modifyOpInPlace(op, [&] {
      if (lhs) {
        op.getLhsMutable().set(lhs);
        op.setTransposeLhs(!op.getTransposeLhs());
      }
      if (rhs) {
        op.getRhsMutable().set(rhs);
        op.setTransposeRhs(!op.getTransposeRhs());
      }
    });
    return success();
  }
};
} // namespace

void MatmulOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<FoldTransposeIntoMatmul>(context);
}
