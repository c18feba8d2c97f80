//===-- Verification.cpp - What the verifiers of the dialect share --------===//
//
// Questions about element types and partly dynamic shapes, and shapes as text.
//
//===----------------------------------------------------------------------===//

#include "dialects/Ashlar/Verification.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;

bool ashlar::ash::isFloatElement(Type type) { return type.isF32() || type.isF16() || type.isBF16(); }

bool ashlar::ash::isQuantizedElement(Type type) {
  return type.isSignlessInteger(4) || type.isSignlessInteger(8);
}

Type ashlar::ash::accumulatorTypeFor(Type elementType) {
  if (isa<FloatType>(elementType))
    return Float32Type::get(elementType.getContext());
  return IntegerType::get(elementType.getContext(), 32);
}

bool ashlar::ash::shapesAgree(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  return a.size() == b.size() && llvm::all_of(llvm::zip_equal(a, b), [](auto sizes) {
           return sizesAgree(std::get<0>(sizes), std::get<1>(sizes));
         });
}

std::string ashlar::ash::shapeText(ArrayRef<int64_t> shape) {
  std::string text = "[";
  for (auto [index, size] : llvm::enumerate(shape)) {
    text += index ? "x" : "";
    text += ShapedType::isDynamic(size) ? "?" : std::to_string(size);
  }
  return text + "]";
}
