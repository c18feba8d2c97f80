//===-- TensorMaps.h - whether a copy can be moved by a tensor map -----------===//
//
// The copy engine moves boxes of tensors of up to five dimensions, each with an extent and a stride. A view is a
// tensor of that kind when its map is linear: every dimension of the view becomes one of the tensor, with the
// view's extent, so that what lies outside reads as zero; whatever else the address depends on (batch, head)
// becomes further dimensions in which the box has one element.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TILE_TENSORMAPS_H
#define ASHLAR_LIB_TILE_TENSORMAPS_H

#include "dialects/Tile/Tile.h"
#include <string>

namespace ashlar::tile {

/// On a tile.copy: a #tile.tensor_map by which it is to be moved.
inline constexpr llvm::StringLiteral tensorMapAttrName = "tile.tensor_map";
/// On a tile.copy with a tensor map: the number of stages of its buffer.
inline constexpr llvm::StringLiteral copyStagesAttrName = "tile.copy_stages";

/// The tensor map of tiles of `buffer`'s shape, which has its final layout, or the reason why there is none.
mlir::FailureOr<TensorMapAttr> describeTensorMap(ViewOp view, BufferType buffer, std::string &reason);

} // namespace ashlar::tile

#endif // ASHLAR_LIB_TILE_TENSORMAPS_H
