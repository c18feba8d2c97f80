//===-- IndexEvaluator.h - index arithmetic, evaluated -----------------------===//
//
// What a scalar of a block's program is when the values that it is computed from are given: block indices,
// induction variables, a loop-carried stage.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TILE_INDEXEVALUATOR_H
#define ASHLAR_LIB_TILE_INDEXEVALUATOR_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"

#include <optional>

namespace ashlar::tile {

class IndexEvaluator {
public:
  /// Gives `value` for all evaluations to come.
  void set(mlir::Value value, int64_t number) { given[value] = number; }

  /// Takes back what `set` gave.
  void forget(mlir::Value value) { given.erase(value); }

  /// The number that `value` is; truth values are 0 and 1. Nothing if it depends on a value that is not
  /// given, or is computed by an operation other than those of index arithmetic, or by more than `maxDepth`
  /// of them.
  std::optional<int64_t> evaluate(mlir::Value value) const { return evaluate(value, 0); }

private:
  static constexpr int maxDepth = 32;

  std::optional<int64_t> evaluate(mlir::Value value, int depth) const;

  llvm::DenseMap<mlir::Value, int64_t> given;
};

} // namespace ashlar::tile

#endif // ASHLAR_LIB_TILE_INDEXEVALUATOR_H
