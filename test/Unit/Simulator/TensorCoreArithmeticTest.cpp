//===-- TensorCoreArithmeticTest.cpp - Fused sums, bit by bit -------------===//
//
// Cases made by hand in which the bits behind the point show, and how far 8-bit floats drift over a long sum.
//
//===----------------------------------------------------------------------===//

#include "lib/Simulator/TensorCoreArithmetic.h"
#include "ElementFormat.h"
#include "lib/Simulator/Mma.h"
#include "gtest/gtest.h"
#include <memory>
#include <random>
#include <vector>

using namespace ashlar;
using namespace ashlar::simulator;

namespace {

/// products[i] * 1 + c, the products being values of the type.
float sum(const std::vector<float> &products, float c, FusedSum fused, uint32_t element = ASHLAR_MMA_BF16) {
  std::vector<float> ones(products.size(), 1.0f);
  return addFused({products.data(), 1, element}, {ones.data(), 1, element}, uint32_t(products.size()), c,
                  fused);
}

constexpr FusedSum wide = {25, 23}, narrow = {13, 13};

} // namespace

TEST(TensorCoreArithmetic, KeepsAddendsToTheLastAlignedBit) {
  // 1 - 1 + x: what is below the last bit of the largest addend is gone, whatever cancels.
  EXPECT_EQ(sum({1, 0x1p-25f}, -1, wide), 0x1p-25f);
  EXPECT_EQ(sum({1, 0x1p-26f}, -1, wide), 0.0f);
  EXPECT_EQ(sum({1, 0x1.8p-25f}, -1, wide), 0x1p-25f);
  EXPECT_EQ(sum({1, 0x1p-13f}, -1, narrow), 0x1p-13f);
  EXPECT_EQ(sum({1, 0x1p-14f}, -1, narrow), 0.0f);
  // Each addend is truncated on its own: many small ones do not add up to a bit.
  EXPECT_EQ(sum(std::vector<float>(16, 0x1p-26f), 1, wide), 1.0f);
  EXPECT_EQ(sum({1, -1, 0x1p-26f}, 0, wide), 0.0f); // in f32, in order of k, it would stay
}

TEST(TensorCoreArithmetic, TruncatesTowardsZero) {
  EXPECT_EQ(sum({-1, -0x1.8p-25f}, 1, wide), -0x1p-25f);
  // The result is truncated as well: 1 + 2^-24 + 2^-25 is nearer to 1 + 2^-23.
  EXPECT_EQ(sum({0x1p-24f, 0x1p-25f}, 1, wide), 1.0f);
  EXPECT_EQ(sum({-0x1p-24f, -0x1p-25f}, -1, wide), -1.0f);
  EXPECT_EQ(sum({0x1p-13f, 0x1p-13f}, 2, narrow), 2.0f); // 13 bits behind the point of 2 are left of each
  EXPECT_EQ(sum({0x1p-12f, 0x1p-12f}, 2, narrow), 2 + 0x1p-11f);
}

TEST(TensorCoreArithmetic, TakesTheExponentOfAProductFromItsFactors) {
  // 1.5 * 1.5 has exponent 0 here, not 1: a bit at 2^-25 stays.
  const float a[] = {1.5f, 0x1p-25f}, b[] = {1.5f, 1.0f};
  EXPECT_EQ(addFused({a, 1, ASHLAR_MMA_BF16}, {b, 1, ASHLAR_MMA_BF16}, 2, -2.25f, {25, 23}), 0.0f);
  const float c[] = {1.5f, -1.5f, 0x1p-25f}, d[] = {1.5f, 1.5f, 1.0f};
  EXPECT_EQ(addFused({c, 1, ASHLAR_MMA_BF16}, {d, 1, ASHLAR_MMA_BF16}, 3, 0, wide), 0x1p-25f);
}

TEST(TensorCoreArithmetic, RoundsHalvesOnce) {
  const float a[] = {1, 0x1p-11f, 0x1p-24f}, ones[] = {1, 1, 1};
  auto half = [&](uint32_t count, float c) {
    return addFusedToHalf({a, 1, ASHLAR_MMA_F16}, {ones, 1, ASHLAR_MMA_F16}, count, c, wide);
  };
  EXPECT_EQ(half(2, 0), floatToHalf(1));            // a tie to even
  EXPECT_EQ(half(3, 0), floatToHalf(1 + 0x1p-10f)); // just above it
  EXPECT_EQ(half(2, 0x1p-10f), floatToHalf(1 + 0x1p-9f));
  EXPECT_EQ(half(1, 65504), floatToHalf(65504));
  EXPECT_EQ(half(1, 65535), 0x7c00);
  EXPECT_EQ(half(1, -1), 0);
  EXPECT_EQ(half(1, -1 + 0x1p-24f), 0x0001); // subnormal
  EXPECT_EQ(half(1, -1 - 0x1p-23f), 0x8002);
}

TEST(TensorCoreArithmetic, LetsInfinitiesAndNaNWin) {
  EXPECT_EQ(sum({INFINITY, 1}, 0, wide), INFINITY);
  EXPECT_EQ(sum({1}, -INFINITY, wide), -INFINITY);
  EXPECT_EQ(std::bit_cast<uint32_t>(sum({INFINITY}, -INFINITY, wide)), 0x7fffffffu);
  EXPECT_EQ(std::bit_cast<uint32_t>(sum({1}, NAN, wide)), 0x7fffffffu);
  EXPECT_EQ(sum({0x1p127f, 0x1p127f}, 0, wide), INFINITY);
  EXPECT_EQ(sum({0x1p-126f}, -0x1p-149f, wide), 0x1p-126f - 0x1p-149f);
}

TEST(TensorCoreArithmetic, IsExactWhereNothingIsTruncated) {
  std::mt19937 random(1);
  for (uint32_t element :
       {ASHLAR_MMA_F16, ASHLAR_MMA_BF16, ASHLAR_MMA_TF32, ASHLAR_MMA_E4M3, ASHLAR_MMA_E5M2}) {
    std::vector<float> a(32), b(32);
    float expected = 3;
    for (uint32_t i = 0; i < 32; ++i) {
      a[i] = float(int(random() % 15) - 7);
      b[i] = float(int(random() % 15) - 7);
      expected += a[i] * b[i];
    }
    EXPECT_EQ(addFused({a.data(), 1, element}, {b.data(), 1, element}, 32, 3, fusedSumOfWgmma(element)),
              expected);
  }
}

namespace {

/// Row 0, column 0 of a product of ones and `value`s in `steps` instructions.
float accumulate(uint32_t element, float value, uint32_t steps, uint32_t promoteEvery) {
  WgmmaShape shape(ASHLAR_WGMMA_VARIANT(element, element, 8, 0));
  auto tiles = std::make_unique<WgmmaTiles>();
  std::fill(std::begin(tiles->a), std::end(tiles->a), 1.0f);
  std::fill(std::begin(tiles->b), std::end(tiles->b), value);
  std::vector<uint32_t> words(128 * 4);
  std::vector<uint32_t *> pointers;
  for (uint32_t t = 0; t < 128; ++t)
    pointers.push_back(&words[t * 4]);
  float promoted = 0;
  for (uint32_t step = 0; step < steps; ++step) {
    bool isFirst = promoteEvery ? step % promoteEvery == 0 : step == 0;
    if (isFirst && step)
      promoted += std::bit_cast<float>(words[0]);
    multiplyTilesExactly(shape, *tiles, !isFirst, pointers.data());
  }
  return promoted + std::bit_cast<float>(words[0]);
}

} // namespace

TEST(TensorCoreArithmetic, ByteFloatsDriftOverALongSumUnlessPromoted) {
  // 128 instructions, K = 4096, of 1.125 * 1: the sum is 4608. From 2048 on the last of 13 bits is worth 1/4
  // and each product loses 1/8 of itself to truncation.
  const float exact = 4096 * 1.125f;
  float plain = accumulate(ASHLAR_MMA_E4M3, 1.125f, 128, 0);
  EXPECT_LT(plain, exact * (1 - 0.01f));
  EXPECT_GT(plain, exact * (1 - 0.12f));
  // Promoted to f32 every 128 of K nothing is lost here.
  EXPECT_EQ(accumulate(ASHLAR_MMA_E4M3, 1.125f, 128, 4), exact);
  EXPECT_EQ(accumulate(ASHLAR_MMA_BF16, 1.125f, 256, 0), exact);
}

TEST(TensorCoreArithmetic, IntegersStayExact) {
  WgmmaShape shape(ASHLAR_WGMMA_VARIANT(ASHLAR_MMA_S8, ASHLAR_MMA_U8, 8, 0));
  auto tiles = std::make_unique<WgmmaTiles>();
  std::fill(std::begin(tiles->a), std::end(tiles->a), -128.0f);
  std::fill(std::begin(tiles->b), std::end(tiles->b), 255.0f);
  std::vector<uint32_t> words(128 * 4, uint32_t(INT32_MIN));
  std::vector<uint32_t *> pointers;
  for (uint32_t t = 0; t < 128; ++t)
    pointers.push_back(&words[t * 4]);
  multiplyTilesExactly(shape, *tiles, true, pointers.data());
  EXPECT_EQ(words[0], uint32_t(INT32_MIN) - 128u * 255 * 32); // wraps
}
