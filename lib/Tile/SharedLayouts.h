//===-- SharedLayouts.h - Where shared memory holds what --------*- C++ -*-===//
//
// The last phases of `ashlar-tile-assign-layouts`: how copies move elements, and how shared buffers arrange
// them so that copies, stores and fragment loads meet no bank twice at a time.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TILE_SHAREDLAYOUTS_H
#define ASHLAR_LIB_TILE_SHAREDLAYOUTS_H

#include "dialects/Tile/Tile.h"

namespace ashlar::tile {

/// Gives every tile.copy without one its `vector_dim` and `vector_width`. Fails with a diagnostic where
/// elements smaller than a byte would have to move one by one.
mlir::LogicalResult vectorizeCopies(KernelOp kernel);

/// Gives every tile.alloc without one a layout, and the stages and transposes of it theirs. Copies must have
/// their vectors, tiles their distributions.
void assignSharedLayouts(KernelOp kernel);

/// The extra wavefronts of all accesses to an allocation that has a layout, each counted once; nothing where
/// an access cannot be done.
std::optional<int64_t> countBankConflicts(AllocOp alloc, int64_t threads);

} // namespace ashlar::tile

#endif // ASHLAR_LIB_TILE_SHAREDLAYOUTS_H
