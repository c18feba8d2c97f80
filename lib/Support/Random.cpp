//===-- Random.cpp - the same random tensors on every machine -------------===//
//
// SplitMix64 by index, and the distributions on top of it in integer arithmetic.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Support/Random.h"

namespace ashlar {

uint64_t randomBits(uint64_t seed, uint64_t index) {
  uint64_t z = seed + (index + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/// Irwin-Hall with twelve terms: three draws give twelve 16-bit numbers whose sum has variance 1 in units of
/// 2^16.
static double randomNormal(uint64_t seed, uint64_t index) {
  int64_t sum = 0;
  for (uint64_t draw = 0; draw < 3; ++draw) {
    uint64_t bits = randomBits(seed, index * 3 + draw);
    for (int part = 0; part < 4; ++part)
      sum += static_cast<int64_t>((bits >> (16 * part)) & 0xffff);
  }
  // Each term is (k + 1/2) / 65536 on average 1/2; doubling keeps the half exact.
  return static_cast<double>(2 * sum + 12 - 12 * 65536) / 131072.0;
}

static int64_t randomUniform(uint64_t bits, int64_t low, int64_t high) {
  uint64_t range = static_cast<uint64_t>(high - low + 1);
  return low + static_cast<int64_t>((bits >> 32) * range >> 32);
}

double randomElement(ElementType type, uint64_t seed, uint64_t index, double scale) {
  if (isFloat(type))
    return randomNormal(seed, index) * scale;
  uint64_t bits = randomBits(seed, index);
  switch (type) {
  case ElementType::I1:
    return static_cast<double>(bits >> 63);
  case ElementType::I4:
  case ElementType::I8:
    return static_cast<double>(randomUniform(bits, -8, 7));
  default:
    return static_cast<double>(randomUniform(bits, -1000, 1000));
  }
}

void fillRandom(ElementType type, uint64_t seed, uint8_t *bytes, int64_t count, double scale) {
  // The last byte of an odd i4 tensor keeps a zero high nibble.
  if (type == ElementType::I4 && count > 0)
    bytes[(count - 1) / 2] = 0;
  for (int64_t i = 0; i < count; ++i)
    storeElement(type, bytes, i, randomElement(type, seed, static_cast<uint64_t>(i), scale));
}

void fillRandomBits(ElementType type, uint64_t seed, uint8_t *bytes, int64_t count) {
  if (type == ElementType::I4 && count > 0)
    bytes[(count - 1) / 2] = 0;
  uint64_t unused = 64 - (type == ElementType::I1 ? 1 : static_cast<uint64_t>(storageBits(type)));
  for (int64_t i = 0; i < count; ++i)
    storeInteger(type, bytes, i, static_cast<int64_t>(randomBits(seed, static_cast<uint64_t>(i)) >> unused));
}

} // namespace ashlar
