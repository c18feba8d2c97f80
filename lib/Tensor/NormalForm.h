//===-- NormalForm.h - Few kinds of tensor operations -----------*- C++ -*-===//
#ifndef ASHLAR_LIB_TENSOR_NORMALFORM_H
#define ASHLAR_LIB_TENSOR_NORMALFORM_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace ashlar {

/// Rewrites the function such that what is neither a named operation of this project nor a linalg.generic
/// computes nothing: elementwise operations and named linalg operations become linalg.generic, aggregates
/// (softmax, linalg.pack) are decomposed, quantize and dequantize too. Then fuses chains of elementwise
/// operations, and expresses sizes by the function's arguments. Leaves `ashlar.kernel` regions alone.
mlir::LogicalResult bringToNormalForm(mlir::func::FuncOp function);

/// Whether all loops are parallel.
bool isAllParallel(mlir::linalg::LinalgOp op);
/// Whether a linalg operation's body only yields its first argument or a value from outside: it moves,
/// repeats or fills.
bool onlyMovesElements(mlir::linalg::LinalgOp op);

/// Whether some result's rows hold an odd number of four-bit elements: as two of them share a byte, such a
/// result must be made in the order of memory.
bool tearsBytes(mlir::Operation *op);

/// Merges loops of an operation that every operand walks together, so that it has as few as possible;
/// reshapes take its operands there and its results back. Returns the operation now in its place.
mlir::linalg::LinalgOp collapseLoops(mlir::linalg::GenericOp op);

} // namespace ashlar

#endif // ASHLAR_LIB_TENSOR_NORMALFORM_H
