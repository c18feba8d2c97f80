//===-- Mma.cpp - The arithmetic of tensor cores --------------------------===//
//
// Compiled for x86-64-v3; the device checks the processor before it loads a module. To keep code for that
// processor out of functions that other files share, nothing here uses the standard library. Every type is
// widened to f32: products of up to 11 significant bits are exact there, and so are sums of up to 64 products
// of 8-bit integers.
//
//===----------------------------------------------------------------------===//

#include "Mma.h"
#include "TensorCoreArithmetic.h"
#include "ashlar/Simulator/SimulatorABI.h"
#include <immintrin.h>

namespace ashlar::simulator {

typedef float Row __attribute__((vector_size(32)));

using Registers = uint32_t *const *;

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

/// Registers of one type as f32. Whole vectors of four registers are read; `registers` has room for them.
__attribute__((always_inline)) static inline void widen(uint32_t type, const uint32_t *registers,
                                                        uint32_t count, float *values) {
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
      _mm_storeu_si128((__m128i *)(values + r),
                       _mm_and_si128(_mm_loadu_si128((const __m128i *)(registers + r)), mask));
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

/// Up to four registers of a lane, with room for whole vectors behind them.
struct Fragment {
  alignas(16) uint32_t words[4];
  Fragment(const uint32_t *source, uint32_t count) : words{} {
    for (uint32_t i = 0; i < count; ++i)
      words[i] = source[i];
  }
};

template <uint32_t P, uint32_t K>
static void widenA(uint32_t variant, uint32_t word, Registers registers, float *a) {
  constexpr uint32_t count = K / P / 2;
  for (uint32_t lane = 0; lane < warpLanes; ++lane) {
    const uint32_t g = lane / 4, t = lane % 4;
    alignas(32) float values[4 * 8];
    widen(typeA(variant), Fragment(registers[lane] + word, count).words, count, values);
    for (uint32_t r = 0; r < count; ++r)
      for (uint32_t i = 0; i < P; ++i)
        a[(g + 8 * (r % 2)) * K + P * t + i + 4 * P * (r / 2)] = values[r * P + i];
  }
}

template <uint32_t P, uint32_t K>
static void widenB(uint32_t variant, uint32_t word, Registers registers, float *b) {
  constexpr uint32_t count = K / P / 4;
  for (uint32_t lane = 0; lane < warpLanes; ++lane) {
    const uint32_t g = lane / 4, t = lane % 4;
    alignas(32) float values[4 * 8];
    widen(typeB(variant), Fragment(registers[lane] + word, count).words, count, values);
    for (uint32_t r = 0; r < count; ++r)
      for (uint32_t i = 0; i < P; ++i)
        b[(P * t + i + 4 * P * r) * 8 + g] = values[r * P + i];
  }
}

/// sum[i][j] = sum over k of a[i][k] * b[k][j].
template <uint32_t K>
static void multiply(const float *a, const Row *b, Row (&sum)[16]) {
  for (uint32_t first = 0; first < 16; first += 8) {
    Row partial[8] = {};
    for (uint32_t k = 0; k < K; ++k)
      for (uint32_t i = 0; i < 8; ++i)
        partial[i] += a[(first + i) * K + k] * b[k];
    for (uint32_t i = 0; i < 8; ++i)
      sum[first + i] = partial[i];
  }
}

/// The slots of the workspace that hold the operands.
struct Slots {
  uint32_t a, b;
};

/// The slot for an operand, and whether it has to be filled.
static bool claim(MmaWorkspace::Tag *tags, uint32_t word, uint32_t variant, uint32_t &slot) {
  slot = word / 2 % MmaWorkspace::slots;
  MmaWorkspace::Tag &tag = tags[slot];
  if (tag.isValid && tag.word == word && tag.variant == variant)
    return false;
  tag = {word, variant, true};
  return true;
}

template <uint32_t P, uint32_t K>
static Slots widenOperands(const AshlarSimulatorMma &mma, Registers registers, MmaWorkspace &workspace) {
  Slots slots;
  if (claim(workspace.tagA, mma.a, mma.variant, slots.a))
    widenA<P, K>(mma.variant, mma.a, registers, workspace.a[slots.a]);
  if (claim(workspace.tagB, mma.b, mma.variant, slots.b))
    widenB<P, K>(mma.variant, mma.b, registers, workspace.b[slots.b]);
  return slots;
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

static void addAccumulator(const AshlarSimulatorMma &mma, Registers registers, const Row (&sum)[16]) {
  const uint32_t type = typeAccumulator(mma.variant);
  for (uint32_t lane = 0; lane < warpLanes; ++lane) {
    const uint32_t *c = registers[lane] + mma.c;
    uint32_t *d = registers[lane] + mma.d;
    for (uint32_t half = 0; half < 2; ++half) {
      const float *s = (const float *)&sum[lane / 4 + 8 * half] + 2 * (lane % 4);
      if (type == ASHLAR_MMA_F32) {
        const float *from = (const float *)(const void *)(c + 2 * half);
        float *to = (float *)(void *)(d + 2 * half);
        to[0] = from[0] + s[0];
        to[1] = from[1] + s[1];
      } else if (type == ASHLAR_MMA_S32) {
        d[2 * half] = addInteger(c[2 * half], s[0], saturates(mma.variant));
        d[2 * half + 1] = addInteger(c[2 * half + 1], s[1], saturates(mma.variant));
      } else {
        d[half] = addHalves(c[half], s);
      }
    }
  }
}

//===-- As tensor cores add -----------------------------------------------===//

/// Element `column` of row `row` of A * B + C in place of the accumulator's.
static void addExactly(const AshlarSimulatorMma &mma, Registers registers, const float *a, const float *b) {
  const uint32_t k = depth(mma.variant);
  const bool isHalf = typeAccumulator(mma.variant) == ASHLAR_MMA_F16;
  for (uint32_t row = 0; row < 16; ++row)
    for (uint32_t column = 0; column < 8; ++column) {
      const Factors left = {a + row * k, 1, typeA(mma.variant)}, right = {b + column, 8, typeB(mma.variant)};
      uint32_t *words = registers[row % 8 * 4 + column / 2];
      if (isHalf) {
        uint32_t shift = 16 * (column % 2), word = row / 8;
        float c = _cvtsh_ss((unsigned short)(words[mma.c + word] >> shift));
        uint32_t result = addFusedToHalf(left, right, k, c, fusedSumOfMma);
        // The even column comes first and keeps the odd half of C for the next.
        uint32_t other = column % 2 ? words[mma.d + word] : words[mma.c + word];
        words[mma.d + word] = (other & ~(0xffffu << shift)) | result << shift;
      } else {
        uint32_t word = row / 8 * 2 + column % 2;
        float c;
        __builtin_memcpy(&c, words + mma.c + word, sizeof c);
        float result = addFused(left, right, k, c, fusedSumOfMma);
        __builtin_memcpy(words + mma.d + word, &result, sizeof result);
      }
    }
}

//===-- Lists -------------------------------------------------------------===//

template <uint32_t P, uint32_t K>
static void executeAs(const AshlarSimulatorMma &mma, Registers registers, MmaWorkspace &workspace,
                      bool isExact) {
  Slots slots = widenOperands<P, K>(mma, registers, workspace);
  const float *a = workspace.a[slots.a], *b = workspace.b[slots.b];
  if (isExact && typeAccumulator(mma.variant) != ASHLAR_MMA_S32) {
    addExactly(mma, registers, a, b);
    return;
  }
  Row sum[16];
  multiply<K>(a, (const Row *)(const void *)b, sum);
  addAccumulator(mma, registers, sum);
}

static void execute(const AshlarSimulatorMma &mma, Registers registers, MmaWorkspace &workspace,
                    bool isExact) {
  switch (elementBits(typeA(mma.variant)) << 16 | depth(mma.variant)) {
  case 16u << 16 | 16:
    return executeAs<2, 16>(mma, registers, workspace, isExact);
  case 16u << 16 | 8:
    return executeAs<2, 8>(mma, registers, workspace, isExact);
  case 32u << 16 | 8:
    return executeAs<1, 8>(mma, registers, workspace, isExact);
  case 8u << 16 | 32:
    return executeAs<4, 32>(mma, registers, workspace, isExact);
  case 8u << 16 | 16:
    return executeAs<4, 16>(mma, registers, workspace, isExact);
  case 4u << 16 | 64:
    return executeAs<8, 64>(mma, registers, workspace, isExact);
  case 4u << 16 | 32:
    return executeAs<8, 32>(mma, registers, workspace, isExact);
  }
}

void computeMma(const AshlarSimulatorMma *list, uint32_t count, Registers registers, MmaWorkspace &workspace,
                bool isExact) {
  for (uint32_t slot = 0; slot < MmaWorkspace::slots; ++slot)
    workspace.tagA[slot].isValid = workspace.tagB[slot].isValid = false;
  for (uint32_t i = 0; i < count; ++i)
    execute(list[i], registers, workspace, isExact);
}

} // namespace ashlar::simulator
