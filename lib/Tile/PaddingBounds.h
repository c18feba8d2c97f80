//===-- PaddingBounds.h - where a view leaves its buffer ---------------------===//
//
// Windows of a padded image have coordinates outside of the image, which read as zero and move nothing. Maps
// of windows keep dimensions apart: a coordinate of the buffer follows from one dimension of the view, and
// symbols.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TILE_PADDINGBOUNDS_H
#define ASHLAR_LIB_TILE_PADDINGBOUNDS_H

#include "dialects/Tile/Tile.h"

namespace ashlar::tile {

/// A coordinate of the buffer that has to lie in [0, extent), as an expression of one dimension and symbols.
struct PaddingBound {
  mlir::AffineExpr coordinate;
  int64_t extent = 0;

  /// Whether it lies there when the dimension is `at`. False where a symbol is not known.
  bool holds(int64_t at, mlir::ArrayRef<int64_t> symbols) const;
};

/// The bounds that depend on `dim` and on no other dimension of the view, but for those that hold throughout
/// the view's static extent. Coordinates that mix dimensions are taken to lie inside.
llvm::SmallVector<PaddingBound> findPaddingBounds(ViewOp view, unsigned dim);

} // namespace ashlar::tile

#endif // ASHLAR_LIB_TILE_PADDINGBOUNDS_H
