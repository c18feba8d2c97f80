//===-- InitAllDialects.h - Every dialect a tool may meet -------*- C++ -*-===//
//
// One line for each dialect library of the project, after upstream's.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_INITALLDIALECTS_H
#define ASHLAR_INITALLDIALECTS_H

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"

#include "ashlar/Reference/ReferenceObject.h"
#include "dialects/Ashlar/Ashlar.h"
#include "dialects/Ptx/Ptx.h"
#include "dialects/Tile/Tile.h"

namespace ashlar {

inline void registerAllDialects(mlir::DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<ash::AshlarDialect>();
  registry.insert<tile::TileDialect>();
  registry.insert<ptx::PtxDialect>();
  registerReferenceDialects(registry);
}

} // namespace ashlar

#endif // ASHLAR_INITALLDIALECTS_H
