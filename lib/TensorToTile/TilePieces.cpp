//===-- TilePieces.cpp - tensors put together from pieces -------------------===//
//
// Padding, concatenation and insertion: every piece is read at every point, and the point's coordinates
// select which one counts. What is read outside of a piece is thrown away, so it only must not be an invalid
// address: views read zeros outside of static dimensions.
//
//===-----------------------------------------------------------------------===//
#include "TilePieces.h"
#include "CoordinateMaps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace ashlar;

namespace {
/// A tensor that fills the box [low, low + size) of the whole.
struct Piece {
  Value tensor;
  SmallVector<int64_t> low, size; // One for each dimension of the whole.
  SmallVector<unsigned>
      dims; // The dimensions of the whole that the tensor has: insertions may drop some of size 1.
};
} // namespace

/// `lhs && rhs`, where null stands for true.
static PartialTile conjunction(TileEvaluator &evaluator, PartialTile lhs, PartialTile rhs) {
  if (!lhs.value || !rhs.value)
    return lhs.value ? lhs : rhs;
  SmallVector<unsigned> dims = uniteDims(lhs.dims, rhs.dims);
  Value both =
      arith::AndIOp::create(evaluator.kernel().builder(), lhs.value.getLoc(),
                            evaluator.broadcast(lhs, dims).value, evaluator.broadcast(rhs, dims).value);
  return {both, {dims.begin(), dims.end()}};
}

/// Where the coordinates lie in the box; null if everywhere.
PartialTile TileEvaluator::insideBox(AffineMap coordinates, ArrayRef<int64_t> low, ArrayRef<int64_t> size,
                                     ArrayRef<int64_t> whole) {
  PartialTile inside;
  auto require = [&](arith::CmpIPredicate predicate, AffineExpr index, int64_t bound) {
    PartialTile lhs = evaluateIndex(index);
    PartialTile rhs = broadcast(evaluateIndex(kernel_.constant(bound)), lhs.dims);
    Value holds =
        arith::CmpIOp::create(kernel_.builder(), lhs.value.getLoc(), predicate, lhs.value, rhs.value);
    inside = conjunction(*this, inside, {holds, lhs.dims});
  };
  for (auto [dim, index] : llvm::enumerate(coordinates.getResults())) {
    if (ShapedType::isDynamic(whole[dim]))
      continue;
    if (low[dim] > 0)
      require(arith::CmpIPredicate::sge, index, low[dim]);
    if (low[dim] + size[dim] < whole[dim])
      require(arith::CmpIPredicate::slt, index, low[dim] + size[dim]);
  }
  return inside;
}

/// Whether the piece's place is known, and what is read outside of it stays within static dimensions: a
/// dimension that it does not fill must be static, with all after it (a buffer has the dimensions up to the
/// last dynamic one as one).
static bool isPlaceable(const Piece &piece, ArrayRef<int64_t> whole) {
  bool isDynamicLater = false;
  for (size_t dim = whole.size(); dim-- > 0;) {
    isDynamicLater |= ShapedType::isDynamic(whole[dim]);
    bool fills = piece.low[dim] == 0 && piece.size[dim] == whole[dim];
    if (!fills &&
        (isDynamicLater || ShapedType::isDynamic(piece.low[dim]) || ShapedType::isDynamic(piece.size[dim])))
      return false;
  }
  return true;
}

/// The pieces, later ones on top; fails, without a diagnostic, if one has no known place.
static LogicalResult findPieces(Operation *op, SmallVectorImpl<Piece> &pieces) {
  auto whole = cast<RankedTensorType>(op->getResult(0).getType());
  auto addPiece = [&](Value tensor, ArrayRef<int64_t> low, ArrayRef<int64_t> size) {
    Piece piece{tensor, SmallVector<int64_t>(low), SmallVector<int64_t>(size), {}};
    piece.dims = llvm::to_vector(llvm::seq<unsigned>(0, whole.getRank()));
    pieces.push_back(std::move(piece));
    return success(isPlaceable(pieces.back(), whole.getShape()));
  };
  if (auto pad = dyn_cast<tensor::PadOp>(op))
    return addPiece(pad.getSource(), pad.getStaticLow(), pad.getSourceType().getShape());
  if (auto insert = dyn_cast<tensor::InsertSliceOp>(op)) {
    if (llvm::any_of(insert.getStaticStrides(), [](int64_t stride) { return stride != 1; }) ||
        failed(addPiece(insert.getSource(), insert.getStaticOffsets(), insert.getStaticSizes())))
      return failure();
    llvm::SmallBitVector dropped = insert.getDroppedDims();
    llvm::erase_if(pieces.back().dims, [&](unsigned dim) { return dropped[dim]; });
    return success();
  }
  auto concat = cast<tensor::ConcatOp>(op);
  SmallVector<int64_t> low(whole.getRank(), 0);
  for (Value input : concat.getInputs()) {
    ArrayRef<int64_t> size = cast<RankedTensorType>(input.getType()).getShape();
    if (failed(addPiece(input, low, size)))
      return failure();
    low[concat.getDim()] += size[concat.getDim()];
  }
  return success();
}

FailureOr<PartialTile> TileEvaluator::evaluatePieces(Operation *op, AffineMap coordinates) {
  auto whole = cast<RankedTensorType>(op->getResult(0).getType());
  SmallVector<Piece> pieces;
  if (failed(findPieces(op, pieces)))
    return refuseInKernel(op, "its shape or a piece's place is not static, or strided");
  FailureOr<PartialTile> result = failure();
  if (auto pad = dyn_cast<tensor::PadOp>(op)) {
    Value padding = pad.getConstantPaddingValue();
    if (!padding)
      return refuseInKernel(pad, "the padding depends on the position; pad with one value");
    result = evaluateScalar(padding);
  } else if (auto insert = dyn_cast<tensor::InsertSliceOp>(op)) {
    result = evaluatePartial(insert.getDest(), coordinates);
  } else {
    result = evaluateScalar(arith::ConstantOp::create(kernel_.builder(), op->getLoc(),
                                                      kernel_.builder().getZeroAttr(whole.getElementType())));
  }
  for (const Piece &piece : pieces) {
    SmallVector<AffineExpr> moved;
    for (unsigned dim : piece.dims)
      moved.push_back(coordinates.getResult(dim) - piece.low[dim]);
    FailureOr<PartialTile> tile = evaluatePartial(piece.tensor, space_.map(moved, kernel_.context()));
    if (failed(tile) || failed(result))
      return failure();
    PartialTile inside = insideBox(coordinates, piece.low, piece.size, whole.getShape());
    if (!inside.value) {
      result = tile;
      continue;
    }
    SmallVector<unsigned> dims = uniteDims(inside.dims, uniteDims(tile->dims, result->dims));
    Value selected = arith::SelectOp::create(kernel_.builder(), op->getLoc(), broadcast(inside, dims).value,
                                             broadcast(*tile, dims).value, broadcast(*result, dims).value);
    result = PartialTile{selected, {dims.begin(), dims.end()}};
  }
  return result;
}
