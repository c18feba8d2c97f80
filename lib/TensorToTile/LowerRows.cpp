//===-- LowerRows.cpp - kernels that work row by row ------------------------===//
//
// A block takes a tile of rows. It runs the reductions in their order; what each leaves, a value per row, is
// known to all that comes after. Then it stores the results per row, and chunk by chunk those of full shape.
//
//===-----------------------------------------------------------------------===//
#include "ReductionLoops.h"
#include "ashlar/Tensor/RowPrograms.h"
#include "ashlar/TensorToTile/MainOperations.h"

using namespace mlir;
using namespace ashlar;

/// Stores the results of full shape: the nest of column loops, outermost first.
static FailureOr<SmallVector<Value>> storeColumns(KernelBuilder &kernel, TileEvaluator &rows, LoopSpace space,
                                                  ArrayRef<AffineExpr> extents, ArrayRef<int64_t> tile,
                                                  unsigned column, ArrayRef<unsigned> results) {
  if (column < extents.size()) {
    auto body = [&](Value offset, ValueRange) {
      LoopSpace next = space;
      next.addLoop(kernel, column, tile[column], offset, extents[column]);
      return storeColumns(kernel, rows, std::move(next), extents, tile, column + 1, results);
    };
    return loopOverTiles(kernel, extents[column], tile[column], {}, body);
  }
  TileEvaluator evaluator(kernel, space.space);
  evaluator.adopt(rows);
  for (unsigned result : results)
    if (failed(storeResult(evaluator, result, space.map(kernel.context()))))
      return failure();
  return SmallVector<Value>();
}

LogicalResult ashlar::lowerRows(KernelBuilder &kernel, Operation *first) {
  RowProgram program = *matchRowProgram(kernel.source());
  FailureOr<SmallVector<AffineExpr>> extents = loopExtents(kernel, cast<linalg::LinalgOp>(first));
  FailureOr<SmallVector<int64_t>> tile = kernel.scheduleList("tile", program.shape.extents.size());
  if (failed(extents) || failed(tile))
    return failure();
  SmallVector<int64_t> rowTile = *tile;
  std::fill(rowTile.begin() + program.shape.rowLoops, rowTile.end(), 0);
  LoopSpace block = distributeLoops(kernel, *extents, rowTile);

  TileEvaluator rows(kernel, block.space);
  for (linalg::LinalgOp reduction : program.reductions)
    if (failed(ReductionLoops(kernel, reduction, *extents, *tile, block).emit(rows)))
      return failure();

  SmallVector<unsigned> full;
  AffineMap rowCoordinates =
      block.space.map(ArrayRef(block.loops).take_front(program.shape.rowLoops), kernel.context());
  for (auto [number, value] : llvm::enumerate(kernel.source().getYield().getValues())) {
    int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
    if (rank == int64_t(program.shape.extents.size()))
      full.push_back(number);
    else if (rank != int64_t(program.shape.rowLoops))
      return kernel.source().emitOpError(
          "yields a tensor that is neither a value per row nor of the rows' shape; give it "
          "a kernel of its own");
    else if (failed(storeResult(rows, number, rowCoordinates)))
      return failure();
  }
  if (full.empty())
    return success();
  return storeColumns(kernel, rows, block, *extents, *tile, program.shape.rowLoops, full);
}
