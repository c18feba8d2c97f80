//===-- HazardAnalysis.h - dependences that no barrier separates -------------===//
//
// All threads of a block execute every operation, each on elements of its own and at a speed of its own. If
// an operation depends on an earlier one through memory, a barrier has to stand between them. This analysis
// finds every pair for which none does, on every path through loops and branches.
//
// The state at a point of the program is what has happened since the last barrier on some path to it: the
// accesses that took place, and the asynchronous copies under way, in groups by age. A loop is followed to a
// fixpoint; on the way around, stages rotate by one (StageIndex.h).
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TILE_HAZARDANALYSIS_H
#define ASHLAR_LIB_TILE_HAZARDANALYSIS_H

#include "dialects/Tile/Tile.h"

namespace ashlar::tile {

/// `second` depends on `first` through memory.
struct Hazard {
  mlir::Operation *first;
  mlir::Operation *second;
  /// From here on a barrier helps: `first` itself, or the wait that retires it.
  mlir::Operation *from;
  /// `first` is an asynchronous copy that may still be under way: no barrier helps, a wait is missing.
  bool isInFlight;
};

/// All hazards, ordered by the position of `second`, then of `from`. Needs the offsets of shared buffers;
/// fails, with a diagnostic, without them and on control flow other than scf.for and scf.if around memory
/// accesses.
mlir::FailureOr<llvm::SmallVector<Hazard>> findHazards(KernelOp kernel);

/// Fails, with a diagnostic, if one of `hazards` is in flight.
mlir::LogicalResult refuseCopiesInFlight(llvm::ArrayRef<Hazard> hazards);

} // namespace ashlar::tile

#endif // ASHLAR_LIB_TILE_HAZARDANALYSIS_H
