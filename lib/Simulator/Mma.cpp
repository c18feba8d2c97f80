//===-- Mma.cpp - The arithmetic of tensor cores ----------------------------------------------------------===//
//
// Compiled for x86-64-v3; the device checks the processor before it loads a module. To keep code for that processor out
// of functions that other files share, nothing here uses inline functions of the standard library.
// Every type is widened to f32: products of up to 11 significant bits are exact there, and so are sums of up to 64
// products of 8-bit integers.
//
//===----------------------------------------------------------------------------------------------------===//

#include "Mma.h"
#include "ashlar/Simulator/SimulatorABI.h"
#include <immintrin.h>

namespace ashlar::simulator {

typedef float Row __attribute__((vector_size(32)));

static constexpr uint32_t lanes = 32;

static uint32_t typeA(uint32_t variant) { return variant & 15; }
static uint32_t typeB(uint32_t variant) { return variant >> 4 & 15; }
static uint32_t typeAccumulator(uint32_t variant) { return variant >> 8 & 15; }
static bool saturates(uint32_t variant) { return variant >> 12 & 1; }
static uint32_t depth(uint32_t variant) { return variant >> 16; }

static constexpr uint32_t elementBits(uint32_t type) {
  switch (type) {
  case ASHLAR_MMA_S4:
  case ASHLAR_MMA_U4:
    return 4;
  case ASHLAR_MMA_S8:
  case ASHLAR_MMA_U8:
    return 8;
  case ASHLAR_MMA_F16:
  case ASHLAR_MMA_BF16:
    return 16;
  default:
    return 32;
  }
}

MmaShape mmaShape(uint32_t variant) {
  uint32_t bits = elementBits(typeA(variant)) * depth(variant);
  return {bits / 64, bits / 128, typeAccumulator(variant) == ASHLAR_MMA_F16 ? 2u : 4u};
}

/// Eight registers of one type as f32: 8 * 32 / bits values. Reading past what is used is harmless: an exchange row has
/// room for it.
static void widen(uint32_t type, const uint32_t *registers, uint32_t count, float *values) {
  switch (type) {
  case ASHLAR_MMA_F16:
    for (uint32_t r = 0; r < count; r += 4)
      _mm256_storeu_ps(values + 2 * r, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(registers + r))));
    return;
  case ASHLAR_MMA_BF16:
    for (uint32_t r = 0; r < count; r += 4) {
      __m256i words = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(registers + r)));
      _mm256_storeu_ps(values + 2 * r, _mm256_castsi256_ps(_mm256_slli_epi32(words, 16)));
    }
    return;
  case ASHLAR_MMA_TF32: {
    const __m128i mask = _mm_set1_epi32(int(0xffffe000));
    for (uint32_t r = 0; r < count; r += 4)
      _mm_storeu_si128((__m128i *)(values + r), _mm_and_si128(_mm_loadu_si128((const __m128i *)(registers + r)), mask));
    return;
  }
  case ASHLAR_MMA_S8:
  case ASHLAR_MMA_U8:
    for (uint32_t r = 0; r < count; r += 2) {
      __m128i bytes = _mm_loadl_epi64((const __m128i *)(registers + r));
      __m256i words = type == ASHLAR_MMA_S8 ? _mm256_cvtepi8_epi32(bytes) : _mm256_cvtepu8_epi32(bytes);
      _mm256_storeu_ps(values + 4 * r, _mm256_cvtepi32_ps(words));
    }
    return;
  default: // 4-bit integers
    for (uint32_t r = 0; r < count; ++r)
      for (uint32_t i = 0; i < 8; ++i) {
        int nibble = int(registers[r] >> (4 * i) & 15);
        values[8 * r + i] = float(type == ASHLAR_MMA_S4 && nibble > 7 ? nibble - 16 : nibble);
      }
  }
}

/// sum[i][j] = sum over k of a[i][k] * b[k][j].
template <uint32_t K>
static void multiply(const float (&a)[16][K], const Row (&b)[K], Row (&sum)[16]) {
  for (uint32_t first = 0; first < 16; first += 8) {
    Row partial[8] = {};
    for (uint32_t k = 0; k < K; ++k)
      for (uint32_t i = 0; i < 8; ++i)
        partial[i] += a[first + i][k] * b[k];
    for (uint32_t i = 0; i < 8; ++i)
      sum[first + i] = partial[i];
  }
}

template <uint32_t P, uint32_t K>
static void multiplyOperands(uint32_t variant, uint32_t (*registers)[exchangeWords], Row (&sum)[16]) {
  constexpr uint32_t aRegisters = K / P / 2, bRegisters = K / P / 4;
  alignas(32) float a[16][K];
  alignas(32) Row b[K];
  for (uint32_t lane = 0; lane < lanes; ++lane) {
    const uint32_t g = lane / 4, t = lane % 4;
    alignas(32) float values[(aRegisters + 8) * P];
    widen(typeA(variant), registers[lane], aRegisters, values);
    for (uint32_t r = 0; r < aRegisters; ++r)
      for (uint32_t i = 0; i < P; ++i)
        a[g + 8 * (r % 2)][P * t + i + 4 * P * (r / 2)] = values[r * P + i];
    widen(typeB(variant), registers[lane] + aRegisters, bRegisters, values);
    for (uint32_t r = 0; r < bRegisters; ++r)
      for (uint32_t i = 0; i < P; ++i)
        ((float *)&b[P * t + i + 4 * P * r])[g] = values[r * P + i];
  }
  multiply<K>(a, b, sum);
}

static uint32_t addInteger(uint32_t accumulator, float sum, bool saturate) {
  int64_t wide = int64_t(int32_t(accumulator)) + int64_t(sum);
  if (saturate)
    wide = wide > INT32_MAX ? INT32_MAX : wide < INT32_MIN ? INT32_MIN : wide;
  return uint32_t(wide);
}

static uint32_t addHalves(uint32_t accumulator, const float *sum) {
  uint32_t result = 0;
  for (uint32_t i = 0; i < 2; ++i) {
    float value = _cvtsh_ss((unsigned short)(accumulator >> (16 * i))) + sum[i];
    result |= uint32_t(_cvtss_sh(value, _MM_FROUND_TO_NEAREST_INT)) << (16 * i);
  }
  return result;
}

static void addAccumulator(uint32_t variant, uint32_t (*registers)[exchangeWords], const Row (&sum)[16]) {
  MmaShape shape = mmaShape(variant);
  for (uint32_t lane = 0; lane < lanes; ++lane) {
    uint32_t *c = registers[lane] + shape.aRegisters + shape.bRegisters;
    for (uint32_t half = 0; half < 2; ++half) {
      const float *s = (const float *)&sum[lane / 4 + 8 * half] + 2 * (lane % 4);
      if (typeAccumulator(variant) == ASHLAR_MMA_F32) {
        float *f = (float *)(void *)(c + 2 * half);
        f[0] += s[0];
        f[1] += s[1];
      } else if (typeAccumulator(variant) == ASHLAR_MMA_S32) {
        c[2 * half] = addInteger(c[2 * half], s[0], saturates(variant));
        c[2 * half + 1] = addInteger(c[2 * half + 1], s[1], saturates(variant));
      } else {
        c[half] = addHalves(c[half], s);
      }
    }
  }
}

bool computeMma(uint32_t variant, uint32_t (*registers)[exchangeWords]) {
  Row sum[16];
  switch (elementBits(typeA(variant)) << 16 | depth(variant)) {
  case 16u << 16 | 16:
    multiplyOperands<2, 16>(variant, registers, sum);
    break;
  case 16u << 16 | 8:
    multiplyOperands<2, 8>(variant, registers, sum);
    break;
  case 32u << 16 | 8:
    multiplyOperands<1, 8>(variant, registers, sum);
    break;
  case 8u << 16 | 32:
    multiplyOperands<4, 32>(variant, registers, sum);
    break;
  case 8u << 16 | 16:
    multiplyOperands<4, 16>(variant, registers, sum);
    break;
  case 4u << 16 | 64:
    multiplyOperands<8, 64>(variant, registers, sum);
    break;
  case 4u << 16 | 32:
    multiplyOperands<8, 32>(variant, registers, sum);
    break;
  default:
    return false;
  }
  addAccumulator(variant, registers, sum);
  return true;
}

} // namespace ashlar::simulator
