//===-- LowerPointwise.cpp - kernels without a main operation ---------------===//
//
// Every element of the results is computed from elements of the inputs: elementwise operations, transposes,
// padding, fills. A block makes one tile of the first result; the others have the same shape, up to a
// permutation.
//
//===-----------------------------------------------------------------------===//
#include "LoopSpaces.h"
#include "ashlar/TensorToTile/MainOperations.h"

using namespace mlir;
using namespace ashlar;

/// One dimension runs through all elements in memory's order.
static FailureOr<LoopSpace> distributeFlat(KernelBuilder &kernel, ArrayRef<AffineExpr> extents,
                                           int64_t size) {
  AffineExpr total = kernel.constant(1);
  for (auto [dim, extent] : llvm::enumerate(extents)) {
    if (dim > 0 && !isa<AffineConstantExpr>(extent))
      return kernel.source().emitOpError("has a schedule with one tile size for ")
                 << extents.size()
                 << " dimensions, but only the first may then be dynamic; give one size for each",
             failure();
    total = total * extent;
  }
  LoopSpace flat = distributeLoops(kernel, total, size);
  AffineExpr number = flat.loops[0];
  flat.loops.resize(extents.size());
  int64_t stride = 1;
  for (size_t dim = extents.size(); dim-- > 1;) {
    int64_t count = std::max<int64_t>(cast<AffineConstantExpr>(extents[dim]).getValue(), 1);
    flat.loops[dim] = number.floorDiv(stride) % count;
    stride *= count;
  }
  flat.loops[0] = number.floorDiv(stride);
  return flat;
}

/// The coordinates of every result, given those of the first.
static FailureOr<SmallVector<MainResult>> resultsAt(KernelBuilder &kernel, AffineMap coordinates) {
  ValueRange values = kernel.source().getYield().getValues();
  SmallVector<MainResult> results = {{values[0], coordinates}};
  auto linalgOp = values[0].getDefiningOp<linalg::LinalgOp>();
  for (Value value : values.drop_front()) {
    auto result = dyn_cast<OpResult>(value);
    if (linalgOp && result && result.getOwner() == linalgOp) {
      AffineMap first = linalgOp.getIndexingMapMatchingResult(cast<OpResult>(values[0]));
      AffineMap map = linalgOp.getIndexingMapMatchingResult(result);
      results.push_back({value, map.compose(inversePermutation(first)).compose(coordinates)});
    } else if (cast<ShapedType>(value.getType()).getShape() ==
               cast<ShapedType>(values[0].getType()).getShape()) {
      results.push_back({value, coordinates});
    } else {
      return kernel.source().emitOpError(
                 "yields tensors of different shapes that nothing relates; split the kernel"),
             failure();
    }
  }
  return results;
}

LogicalResult ashlar::lowerPointwise(KernelBuilder &kernel, Operation *) {
  FailureOr<SmallVector<AffineExpr>> extents = kernel.extents(kernel.source().getYield().getValues()[0]);
  if (failed(extents))
    return failure();
  FailureOr<int64_t> length = kernel.scheduleListLength("tile");
  if (failed(length))
    return failure();
  bool isFlat = *length == 1 && extents->size() > 1;
  FailureOr<SmallVector<int64_t>> tile = kernel.scheduleList("tile", isFlat ? 1 : extents->size());
  if (failed(tile))
    return failure();
  FailureOr<LoopSpace> block = isFlat ? distributeFlat(kernel, *extents, tile->front())
                                      : FailureOr<LoopSpace>(distributeLoops(kernel, *extents, *tile));
  if (failed(block))
    return failure();
  TileEvaluator evaluator(kernel, block->space);
  FailureOr<SmallVector<MainResult>> results = resultsAt(kernel, block->map(kernel.context()));
  return failed(results) ? failure() : storeResults(evaluator, *results);
}
