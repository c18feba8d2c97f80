//===-- AttentionScheduleTest.cpp -------------------------------------------===//
//
// Legality of every candidate and the choices that any model must get right.
//
//===------------------------------------------------------------------------===//
#include "ashlar/CostModel/AttentionSchedule.h"

#include <gtest/gtest.h>

using namespace ashlar;
using namespace ashlar::cost;

static AttentionProblem halfProblem(int64_t heads, int64_t queries, int64_t keys, int64_t headSize) {
  AttentionProblem problem;
  problem.queryHeads = problem.keyHeads = heads;
  problem.queries = queries;
  problem.keys = keys;
  problem.headSize = problem.valueSize = headSize;
  return problem;
}

static AttentionSchedule best(const AttentionProblem &problem, std::string_view target = "sm_80") {
  std::vector<AttentionSchedule> ranked = rankAttentionSchedules(problem, *lookupTarget(target));
  EXPECT_FALSE(ranked.empty());
  return ranked.empty() ? AttentionSchedule() : ranked.front();
}

TEST(AttentionSchedule, EveryCandidateFitsTheTarget) {
  for (const TargetInfo &target : allTargets())
    for (Multiplier multiplier : {Multiplier::TensorHalf, Multiplier::Scalar})
      for (int64_t headSize : {1, 20, 64, 100, 128, 256, 512}) {
        AttentionProblem problem = halfProblem(4, 300, 500, headSize);
        problem.multiplier = multiplier;
        problem.bits = multiplier == Multiplier::Scalar ? 32 : 16;
        std::vector<AttentionSchedule> ranked = rankAttentionSchedules(problem, target);
        EXPECT_FALSE(ranked.empty()) << target.name << " " << headSize;
        for (const AttentionSchedule &schedule : ranked) {
          EXPECT_LE(schedule.sharedBytes, target.sharedBytesPerBlock);
          EXPECT_LE(schedule.registersPerThread, target.maxRegistersPerThread);
          EXPECT_GE(schedule.residentBlocks, 1u);
          EXPECT_EQ(schedule.threads % 32, 0);
        }
      }
}

TEST(AttentionSchedule, RowsOfATensorCoreTileStayInAWarp) {
  for (const AttentionSchedule &schedule :
       rankAttentionSchedules(halfProblem(8, 1024, 1024, 128), *lookupTarget("sm_90a"))) {
    EXPECT_EQ(schedule.gridN, 1);
    EXPECT_EQ(schedule.queryTile, 16 * schedule.gridM);
  }
}

TEST(AttentionSchedule, LongSequencesTakeLargeTilesInStages) {
  AttentionSchedule schedule = best(halfProblem(32, 4096, 4096, 128));
  EXPECT_GE(schedule.queryTile, 64);
  EXPECT_GE(schedule.keyTile, 32);
  EXPECT_GE(schedule.stages, 2);
}

TEST(AttentionSchedule, OneQueryTakesTheSmallestTile) {
  EXPECT_EQ(best(halfProblem(32, 1, 4096, 128)).queryTile, 16);
}

TEST(AttentionSchedule, DecodingPacksTheHeadsOfAGroup) {
  AttentionProblem problem = halfProblem(32, 1, 4096, 128);
  problem.keyHeads = 4;
  problem.batch = 64;
  EXPECT_EQ(best(problem).packing, 8);
}

TEST(AttentionSchedule, LongHeadsAreSplit) {
  EXPECT_LT(best(halfProblem(8, 1024, 1024, 512)).valueTile, 512);
  EXPECT_EQ(best(halfProblem(8, 1024, 1024, 128)).valueTile, 128);
}

TEST(AttentionSchedule, AMaskTakesSharedMemory) {
  AttentionProblem plain = halfProblem(8, 1024, 1024, 64), masked = plain;
  masked.maskBits = 32;
  auto bytesOf = [](const AttentionProblem &problem) {
    for (const AttentionSchedule &schedule : rankAttentionSchedules(problem, *lookupTarget("sm_80")))
      if (schedule.queryTile == 64 && schedule.keyTile == 32 && schedule.stages == 2)
        return schedule.sharedBytes;
    return 0u;
  };
  EXPECT_EQ(bytesOf(masked), bytesOf(plain) + 2 * 64 * 32 * 4);
}

TEST(AttentionSchedule, NothingFitsWithoutTensorCores) {
  TargetInfo target = *lookupTarget("sm_80");
  target.hasMmaSync = false;
  EXPECT_TRUE(rankAttentionSchedules(halfProblem(8, 64, 64, 64), target).empty());
}

TEST(AttentionSchedule, SameInputSameAnswer) {
  AttentionSchedule a = best(halfProblem(8, 777, 999, 96)), b = best(halfProblem(8, 777, 999, 96));
  EXPECT_EQ(a.queryTile, b.queryTile);
  EXPECT_EQ(a.keyTile, b.keyTile);
  EXPECT_EQ(a.cycles.total, b.cycles.total);
}
