//===-- LoopSpaces.h - loops of a linalg operation as tile spaces -*- C++ -*-===//
#ifndef ASHLAR_LIB_TENSORTOTILE_LOOPSPACES_H
#define ASHLAR_LIB_TENSORTOTILE_LOOPSPACES_H

#include "ashlar/TensorToTile/TileEvaluator.h"

namespace ashlar {

/// A space, and what each of some loops is in it. Loops of tile size 1 are symbols, the others dimensions; a
/// space without a dimension gets one of one element, since there are no tiles of rank 0.
struct LoopSpace {
  TileSpace space;
  llvm::SmallVector<mlir::AffineExpr> loops; ///< One for each loop; null for loops that have no place yet.

  /// Adds loop number `loop`, of which `offset` is the first index now.
  void addLoop(KernelBuilder &kernel, unsigned loop, int64_t size, mlir::Value offset,
               mlir::AffineExpr extent);
  void ensureDimension(KernelBuilder &kernel);
  /// From the space to the loops.
  mlir::AffineMap map(mlir::MLIRContext *context) const;
};

/// Runs `body` for each tile of a loop inside of the block: with the tile's first index and the carried
/// values, to return the next ones. One tile that covers the loop makes no scf.for. Returns the last values.
mlir::FailureOr<llvm::SmallVector<mlir::Value>> loopOverTiles(
    KernelBuilder &kernel, mlir::AffineExpr extent, int64_t size, mlir::ValueRange carried,
    llvm::function_ref<mlir::FailureOr<llvm::SmallVector<mlir::Value>>(mlir::Value, mlir::ValueRange)> body);

/// The extent of each loop.
mlir::FailureOr<llvm::SmallVector<mlir::AffineExpr>> loopExtents(KernelBuilder &kernel,
                                                                 mlir::linalg::LinalgOp op);

/// Distributes over the grid those loops for which `sizes` is not 0, in tiles of these sizes.
LoopSpace distributeLoops(KernelBuilder &kernel, llvm::ArrayRef<mlir::AffineExpr> extents,
                          llvm::ArrayRef<int64_t> sizes);

} // namespace ashlar

#endif // ASHLAR_LIB_TENSORTOTILE_LOOPSPACES_H
