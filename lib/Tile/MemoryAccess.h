//===-- MemoryAccess.h - which memory an operation reads and writes ----------===//
//
// Memory on the tile level is a `tile.alloc` or a buffer argument of the kernel (arguments do not overlap).
// Views, stages and transposes only name parts of it; this is the one place that looks through them.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TILE_MEMORYACCESS_H
#define ASHLAR_LIB_TILE_MEMORYACCESS_H

#include "dialects/Tile/Tile.h"

namespace ashlar::tile {

/// One access by one operation.
struct MemoryAccess {
  mlir::Value memory;     ///< The result of a tile.alloc, or a buffer argument; null when it cannot be told.
  mlir::Value stageIndex; ///< The index of the tile.stage in between; null for the whole buffer.
  bool isWrite = false;
  bool isAsync = false; ///< Takes place at any time until the wait that retires it.
};

/// The memory behind a view or a shared buffer, with the stage when exactly one is taken of the whole buffer.
MemoryAccess findMemory(mlir::Value viewOrBuffer);

/// All accesses of `op` itself, without those in its regions. Operations that only compute or name memory
/// have none, nor do those whose order is a matter of memory barriers; an operation unknown here that takes a buffer or a view counts as reading and writing it.
llvm::SmallVector<MemoryAccess> getMemoryAccesses(mlir::Operation *op);

} // namespace ashlar::tile

#endif // ASHLAR_LIB_TILE_MEMORYACCESS_H
