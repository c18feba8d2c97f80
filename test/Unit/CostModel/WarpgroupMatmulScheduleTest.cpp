//===-- WarpgroupMatmulScheduleTest.cpp -------------------------------------===//
//
// Legality of every candidate, choices that any model must get right, and how time follows sizes and rates.
//
//===------------------------------------------------------------------------===//
#include "ashlar/CostModel/WarpgroupMatmulSchedule.h"

#include <gtest/gtest.h>

using namespace ashlar;
using namespace ashlar::cost;

static const TargetInfo &hopper() { return *lookupTarget("sm_90a"); }

static MatmulProblem halfProblem(int64_t m, int64_t n, int64_t k, int64_t batch = 1) {
  MatmulProblem problem;
  problem.m = m, problem.n = n, problem.k = k, problem.batch = batch;
  return problem;
}

static MatmulProblem problemOf(Multiplier multiplier, unsigned bits, int64_t m, int64_t n, int64_t k) {
  MatmulProblem problem = halfProblem(m, n, k);
  problem.multiplier = multiplier;
  problem.lhsBits = problem.rhsBits = problem.sharedLhsBits = problem.sharedRhsBits = bits;
  return problem;
}

static WarpgroupMatmulSchedule best(const MatmulProblem &problem, const TargetInfo &target = hopper()) {
  std::vector<WarpgroupMatmulSchedule> ranked = rankWarpgroupMatmulSchedules(problem, target);
  EXPECT_FALSE(ranked.empty());
  return ranked.empty() ? WarpgroupMatmulSchedule() : ranked.front();
}

static double bestCycles(const MatmulProblem &problem, const TargetInfo &target = hopper()) {
  return best(problem, target).cycles.total;
}

/// Problems of all kinds, at which every candidate is looked at.
static std::vector<MatmulProblem> manyProblems() {
  std::vector<MatmulProblem> problems = {
      halfProblem(8192, 8192, 8192), halfProblem(16, 8192, 8192),    halfProblem(4096, 4096, 64),
      halfProblem(4096, 1, 4096),    halfProblem(1000, 777, 1111),   halfProblem(1, 1, 1),
      halfProblem(77, 4096, 16),     halfProblem(512, 512, 512, 64),
  };
  problems.push_back(problemOf(Multiplier::TensorTf32, 32, 2048, 2048, 2048));
  problems.back().resultBits = 32;
  problems.push_back(problemOf(Multiplier::TensorInt8, 8, 40, 2056, 2048));
  problems.push_back(problemOf(Multiplier::TensorFp8, 8, 2048, 2048, 2048));
  problems.back().promotionInterval = 128;
  problems.push_back(halfProblem(300, 500, 700));
  problems.back().isLhsKMajor = problems.back().isRhsKMajor = false;
  return problems;
}

TEST(WarpgroupMatmulSchedule, EveryCandidateFitsTheTarget) {
  for (const MatmulProblem &problem : manyProblems()) {
    std::vector<WarpgroupMatmulSchedule> ranked = rankWarpgroupMatmulSchedules(problem, hopper());
    EXPECT_FALSE(ranked.empty());
    for (const WarpgroupMatmulSchedule &s : ranked) {
      EXPECT_LE(s.sharedBytes, 232448u);
      EXPECT_LE(s.residentBlocks * (s.sharedBytes + 1024), 233472u);
      bool hasProducer = s.roles != WarpgroupRoles::None;
      unsigned registers = hasProducer ? s.consumerRegisters : 240;
      EXPECT_LE(s.registersPerThread, registers);
      EXPECT_LE(s.residentBlocks * 128 * (s.consumers * s.consumerRegisters + s.producerRegisters), 65536u);
      EXPECT_EQ(s.consumerRegisters % 8, 0u);
      EXPECT_EQ(s.threads, 128 * s.consumers);
      EXPECT_EQ(s.tileM % (64 * (s.roles == WarpgroupRoles::Cooperative ? s.consumers : 1)), 0);
      EXPECT_LE(s.tileM, 128 * s.consumers);
      EXPECT_EQ(s.tileN % (problem.multiplier == Multiplier::TensorInt8 ? 16 : 8), 0);
      EXPECT_LE(s.tileN, 256);
      EXPECT_LE(s.tileK * problem.lhsBits / 8, 128);
      EXPECT_GE(s.tileK * problem.lhsBits / 8, 32);
      EXPECT_LE(s.clusterM * s.clusterN, 8);
      EXPECT_GE(s.cycles.total, s.cycles.*bottleneckOf(s.cycles).member);
    }
  }
}

TEST(WarpgroupMatmulSchedule, RegistersAreThoseOfTheBlocksPool) {
  // The pool is what the block starts with: 168 registers for each of 384 threads, 128 for each of 512.
  for (const WarpgroupMatmulSchedule &s :
       rankWarpgroupMatmulSchedules(halfProblem(8192, 8192, 8192), hopper())) {
    if (s.residentBlocks != 1 || s.roles != WarpgroupRoles::Cooperative)
      continue;
    EXPECT_EQ(s.consumerRegisters, s.consumers == 3 ? 160u : 240u);
    EXPECT_EQ(s.producerRegisters, s.consumers == 1 ? 56u : s.consumers == 2 ? 24u : 32u);
  }
}

TEST(WarpgroupMatmulSchedule, SharedBytesAreExact) {
  WarpgroupMatmulSchedule schedule;
  schedule.tileM = 128, schedule.tileN = 256, schedule.tileK = 64, schedule.stages = 4;
  MatmulProblem problem = halfProblem(8192, 8192, 8192);
  // Results lie where the stages were.
  EXPECT_EQ(warpgroupMatmulSharedBytes(problem, schedule), 1024 + 4 * 48 * 1024 + 4 * 2 * 8);
  schedule.stages = 1;
  EXPECT_EQ(warpgroupMatmulSharedBytes(problem, schedule), 1024 + 64 * 1024 + 2 * 8);
  schedule.stages = 4;
  schedule.isPersistent = true;
  EXPECT_EQ(warpgroupMatmulSharedBytes(problem, schedule), 1024 + 4 * 48 * 1024 + 64 * 1024 + 4 * 2 * 8);
  schedule.epilogueParts = 2;
  EXPECT_EQ(warpgroupMatmulSharedBytes(problem, schedule), 1024 + 4 * 48 * 1024 + 32 * 1024 + 4 * 2 * 8);
}

//===-- Choices ---------------------------------------------------------------===//

TEST(WarpgroupMatmulSchedule, LargeProductsTakeLargeTilesInClusters) {
  for (int64_t size : {4096, 8192}) {
    WarpgroupMatmulSchedule schedule = best(halfProblem(size, size, size));
    EXPECT_GE(schedule.tileM * schedule.tileN, 128 * 192);
    EXPECT_EQ(schedule.tileK, 64);
    EXPECT_EQ(schedule.consumers, 2);
    EXPECT_EQ(schedule.clusterM * schedule.clusterN, 2);
    EXPECT_GE(schedule.stages, 4);
    EXPECT_TRUE(schedule.isPersistent);
    EXPECT_EQ(schedule.splitK, 1);
  }
}

TEST(WarpgroupMatmulSchedule, FewRowsAreMultipliedAsColumns) {
  for (int64_t m : {1, 16}) {
    WarpgroupMatmulSchedule schedule = best(halfProblem(m, 8192, 8192));
    EXPECT_TRUE(schedule.isSwapped);
    EXPECT_EQ(schedule.tileN, std::max<int64_t>(m, 8));
  }
  EXPECT_FALSE(best(halfProblem(8192, 16, 8192)).isSwapped);
}

TEST(WarpgroupMatmulSchedule, FewTilesSplitALongReduction) {
  EXPECT_GT(best(halfProblem(128, 512, 16384)).splitK, 1);
  EXPECT_EQ(best(halfProblem(128, 512, 64)).splitK, 1);
}

TEST(WarpgroupMatmulSchedule, AShortReductionHidesEpilogues) {
  WarpgroupMatmulSchedule schedule = best(halfProblem(4096, 4096, 64));
  EXPECT_TRUE(schedule.roles == WarpgroupRoles::Pingpong || schedule.residentBlocks > 1);
}

TEST(WarpgroupMatmulSchedule, OneColumnTakesTheSmallestTile) {
  EXPECT_EQ(best(halfProblem(4096, 1, 4096)).tileN, 8);
  EXPECT_EQ(best(problemOf(Multiplier::TensorInt8, 8, 4096, 1, 4096)).tileN, 16);
}

TEST(WarpgroupMatmulSchedule, NarrowColumnsAreBoundByShared) {
  WarpgroupMatmulSchedule schedule;
  schedule.tileM = 64, schedule.tileK = 64, schedule.stages = 4, schedule.threads = 128;
  schedule.residentBlocks = 1;
  for (int64_t n : {8, 16, 32, 256}) {
    schedule.tileN = n;
    KernelCycles cycles = estimateWarpgroupMatmulCycles(halfProblem(64, n, 65536), hopper(), schedule);
    EXPECT_EQ(cycles.tensor, 4096 * n / 2) << n;
    // Four wgmmas in each of 1024 steps, the copies, and the epilogue's tile in and out.
    EXPECT_EQ(cycles.shared, 1024 * (4 * (16 + n / 4) + (64 + n)) + 2 * n) << n;
  }
}

TEST(WarpgroupMatmulSchedule, PromotionDoublesAccumulators) {
  MatmulProblem problem = problemOf(Multiplier::TensorFp8, 8, 4096, 4096, 4096);
  problem.promotionInterval = 128;
  for (const WarpgroupMatmulSchedule &s : rankWarpgroupMatmulSchedules(problem, hopper())) {
    int64_t rows = s.roles == WarpgroupRoles::Cooperative ? s.tileM / s.consumers : s.tileM;
    EXPECT_LE(2 * rows * s.tileN / 128, 200);
  }
}

TEST(WarpgroupMatmulSchedule, RowsAlongColumnsTileBySwizzledRows) {
  MatmulProblem problem = halfProblem(4096, 4096, 4096);
  problem.isRhsKMajor = false;
  for (const WarpgroupMatmulSchedule &s : rankWarpgroupMatmulSchedules(problem, hopper()))
    EXPECT_TRUE(s.tileN % 64 == 0 || s.tileN == 32 || s.tileN == 16);
}

//===-- What is not legal -----------------------------------------------------===//

TEST(WarpgroupMatmulSchedule, NothingIsLegalWhereHardwareCannot) {
  auto refuses = [](const MatmulProblem &problem, const TargetInfo &target, std::string_view reason) {
    EXPECT_TRUE(rankWarpgroupMatmulSchedules(problem, target).empty());
    EXPECT_NE(whyNoWarpgroupMatmul(problem, target).find(reason), std::string::npos)
        << whyNoWarpgroupMatmul(problem, target);
  };
  MatmulProblem problem = halfProblem(512, 512, 512);
  refuses(problem, *lookupTarget("sm_80"), "no wgmma");
  problem.lhsVectorBytes = 8;
  refuses(problem, hopper(), "16 bytes");
  problem = halfProblem(512, 512, 512);
  problem.rhsBits = 4;
  refuses(problem, hopper(), "converted");
  problem = problemOf(Multiplier::TensorFp8, 8, 512, 512, 512);
  EXPECT_EQ(whyNoWarpgroupMatmul(problem, hopper()), "");
  problem.isRhsKMajor = false;
  refuses(problem, hopper(), "along K");
  problem = problemOf(Multiplier::Scalar, 32, 512, 512, 512);
  refuses(problem, hopper(), "elements");
}

//===-- How time follows sizes and rates --------------------------------------===//

TEST(WarpgroupMatmulSchedule, MoreWorkTakesLonger) {
  for (const MatmulProblem &small : manyProblems()) {
    MatmulProblem wide = small, tall = small, deep = small;
    wide.n *= 4, tall.m *= 4, deep.k *= 4;
    for (const MatmulProblem &large : {wide, tall, deep})
      EXPECT_GE(bestCycles(large), bestCycles(small)) << small.m << "x" << small.n << "x" << small.k;
  }
}

TEST(WarpgroupMatmulSchedule, FasterHardwareIsNotSlower) {
  TargetInfo memory = hopper(), tensor = hopper(), l2 = hopper();
  memory.memoryBytesPerSecond *= 2;
  tensor.warpgroupMma.half *= 2;
  l2.l2BytesPerClock *= 2;
  for (const MatmulProblem &problem : manyProblems())
    for (const TargetInfo &target : {memory, tensor, l2})
      EXPECT_LE(bestCycles(problem, target), bestCycles(problem));
}

TEST(WarpgroupMatmulSchedule, MulticastSparesTheL2Cache) {
  WarpgroupMatmulSchedule schedule = best(halfProblem(8192, 8192, 8192)), alone = schedule;
  alone.clusterM = alone.clusterN = 1;
  EXPECT_LT(schedule.cycles.l2,
            estimateWarpgroupMatmulCycles(halfProblem(8192, 8192, 8192), hopper(), alone).l2);
}

/// A block for the whole of a small product, or a part of a larger one.
static WarpgroupMatmulSchedule largeTile() {
  WarpgroupMatmulSchedule schedule;
  schedule.tileM = 128, schedule.tileN = 256, schedule.tileK = 64, schedule.stages = 4;
  schedule.consumers = 2, schedule.threads = 256, schedule.residentBlocks = 1;
  return schedule;
}

TEST(WarpgroupMatmulSchedule, TheCacheDecidesWhatIsReadAgain) {
  // Operands and result are of 128 MiB each. A group of 16 rows of tiles has a panel of 32 MiB, and at its
  // side 9 columns of 4 MiB are at work; it takes four waves, and there are four groups.
  MatmulProblem problem = halfProblem(8192, 8192, 8192);
  WarpgroupMatmulSchedule schedule = largeTile();
  schedule.rasterGroup = 16;
  auto readings = [&](uint64_t l2Bytes) {
    TargetInfo target = hopper();
    target.l2Bytes = l2Bytes;
    return estimateWarpgroupMatmulCycles(problem, target, schedule).memory / target.clockHz *
           target.memoryBytesPerSecond / (128 << 20);
  };
  EXPECT_DOUBLE_EQ(readings(50 << 20), 4 + 4 + 1);
  EXPECT_DOUBLE_EQ(readings(2 * 68 << 20), 1 + 4 + 1);
  EXPECT_DOUBLE_EQ(readings(2 * 160 << 20), 1 + 1 + 1);
}

TEST(WarpgroupMatmulSchedule, SumsOfPartsCostTheirBytesAndTwoTrips) {
  WarpgroupMatmulSchedule whole = largeTile(), split = whole;
  split.splitK = 2;
  KernelCycles one = estimateWarpgroupMatmulCycles(halfProblem(128, 256, 4096), hopper(), whole),
               two = estimateWarpgroupMatmulCycles(halfProblem(128, 256, 8192), hopper(), split);
  EXPECT_DOUBLE_EQ(two.tensor, one.tensor);
  EXPECT_DOUBLE_EQ(two.l2, one.l2 + 2 * 128 * 256 * 4 / 42.0);
  EXPECT_NEAR(two.epilogue, one.epilogue + 2 * 128 * 256 * 4 / 42.0 + 2 * 263, 1e-6);
}

TEST(WarpgroupMatmulSchedule, ResultsInPartsWaitForTheirBuffer) {
  WarpgroupMatmulSchedule whole = largeTile(), halves = whole;
  whole.isPersistent = halves.isPersistent = true;
  halves.epilogueParts = 2;
  MatmulProblem problem = halfProblem(4096, 8192, 1024);
  double more = estimateWarpgroupMatmulCycles(problem, hopper(), halves).epilogue -
                estimateWarpgroupMatmulCycles(problem, hopper(), whole).epilogue;
  // Eight tiles, each with two barriers more at least.
  EXPECT_GT(more, 8 * 2 * 60);
}

TEST(WarpgroupMatmulSchedule, PromotionTakesIssueSlots) {
  MatmulProblem plain = problemOf(Multiplier::TensorFp8, 8, 128, 256, 8192), promoted = plain;
  promoted.promotionInterval = 128;
  WarpgroupMatmulSchedule schedule = largeTile();
  schedule.tileK = 128;
  double without = estimateWarpgroupMatmulCycles(plain, hopper(), schedule).issue;
  // In each of 64 steps, 8 wgmmas of 4 warps with 4 instructions, and 20 of each of 8 warps; two for a
  // result.
  EXPECT_DOUBLE_EQ(without, (64 * (8 * 4 * 4 + 8 * 20) + 2 * 128 * 256 / 32) / 4.0);
  EXPECT_DOUBLE_EQ(estimateWarpgroupMatmulCycles(promoted, hopper(), schedule).issue,
                   without + 64 * 1.5 * 128 * 256 / 32 / 4);
}

TEST(WarpgroupMatmulSchedule, GroupsOfTilesSpareMemory) {
  MatmulProblem problem = halfProblem(16384, 16384, 8192);
  WarpgroupMatmulSchedule schedule = best(problem), rows = schedule;
  EXPECT_GT(schedule.rasterGroup, 1);
  rows.rasterGroup = 1;
  EXPECT_LT(schedule.cycles.memory, estimateWarpgroupMatmulCycles(problem, hopper(), rows).memory);
}

TEST(WarpgroupMatmulSchedule, NoFasterThanTheHardware) {
  for (int64_t size : {512, 2048, 8192}) {
    KernelCycles cycles = best(halfProblem(size, size, size)).cycles;
    EXPECT_GT(cycles.total, 2.0 * size * size * size / 4096 / 132);
    EXPECT_GT(cycles.total, 3.0 * size * size * 2 / 4.8e12 * 1.83e9);
  }
}

TEST(WarpgroupMatmulSchedule, SameInputSameAnswer) {
  std::vector<WarpgroupMatmulSchedule> a = rankWarpgroupMatmulSchedules(halfProblem(777, 333, 555), hopper()),
                                       b = rankWarpgroupMatmulSchedules(halfProblem(777, 333, 555), hopper());
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i)
    EXPECT_EQ(std::tie(a[i].tileM, a[i].tileN, a[i].roles, a[i].stages, a[i].splitK, a[i].rasterGroup),
              std::tie(b[i].tileM, b[i].tileN, b[i].roles, b[i].stages, b[i].splitK, b[i].rasterGroup));
}
