//===-- SharedMemory.h - sizes and lifetimes of shared buffers ---------------===//
//
// What the planning passes ask about a kernel's shared buffers: how much room one needs, from when to when it
// lives, and how much all of them need together. Sizes are bytes; times are positions in the kernel's text.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TILE_SHAREDMEMORY_H
#define ASHLAR_LIB_TILE_SHAREDMEMORY_H

#include "ashlar/CostModel/AllocationPlanner.h"
#include "dialects/Tile/Tile.h"

namespace ashlar::tile {

/// What the start of a shared buffer is a multiple of: 128 bytes, all 32 banks; more, up to 1024 (the
/// alignment of the block's shared memory), for a swizzle with a longer period.
int64_t getSharedAlignment(BufferType type);

/// Bytes that a shared buffer occupies, rounded up to the blocks within which its swizzle permutes.
int64_t getSharedSize(BufferType type);

/// Bytes from one stage to the next: each stage starts at a period of the swizzle, so all are laid out alike.
int64_t getStageSize(BufferType type);

/// The buffer with a leading dimension of `stages`; a stage is laid out as the buffer was.
BufferType makeStagedType(BufferType type, int64_t stages);

/// A shared buffer and the positions of its first and last use, both included.
struct SharedBuffer {
  AllocOp alloc;
  int64_t begin = 0;
  int64_t end = 0;
  int64_t size = 0;
};

/// The number of an operation in a kernel: where it begins, and where it ends (after all of its regions).
class Positions {
public:
  explicit Positions(KernelOp kernel);
  int64_t begin(mlir::Operation *op) const { return begins.lookup(op); }
  int64_t end(mlir::Operation *op) const { return ends.lookup(op); }

private:
  llvm::DenseMap<mlir::Operation *, int64_t> begins, ends;
};

/// Every `tile.alloc` of the kernel with its lifetime, in the order of the text. Fails, with a diagnostic,
/// where a buffer is carried by control flow: then its uses are not known.
mlir::FailureOr<llvm::SmallVector<SharedBuffer>> computeLifetimes(KernelOp kernel,
                                                                  const Positions &positions);

/// Places them; offsets in their order.
AllocationPlan planSharedMemory(llvm::ArrayRef<SharedBuffer> buffers);

} // namespace ashlar::tile

#endif // ASHLAR_LIB_TILE_SHAREDMEMORY_H
