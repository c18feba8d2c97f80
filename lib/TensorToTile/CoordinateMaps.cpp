//===-- CoordinateMaps.cpp - how operations move coordinates ----------------===//
//
// Reshapes, slices and elementwise operations as maps between coordinates, backwards and forwards.
//
//===-----------------------------------------------------------------------===//
#include "CoordinateMaps.h"
#include "ashlar/TensorToTile/TileEvaluator.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace ashlar;

SmallVector<unsigned> ashlar::uniteDims(ArrayRef<unsigned> a, ArrayRef<unsigned> b) {
  SmallVector<unsigned> all;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(all));
  return all;
}

static AffineMap withResults(AffineMap map, ArrayRef<AffineExpr> results) {
  return AffineMap::get(map.getNumDims(), map.getNumSymbols(), results, map.getContext());
}

/// One coordinate from those of the dimensions in `group`, the last running fastest.
static FailureOr<AffineExpr> linearize(ArrayRef<AffineExpr> coordinates, ArrayRef<int64_t> group,
                                       RankedTensorType type) {
  AffineExpr sum = coordinates[group.front()];
  for (int64_t dim : group.drop_front()) {
    if (type.isDynamicDim(dim))
      return failure();
    sum = sum * type.getDimSize(dim) + coordinates[dim];
  }
  return sum;
}

/// The inverse: the coordinates of the dimensions in `group`, first to last. Each is one division and one
/// remainder of the whole, which analyses of contiguity see through more easily than through a chain of them.
static LogicalResult delinearize(AffineExpr coordinate, ArrayRef<int64_t> group, RankedTensorType type,
                                 SmallVectorImpl<AffineExpr> &coordinates) {
  SmallVector<AffineExpr> reversed;
  int64_t stride = 1;
  for (int64_t dim : llvm::reverse(group.drop_front())) {
    if (type.isDynamicDim(dim))
      return failure();
    int64_t size = std::max<int64_t>(type.getDimSize(dim), 1);
    reversed.push_back(coordinate.floorDiv(stride) % size);
    stride *= size;
  }
  coordinates.push_back(coordinate.floorDiv(stride));
  llvm::append_range(coordinates, llvm::reverse(reversed));
  return success();
}

/// From coordinates of a tensor with split dimensions to those of one where each group is one dimension.
static FailureOr<AffineMap> mergeGroups(AffineMap map, ArrayRef<ReassociationIndices> groups,
                                        RankedTensorType split) {
  SmallVector<AffineExpr> results;
  for (const ReassociationIndices &group : groups) {
    FailureOr<AffineExpr> merged = linearize(map.getResults(), group, split);
    if (failed(merged))
      return failure();
    results.push_back(*merged);
  }
  return withResults(map, results);
}

/// The inverse.
static FailureOr<AffineMap> splitGroups(AffineMap map, ArrayRef<ReassociationIndices> groups,
                                        RankedTensorType split) {
  SmallVector<AffineExpr> results;
  if (groups.empty()) // Rank 0: all split dimensions have one element.
    results.append(split.getRank(), getAffineConstantExpr(0, map.getContext()));
  for (auto [coordinate, group] : llvm::zip(map.getResults(), groups))
    if (failed(delinearize(coordinate, group, split, results)))
      return failure();
  return withResults(map, results);
}

static FailureOr<AffineMap> sliceCoordinates(tensor::ExtractSliceOp slice, AffineMap map) {
  if (!slice.getOffsets().empty() || !slice.getStrides().empty())
    return failure();
  llvm::SmallBitVector dropped = slice.getDroppedDims();
  SmallVector<AffineExpr> results;
  unsigned next = 0;
  for (int64_t dim = 0; dim < slice.getSourceType().getRank(); ++dim) {
    AffineExpr coordinate = dropped[dim] ? getAffineConstantExpr(0, map.getContext()) : map.getResult(next++);
    results.push_back(coordinate * slice.getStaticStrides()[dim] + slice.getStaticOffsets()[dim]);
  }
  return withResults(map, results);
}

FailureOr<AffineMap> ashlar::sourceCoordinates(Operation *op, AffineMap coordinates) {
  if (isa<tensor::CastOp>(op))
    return coordinates;
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    return splitGroups(coordinates, collapse.getReassociationIndices(), collapse.getSrcType());
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    return mergeGroups(coordinates, expand.getReassociationIndices(), expand.getResultType());
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
    return sliceCoordinates(slice, coordinates);
  return failure();
}

FailureOr<AffineMap> ashlar::resultCoordinates(Operation *op, unsigned operand, unsigned result,
                                               AffineMap coordinates) {
  if (isa<tensor::CastOp>(op))
    return coordinates;
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    return mergeGroups(coordinates, collapse.getReassociationIndices(), collapse.getSrcType());
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    return splitGroups(coordinates, expand.getReassociationIndices(), expand.getResultType());
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op)) {
    if (linalgOp.getNumLoops() != linalgOp.getNumParallelLoops())
      return failure();
    AffineMap toLoops = inversePermutation(linalgOp.getMatchingIndexingMap(&op->getOpOperand(operand)));
    if (!toLoops)
      return failure();
    return linalgOp.getIndexingMapMatchingResult(op->getResult(result)).compose(toLoops).compose(coordinates);
  }
  if (OpTrait::hasElementwiseMappableTraits(op))
    return coordinates;
  return failure();
}

bool ashlar::isEvaluable(Operation *op) {
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    return linalgOp.getNumLoops() == linalgOp.getNumParallelLoops();
  return OpTrait::hasElementwiseMappableTraits(op) ||
         isa<ash::UnpackOp, tensor::CastOp, tensor::CollapseShapeOp, tensor::ExpandShapeOp,
             tensor::ExtractSliceOp, tensor::PadOp, tensor::ConcatOp, tensor::InsertSliceOp, tensor::SplatOp,
             tensor::EmptyOp, tensor::DimOp, tensor::ExtractOp, arith::ConstantOp>(op);
}
