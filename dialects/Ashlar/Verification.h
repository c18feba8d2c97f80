//===-- Verification.h - What the verifiers of the dialect share -*- C++ -*-===//

#ifndef ASHLAR_DIALECTS_ASHLAR_VERIFICATION_H
#define ASHLAR_DIALECTS_ASHLAR_VERIFICATION_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"

namespace ashlar::ash {

/// f32, f16 or bf16.
bool isFloatElement(mlir::Type type);
/// i4 or i8.
bool isQuantizedElement(mlir::Type type);
/// The type products of this element type are summed in: f32 for floats, i32 for integers.
mlir::Type accumulatorTypeFor(mlir::Type elementType);

/// Whether two sizes can be the same when the program runs.
inline bool sizesAgree(int64_t a, int64_t b) {
  return a == b || mlir::ShapedType::isDynamic(a) || mlir::ShapedType::isDynamic(b);
}
bool shapesAgree(llvm::ArrayRef<int64_t> a, llvm::ArrayRef<int64_t> b);
/// The static one of two sizes that agree, if either is.
inline int64_t moreStatic(int64_t a, int64_t b) { return mlir::ShapedType::isDynamic(a) ? b : a; }

/// A shape as types spell it, in brackets: [2x?x3].
std::string shapeText(llvm::ArrayRef<int64_t> shape);

inline mlir::RankedTensorType tensorTypeOf(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType());
}

} // namespace ashlar::ash

#endif // ASHLAR_DIALECTS_ASHLAR_VERIFICATION_H
