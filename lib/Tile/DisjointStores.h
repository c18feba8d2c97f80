//===-- DisjointStores.h - stores in loops that never meet themselves --------===//
#ifndef ASHLAR_LIB_TILE_DISJOINTSTORES_H
#define ASHLAR_LIB_TILE_DISJOINTSTORES_H

#include "dialects/Tile/Tile.h"

namespace ashlar::tile {

/// Whether `store`, into a view, writes other elements each time it runs: for each loop around it there is a
/// dimension along which its offset moves with that loop alone, by at least the tile's extent an iteration.
bool storesElsewhereEachTime(StoreOp store);

} // namespace ashlar::tile

#endif // ASHLAR_LIB_TILE_DISJOINTSTORES_H
