//===-- MatmulScheduleTest.cpp ----------------------------------------------===//
//
// Legality of every candidate and the choices that any model must get right.
//
//===------------------------------------------------------------------------===//
#include "ashlar/CostModel/MatmulSchedule.h"

#include <gtest/gtest.h>

using namespace ashlar;
using namespace ashlar::cost;

static MatmulProblem halfProblem(int64_t m, int64_t n, int64_t k, int64_t batch = 1) {
  MatmulProblem problem;
  problem.m = m, problem.n = n, problem.k = k, problem.batch = batch;
  return problem;
}

static MatmulSchedule best(const MatmulProblem &problem, std::string_view target = "sm_80") {
  std::vector<MatmulSchedule> ranked = rankMatmulSchedules(problem, *lookupTarget(target));
  EXPECT_FALSE(ranked.empty());
  return ranked.empty() ? MatmulSchedule() : ranked.front();
}

TEST(MatmulSchedule, EveryCandidateFitsTheTarget) {
  for (const TargetInfo &target : allTargets())
    for (Multiplier multiplier : {Multiplier::TensorHalf, Multiplier::TensorInt8, Multiplier::Scalar}) {
      MatmulProblem problem = halfProblem(1000, 1000, 1000);
      problem.multiplier = multiplier;
      for (const MatmulSchedule &schedule : rankMatmulSchedules(problem, target)) {
        EXPECT_LE(matmulSharedBytes(problem, schedule), target.sharedBytesPerBlock);
        EXPECT_LE(schedule.registersPerThread, target.maxRegistersPerThread);
        EXPECT_GE(schedule.residentBlocks, 1u);
        EXPECT_EQ(schedule.threads % 32, 0);
      }
    }
}

TEST(MatmulSchedule, SharedBytesAreExact) {
  MatmulSchedule schedule;
  schedule.tileM = 128, schedule.tileN = 64, schedule.tileK = 32, schedule.stages = 3;
  EXPECT_EQ(matmulSharedBytes(halfProblem(128, 128, 128), schedule), 3 * (128 * 32 + 64 * 32) * 2);
}

TEST(MatmulSchedule, LargeProductsTakeLargeTiles) {
  MatmulSchedule schedule = best(halfProblem(4096, 4096, 4096));
  EXPECT_GE(schedule.tileM * schedule.tileN, 128 * 128);
  EXPECT_GE(schedule.stages, 3);
}

TEST(MatmulSchedule, OneRowTakesTheSmallestTile) { EXPECT_EQ(best(halfProblem(1, 4096, 4096)).tileM, 16); }

TEST(MatmulSchedule, TilesAreMadeOfTheWeightsBlocks) {
  MatmulProblem problem = halfProblem(16, 4096, 4096);
  problem.multipleOfN = 32, problem.multipleOfK = 64;
  for (const MatmulSchedule &schedule : rankMatmulSchedules(problem, *lookupTarget("sm_80"))) {
    EXPECT_EQ(schedule.tileN % 32, 0);
    EXPECT_EQ(schedule.tileK % 64, 0);
  }
  EXPECT_EQ(best(problem).tileK, 64);
  problem.multipleOfK = 48;
  EXPECT_TRUE(rankMatmulSchedules(problem, *lookupTarget("sm_80")).empty());
}

TEST(MatmulSchedule, FewBlocksTakeSmallerTiles) {
  MatmulSchedule schedule = best(halfProblem(512, 512, 4096));
  EXPECT_LE(schedule.tileM * schedule.tileN, 64 * 64);
}

TEST(MatmulSchedule, OneStepNeedsOneStage) { EXPECT_EQ(best(halfProblem(64, 64, 1)).stages, 1); }

TEST(MatmulSchedule, EpilogueRegistersExcludeTiles) {
  MatmulProblem problem = halfProblem(4096, 4096, 4096);
  size_t without = rankMatmulSchedules(problem, *lookupTarget("sm_80")).size();
  problem.epilogueRegistersPerElement = 2;
  size_t with = rankMatmulSchedules(problem, *lookupTarget("sm_80")).size();
  EXPECT_LT(with, without);
  EXPECT_GT(with, 0u);
}

TEST(MatmulSchedule, SameInputSameAnswer) {
  MatmulSchedule a = best(halfProblem(777, 333, 555)), b = best(halfProblem(777, 333, 555));
  EXPECT_EQ(std::tie(a.tileM, a.tileN, a.tileK, a.gridM, a.gridN, a.stages),
            std::tie(b.tileM, b.tileN, b.tileK, b.gridM, b.gridN, b.stages));
}

TEST(MatmulSchedule, UnalignedRowsAreNotPipelined) {
  MatmulProblem problem = halfProblem(4095, 4093, 4097);
  problem.lhsVectorBytes = problem.rhsVectorBytes = 2;
  std::vector<MatmulSchedule> ranked = rankMatmulSchedules(problem, *lookupTarget("sm_80"));
  ASSERT_FALSE(ranked.empty());
  for (const MatmulSchedule &schedule : ranked)
    EXPECT_EQ(schedule.stages, 1);
}
