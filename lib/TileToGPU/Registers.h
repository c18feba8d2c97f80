//===-- Registers.h - a thread's share of a tile ----------------------------===//
//
// A tile with a distribution of n values per thread becomes `vector<RxVxT>` with R*V = n: register r*V + v of the
// distribution is element [r, v]. V is 4 where n allows it, else 2, else 1; it depends on the distribution alone, so
// that elementwise operations between element types keep the shape. Positions are always constants: an index at run
// time would put the registers into local memory.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TILETOGPU_REGISTERS_H
#define ASHLAR_LIB_TILETOGPU_REGISTERS_H

#include "dialects/Tile/Tile.h"
#include "mlir/IR/Builders.h"

namespace ashlar::tile {

/// The vector type that holds a thread's share of `tile`; null without a distribution.
mlir::VectorType getRegisterType(mlir::RankedTensorType tile);

/// The registers of one tile in one thread: reads slices of them, or collects the parts of a new tile.
class Registers {
public:
  /// The existing registers `value`, of a type made by getRegisterType.
  Registers(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value);

  int64_t size() const { return rows * columns; }
  mlir::Type elementType() const { return type.getElementType(); }
  /// Register `index`, a scalar.
  mlir::Value scalar(int64_t index);
  /// Registers [first, first + count) as a vector<count x T>.
  mlir::Value slice(int64_t first, int64_t count);

  /// The tile of `type` whose registers are those of `parts` in order: scalars or vectors of rank one.
  static mlir::Value join(mlir::OpBuilder &builder, mlir::Location loc, mlir::VectorType type,
                          mlir::ArrayRef<mlir::Value> parts);

private:
  mlir::OpBuilder &builder;
  mlir::Location loc;
  mlir::Value value;
  mlir::VectorType type;
  int64_t rows, columns;
};

/// Elements [first, first + count) of a vector of rank one.
mlir::Value sliceVector(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value vector, int64_t first, int64_t count);

} // namespace ashlar::tile

#endif // ASHLAR_LIB_TILETOGPU_REGISTERS_H
