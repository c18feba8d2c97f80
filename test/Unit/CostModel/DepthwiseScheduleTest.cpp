//===-- DepthwiseScheduleTest.cpp -------------------------------------------===//
//
// Legality of the choice, and what a tile must get right.
//
//===------------------------------------------------------------------------===//
#include "ashlar/CostModel/DepthwiseSchedule.h"

#include <gtest/gtest.h>

using namespace ashlar;
using namespace ashlar::cost;

static DepthwiseProblem imageProblem(int64_t size, int64_t channels, int64_t filter, int64_t stride = 1) {
  DepthwiseProblem problem;
  problem.batch = 8;
  problem.channels = channels;
  problem.output = {size, size};
  problem.filter = {filter, filter};
  problem.strides = {stride, stride};
  problem.dilations = {1, 1};
  return problem;
}

static int64_t elements(const DepthwiseSchedule &schedule) {
  int64_t product = 1;
  for (int64_t size : schedule.tile)
    product *= size;
  return product;
}

TEST(DepthwiseSchedule, FitsEveryTarget) {
  for (const TargetInfo &target : allTargets())
    for (int64_t filter : {1, 3, 7, 31})
      for (int64_t stride : {1, 2, 3}) {
        std::optional<DepthwiseSchedule> schedule =
            chooseDepthwiseSchedule(imageProblem(56, 96, filter, stride), target);
        ASSERT_TRUE(schedule) << target.name << " " << filter;
        EXPECT_EQ(schedule->tile.size(), 3u);
        EXPECT_LE(schedule->sharedBytes, target.sharedBytesPerBlock);
        EXPECT_LE(elements(*schedule), 32 * schedule->threads);
      }
}

TEST(DepthwiseSchedule, ChannelsLastTakesRunsOfChannels) {
  DepthwiseSchedule schedule = *chooseDepthwiseSchedule(imageProblem(56, 96, 3), *lookupTarget("sm_80"));
  EXPECT_GE(schedule.tile.back() * 16, 256); // A sector.
}

TEST(DepthwiseSchedule, ChannelsFirstTakesRunsOfPositions) {
  DepthwiseProblem problem = imageProblem(112, 32, 3);
  problem.isChannelsLast = false;
  DepthwiseSchedule schedule = *chooseDepthwiseSchedule(problem, *lookupTarget("sm_80"));
  EXPECT_GE(schedule.tile[1], 16);
}

TEST(DepthwiseSchedule, WideFiltersTakeTilesWithSmallHalos) {
  DepthwiseSchedule schedule = *chooseDepthwiseSchedule(imageProblem(56, 96, 7), *lookupTarget("sm_90a"));
  // No dimension so short that most of what is read belongs to neighbours.
  EXPECT_GE(schedule.tile[0], 4);
  EXPECT_GE(schedule.tile[1], 4);
}

TEST(DepthwiseSchedule, OneElementStillHasATile) {
  DepthwiseProblem problem = imageProblem(1, 1, 3);
  problem.batch = 1;
  std::optional<DepthwiseSchedule> schedule = chooseDepthwiseSchedule(problem, *lookupTarget("sm_80"));
  ASSERT_TRUE(schedule);
  EXPECT_EQ(elements(*schedule), 1);
}

TEST(DepthwiseSchedule, NothingFitsAHaloLargerThanSharedMemory) {
  EXPECT_FALSE(chooseDepthwiseSchedule(imageProblem(8, 8, 2000), *lookupTarget("sm_80")));
}
