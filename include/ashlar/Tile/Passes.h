//===-- Passes.h - passes on the tile level ----------------------------------===//
//
// Constructors `create…Pass()` and `registerAshlarTilePasses()`. What each pass does, needs and leaves behind is
// described in Passes.td.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_TILE_PASSES_H
#define ASHLAR_TILE_PASSES_H

#include "dialects/Tile/Tile.h"
#include "mlir/Pass/Pass.h"

namespace ashlar::tile {

#define GEN_PASS_DECL
#include "ashlar/Tile/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "ashlar/Tile/Passes.h.inc"

} // namespace ashlar::tile

#endif // ASHLAR_TILE_PASSES_H
