//===-- TensorCoreArithmetic.cpp - Sums as Hopper's tensor cores take them ---===//
//
// Fused sums in 64-bit integers: addends have at most 27 bits and there are at most 65, so no sum overflows.
//
//===----------------------------------------------------------------------===//

#include "TensorCoreArithmetic.h"
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>

namespace ashlar::simulator {

/// Bits of the fraction of an element type, and its smallest exponent.
struct FloatFormat {
  int fractionBits, smallestExponent;
};

static FloatFormat formatOf(uint32_t element) {
  switch (element) {
  case ASHLAR_MMA_F16:
    return {10, -14};
  case ASHLAR_MMA_BF16:
    return {7, -126};
  case ASHLAR_MMA_TF32:
    return {10, -126};
  case ASHLAR_MMA_E4M3:
    return {3, -6};
  case ASHLAR_MMA_E5M2:
    return {2, -14};
  default:
    return {23, -126};
  }
}

FusedSum fusedSumOfMma(uint32_t) { return {25, 23}; }

FusedSum fusedSumOfWgmma(uint32_t element) {
  bool isByte = element == ASHLAR_MMA_E4M3 || element == ASHLAR_MMA_E5M2;
  return isByte ? FusedSum{13, 13} : FusedSum{25, 23};
}

/// significand * 2^(exponent - fractionBits)
struct Scaled {
  int64_t significand;
  int exponent, fractionBits;
};

static Scaled scale(float value, FloatFormat format) {
  if (value == 0)
    return {0, -126, format.fractionBits};
  int exponent = std::max(std::ilogb(value), format.smallestExponent);
  return {int64_t(std::ldexp(value, format.fractionBits - exponent)), exponent, format.fractionBits};
}

/// The addend in units of 2^(largest - bits), truncated.
static int64_t align(const Scaled &addend, int largest, int bits) {
  int shift = bits - addend.fractionBits + addend.exponent - largest;
  int64_t magnitude = std::abs(addend.significand);
  magnitude = shift >= 0 ? magnitude << shift : shift > -63 ? magnitude >> -shift : 0;
  return addend.significand < 0 ? -magnitude : magnitude;
}

/// The sum is `integer` * 2^`exponent`, or `special` where that is no finite number.
struct Sum {
  int64_t integer = 0;
  int exponent = 0;
  float special = 0;
};

static constexpr uint32_t maximumAddends = 64;

static Sum sumUp(const Factors &a, const Factors &b, uint32_t count, float c, FusedSum fused) {
  std::array<Scaled, maximumAddends + 1> addends;
  const FloatFormat formatA = formatOf(a.element), formatB = formatOf(b.element);
  // Products of the types here fit a double, so it finds infinities and NaN.
  double plain = c;
  int largest = -252;
  for (uint32_t i = 0; i <= count; ++i) {
    if (i == count) {
      addends[i] = std::isfinite(c) ? scale(c, formatOf(ASHLAR_MMA_F32)) : Scaled{};
    } else {
      float x = a.values[i * a.stride], y = b.values[i * b.stride];
      plain += double(x) * double(y);
      if (!std::isfinite(plain))
        continue;
      Scaled left = scale(x, formatA), right = scale(y, formatB);
      addends[i] = {left.significand * right.significand, left.exponent + right.exponent,
                    left.fractionBits + right.fractionBits};
    }
    largest = std::max(largest, addends[i].exponent);
  }
  Sum sum;
  if (std::isnan(plain))
    sum.special = std::bit_cast<float>(0x7fffffffu); // the one NaN that tensor cores give
  else if (std::isinf(plain))
    sum.special = float(plain);
  if (!std::isfinite(plain))
    return sum;
  for (uint32_t i = 0; i <= count; ++i)
    sum.integer += align(addends[i], largest, fused.alignedBits);
  sum.exponent = largest - fused.alignedBits;
  return sum;
}

float addFused(const Factors &a, const Factors &b, uint32_t count, float c, FusedSum fused) {
  Sum sum = sumUp(a, b, count, c, fused);
  if (sum.special != 0)
    return sum.special;
  // Truncated towards zero to the bits of the result; below the normal range fewer are left.
  uint64_t magnitude = uint64_t(std::abs(sum.integer));
  int exponent = sum.exponent, highest = std::bit_width(magnitude) - 1 + exponent;
  int lowest = std::max(highest, -126) - fused.resultBits;
  if (lowest > exponent) {
    int dropped = std::min(lowest - exponent, 63);
    magnitude = magnitude >> dropped;
    exponent += dropped;
  }
  float value = std::ldexp(float(magnitude), exponent);
  return sum.integer < 0 ? -value : value;
}

uint16_t addFusedToHalf(const Factors &a, const Factors &b, uint32_t count, float c, FusedSum fused) {
  Sum sum = sumUp(a, b, count, c, fused);
  if (sum.special != 0)
    return std::isnan(sum.special) ? 0x7fff : sum.special < 0 ? 0xfc00 : 0x7c00;
  constexpr int fractionBits = 10, smallestExponent = -14;
  uint64_t magnitude = uint64_t(std::abs(sum.integer));
  int highest = std::bit_width(magnitude) - 1 + sum.exponent;
  int lowest = std::max(highest, smallestExponent) - fractionBits;
  // In units of the last place; std::nearbyint rounds to nearest even. The double is exact.
  double units = std::nearbyint(std::ldexp(double(magnitude), sum.exponent - lowest));
  // A carry to the next power of two runs into the exponent as it should.
  uint32_t bits = uint32_t(units) + (uint32_t(lowest + fractionBits - smallestExponent) << fractionBits);
  return uint16_t(std::min(bits, 0x7c00u) | (sum.integer < 0 ? 0x8000u : 0u));
}

void multiplyTilesExactly(const WgmmaShape &shape, const WgmmaTiles &tiles, bool accumulate,
                          uint32_t *const *accumulators) {
  if (shape.isInteger()) {
    multiplyTiles(shape, tiles, accumulate, accumulators);
    return;
  }
  const FusedSum fused = fusedSumOfWgmma(shape.aElement);
  for (uint32_t row = 0; row < groupRows; ++row)
    for (uint32_t column = 0; column < shape.columns; ++column) {
      uint32_t thread = row / 16 * 32 + row % 8 * 4 + column % 8 / 2;
      uint32_t &word = accumulators[thread][column / 8 * 4 + row % 16 / 8 * 2 + column % 2];
      float sum = addFused({tiles.a + row * shape.depth, 1, shape.aElement},
                           {tiles.b + column, shape.columns, shape.bElement}, shape.depth,
                           accumulate ? std::bit_cast<float>(word) : 0.0f, fused);
      word = std::bit_cast<uint32_t>(sum);
    }
}

} // namespace ashlar::simulator
