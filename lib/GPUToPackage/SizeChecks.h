//===-- SizeChecks.h - what a call's sizes must fulfil ----------------------===//
#ifndef ASHLAR_LIB_GPUTOPACKAGE_SIZECHECKS_H
#define ASHLAR_LIB_GPUTOPACKAGE_SIZECHECKS_H

#include "HostExpressions.h"
#include "dialects/Tile/Tile.h"

namespace ashlar {

/// Collects the checks of one function, each once. One that no call can pass is a diagnostic.
class SizeChecks {
public:
  explicit SizeChecks(HostExpressions &expressions) : expressions(expressions) {}

  /// The launch's `requirements`, of `dimensions`.
  mlir::LogicalResult addRequirements(tile::LaunchOp launch, mlir::ArrayRef<package::Expression> dimensions);
  /// The dynamic tensors of a launch are no larger than the kernel's index arithmetic reaches.
  mlir::LogicalResult addReach(tile::LaunchOp launch, mlir::Operation *kernel);
  /// The sizes of a tensor.cast or tensor.expand_shape outside of kernels are those of its source.
  mlir::LogicalResult addReshape(mlir::Operation *op);

  std::vector<package::SizeCheck> take() { return std::move(checks); }

private:
  using Relation = package::SizeCheck::Relation;
  mlir::LogicalResult add(mlir::Operation *op, Relation relation, package::Expression left,
                          package::Expression right, std::string reason);

  HostExpressions &expressions;
  std::vector<package::SizeCheck> checks;
};

} // namespace ashlar

#endif // ASHLAR_LIB_GPUTOPACKAGE_SIZECHECKS_H
