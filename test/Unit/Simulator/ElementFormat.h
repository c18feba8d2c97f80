//===-- ElementFormat.h - Element types of tensor cores for tests ---------===//
//
// From small integers to bits and from bits to numbers, for every type that a tensor core multiplies.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TEST_UNIT_SIMULATOR_ELEMENTFORMAT_H
#define ASHLAR_TEST_UNIT_SIMULATOR_ELEMENTFORMAT_H

#include "ashlar/Simulator/SimulatorABI.h"
#include "ashlar/Support/ElementType.h"
#include <bit>
#include <cmath>
#include <cstdint>

namespace ashlar::test {

struct ElementFormat {
  uint32_t type, bits;
  /// As `ptx.wgmma` writes it.
  const char *name;
  /// Encodes a small integer, decodes any pattern.
  uint32_t (*encode)(int);
  double (*decode)(uint32_t);
};

/// By the definition of the OCP 8-bit floats, for codes that are no infinity or NaN.
template <int exponentBits>
double decodeByteFloat(uint32_t code) {
  constexpr int fractionBits = 7 - exponentBits, bias = (1 << (exponentBits - 1)) - 1;
  int exponent = int(code >> fractionBits) & ((1 << exponentBits) - 1);
  int fraction = int(code) & ((1 << fractionBits) - 1);
  double magnitude = exponent ? std::ldexp((1 << fractionBits) + fraction, exponent - bias - fractionBits)
                              : std::ldexp(fraction, 1 - bias - fractionBits);
  return code & 128 ? -magnitude : magnitude;
}

/// The code of the value, which must have one.
template <int exponentBits>
uint32_t encodeByteFloat(int value) {
  for (uint32_t code = 0; code < 256; ++code)
    if (decodeByteFloat<exponentBits>(code) == value)
      return code;
  return 0;
}

inline const ElementFormat f16 = {ASHLAR_MMA_F16, 16, "f16",
                                  [](int v) -> uint32_t { return floatToHalf(float(v)); },
                                  [](uint32_t b) -> double { return halfToFloat(uint16_t(b)); }};
inline const ElementFormat bf16 = {ASHLAR_MMA_BF16, 16, "bf16",
                                   [](int v) -> uint32_t { return floatToBFloat16(float(v)); },
                                   [](uint32_t b) -> double { return bfloat16ToFloat(uint16_t(b)); }};
inline const ElementFormat tf32 = {ASHLAR_MMA_TF32, 32, "tf32",
                                   [](int v) { return std::bit_cast<uint32_t>(float(v)); },
                                   [](uint32_t b) -> double { return std::bit_cast<float>(b & 0xffffe000); }};
inline const ElementFormat e4m3 = {ASHLAR_MMA_E4M3, 8, "e4m3", encodeByteFloat<4>, decodeByteFloat<4>};
inline const ElementFormat e5m2 = {ASHLAR_MMA_E5M2, 8, "e5m2", encodeByteFloat<5>, decodeByteFloat<5>};
inline const ElementFormat s8 = {ASHLAR_MMA_S8, 8, "s8", [](int v) { return uint32_t(v) & 255; },
                                 [](uint32_t b) -> double { return int8_t(b); }};
inline const ElementFormat u8 = {ASHLAR_MMA_U8, 8, "u8", [](int v) { return uint32_t(v + 128) & 255; },
                                 [](uint32_t b) -> double { return uint8_t(b); }};
inline const ElementFormat s4 = {ASHLAR_MMA_S4, 4, "s4", [](int v) { return uint32_t(v) & 15; },
                                 [](uint32_t b) -> double { return int(b) > 7 ? int(b) - 16 : int(b); }};
inline const ElementFormat u4 = {ASHLAR_MMA_U4, 4, "u4", [](int v) { return uint32_t(v) & 15; },
                                 [](uint32_t b) -> double { return double(b); }};

} // namespace ashlar::test

#endif
