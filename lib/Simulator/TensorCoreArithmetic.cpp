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
#include <vector>

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

FusedSum fusedSumOfWgmma(uint32_t element) {
  bool isByte = element == ASHLAR_MMA_E4M3 || element == ASHLAR_MMA_E5M2;
  return isByte ? FusedSum{13, 13} : FusedSum{25, 23};
}

/// A number as significand * 2^(exponent - fractionBits of its type). Infinities and NaN have an exponent
/// beyond all others.
struct Factor {
  int32_t significand;
  int32_t exponent;
};
static constexpr int32_t exponentOfSpecial = 1 << 20;

static Factor decompose(float value, FloatFormat format) {
  if (value == 0)
    return {0, -126};
  if (!std::isfinite(value))
    return {0, exponentOfSpecial};
  int exponent = std::max(std::ilogb(value), format.smallestExponent);
  return {int32_t(std::ldexp(value, format.fractionBits - exponent)), exponent};
}

/// An addend in units of 2^(largest - bits), truncated.
static int64_t align(int64_t significand, int shift) {
  if (shift >= 0)
    return significand * (int64_t(1) << shift);
  // The shift rounds down, so it is of the magnitude.
  shift = std::min(-shift, 63);
  return significand < 0 ? -(-significand >> shift) : significand >> shift;
}

/// integer * 2^exponent, or `special` where that is no finite number.
struct Sum {
  int64_t integer = 0;
  int exponent = 0;
  float special = 0;
};

/// What infinities and NaN make of the sum.
static float addSpecials(const Factors &a, const Factors &b, uint32_t count, float c) {
  double sum = c;
  for (uint32_t i = 0; i < count; ++i)
    sum += double(a.values[i * a.stride]) * double(b.values[i * b.stride]);
  return std::isnan(sum) ? std::bit_cast<float>(0x7fffffffu)
                         : float(sum); // the one NaN that tensor cores give
}

/// Factors and their decompositions, which have the same strides.
static Sum sumUp(const Factors &a, const Factor *left, const Factors &b, const Factor *right, uint32_t count,
                 float c, FusedSum fused) {
  const Factor addend = decompose(c, formatOf(ASHLAR_MMA_F32));
  int largest = addend.exponent;
  for (uint32_t i = 0; i < count; ++i)
    largest = std::max(largest, left[i * a.stride].exponent + right[i * b.stride].exponent);
  Sum sum;
  if (largest >= exponentOfSpecial / 2) {
    sum.special = addSpecials(a, b, count, c);
    return sum;
  }
  sum.exponent = largest - fused.alignedBits;
  sum.integer =
      align(addend.significand, addend.exponent - formatOf(ASHLAR_MMA_F32).fractionBits - sum.exponent);
  const int fractionBits = formatOf(a.element).fractionBits + formatOf(b.element).fractionBits;
  for (uint32_t i = 0; i < count; ++i) {
    const Factor &x = left[i * a.stride], &y = right[i * b.stride];
    sum.integer +=
        align(int64_t(x.significand) * y.significand, x.exponent + y.exponent - fractionBits - sum.exponent);
  }
  return sum;
}

static constexpr uint32_t maximumFactors = 64;

static Sum sumUp(const Factors &a, const Factors &b, uint32_t count, float c, FusedSum fused) {
  // Close together, whatever the strides were.
  std::array<float, maximumFactors> valuesA, valuesB;
  std::array<Factor, maximumFactors> left, right;
  for (uint32_t i = 0; i < count; ++i) {
    valuesA[i] = a.values[i * a.stride];
    valuesB[i] = b.values[i * b.stride];
    left[i] = decompose(valuesA[i], formatOf(a.element));
    right[i] = decompose(valuesB[i], formatOf(b.element));
  }
  return sumUp({valuesA.data(), 1, a.element}, left.data(), {valuesB.data(), 1, b.element}, right.data(),
               count, c, fused);
}

//===-- Results -----------------------------------------------------------===//

/// Truncated towards zero to the bits of the result; below the normal range fewer are left.
static float truncate(const Sum &sum, FusedSum fused) {
  if (sum.special != 0)
    return sum.special;
  uint64_t magnitude = uint64_t(std::abs(sum.integer));
  int exponent = sum.exponent, highest = std::bit_width(magnitude) - 1 + exponent;
  int lowest = std::max(highest, -126) - fused.resultBits;
  if (lowest > exponent) {
    magnitude >>= std::min(lowest - exponent, 63);
    exponent = lowest;
  }
  float value = std::ldexp(float(magnitude), exponent);
  return sum.integer < 0 ? -value : value;
}

float addFused(const Factors &a, const Factors &b, uint32_t count, float c, FusedSum fused) {
  return truncate(sumUp(a, b, count, c, fused), fused);
}

uint16_t addFusedToHalf(const Factors &a, const Factors &b, uint32_t count, float c, FusedSum fused) {
  Sum sum = sumUp(a, b, count, c, fused);
  if (sum.special != 0)
    return std::isnan(sum.special) ? 0x7fff : sum.special < 0 ? 0xfc00 : 0x7c00;
  if (sum.integer == 0)
    return 0;
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
  const uint32_t k = shape.depth, columns = shape.columns;
  std::vector<Factor> left(groupRows * k), right(k * columns);
  for (uint32_t i = 0; i < left.size(); ++i)
    left[i] = decompose(tiles.a[i], formatOf(shape.aElement));
  for (uint32_t i = 0; i < right.size(); ++i)
    right[i] = decompose(tiles.b[i], formatOf(shape.bElement));
  for (uint32_t row = 0; row < groupRows; ++row)
    for (uint32_t column = 0; column < columns; ++column) {
      uint32_t thread = row / 16 * 32 + row % 8 * 4 + column % 8 / 2;
      uint32_t &word = accumulators[thread][column / 8 * 4 + row % 16 / 8 * 2 + column % 2];
      Sum sum = sumUp({tiles.a + row * k, 1, shape.aElement}, left.data() + row * k,
                      {tiles.b + column, columns, shape.bElement}, right.data() + column, k,
                      accumulate ? std::bit_cast<float>(word) : 0.0f, fused);
      word = std::bit_cast<uint32_t>(truncate(sum, fused));
    }
}

} // namespace ashlar::simulator
