//===-- ExpressionNames.h - spellings in manifest.json ----------*- C++ -*-===//
//
// The words that both directions of the JSON conversion share.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_PACKAGE_EXPRESSIONNAMES_H
#define ASHLAR_LIB_PACKAGE_EXPRESSIONNAMES_H

#include "ashlar/Package/Manifest.h"

#include <array>

namespace ashlar::package {

struct ExpressionName {
  Expression::Kind kind;
  const char *name;
  /// Takes more than two operands.
  bool variadic;
};

inline constexpr std::array<ExpressionName, 8> expressionNames = {{
    {Expression::Kind::Add, "+", true},
    {Expression::Kind::Sub, "-", false},
    {Expression::Kind::Mul, "*", true},
    {Expression::Kind::CeilDiv, "ceildiv", false},
    {Expression::Kind::FloorDiv, "floordiv", false},
    {Expression::Kind::Mod, "mod", false},
    {Expression::Kind::Max, "max", true},
    {Expression::Kind::Min, "min", true},
}};

inline const ExpressionName *findExpression(Expression::Kind kind) {
  for (const ExpressionName &entry : expressionNames)
    if (entry.kind == kind)
      return &entry;
  return nullptr;
}

inline const char *expressionName(Expression::Kind kind) {
  const ExpressionName *entry = findExpression(kind);
  return entry ? entry->name : "?";
}

inline constexpr std::array<BufferRef::Kind, 4> bufferKinds = {BufferRef::Kind::Input, BufferRef::Kind::Output,
                                                               BufferRef::Kind::Constant, BufferRef::Kind::Slot};

inline const char *bufferKindName(BufferRef::Kind kind) {
  constexpr const char *names[] = {"input", "output", "constant", "slot"};
  return names[static_cast<int>(kind)];
}

struct TensorMapElementName {
  TensorMapElement element;
  const char *name;
};

inline constexpr std::array<TensorMapElementName, 11> tensorMapElementNames = {{
    {TensorMapElement::U8, "u8"},
    {TensorMapElement::U16, "u16"},
    {TensorMapElement::U32, "u32"},
    {TensorMapElement::S32, "s32"},
    {TensorMapElement::U64, "u64"},
    {TensorMapElement::S64, "s64"},
    {TensorMapElement::F16, "f16"},
    {TensorMapElement::F32, "f32"},
    {TensorMapElement::F64, "f64"},
    {TensorMapElement::BF16, "bf16"},
    {TensorMapElement::TF32, "tf32"},
}};

inline const char *tensorMapElementName(TensorMapElement element) {
  for (const TensorMapElementName &entry : tensorMapElementNames)
    if (entry.element == element)
      return entry.name;
  return "?";
}

} // namespace ashlar::package

#endif // ASHLAR_LIB_PACKAGE_EXPRESSIONNAMES_H
