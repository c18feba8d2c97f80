//===-- MatrixProduct.h - the loop of a matrix product ----------*- C++ -*-===//
//
// What matrix products, convolutions and products with quantised weights have in common: an output tile a
// block, and a loop over the dimension that is summed over. They differ in where the operands' tiles come
// from.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TENSORTOTILE_MATRIXPRODUCT_H
#define ASHLAR_LIB_TENSORTOTILE_MATRIXPRODUCT_H

#include "ashlar/TensorToTile/TileEvaluator.h"

namespace ashlar {

/// Makes the tile of an operand over a space: (m, k) for the left one, (k, n) for the right one.
using OperandTile = llvm::function_ref<mlir::FailureOr<mlir::Value>(const TileSpace &)>;

/// Adds the product of two operands' tiles to a sum; `space` is the right one's.
using ProductStep = llvm::function_ref<mlir::FailureOr<mlir::Value>(mlir::Value lhs, mlir::Value rhs,
                                                                    mlir::Value sum, const TileSpace &space)>;

struct MatrixProduct {
  OperandTile lhs, rhs;
  mlir::AffineExpr depth;     ///< How many elements are summed.
  int64_t depthTile;          ///< How many in one step.
  mlir::Type accumulatorType; ///< f32 or i32.
  tile::MmaKind kind;
  ProductStep step = nullptr; ///< In the place of a plain tile.mma.
};

/// The product for the tile at the two dimensions of `output`.
mlir::FailureOr<mlir::Value> multiplyTiles(KernelBuilder &kernel, const MatrixProduct &product,
                                           const TileSpace &output);

/// A product that a block computes a tile [M, N] of: the schedule's `tile` is [M, N, K].
struct ProductTile {
  int64_t m, n, k;
  tile::MmaKind kind;
};
mlir::FailureOr<ProductTile> scheduledProduct(KernelBuilder &kernel);

/// The schedule's `mma`.
mlir::FailureOr<tile::MmaKind> scheduledMma(KernelBuilder &kernel);

/// `tile`, zero where dimension `dim` of the space exceeds its extent. For operands that are computed, of
/// which both sides may have anything there.
mlir::Value clearBeyond(TileEvaluator &evaluator, mlir::Value tile, unsigned dim);

/// Distributes the output of m rows and n columns over the grid, after `outer` counts, which become the
/// symbols.
TileSpace distributeProduct(KernelBuilder &kernel, llvm::ArrayRef<mlir::AffineExpr> outer, mlir::AffineExpr m,
                            mlir::AffineExpr n, const ProductTile &tile);

/// Stores what the kernel makes of the accumulator, rounded to the type of the operation's result.
mlir::LogicalResult storeProduct(KernelBuilder &kernel, mlir::Value result, mlir::AffineMap coordinates,
                                 const TileSpace &output, mlir::Value accumulator);

} // namespace ashlar

#endif // ASHLAR_LIB_TENSORTOTILE_MATRIXPRODUCT_H
