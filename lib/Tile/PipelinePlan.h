//===-- PipelinePlan.h - how the decision about a pipeline is written down ---===//
//
// `ashlar-tile-plan-pipeline` decides, `ashlar-tile-pipeline` expands; between them the decision is in the
// IR.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TILE_PIPELINEPLAN_H
#define ASHLAR_LIB_TILE_PIPELINEPLAN_H

#include "dialects/Tile/Tile.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace ashlar::tile {

/// On an scf.for: the number of stages, at least 2 and at most maxStages.
inline constexpr llvm::StringLiteral stagesAttrName = "tile.stages";
/// More are never of use: the copies of so many iterations hide any latency.
inline constexpr int64_t maxStages = 32;

/// On a tile.copy directly in such a loop: it runs ahead. Its destination is the whole of a tile.alloc,
/// perhaps transposed; its other operands are computed by pure operations from the induction variable and
/// from outside.
inline constexpr llvm::StringLiteral pipelinedAttrName = "tile.pipelined";

/// Why a copy in `loop` cannot run ahead; empty if it can.
llvm::StringRef whyNotAhead(CopyOp copy, mlir::scf::ForOp loop);
/// The alloc that a copy fills as a whole, perhaps transposed; null if it fills a part.
AllocOp findFilledAlloc(CopyOp copy);

} // namespace ashlar::tile

#endif // ASHLAR_LIB_TILE_PIPELINEPLAN_H
