//===-- SharedAccesses.h - How shared memory is read and written -*- C++ -*-===//
//
// What the copies, stores and loads of a buffer cost under an arrangement of its elements. The model is the
// one of ashlar/Layout/BankConflicts.h; the accesses are those that ashlar-convert-tile-to-gpu generates:
// copies in vectors, split over the block by layout::blocked; fragments by ldmatrix; other tiles by the
// widest vectors that registers and memory agree on.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TILE_SHAREDACCESSES_H
#define ASHLAR_LIB_TILE_SHAREDACCESSES_H

#include "LayoutChoices.h"
#include "ashlar/Layout/Swizzle.h"
#include "dialects/Tile/Tile.h"

namespace ashlar::tile {

/// One copy, store or load of a tile, seen in the dimensions of the tile.alloc.
struct SharedAccess {
  layout::Distribution registers;
  llvm::SmallVector<int64_t> tileShape;
  /// A copy moves vectors of `width` along `dim`, no others.
  std::optional<VectorAccess> copy;
  /// The operation.
  mlir::Operation *op = nullptr;
  /// A load of 32-bit registers of 8x8 matrices along this dimension, which `ldmatrix` can do.
  std::optional<int64_t> fragmentDim;
};

/// A buffer or a part of it, with the dimensions of the allocation that its own are.
struct DerivedBuffer {
  mlir::Value buffer;
  llvm::SmallVector<int> dims;
};

/// An allocation with all stages and transposes of it, and every access to any of them.
struct BufferUses {
  llvm::SmallVector<DerivedBuffer> family;
  llvm::SmallVector<SharedAccess> accesses;
};

/// Copies need their vectors, tiles their distributions.
BufferUses usesOf(AllocOp alloc, int64_t threads);

/// Strides of the allocation's dimensions, in elements, then a swizzle; with panels, see #tile.buffer_layout.
struct Arrangement {
  llvm::SmallVector<int64_t> strides;
  layout::Swizzle swizzle;
  int64_t panelWidth = 0, panelStride = 0;
};

struct SharedCost {
  /// Extra wavefronts of all warps' accesses.
  int64_t conflicts = 0;
  /// Accesses beyond those that vectors as wide as the registers allow would need.
  int64_t extraAccesses = 0;

  int64_t total() const { return conflicts + extraAccesses; }
};

/// The cost of one access to a buffer of `shape` that lies contiguously along `contiguous`; nothing where the
/// hardware would trap: a copy's vectors are not aligned.
std::optional<SharedCost> costOf(const SharedAccess &access, const Arrangement &arrangement,
                                 llvm::ArrayRef<int64_t> shape, int64_t contiguous, int64_t elementBits);

} // namespace ashlar::tile

#endif // ASHLAR_LIB_TILE_SHAREDACCESSES_H
