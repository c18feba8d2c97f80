//===-- LoopScheduleTest.cpp ------------------------------------------------===//
//
// The rules for plain loop nests, one case each.
//
//===------------------------------------------------------------------------===//
#include "ashlar/CostModel/LoopSchedule.h"

#include <gtest/gtest.h>

using namespace ashlar;
using namespace ashlar::cost;

static LoopSchedule choose(LoopNest nest) { return chooseLoopSchedule(nest, *lookupTarget("sm_80")); }

TEST(LoopSchedule, OneLoopIsCutIntoFullTiles) {
  LoopSchedule schedule = choose({{{1 << 20, false, 4}}, false, true});
  EXPECT_EQ(schedule.tile, std::vector<int64_t>({2048}));
  EXPECT_EQ(schedule.threads, 128);
}

TEST(LoopSchedule, NarrowRowsAreNumberedThrough) {
  LoopSchedule schedule = choose({{{1000, false, 0}, {7, false, 8}}, false, true});
  EXPECT_EQ(schedule.tile.size(), 1u);
}

TEST(LoopSchedule, TranspositionsTakeSquares) {
  LoopSchedule schedule = choose({{{1000, false, 4}, {1000, false, 4}}, false, true});
  EXPECT_EQ(schedule.tile, std::vector<int64_t>({32, 32}));
}

TEST(LoopSchedule, RowsOfAReductionAreChunked) {
  LoopSchedule schedule = choose({{{4096, false, 0}, {4096, true, 4}}, true, false});
  EXPECT_GE(schedule.tile[1], 256);
  EXPECT_GE(4096 / schedule.tile[0], 216); // Blocks for all multiprocessors.
}

TEST(LoopSchedule, OtherBodiesReduceElementByElement) {
  LoopSchedule schedule = choose({{{4096, false, 1}, {4096, true, 4}}, false, false});
  EXPECT_EQ(schedule.tile[1], 1);
  EXPECT_GT(schedule.tile[0], 1);
}

TEST(LoopSchedule, LoopsOfOneElementStayUntiled) {
  LoopSchedule schedule = choose({{{1, false, 4}, {1, true, 4}}, true, false});
  EXPECT_EQ(schedule.tile, std::vector<int64_t>({1, 1}));
  EXPECT_EQ(schedule.threads, 32);
}

static LoopSchedule chooseRows(int64_t rows, int64_t columns) {
  return chooseRowSchedule({{{rows, false, 0}, {columns, true, 4}}, true, false}, *lookupTarget("sm_80"));
}

TEST(LoopSchedule, RowsThatFitAreOneChunk) {
  EXPECT_EQ(chooseRows(4096, 1000).tile, std::vector<int64_t>({1, 1024}));
  EXPECT_EQ(chooseRows(4096, 4096).threads, 512);
}

TEST(LoopSchedule, ShortRowsShareABlock) {
  LoopSchedule schedule = chooseRows(1 << 16, 64);
  EXPECT_EQ(schedule.tile, std::vector<int64_t>({16, 64}));
}

TEST(LoopSchedule, LongRowsAreChunked) { EXPECT_EQ(chooseRows(64, 50000).tile, std::vector<int64_t>({1, 2048})); }
