//===-- TileArithmetic.h - arithmetic on tiles, tersely ---------*- C++ -*-===//
//
// Elementwise operations of lowerings that compute by themselves rather than repeat the operations of a
// region.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TENSORTOTILE_TILEARITHMETIC_H
#define ASHLAR_LIB_TENSORTOTILE_TILEARITHMETIC_H

#include "dialects/Tile/Tile.h"
#include "mlir/IR/Builders.h"

namespace ashlar {

/// Makes operations at the builder's insertion point. Operands of one operation have one shape.
class TileArithmetic {
public:
  TileArithmetic(mlir::OpBuilder &builder, mlir::Location loc) : builder_(builder), loc_(loc) {}

  /// Every element `number`, which is rounded to the tile's float type, or an integer.
  mlir::Value constant(llvm::ArrayRef<int64_t> shape, mlir::Type element, double number);
  /// Every element the index, as i32.
  mlir::Value splatIndex(llvm::ArrayRef<int64_t> shape, mlir::Value index);
  /// The tile repeated `size` times along a new dimension `dim`.
  mlir::Value broadcast(mlir::Value tile, int64_t dim, int64_t size);
  mlir::Value reduce(tile::ReduceKind kind, mlir::Value tile, int64_t dim);

  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value subtract(mlir::Value a, mlir::Value b);
  mlir::Value multiply(mlir::Value a, mlir::Value b);
  /// Every element times a number.
  mlir::Value scale(mlir::Value a, double factor);
  /// a * b + c, rounded once.
  mlir::Value multiplyAdd(mlir::Value a, mlir::Value b, mlir::Value c);
  mlir::Value divide(mlir::Value a, mlir::Value b);
  mlir::Value maximum(mlir::Value a, mlir::Value b);
  mlir::Value select(mlir::Value condition, mlir::Value a, mlir::Value b);
  /// Whether elements equal `number`.
  mlir::Value equals(mlir::Value a, double number);
  /// The float tile in another float type.
  mlir::Value convertFloat(mlir::Value tile, mlir::Type element);

private:
  mlir::OpBuilder &builder_;
  mlir::Location loc_;
};

} // namespace ashlar

#endif // ASHLAR_LIB_TENSORTOTILE_TILEARITHMETIC_H
