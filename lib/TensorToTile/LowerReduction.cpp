//===-- LowerReduction.cpp - linalg operations that reduce ------------------===//
//
// Parallel loops are distributed over blocks, loops of a reduction run inside of the block.
//
//===-----------------------------------------------------------------------===//
#include "ReductionLoops.h"
#include "ashlar/TensorToTile/MainOperations.h"

using namespace mlir;
using namespace ashlar;

LogicalResult ashlar::lowerReduction(KernelBuilder &kernel, Operation *operation) {
  auto op = cast<linalg::LinalgOp>(operation);
  FailureOr<SmallVector<AffineExpr>> extents = loopExtents(kernel, op);
  FailureOr<SmallVector<int64_t>> tile = kernel.scheduleList("tile", op.getNumLoops());
  if (failed(extents) || failed(tile))
    return failure();
  SmallVector<int64_t> parallelTile = *tile;
  SmallVector<unsigned> reductionLoops;
  op.getReductionDims(reductionLoops);
  for (unsigned loop : reductionLoops)
    parallelTile[loop] = 0;
  LoopSpace block = distributeLoops(kernel, *extents, parallelTile);

  TileEvaluator evaluator(kernel, block.space);
  ReductionLoops loops(kernel, op, *extents, *tile, block);
  if (failed(loops.emit(evaluator)))
    return failure();
  SmallVector<MainResult> results;
  for (OpResult result : op->getResults())
    results.push_back({result, loops.resultCoordinates(result.getResultNumber())});
  return storeResults(evaluator, results);
}
