//===-- Coordinates.h - where in the tile a thread works --------------------===//
//
// The coordinate of register v of a thread is the sum of a part that depends on the thread alone (run time) and a part
// that depends on v alone (a constant). ThreadCoordinates makes the first; Distribution::valueOffsets is the second.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TILETOGPU_COORDINATES_H
#define ASHLAR_LIB_TILETOGPU_COORDINATES_H

#include "ashlar/Layout/Distribution.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"

namespace ashlar::tile {

/// Emits index arithmetic; folds constants as it goes, so that what is static stays readable in the IR.
class IndexMath {
public:
  IndexMath(mlir::OpBuilder &builder, mlir::Location loc) : builder(builder), loc(loc) {}
  mlir::Value constant(int64_t value);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value add(mlir::Value a, int64_t b);
  mlir::Value mul(mlir::Value a, int64_t b);
  /// Division and remainder of numbers that are not negative.
  mlir::Value div(mlir::Value a, int64_t b);
  mlir::Value rem(mlir::Value a, int64_t b);
  mlir::Value bitAnd(mlir::Value a, int64_t b);
  mlir::Value bitXor(mlir::Value a, mlir::Value b);
  /// The thread's index in the block, its lane in the warp, and the index of its warp's first thread.
  mlir::Value thread();
  mlir::Value lane();
  mlir::Value warpStart();
  /// Conjunction of conditions of which either may be null (always true).
  mlir::Value both(mlir::Value a, mlir::Value b);
  mlir::Value lessThan(mlir::Value a, mlir::Value b);

  mlir::OpBuilder &builder;
  mlir::Location loc;
};

/// The run-time part of the coordinates of `thread` (an index value) under a distribution of a tile of `rank`.
llvm::SmallVector<mlir::Value> threadCoordinates(IndexMath &math, const layout::Distribution &distribution,
                                                 int64_t rank, mlir::Value thread);

/// Whether this thread is the one among its copies that stores; null when there are no copies.
mlir::Value isFirstCopy(IndexMath &math, const layout::Distribution &distribution);

/// Values between which an affine expression can lie; nothing known beyond a missing bound.
struct Interval {
  std::optional<int64_t> lower, upper; // both inclusive
};
/// The range of `expr` when its dimensions and symbols lie in the given ranges.
Interval rangeOf(mlir::AffineExpr expr, llvm::ArrayRef<Interval> dims, llvm::ArrayRef<Interval> symbols);
/// Emits `expr`; divisions of what cannot be negative are unsigned ones, which cost half.
mlir::Value expandExpression(IndexMath &math, mlir::AffineExpr expr, mlir::ValueRange dims, mlir::ValueRange symbols,
                             llvm::ArrayRef<Interval> dimRanges, llvm::ArrayRef<Interval> symbolRanges);

} // namespace ashlar::tile

#endif // ASHLAR_LIB_TILETOGPU_COORDINATES_H
