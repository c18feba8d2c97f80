//===-- StagedTile.h - a tile in shared memory ------------------*- C++ -*-===//
//
// A tile of a tensor that all threads of the block can read, in parts and as often as they like.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TENSORTOTILE_STAGEDTILE_H
#define ASHLAR_LIB_TENSORTOTILE_STAGEDTILE_H

#include "ashlar/TensorToTile/TileEvaluator.h"

namespace ashlar {

class StagedTile {
public:
  /// Brings the tile of `tensor` over `space`, whose elements are at `coordinates`, into shared memory: an
  /// input of the kernel by a copy, anything else by computing it. What lies outside of the space's extents
  /// is zero.
  static mlir::FailureOr<StagedTile> create(KernelBuilder &kernel, mlir::Value tensor,
                                            mlir::AffineMap coordinates, const TileSpace &space);
  /// Puts a tile of registers there.
  static StagedTile store(KernelBuilder &kernel, mlir::Value tile);

  /// The part of `shape` that starts at `offsets`, both in the order of the space's dimensions.
  mlir::Value load(llvm::ArrayRef<mlir::Value> offsets, llvm::ArrayRef<int64_t> shape) const;
  mlir::Value loadAt(llvm::ArrayRef<int64_t> offsets, llvm::ArrayRef<int64_t> shape) const;
  /// Row `index` of a tile with two dimensions.
  mlir::Value loadRow(mlir::Value index) const;
  /// The buffer, its dimensions in the order of the space.
  mlir::Value buffer() const { return buffer_; }

private:
  StagedTile(KernelBuilder &kernel, mlir::Value buffer) : kernel_(&kernel), buffer_(buffer) {}
  KernelBuilder *kernel_;
  mlir::Value buffer_; // Its dimensions in the order of the space.
};

} // namespace ashlar

#endif // ASHLAR_LIB_TENSORTOTILE_STAGEDTILE_H
