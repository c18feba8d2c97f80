//===-- ElementType.cpp - the element types of tensors outside MLIR -------===//
//
// Names, storage sizes and exact conversions between stored elements and numbers.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Support/ElementType.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace ashlar {

namespace {
struct ElementTypeFacts {
  const char *name;
  unsigned bits;
  bool isFloat;
};
} // namespace

static constexpr ElementTypeFacts facts[] = {
    {"f32", 32, true},  {"f16", 16, true}, {"bf16", 16, true}, {"i64", 64, false},
    {"i32", 32, false}, {"i8", 8, false},  {"i4", 4, false},   {"i1", 8, false},
};

const char *elementTypeName(ElementType type) { return facts[static_cast<int>(type)].name; }
unsigned storageBits(ElementType type) { return facts[static_cast<int>(type)].bits; }
bool isFloat(ElementType type) { return facts[static_cast<int>(type)].isFloat; }

std::optional<ElementType> parseElementType(std::string_view name) {
  for (size_t i = 0; i < std::size(facts); ++i)
    if (name == facts[i].name)
      return static_cast<ElementType>(i);
  return std::nullopt;
}

Expected<int64_t> storageBytes(ElementType type, int64_t count) {
  int64_t bits = 0;
  if (count < 0 || __builtin_mul_overflow(count, static_cast<int64_t>(storageBits(type)), &bits) ||
      __builtin_add_overflow(bits, int64_t{7}, &bits))
    return invalidArgument("a tensor of " + std::to_string(count) + " elements of " + elementTypeName(type) +
                           " has no byte size");
  return bits / 8;
}

//===----------------------------------------------------------------------===//
// Sixteen-bit floats
//===----------------------------------------------------------------------===//

uint16_t floatToHalf(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  uint16_t sign = static_cast<uint16_t>((bits >> 16) & 0x8000u);
  uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u)
    return sign | 0x7e00u | static_cast<uint16_t>((magnitude >> 13) & 0x1ffu);
  if (magnitude >= 0x47800000u)
    return sign | 0x7c00u;
  int exponent = static_cast<int>(magnitude >> 23) - 127;
  if (exponent < -25)
    return sign;
  // Align the 24-bit significand so that its last kept bit is the last bit of the result, then round.
  uint32_t significand = (magnitude & 0x7fffffu) | 0x800000u;
  int drop = exponent < -14 ? 13 + (-14 - exponent) : 13;
  uint32_t kept = significand >> drop;
  uint32_t rest = significand & ((1u << drop) - 1);
  uint32_t half = 1u << (drop - 1);
  if (rest > half || (rest == half && (kept & 1)))
    ++kept;
  // A normal number carries its hidden bit into the exponent field, hence the exponent is one too small here.
  uint32_t biased = exponent < -14 ? 0 : static_cast<uint32_t>(exponent + 14) << 10;
  return static_cast<uint16_t>(sign | (biased + kept));
}

float halfToFloat(uint16_t bits) {
  uint32_t sign = static_cast<uint32_t>(bits & 0x8000u) << 16;
  uint32_t exponent = (bits >> 10) & 0x1f;
  uint32_t fraction = bits & 0x3ffu;
  if (exponent == 0x1f)
    return std::bit_cast<float>(sign | 0x7f800000u | (fraction << 13));
  if (exponent == 0) {
    float value = std::ldexp(static_cast<float>(fraction), -24);
    return sign ? -value : value;
  }
  return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
}

uint16_t floatToBFloat16(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u)
    return static_cast<uint16_t>((bits >> 16) | 0x40u);
  return static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1)) >> 16);
}

float bfloat16ToFloat(uint16_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }

//===----------------------------------------------------------------------===//
// Elements in storage
//===----------------------------------------------------------------------===//

template <typename T> static T loadRaw(const uint8_t *bytes, int64_t index) {
  T value;
  std::memcpy(&value, bytes + index * static_cast<int64_t>(sizeof(T)), sizeof(T));
  return value;
}

template <typename T> static void storeRaw(uint8_t *bytes, int64_t index, T value) {
  std::memcpy(bytes + index * static_cast<int64_t>(sizeof(T)), &value, sizeof(T));
}

int64_t loadInteger(ElementType type, const uint8_t *bytes, int64_t index) {
  switch (type) {
  case ElementType::I64:
    return loadRaw<int64_t>(bytes, index);
  case ElementType::I32:
    return loadRaw<int32_t>(bytes, index);
  case ElementType::I8:
    return loadRaw<int8_t>(bytes, index);
  case ElementType::I4: {
    int nibble = (bytes[index / 2] >> (index % 2 * 4)) & 0xf;
    return nibble >= 8 ? nibble - 16 : nibble;
  }
  case ElementType::I1:
    return bytes[index] != 0;
  default:
    return static_cast<int64_t>(loadElement(type, bytes, index));
  }
}

void storeInteger(ElementType type, uint8_t *bytes, int64_t index, int64_t value) {
  switch (type) {
  case ElementType::I64:
    return storeRaw(bytes, index, value);
  case ElementType::I32:
    return storeRaw(bytes, index, static_cast<int32_t>(value));
  case ElementType::I8:
    return storeRaw(bytes, index, static_cast<int8_t>(value));
  case ElementType::I4: {
    unsigned shift = index % 2 * 4;
    uint8_t &byte = bytes[index / 2];
    byte = static_cast<uint8_t>((byte & ~(0xf << shift)) | ((value & 0xf) << shift));
    return;
  }
  case ElementType::I1:
    bytes[index] = value != 0;
    return;
  default:
    return storeElement(type, bytes, index, static_cast<double>(value));
  }
}

double loadElement(ElementType type, const uint8_t *bytes, int64_t index) {
  switch (type) {
  case ElementType::F32:
    return loadRaw<float>(bytes, index);
  case ElementType::F16:
    return halfToFloat(loadRaw<uint16_t>(bytes, index));
  case ElementType::BF16:
    return bfloat16ToFloat(loadRaw<uint16_t>(bytes, index));
  default:
    return static_cast<double>(loadInteger(type, bytes, index));
  }
}

/// The integer nearest to `value`, ties to even; what doesn't fit saturates at the ends of int64, NaN gives 0.
static int64_t roundToInteger(double value) {
  double rounded = std::nearbyint(value);
  if (std::isnan(rounded))
    return 0;
  if (rounded >= 0x1p63)
    return INT64_MAX;
  if (rounded < -0x1p63)
    return INT64_MIN;
  return static_cast<int64_t>(rounded);
}

void storeElement(ElementType type, uint8_t *bytes, int64_t index, double value) {
  switch (type) {
  case ElementType::F32:
    return storeRaw(bytes, index, static_cast<float>(value));
  case ElementType::F16:
    return storeRaw(bytes, index, floatToHalf(static_cast<float>(value)));
  case ElementType::BF16:
    return storeRaw(bytes, index, floatToBFloat16(static_cast<float>(value)));
  default:
    return storeInteger(type, bytes, index, roundToInteger(value));
  }
}

std::vector<uint8_t> unpackNibbles(std::span<const uint8_t> packed, size_t count) {
  std::vector<uint8_t> unpacked(count);
  for (size_t i = 0; i < count && i / 2 < packed.size(); ++i)
    unpacked[i] = (packed[i / 2] >> (i % 2 * 4)) & 0xf;
  return unpacked;
}

std::vector<uint8_t> packNibbles(std::span<const uint8_t> unpacked) {
  std::vector<uint8_t> packed((unpacked.size() + 1) / 2);
  for (size_t i = 0; i < unpacked.size(); ++i)
    packed[i / 2] = static_cast<uint8_t>(packed[i / 2] | ((unpacked[i] & 0xf) << (i % 2 * 4)));
  return packed;
}

} // namespace ashlar
