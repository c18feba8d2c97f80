//===-- Arena.h - one allocation for all intermediate results ---------------===//
#ifndef ASHLAR_LIB_GPUTOPACKAGE_ARENA_H
#define ASHLAR_LIB_GPUTOPACKAGE_ARENA_H

#include "ashlar/Package/Manifest.h"
#include "mlir/Support/LLVM.h"

namespace ashlar {

/// A buffer of the arena: live from step `begin` to step `end`, both included.
struct ArenaBuffer {
  int64_t begin = 0, end = 0;
  package::Expression bytes;
};

/// Sets the slots (one per buffer, in order) and the size of the arena of `function`.
void planArena(mlir::ArrayRef<ArenaBuffer> buffers, package::Function &function);

} // namespace ashlar

#endif // ASHLAR_LIB_GPUTOPACKAGE_ARENA_H
