//===-- SpecialFunctions.cpp - What the special-function unit computes ----===//
//
// Functions of one value; see the header for their accuracy.
//
//===----------------------------------------------------------------------===//

#include "SpecialFunctions.h"
#include <bit>
#include <cmath>
#include <limits>

namespace ashlar::simulator {

static float flush(float x) {
  return std::fabs(x) < std::numeric_limits<float>::min() ? std::copysign(0.0f, x) : x;
}

float approximateEx2(float x) { return flush(std::exp2(flush(x))); }
float approximateLg2(float x) { return std::log2(flush(x)); }
float approximateRcp(float x) { return flush(1.0f / flush(x)); }
float approximateRsqrt(float x) { return float(1.0 / std::sqrt(double(flush(x)))); }
float approximateSqrt(float x) { return flush(std::sqrt(flush(x))); }
float approximateSin(float x) { return flush(std::sin(flush(x))); }
float approximateCos(float x) { return std::cos(flush(x)); }

float approximateTanh(float x) {
  float exact = std::tanh(x);
  if (std::isnan(exact))
    return exact;
  // To nearest with 11 significant bits; carries run into the exponent as they should.
  constexpr uint32_t dropped = 13, half = 1u << (dropped - 1);
  uint32_t bits = std::bit_cast<uint32_t>(exact);
  return std::bit_cast<float>((bits + half) & ~((1u << dropped) - 1));
}

uint32_t permuteBytes(uint32_t low, uint32_t high, uint32_t selector) {
  uint64_t bytes = low | uint64_t(high) << 32;
  uint32_t result = 0;
  for (uint32_t i = 0; i < 4; ++i) {
    uint32_t nibble = selector >> (4 * i) & 15;
    uint32_t byte = uint32_t(bytes >> (8 * (nibble & 7))) & 0xff;
    if (nibble & 8)
      byte = byte & 0x80 ? 0xff : 0;
    result |= byte << (8 * i);
  }
  return result;
}

} // namespace ashlar::simulator
