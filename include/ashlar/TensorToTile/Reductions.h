//===-- Reductions.h - Bodies that combine ----------------------*- C++ -*-===//
//
// Which linalg bodies combine elements in a way that may be done in any order.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_TENSORTOTILE_REDUCTIONS_H
#define ASHLAR_TENSORTOTILE_REDUCTIONS_H

#include "dialects/Tile/Tile.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <optional>

namespace ashlar {

/// `result = op(result, element)`.
struct Combination {
  mlir::Operation *op; ///< In the body.
  tile::ReduceKind kind;
  mlir::TypedAttr neutral; ///< The element that changes nothing.
};

/// How `op` combines elements into result number `result`; nothing if it is none of `matchCombination`.
std::optional<Combination> matchReduction(mlir::linalg::LinalgOp op, unsigned result);

} // namespace ashlar

#endif // ASHLAR_TENSORTOTILE_REDUCTIONS_H
