//===-- LoopScheduleTest.cpp ------------------------------------------------===//
//
// The rules for plain loop nests, one case each.
//
//===------------------------------------------------------------------------===//
#include "ashlar/CostModel/LoopSchedule.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace ashlar;
using namespace ashlar::cost;

static LoopSchedule choose(std::vector<LoopInfo> loops, bool isCombinable = false) {
  LoopNest nest;
  nest.loops = std::move(loops);
  nest.isCombinable = isCombinable;
  nest.isFlattenable =
      std::none_of(nest.loops.begin(), nest.loops.end(), [](auto &loop) { return loop.isReduction; });
  nest.elementBytes = 4;
  nest.registersPerElement = 2;
  return chooseLoopSchedule(nest, *lookupTarget("sm_80"));
}

TEST(LoopSchedule, OneLoopIsCutIntoFullTiles) {
  LoopSchedule schedule = choose({{1 << 20, false, 4}});
  EXPECT_EQ(schedule.tile, std::vector<int64_t>({2048}));
  EXPECT_EQ(schedule.threads, 128);
}

TEST(LoopSchedule, NarrowRowsAreNumberedThrough) {
  EXPECT_EQ(choose({{1000, false, 0}, {7, false, 8}}).tile.size(), 1u);
}

TEST(LoopSchedule, TranspositionsTakeSquares) {
  EXPECT_EQ(choose({{1000, false, 4}, {1000, false, 4}}).tile, std::vector<int64_t>({32, 32}));
}

TEST(LoopSchedule, ManyTensorsTakeSmallTiles) {
  LoopNest nest{{{1 << 20, false, 4}}, false, true, 4, 20};
  EXPECT_EQ(chooseLoopSchedule(nest, *lookupTarget("sm_80")).tile, std::vector<int64_t>({256}));
}

TEST(LoopSchedule, AWarpHasARowOfAReduction) {
  LoopSchedule schedule = choose({{4096, false, 0}, {4096, true, 4}}, true);
  EXPECT_EQ(schedule.tile, std::vector<int64_t>({4, 1024}));
  EXPECT_EQ(schedule.threads, 4 * 32);
}

TEST(LoopSchedule, FewRowsHaveBlocksOfTheirOwn) {
  LoopSchedule schedule = choose({{100, false, 0}, {4096, true, 4}}, true);
  EXPECT_EQ(schedule.tile[0], 1);
  EXPECT_EQ(schedule.threads, 32);
}

TEST(LoopSchedule, ColumnsAreSharedByLanesAndRows) {
  LoopSchedule schedule = choose({{8192, true, 0}, {4096, false, 4}}, true);
  EXPECT_EQ(schedule.threads, 32);
  EXPECT_GT(schedule.tile[0], 1);
  EXPECT_GE(schedule.tile[1], 8); // A sector.
}

TEST(LoopSchedule, OtherBodiesReduceElementByElement) {
  LoopSchedule schedule = choose({{1 << 16, false, 1}, {4096, true, 4}});
  EXPECT_EQ(schedule.tile[1], 1);
  EXPECT_GT(schedule.tile[0], 1);
}

TEST(LoopSchedule, LoopsOfOneElementStayUntiled) {
  LoopSchedule schedule = choose({{1, false, 4}, {1, true, 4}}, true);
  EXPECT_EQ(schedule.tile, std::vector<int64_t>({1, 1}));
  EXPECT_EQ(schedule.threads, 32);
}

static LoopSchedule chooseRows(int64_t rows, int64_t columns) {
  LoopNest nest{{{rows, false, 0}, {columns, true, 4}}, true, false, 4, 2};
  return chooseRowSchedule(nest, *lookupTarget("sm_80"));
}

TEST(LoopSchedule, RowsThatFitAreOneChunk) { EXPECT_EQ(chooseRows(4096, 1000).tile[1], 1024); }

TEST(LoopSchedule, ShortRowsShareAWarp) {
  LoopSchedule schedule = chooseRows(1 << 16, 64); // 16 lanes a row.
  EXPECT_EQ(schedule.tile, std::vector<int64_t>({8, 64}));
  EXPECT_EQ(schedule.threads, 128);
}

TEST(LoopSchedule, LongRowsAreChunked) {
  EXPECT_EQ(chooseRows(64, 50000).tile, std::vector<int64_t>({1, 1024}));
}
