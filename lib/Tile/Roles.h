//===-- Roles.h - who executes what, as it is written down -------------------===//
//
// `ashlar-tile-pipeline-phases` says of the operations it makes which role executes them,
// `ashlar-tile-specialize-roles` deals the program out; between them the decision is in the IR.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TILE_ROLES_H
#define ASHLAR_LIB_TILE_ROLES_H

#include "dialects/Tile/Tile.h"

namespace ashlar::tile {

/// On an operation: the one role that executes it.
inline constexpr llvm::StringLiteral roleAttrName = "tile.role_name";
inline constexpr llvm::StringLiteral producerRole = "producer", consumerRole = "consumer";

inline constexpr int64_t warpGroupThreads = 128;

inline void assignRole(mlir::Operation *op, llvm::StringRef role) {
  op->setAttr(roleAttrName, mlir::StringAttr::get(op->getContext(), role));
}

} // namespace ashlar::tile

#endif // ASHLAR_LIB_TILE_ROLES_H
