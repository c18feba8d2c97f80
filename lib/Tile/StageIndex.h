//===-- StageIndex.h - which stage of a buffer an index selects --------------===//
//
// Stage indices rotate with the iterations of a loop: in iteration i (counted from 0) the index is
// (phase + i) mod S. Two accesses of one loop whose phases differ touch different stages in every iteration,
// and an access of phase p is, seen from the next iteration, one of phase p - 1. That is all the analysis of
// barriers needs to see that a multi-stage loop gets by with one barrier.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TILE_STAGEINDEX_H
#define ASHLAR_LIB_TILE_STAGEINDEX_H

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace ashlar::tile {

/// What is known of a stage index.
struct StageIndex {
  enum class Kind { Unknown, Constant, Rotating };
  Kind kind = Kind::Unknown;
  int64_t value = 0;     ///< The constant, or the phase.
  mlir::scf::ForOp loop; ///< The loop with whose iterations the index rotates.
};

/// Finds out by evaluating: the loop-carried value is followed through every one of the `stages` values it
/// can have, and so is the index made from it. No pattern of operations is presumed.
StageIndex analyzeStageIndex(mlir::Value index, int64_t stages);

} // namespace ashlar::tile

#endif // ASHLAR_LIB_TILE_STAGEINDEX_H
