//===-- TileOps.td - all operations of the tile dialect -*- tablegen -*-===//
include "dialects/Tile/TileKernelOps.td"
include "dialects/Tile/TileMemoryOps.td"
include "dialects/Tile/TileComputeOps.td"
include "dialects/Tile/TileConcurrencyOps.td"
