//===-- ElementType.h - the element types of tensors outside MLIR -*- C++ -*-===//
//
// What packages, devices and files store. Everything is row-major and little-endian. Storage:
//   f32 f16 bf16 i64 i32 i8   as their size says
//   i4                        packed, two elements a byte, low nibble first, in the linear order of the whole
//                             tensor; an odd count leaves the last high nibble zero
//   i1                        one byte an element, 0 or 1 (as NumPy's bool)
// Integers are signless; conversions to numbers read i4 and i8 as signed two's complement.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_SUPPORT_ELEMENTTYPE_H
#define ASHLAR_SUPPORT_ELEMENTTYPE_H

#include "ashlar/Support/Status.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ashlar {

enum class ElementType : int { F32 = 0, F16 = 1, BF16 = 2, I64 = 3, I32 = 4, I8 = 5, I4 = 6, I1 = 7 };

/// The MLIR spelling: "f32", "bf16", "i4", …
const char *elementTypeName(ElementType type);
/// Inverse of elementTypeName; nothing for an unknown name.
std::optional<ElementType> parseElementType(std::string_view name);

/// Bits one element takes in storage (4 for i4, 8 for i1).
unsigned storageBits(ElementType type);
bool isFloat(ElementType type);

/// Bytes that `count` elements take; an error when that overflows or `count` is negative.
Expected<int64_t> storageBytes(ElementType type, int64_t count);

/// IEEE binary16 and bfloat16, round to nearest even; NaN stays a quiet NaN, overflow becomes infinity.
uint16_t floatToHalf(float value);
float halfToFloat(uint16_t bits);
uint16_t floatToBFloat16(float value);
float bfloat16ToFloat(uint16_t bits);

/// Element `index` of `bytes` as a double (i64 beyond 2^53 is rounded).
double loadElement(ElementType type, const uint8_t *bytes, int64_t index);
/// Stores `value`, rounded to nearest even; integers wrap to their width.
void storeElement(ElementType type, uint8_t *bytes, int64_t index, double value);
/// Integer access without the detour through double, for integer types.
int64_t loadInteger(ElementType type, const uint8_t *bytes, int64_t index);
void storeInteger(ElementType type, uint8_t *bytes, int64_t index, int64_t value);

/// i4 storage to one byte an element, value in the low bits, upper bits zero, and back (upper bits ignored).
std::vector<uint8_t> unpackNibbles(std::span<const uint8_t> packed, size_t count);
std::vector<uint8_t> packNibbles(std::span<const uint8_t> unpacked);

} // namespace ashlar

#endif // ASHLAR_SUPPORT_ELEMENTTYPE_H
