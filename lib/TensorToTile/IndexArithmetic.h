//===-- IndexArithmetic.h - affine expressions as arith operations -*- C++ -*-===//
#ifndef ASHLAR_LIB_TENSORTOTILE_INDEXARITHMETIC_H
#define ASHLAR_LIB_TENSORTOTILE_INDEXARITHMETIC_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"

namespace ashlar {

/// Combines two values under the kind of a binary affine expression; every value of an index computation is
/// non-negative, so divisions are unsigned. The values have one type: index, an integer, or a tile of
/// integers. `one` is the constant 1 of that type.
mlir::Value combineIndices(mlir::OpBuilder &builder, mlir::Location loc, mlir::AffineExprKind kind,
                           mlir::Value lhs, mlir::Value rhs, llvm::function_ref<mlir::Value()> one);

/// The expression as index arithmetic at the insertion point.
mlir::Value expandIndexExpression(mlir::OpBuilder &builder, mlir::Location loc, mlir::AffineExpr expression,
                                  mlir::ValueRange dims, mlir::ValueRange symbols);

/// Numbers `index` through `sizes`, the last running fastest; what is left over comes first, so the result
/// has one entry more than `sizes`.
llvm::SmallVector<mlir::AffineExpr> splitIndex(mlir::AffineExpr index,
                                               llvm::ArrayRef<mlir::AffineExpr> sizes);

} // namespace ashlar

#endif // ASHLAR_LIB_TENSORTOTILE_INDEXARITHMETIC_H
