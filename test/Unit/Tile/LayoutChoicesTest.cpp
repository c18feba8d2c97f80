//===-- LayoutChoicesTest.cpp - Which distribution suits a tile -----------===//
//
// Grids of warps and threads, blocked tiles with and without a reduction, the use of sectors.
//
//===----------------------------------------------------------------------===//
#include "lib/Tile/LayoutChoices.h"

#include <gtest/gtest.h>

using namespace ashlar;
using namespace ashlar::tile;
using layout::Distribution;

static std::optional<std::string> verify(const Distribution &distribution, llvm::ArrayRef<int64_t> dims) {
  return distribution.verify({dims.data(), dims.size()});
}

TEST(LayoutChoicesTest, WarpGridsAreSquareUnlessRowsShouldStayWhole) {
  ProductGrid square = chooseWarpGrid(128, 128, 128, /*wholeRows=*/false);
  EXPECT_EQ(square.m, 2);
  EXPECT_EQ(square.n, 2);
  ProductGrid rows = chooseWarpGrid(64, 64, 128, /*wholeRows=*/true);
  EXPECT_EQ(rows.m, 4);
  EXPECT_EQ(rows.n, 1);
  // 16 rows are one warp's: the other warps take columns rather than rest.
  ProductGrid flat = chooseWarpGrid(16, 64, 128, /*wholeRows=*/true);
  EXPECT_EQ(flat.m, 1);
  EXPECT_EQ(flat.n, 4);
  ProductGrid one = chooseWarpGrid(16, 8, 256, /*wholeRows=*/false);
  EXPECT_EQ(one.m * one.n, 1);
}

TEST(LayoutChoicesTest, FragmentsFillTheBlock) {
  for (int64_t threads : {32, 128, 256, 96})
    for (int64_t m : {16, 48, 128})
      for (int64_t n : {8, 24, 128}) {
        ProductGrid grid = chooseWarpGrid(m, n, threads, false);
        std::optional<ProductFragments> fragments = tensorCoreFragments(m, n, 32, 16, grid, threads);
        ASSERT_TRUE(fragments) << m << "x" << n << " by " << threads;
        for (const Distribution *each : {&fragments->a, &fragments->b, &fragments->result})
          EXPECT_EQ(each->threads(), threads);
        EXPECT_EQ(verify(fragments->result, {m, n}), std::nullopt);
        ProductGrid threadGrid = chooseThreadGrid(m, n, threads);
        std::optional<ProductFragments> scalar = scalarFragments(m, n, 5, threadGrid, threads);
        ASSERT_TRUE(scalar);
        EXPECT_EQ(scalar->result.threads(), threads);
        EXPECT_TRUE(reducesWithinWarp(scalar->result, 1) || threads == 96);
      }
}

TEST(LayoutChoicesTest, GridsThatDoNotDivideAreRefused) {
  EXPECT_FALSE(tensorCoreFragments(128, 128, 32, 16, {3, 1}, 128));
  EXPECT_FALSE(tensorCoreFragments(128, 128, 32, 16, {4, 4}, 128));
  EXPECT_FALSE(scalarFragments(64, 64, 8, {16, 5}, 128));
}

TEST(LayoutChoicesTest, ReducibleDistributionsStayWithinAWarp) {
  for (int64_t threads : {32, 96, 128, 1024})
    for (int64_t rows : {1, 3, 4, 64})
      for (int64_t columns : {1, 7, 40, 128, 1000, 4096})
        for (int64_t reduceDim : {0, 1})
          for (int64_t vectorDim : {0, 1}) {
            Distribution result = reducibleDistribution({rows, columns}, threads, {vectorDim, 8}, reduceDim);
            EXPECT_EQ(verify(result, {rows, columns}), std::nullopt) << result.print();
            EXPECT_TRUE(reducesWithinWarp(result, int(reduceDim))) << result.print();
            EXPECT_EQ(result.threads(), threads);
          }
}

TEST(LayoutChoicesTest, RowsAreSpreadOverLanesAndWarps) {
  Distribution result = reducibleDistribution({4, 1024}, 128, {1, 8}, 1);
  EXPECT_EQ(result.print(), "thread = [32:8@1, 4:1@0], value = [8:1@1, 4:256@1]");
  // 1000 = 8 * 125: a narrower vector lets eight lanes share a row.
  EXPECT_EQ(reducibleDistribution({16, 1000}, 128, {1, 8}, 1).threadDigitsAlong(1).front().mode.size, 8);
}

TEST(LayoutChoicesTest, BlockedDistributionsTakeAnyRank) {
  EXPECT_EQ(blockedDistribution({}, 64, {0, 1}).print(), "thread = [64:0], value = []");
  Distribution odd = blockedDistribution({3, 5}, 64, {1, 4});
  EXPECT_EQ(verify(odd, {3, 5}), std::nullopt);
  EXPECT_EQ(odd.threads(), 64);
}

TEST(LayoutChoicesTest, SectorsOfFragments) {
  std::optional<ProductFragments> fragments = tensorCoreFragments(64, 64, 32, 16, {2, 2}, 128);
  ASSERT_TRUE(fragments);
  const Distribution &result = fragments->result;
  // A fragment's row is 8 elements: a sector of f32, half of one of f16, a quarter of i8.
  EXPECT_DOUBLE_EQ(sectorEfficiency(result, {64, 64}, {1, 4}, 32), 1);
  EXPECT_DOUBLE_EQ(sectorEfficiency(result, {64, 64}, {1, 8}, 16), 0.5);
  EXPECT_DOUBLE_EQ(sectorEfficiency(result, {64, 64}, {1, 16}, 8), 0.25);
  EXPECT_DOUBLE_EQ(sectorEfficiency(blockedDistribution({64, 64}, 128, {1, 8}), {64, 64}, {1, 8}, 16), 1);
}
