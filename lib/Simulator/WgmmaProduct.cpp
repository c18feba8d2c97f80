//===-- WgmmaProduct.cpp - The product of a warp group --------------------===//
//
// Compiled for x86-64-v3, like Mma.cpp and under the same rule: nothing of the standard library.
//
//===----------------------------------------------------------------------===//

#include "WgmmaProduct.h"
#include <immintrin.h>

namespace ashlar::simulator {

typedef float Row __attribute__((vector_size(32)));

//===-- Widening ----------------------------------------------------------===//

/// All values of an 8-bit float. Both kinds have infinities or NaN at the end of their range: e4m3 has NaN in
/// its last code only, e5m2 is IEEE-like.
struct ByteFloats {
  float values[256];
  ByteFloats(uint32_t exponentBits, bool isIeee) : values{} {
    const uint32_t fractionBits = 7 - exponentBits, bias = (1u << (exponentBits - 1)) - 1;
    for (uint32_t code = 0; code < 256; ++code) {
      uint32_t exponent = code >> fractionBits & ((1u << exponentBits) - 1);
      uint32_t fraction = code & ((1u << fractionBits) - 1);
      float unit = 1.0f;
      for (uint32_t i = exponent ? exponent : 1; i < bias + fractionBits; ++i)
        unit *= 0.5f;
      for (uint32_t i = bias + fractionBits; i < exponent; ++i)
        unit *= 2.0f;
      float value = unit * float(exponent ? fraction + (1u << fractionBits) : fraction);
      bool isLast = exponent == (1u << exponentBits) - 1;
      if (isIeee && isLast)
        value = fraction ? __builtin_nanf("") : __builtin_inff();
      else if (!isIeee && (code & 127) == 127)
        value = __builtin_nanf("");
      values[code] = code & 128 ? -value : value;
    }
  }
};

static const float *byteFloats(uint32_t element) {
  static const ByteFloats e4m3(4, false), e5m2(5, true);
  return element == ASHLAR_MMA_E4M3 ? e4m3.values : e5m2.values;
}

static uint32_t elementsOfWord(uint32_t element) {
  if (element == ASHLAR_MMA_TF32)
    return 1;
  return element == ASHLAR_MMA_F16 || element == ASHLAR_MMA_BF16 ? 2 : 4;
}

/// 16 bytes as 4, 8 or 16 values.
static void widen(uint32_t element, const void *source, float *values) {
  __m128i bytes = _mm_loadu_si128((const __m128i *)source);
  switch (element) {
  case ASHLAR_MMA_F16:
    _mm256_storeu_ps(values, _mm256_cvtph_ps(bytes));
    return;
  case ASHLAR_MMA_BF16:
    _mm256_storeu_si256((__m256i *)values, _mm256_slli_epi32(_mm256_cvtepu16_epi32(bytes), 16));
    return;
  case ASHLAR_MMA_TF32:
    _mm_storeu_si128((__m128i *)values, _mm_and_si128(bytes, _mm_set1_epi32(int(0xffffe000))));
    return;
  case ASHLAR_MMA_S8:
  case ASHLAR_MMA_U8:
    for (uint32_t half = 0; half < 2; ++half, bytes = _mm_srli_si128(bytes, 8)) {
      __m256i words = element == ASHLAR_MMA_S8 ? _mm256_cvtepi8_epi32(bytes) : _mm256_cvtepu8_epi32(bytes);
      _mm256_storeu_ps(values + 8 * half, _mm256_cvtepi32_ps(words));
    }
    return;
  default: {
    const float *table = byteFloats(element);
    for (uint32_t i = 0; i < 16; ++i)
      values[i] = table[((const unsigned char *)source)[i]];
  }
  }
}

void widenChunks(uint32_t element, bool isTransposed, uint32_t extent, const char *const *chunks, float *tile,
                 uint32_t indexStride, uint32_t kStride) {
  const uint32_t elements = 4 * elementsOfWord(element), perLine = isTransposed ? extent / 8 : 2;
  const uint32_t lineStride = isTransposed ? kStride : indexStride,
                 elementStride = isTransposed ? indexStride : kStride;
  for (uint32_t chunk = 0; chunk < 2 * extent; ++chunk) {
    alignas(32) float values[16];
    widen(element, chunks[chunk], values);
    float *to = tile + chunk / perLine * lineStride + chunk % perLine * elements * elementStride;
    for (uint32_t i = 0; i < elements; ++i)
      to[i * elementStride] = values[i];
  }
}

void widenRegistersOfA(const WgmmaShape &shape, const uint32_t *const *registers, float *a) {
  const uint32_t p = elementsOfWord(shape.aElement);
  for (uint32_t thread = 0; thread < groupThreads; ++thread) {
    const uint32_t warp = thread / 32, g = thread % 32 / 4, t = thread % 4;
    alignas(32) float values[16];
    widen(shape.aElement, registers[thread], values);
    for (uint32_t r = 0; r < wgmmaRegistersOfA; ++r)
      for (uint32_t i = 0; i < p; ++i)
        a[(16 * warp + g + 8 * (r % 2)) * shape.depth + p * t + i + 4 * p * (r / 2)] = values[r * p + i];
  }
}

//===-- Multiplying -------------------------------------------------------===//

static void addFloats(const Row (&sum)[8], bool accumulate, uint32_t *const *accumulators, uint32_t word) {
  for (uint32_t thread = 0; thread < 32; ++thread) {
    const float *from = (const float *)&sum[thread / 4] + 2 * (thread % 4);
    float *to = (float *)(void *)(accumulators[thread] + word);
    to[0] = accumulate ? to[0] + from[0] : from[0];
    to[1] = accumulate ? to[1] + from[1] : from[1];
  }
}

static void addIntegers(const Row (&sum)[8], bool accumulate, uint32_t *const *accumulators, uint32_t word) {
  for (uint32_t thread = 0; thread < 32; ++thread) {
    const float *from = (const float *)&sum[thread / 4] + 2 * (thread % 4);
    uint32_t *to = accumulators[thread] + word;
    for (uint32_t i = 0; i < 2; ++i)
      to[i] = uint32_t(int32_t(from[i])) + (accumulate ? to[i] : 0);
  }
}

/// Eight rows by eight columns at a time: a block of accumulators that one register pair of a warp holds.
template <uint32_t K>
static void multiply(const WgmmaShape &shape, const WgmmaTiles &tiles, bool accumulate,
                     uint32_t *const *accumulators) {
  const uint32_t columns = shape.columns;
  const bool isInteger = shape.isInteger();
  for (uint32_t first = 0; first < groupRows; first += 8)
    for (uint32_t column = 0; column < columns; column += 8) {
      Row sum[8] = {};
      for (uint32_t k = 0; k < K; ++k) {
        const Row b = *(const Row *)(const void *)(tiles.b + k * columns + column);
        for (uint32_t i = 0; i < 8; ++i)
          sum[i] += tiles.a[(first + i) * K + k] * b;
      }
      uint32_t *const *warp = accumulators + first / 16 * 32;
      uint32_t word = column / 2 + first % 16 / 4;
      if (isInteger)
        addIntegers(sum, accumulate, warp, word);
      else
        addFloats(sum, accumulate, warp, word);
    }
}

void multiplyTiles(const WgmmaShape &shape, const WgmmaTiles &tiles, bool accumulate,
                   uint32_t *const *accumulators) {
  if (shape.depth == 8)
    multiply<8>(shape, tiles, accumulate, accumulators);
  else if (shape.depth == 16)
    multiply<16>(shape, tiles, accumulate, accumulators);
  else
    multiply<32>(shape, tiles, accumulate, accumulators);
}

} // namespace ashlar::simulator
