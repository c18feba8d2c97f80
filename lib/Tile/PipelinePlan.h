//===-- PipelinePlan.h - how the decision about a pipeline is written down ---===//
//
// `ashlar-tile-plan-pipeline` decides, `ashlar-tile-pipeline` expands; between them the decision is in the
// IR.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TILE_PIPELINEPLAN_H
#define ASHLAR_LIB_TILE_PIPELINEPLAN_H

#include "llvm/ADT/StringRef.h"

namespace ashlar::tile {

/// On an scf.for: the number of stages, at least 2.
inline constexpr llvm::StringLiteral stagesAttrName = "tile.stages";

/// On a tile.copy directly in such a loop: it runs ahead. Its destination is the whole of a tile.alloc,
/// perhaps transposed; its other operands are computed by pure operations from the induction variable and
/// from outside.
inline constexpr llvm::StringLiteral pipelinedAttrName = "tile.pipelined";

} // namespace ashlar::tile

#endif // ASHLAR_LIB_TILE_PIPELINEPLAN_H
