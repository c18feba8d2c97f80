//===-- Combinations.h - Reductions that may run in any order ---*- C++ -*-===//
//
// Which linalg bodies combine elements by an operation that is associative and commutative (up to rounding).
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_TENSOR_COMBINATIONS_H
#define ASHLAR_TENSOR_COMBINATIONS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace ashlar {

/// The operation of the body that makes `result = op(result, element)` of result number `result`, where that
/// is a sum, product, maximum or minimum (signed, for integers) of 8 to 32 bits; else null.
mlir::Operation *matchCombination(mlir::linalg::LinalgOp op, unsigned result);

} // namespace ashlar

#endif // ASHLAR_TENSOR_COMBINATIONS_H
