//===-- Tile.h - the tile dialect ------------------------------------------===//
//
// One thread block's program: see README.md for why, TileOps.td for the operations.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_DIALECTS_TILE_TILE_H
#define ASHLAR_DIALECTS_TILE_TILE_H

#include "ashlar/Layout/Distribution.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/IntegerSet.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/IR/TensorEncoding.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/Tile/TileDialect.h.inc"
#include "dialects/Tile/TileEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Tile/TileAttrs.h.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/Tile/TileTypes.h.inc"
#define GET_OP_CLASSES
#include "dialects/Tile/TileOps.h.inc"

namespace ashlar::tile {

/// Bits an element takes in memory: i1 is stored as a byte, i4 is packed two a byte, low nibble first.
int64_t storageBits(mlir::Type elementType);

/// More elements than the registers or the shared memory of a block hold, on any target.
inline constexpr int64_t maxBlockElements = int64_t(1) << 20;

/// The distribution of a tile's elements over registers; null when not assigned yet.
inline DistributionAttr getDistributionAttr(mlir::Type type) {
  auto tensor = llvm::dyn_cast<mlir::RankedTensorType>(type);
  return tensor ? llvm::dyn_cast_or_null<DistributionAttr>(tensor.getEncoding()) : DistributionAttr();
}

/// The type of tile `type` under another distribution.
inline mlir::RankedTensorType withDistribution(mlir::RankedTensorType type, DistributionAttr distribution) {
  return mlir::RankedTensorType::get(type.getShape(), type.getElementType(), distribution);
}

} // namespace ashlar::tile

#endif // ASHLAR_DIALECTS_TILE_TILE_H
