//===-- MmaTest.cpp - Tensor-core arithmetic against plain loops ----------===//
//
// Every type and shape, with values spread over the registers by the rule of the PTX manual, written here a
// second time.
//
//===----------------------------------------------------------------------===//

#include "lib/Simulator/Mma.h"
#include "ElementFormat.h"
#include "gtest/gtest.h"
#include <bit>
#include <climits>
#include <random>
#include <vector>

using namespace ashlar;
using namespace ashlar::test;
using namespace ashlar::simulator;

namespace {

using Format = ElementFormat;

/// The words of 32 lanes, and A, B, C as matrices.
struct MmaCase {
  static constexpr uint32_t aWord = 0, bWord = 4, cWord = 8, dWord = 12, wordCount = 16;
  const Format a, b;
  const uint32_t k, accumulator;
  std::vector<std::vector<uint32_t>> words{32, std::vector<uint32_t>(wordCount)};

  /// Position of an element: lane, word, first bit.
  struct Place {
    uint32_t lane, word, bit;
  };
  static Place placeA(uint32_t row, uint32_t column, uint32_t bits) {
    uint32_t p = 32 / bits, half = column / (4 * p), within = column % (4 * p);
    return {row % 8 * 4 + within / p, aWord + row / 8 + 2 * half, within % p * bits};
  }
  static Place placeB(uint32_t row, uint32_t column, uint32_t bits) {
    uint32_t p = 32 / bits, half = row / (4 * p), within = row % (4 * p);
    return {column * 4 + within / p, bWord + half, within % p * bits};
  }
  static Place placeC(uint32_t row, uint32_t column, uint32_t base, uint32_t bits) {
    if (bits == 16)
      return {row % 8 * 4 + column / 2, base + row / 8, column % 2 * 16};
    return {row % 8 * 4 + column / 2, base + row / 8 * 2 + column % 2, 0};
  }
  uint32_t get(Place place, uint32_t bits) const {
    uint32_t word = words[place.lane][place.word] >> place.bit;
    return bits == 32 ? word : word & ((1u << bits) - 1);
  }
  void set(Place place, uint32_t bits, uint32_t value) {
    uint32_t mask = bits == 32 ? ~0u : ((1u << bits) - 1) << place.bit;
    uint32_t &word = words[place.lane][place.word];
    word = (word & ~mask) | (value << place.bit & mask);
  }
  void run(bool saturate = false, bool isExact = false) {
    uint32_t variant = ASHLAR_MMA_VARIANT(a.type, b.type, accumulator, k, saturate);
    AshlarSimulatorMma mma = {variant, aWord, bWord, cWord, dWord, 0};
    uint32_t *registers[32];
    for (uint32_t lane = 0; lane < 32; ++lane)
      registers[lane] = words[lane].data();
    auto workspace = std::make_unique<MmaWorkspace>();
    computeMma(&mma, 1, registers, *workspace, isExact);
  }
  void fill(unsigned seed) {
    std::mt19937 random(seed);
    auto small = [&](uint32_t bits) { return int(random() % (bits == 4 ? 16 : 31)) - (bits == 4 ? 8 : 15); };
    for (uint32_t i = 0; i < 16; ++i)
      for (uint32_t l = 0; l < k; ++l)
        set(placeA(i, l, a.bits), a.bits, a.encode(small(a.bits)));
    for (uint32_t l = 0; l < k; ++l)
      for (uint32_t j = 0; j < 8; ++j)
        set(placeB(l, j, b.bits), b.bits, b.encode(small(b.bits)));
  }
  double product(uint32_t i, uint32_t j) const {
    double sum = 0;
    for (uint32_t l = 0; l < k; ++l)
      sum += a.decode(get(placeA(i, l, a.bits), a.bits)) * b.decode(get(placeB(l, j, b.bits), b.bits));
    return sum;
  }
};

} // namespace

TEST(Mma, MultipliesEveryFloatType) {
  for (auto [format, k] : {std::pair{f16, 8u}, {f16, 16u}, {bf16, 8u}, {bf16, 16u}, {tf32, 8u}}) {
    MmaCase mma{format, format, k, ASHLAR_MMA_F32};
    mma.fill(k);
    for (uint32_t i = 0; i < 16; ++i)
      for (uint32_t j = 0; j < 8; ++j)
        mma.set(MmaCase::placeC(i, j, MmaCase::cWord, 32), 32, std::bit_cast<uint32_t>(float(i * 8 + j)));
    mma.run();
    for (uint32_t i = 0; i < 16; ++i)
      for (uint32_t j = 0; j < 8; ++j)
        EXPECT_EQ(std::bit_cast<float>(mma.get(MmaCase::placeC(i, j, MmaCase::dWord, 32), 32)),
                  mma.product(i, j) + i * 8 + j)
            << "type " << format.type << " k " << k << " element " << i << "," << j;
  }
}

TEST(Mma, MultipliesEveryIntegerType) {
  for (auto [a, b, k] : {std::tuple{s8, s8, 32u},
                         {s8, u8, 32u},
                         {u8, s8, 16u},
                         {u8, u8, 32u},
                         {s4, s4, 64u},
                         {s4, u4, 32u},
                         {u4, u4, 64u}}) {
    MmaCase mma{a, b, k, ASHLAR_MMA_S32};
    mma.fill(k);
    for (uint32_t i = 0; i < 16; ++i)
      for (uint32_t j = 0; j < 8; ++j)
        mma.set(MmaCase::placeC(i, j, MmaCase::cWord, 32), 32, uint32_t(-int(i * 8 + j)));
    mma.run();
    for (uint32_t i = 0; i < 16; ++i)
      for (uint32_t j = 0; j < 8; ++j)
        EXPECT_EQ(int32_t(mma.get(MmaCase::placeC(i, j, MmaCase::dWord, 32), 32)),
                  mma.product(i, j) - int(i * 8 + j))
            << "types " << a.type << "," << b.type << " k " << k << " element " << i << "," << j;
  }
}

TEST(Mma, IntegerSumsAreExactAtTheExtremes) {
  MmaCase mma{s8, s8, 32, ASHLAR_MMA_S32};
  for (auto &lane : mma.words)
    std::fill(lane.begin(), lane.begin() + MmaCase::cWord, 0x80808080u); // -128 everywhere
  mma.run();
  EXPECT_EQ(int32_t(mma.words[0][MmaCase::dWord]), 32 * 128 * 128);
}

TEST(Mma, IntegerAccumulationWrapsOrSaturates) {
  MmaCase mma{u8, u8, 32, ASHLAR_MMA_S32};
  for (auto &lane : mma.words) {
    std::fill(lane.begin(), lane.begin() + MmaCase::cWord, 0x01010101u); // sums of 32
    lane[MmaCase::cWord] = uint32_t(INT_MAX - 31);
  }
  mma.run(/*saturate=*/false);
  EXPECT_EQ(int32_t(mma.words[5][MmaCase::dWord]), INT_MIN);
  mma.run(/*saturate=*/true);
  EXPECT_EQ(int32_t(mma.words[5][MmaCase::dWord]), INT_MAX);
}

TEST(Mma, HalfAccumulatorsRoundOnce) {
  MmaCase mma{f16, f16, 16, ASHLAR_MMA_F16};
  mma.fill(3);
  for (uint32_t i = 0; i < 16; ++i)
    for (uint32_t j = 0; j < 8; ++j)
      mma.set(MmaCase::placeC(i, j, MmaCase::cWord, 16), 16, floatToHalf(0.25f));
  mma.run();
  for (uint32_t i = 0; i < 16; ++i)
    for (uint32_t j = 0; j < 8; ++j)
      EXPECT_EQ(mma.get(MmaCase::placeC(i, j, MmaCase::dWord, 16), 16),
                floatToHalf(float(mma.product(i, j) + 0.25)));
}

TEST(Mma, AddsAsTensorCoresDoOnDemand) {
  for (uint32_t accumulator : {ASHLAR_MMA_F32, ASHLAR_MMA_F16}) {
    const uint32_t bits = accumulator == ASHLAR_MMA_F32 ? 32 : 16;
    MmaCase mma{f16, f16, 16, accumulator};
    mma.fill(4);
    auto encode = [&](float value) {
      return bits == 32 ? std::bit_cast<uint32_t>(value) : uint32_t(floatToHalf(value));
    };
    for (uint32_t i = 0; i < 16; ++i)
      for (uint32_t j = 0; j < 8; ++j)
        mma.set(MmaCase::placeC(i, j, MmaCase::cWord, bits), bits, encode(float(int(i) - int(j))));
    // Row 3, column 5: 256 * 256 - 65536 leaves addends of 2^-9 or more, in f32 also smaller ones.
    for (uint32_t l = 0; l < 16; ++l) {
      mma.set(MmaCase::placeA(3, l, 16), 16, floatToHalf(l == 0 ? 256 : l == 1 ? -256 : 0x1p-12f));
      mma.set(MmaCase::placeB(l, 5, 16), 16, floatToHalf(l < 2 ? 256 : 1));
    }
    mma.set(MmaCase::placeC(3, 5, MmaCase::cWord, bits), bits, 0);
    auto value = [&](uint32_t i, uint32_t j) {
      uint32_t word = mma.get(MmaCase::placeC(i, j, MmaCase::dWord, bits), bits);
      return bits == 32 ? std::bit_cast<float>(word) : halfToFloat(uint16_t(word));
    };
    mma.run();
    EXPECT_EQ(value(3, 5), 14 * 0x1p-12f);
    mma.run(false, /*isExact=*/true);
    EXPECT_EQ(value(3, 5), 0);
    EXPECT_EQ(value(9, 4), float(mma.product(9, 4) + 5)); // small integers are exact either way
    EXPECT_EQ(value(9, 3), float(mma.product(9, 3) + 6));
  }
}

TEST(Mma, Tf32IgnoresTheLowBits) {
  MmaCase mma{tf32, tf32, 8, ASHLAR_MMA_F32};
  for (auto &lane : mma.words)
    std::fill(lane.begin(), lane.begin() + MmaCase::cWord, std::bit_cast<uint32_t>(1.0f) | 0x1fff);
  for (auto &lane : mma.words)
    std::fill(lane.begin() + MmaCase::cWord, lane.end(), 0);
  mma.run();
  EXPECT_EQ(std::bit_cast<float>(mma.words[0][MmaCase::dWord]), 8.0f);
}

TEST(Mma, ChainsWithinAList) {
  MmaCase mma{f16, f16, 16, ASHLAR_MMA_F32};
  mma.fill(1);
  uint32_t variant = ASHLAR_MMA_VARIANT(ASHLAR_MMA_F16, ASHLAR_MMA_F16, ASHLAR_MMA_F32, 16, 0);
  AshlarSimulatorMma list[] = {{variant, 0, 4, 8, 12, 0}, {variant, 0, 4, 12, 8, 0}};
  uint32_t *registers[32];
  for (uint32_t lane = 0; lane < 32; ++lane)
    registers[lane] = mma.words[lane].data();
  auto workspace = std::make_unique<MmaWorkspace>();
  computeMma(list, 2, registers, *workspace);
  EXPECT_EQ(std::bit_cast<float>(mma.get(MmaCase::placeC(9, 5, 8, 32), 32)), 2 * mma.product(9, 5));
}
