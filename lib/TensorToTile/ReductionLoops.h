//===-- ReductionLoops.h - one linalg reduction in a block ------*- C++ -*-===//
//
// The loops of a reduction, run by a block that holds a tile of the parallel loops. A loop with tile size 1
// runs element by element, which takes any body. A loop with a larger tile size is reduced in two steps:
// chunks are combined element by element into a tile of partial results, which tile.reduce combines at the
// end; the body must then be one of the known combinations. A loop that one chunk covers is no loop.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TENSORTOTILE_REDUCTIONLOOPS_H
#define ASHLAR_LIB_TENSORTOTILE_REDUCTIONLOOPS_H

#include "LoopSpaces.h"
#include "ashlar/TensorToTile/Reductions.h"

namespace ashlar {

class ReductionLoops {
public:
  /// `extents` and `tile` have an entry for each loop of `op`; `block` holds the parallel ones.
  ReductionLoops(KernelBuilder &kernel, mlir::linalg::LinalgOp op, llvm::ArrayRef<mlir::AffineExpr> extents,
                 llvm::ArrayRef<int64_t> tile, const LoopSpace &block);

  /// Emits the loops and binds the results in `evaluator`, whose space is the block's; what is bound there is
  /// known in the loops.
  mlir::LogicalResult emit(TileEvaluator &evaluator);
  /// Where the result is bound.
  mlir::AffineMap resultCoordinates(unsigned result);

private:
  mlir::LogicalResult matchBody();
  mlir::FailureOr<llvm::SmallVector<mlir::Value>> startValues(TileEvaluator &block);
  mlir::FailureOr<llvm::SmallVector<mlir::Value>> loop(TileEvaluator &block, llvm::ArrayRef<unsigned> loops,
                                                       LoopSpace inner, mlir::ValueRange accumulators);
  mlir::FailureOr<llvm::SmallVector<mlir::Value>> step(TileEvaluator &block, const LoopSpace &inner,
                                                       mlir::ValueRange accumulators);
  PartialTile insideMask(TileEvaluator &evaluator);
  mlir::FailureOr<PartialTile> finish(TileEvaluator &block, unsigned result, mlir::Value accumulator);

  KernelBuilder &kernel_;
  mlir::linalg::LinalgOp op_;
  llvm::SmallVector<mlir::AffineExpr> extents_;
  llvm::SmallVector<int64_t> tile_;
  llvm::SmallVector<unsigned> reductionLoops_;
  llvm::SmallVector<Combination> combinations_; // One a result; only where chunks are combined.
  LoopSpace block_;
};

} // namespace ashlar

#endif // ASHLAR_LIB_TENSORTOTILE_REDUCTIONLOOPS_H
