//===-- CoordinateMaps.h - how operations move coordinates ------*- C++ -*-===//
#ifndef ASHLAR_LIB_TENSORTOTILE_COORDINATEMAPS_H
#define ASHLAR_LIB_TENSORTOTILE_COORDINATEMAPS_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Operation.h"

namespace ashlar {

/// For an operation that only moves elements (reshape, slice, cast): where in its first operand the element lies
/// that its result has at `coordinates`. Fails without a diagnostic for any other, and where sizes are not static.
mlir::FailureOr<mlir::AffineMap> sourceCoordinates(mlir::Operation *op, mlir::AffineMap coordinates);

/// The sorted union of two sorted lists.
llvm::SmallVector<unsigned> uniteDims(llvm::ArrayRef<unsigned> a, llvm::ArrayRef<unsigned> b);

} // namespace ashlar

#endif // ASHLAR_LIB_TENSORTOTILE_COORDINATEMAPS_H
