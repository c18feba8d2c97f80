//===-- PackedElements.h - elements in memory and in registers --------------===//
//
// Most elements are the same in both. Truth values take a byte in memory. Four-bit integers lie two a byte, low nibble
// first; in registers each takes a byte of its own whose upper half means nothing, so that unpacking is a shift and
// whoever uses the value as a number extends it first.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TILETOGPU_PACKEDELEMENTS_H
#define ASHLAR_LIB_TILETOGPU_PACKEDELEMENTS_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace ashlar::tile {

/// What a register holds for an element of this type.
mlir::Type registerElementType(mlir::Type element);

/// What `count` neighbouring elements are in memory. `count` is even for four-bit elements.
mlir::VectorType memoryVectorType(mlir::Type element, int64_t count);

/// From the vector in memory to `count` registers, and back.
mlir::Value unpackFromMemory(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value stored, mlir::Type element);
mlir::Value packForMemory(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value registers, mlir::Type element);

/// The four-bit integers in `registers` (bytes) as eight-bit numbers.
mlir::Value extendNibbles(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value registers, bool isUnsigned);

} // namespace ashlar::tile

#endif // ASHLAR_LIB_TILETOGPU_PACKEDELEMENTS_H
