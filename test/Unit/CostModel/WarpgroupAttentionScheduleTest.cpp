//===-- WarpgroupAttentionScheduleTest.cpp ----------------------------------===//
//
// Legality of every candidate, choices that any model must get right, and how time follows sizes and rates.
//
//===------------------------------------------------------------------------===//
#include "ashlar/CostModel/WarpgroupAttentionSchedule.h"

#include <gtest/gtest.h>

using namespace ashlar;
using namespace ashlar::cost;

static const TargetInfo &hopper() { return *lookupTarget("sm_90a"); }

static AttentionProblem halfProblem(int64_t heads, int64_t queries, int64_t keys, int64_t headSize) {
  AttentionProblem problem;
  problem.queryHeads = problem.keyHeads = heads;
  problem.queries = queries;
  problem.keys = keys;
  problem.headSize = problem.valueSize = headSize;
  return problem;
}

static AttentionProblem decodeProblem(int64_t batch, int64_t keys) {
  AttentionProblem problem = halfProblem(64, 1, keys, 128);
  problem.batch = batch;
  problem.keyHeads = 8;
  return problem;
}

static WarpgroupAttentionSchedule best(const AttentionProblem &problem, const TargetInfo &target = hopper()) {
  std::vector<WarpgroupAttentionSchedule> ranked = rankWarpgroupAttentionSchedules(problem, target);
  EXPECT_FALSE(ranked.empty());
  return ranked.empty() ? WarpgroupAttentionSchedule() : ranked.front();
}

/// Problems of all kinds, at which every candidate is looked at.
static std::vector<AttentionProblem> manyProblems() {
  std::vector<AttentionProblem> problems = {halfProblem(1, 1, 1, 8), halfProblem(3, 5, 7, 40),
                                            decodeProblem(1, 32768), decodeProblem(64, 4096)};
  for (int64_t headSize : {64, 80, 96, 128, 192, 256}) {
    problems.push_back(halfProblem(16, 4096, 4096, headSize));
    problems.push_back(halfProblem(4, 300, 1000, headSize));
    problems.back().isCausal = true;
  }
  problems.push_back(halfProblem(16, 4096, 4096, 192));
  problems.back().valueSize = 128;
  problems.push_back(halfProblem(16, 4096, 4096, 128));
  problems.back().maskBits = 32;
  return problems;
}

TEST(WarpgroupAttentionSchedule, EveryCandidateFitsTheTarget) {
  for (const AttentionProblem &problem : manyProblems()) {
    std::vector<WarpgroupAttentionSchedule> ranked = rankWarpgroupAttentionSchedules(problem, hopper());
    EXPECT_FALSE(ranked.empty()) << problem.headSize;
    for (const WarpgroupAttentionSchedule &s : ranked) {
      EXPECT_LE(s.sharedBytes, 232448u);
      EXPECT_LE(s.residentBlocks * (s.sharedBytes + 1024), 233472u);
      EXPECT_LE(s.registersPerThread, s.consumerRegisters);
      EXPECT_LE(s.residentBlocks * 128 * (s.consumers * s.consumerRegisters + s.producerRegisters), 65536u);
      EXPECT_EQ(s.threads, 128 * s.consumers);
      EXPECT_EQ(s.queryTile, 64 * s.consumers);
      EXPECT_EQ(s.queryTile % s.packing, 0);
      EXPECT_EQ(s.keyTile % 16, 0);
      EXPECT_LE(s.keyTile, 256);
      EXPECT_TRUE(!s.isPingpong || s.consumers > 1);
      EXPECT_GE(s.cycles.total, s.cycles.*bottleneckOf(s.cycles).member);
    }
  }
}

/// Whether a schedule with these numbers is among the legal ones.
static bool isLegal(int64_t headSize, int64_t consumers, int64_t keyTile, int64_t stages,
                    bool sharesProbabilities) {
  for (const WarpgroupAttentionSchedule &s :
       rankWarpgroupAttentionSchedules(halfProblem(8, 8192, 8192, headSize), hopper()))
    if (s.consumers == consumers && s.keyTile == keyTile && s.stages == stages && s.isOverlapped &&
        s.isPingpong && s.sharesProbabilities == sharesProbabilities)
      return true;
  return false;
}

TEST(WarpgroupAttentionSchedule, RegistersAndSharedMemoryBoundTiles) {
  // The tiles that FlashAttention-3 has for these heads fit, and the next larger ones do not.
  EXPECT_TRUE(isLegal(64, 3, 128, 2, false));
  EXPECT_FALSE(isLegal(64, 3, 192, 2, false));
  EXPECT_TRUE(isLegal(64, 3, 192, 2, true));
  EXPECT_TRUE(isLegal(96, 3, 144, 2, true));
  EXPECT_TRUE(isLegal(128, 2, 176, 2, false));
  EXPECT_TRUE(isLegal(128, 2, 192, 2, false));
  EXPECT_FALSE(isLegal(128, 2, 208, 2, false));
  EXPECT_TRUE(isLegal(192, 2, 112, 2, false));
  EXPECT_TRUE(isLegal(256, 2, 80, 2, false));
  EXPECT_FALSE(isLegal(256, 2, 96, 2, false));
}

TEST(WarpgroupAttentionSchedule, SharedBytesAreExact) {
  WarpgroupAttentionSchedule schedule;
  schedule.queryTile = 128, schedule.keyTile = 176, schedule.stages = 2;
  AttentionProblem problem = halfProblem(8, 8192, 8192, 128);
  int64_t bytes = 1024 + (128 + 2 * 2 * 176) * 128 * 2 + (2 * 4 + 2) * 8;
  EXPECT_EQ(warpgroupAttentionSharedBytes(problem, schedule), bytes);
  schedule.sharesProbabilities = true;
  EXPECT_EQ(warpgroupAttentionSharedBytes(problem, schedule), bytes + 128 * 176 * 2);
}

//===-- Choices ---------------------------------------------------------------===//

TEST(WarpgroupAttentionSchedule, LongSequencesHideTheSoftmax) {
  for (int64_t headSize : {64, 128, 256}) {
    WarpgroupAttentionSchedule schedule = best(halfProblem(2048 / headSize, 16384, 16384, headSize));
    EXPECT_GE(schedule.consumers, 2);
    EXPECT_TRUE(schedule.isPingpong && schedule.isOverlapped);
    EXPECT_GE(schedule.stages, 2);
    EXPECT_GE(schedule.keyTile, 80);
    EXPECT_EQ(schedule.splitKeys, 1);
  }
}

TEST(WarpgroupAttentionSchedule, DecodingPacksHeadsAndSplitsKeys) {
  WarpgroupAttentionSchedule alone = best(decodeProblem(1, 32768));
  EXPECT_EQ(alone.packing, 8);
  EXPECT_EQ(alone.consumers, 1);
  EXPECT_GT(alone.splitKeys, 8);
  EXPECT_EQ(best(decodeProblem(64, 4096)).splitKeys, 1);
}

TEST(WarpgroupAttentionSchedule, DecodingIsBoundByMemory) {
  EXPECT_EQ(bottleneckOf(best(decodeProblem(64, 4096)).cycles).name, "memory");
}

TEST(WarpgroupAttentionSchedule, ShortHeadsAreBoundByExponentialsAsMuchAsByProducts) {
  KernelCycles cycles = best(halfProblem(32, 16384, 16384, 64)).cycles;
  EXPECT_DOUBLE_EQ(cycles.tensor, cycles.special);
  cycles = best(halfProblem(16, 16384, 16384, 128)).cycles;
  EXPECT_DOUBLE_EQ(cycles.tensor, 2 * cycles.special);
}

TEST(WarpgroupAttentionSchedule, CausalityHalvesTheWork) {
  AttentionProblem full = halfProblem(32, 8192, 8192, 128), causal = full;
  causal.isCausal = true;
  WarpgroupAttentionSchedule schedule = best(full);
  double ratio = estimateWarpgroupAttentionCycles(causal, hopper(), schedule).tensor /
                 estimateWarpgroupAttentionCycles(full, hopper(), schedule).tensor;
  // Blocks of different lengths leave no last wave that is empty in part.
  EXPECT_GT(ratio, 0.48);
  EXPECT_LT(ratio, 0.52);
}

TEST(WarpgroupAttentionSchedule, MasksCostBytesAndInstructions) {
  AttentionProblem plain = halfProblem(1, 128, 1280, 128), masked = plain;
  masked.maskBits = 32;
  WarpgroupAttentionSchedule schedule;
  schedule.queryTile = 128, schedule.keyTile = 128, schedule.consumers = 2, schedule.stages = 2;
  schedule.residentBlocks = 1;
  KernelCycles without = estimateWarpgroupAttentionCycles(plain, hopper(), schedule),
               with = estimateWarpgroupAttentionCycles(masked, hopper(), schedule);
  EXPECT_NEAR(with.l2 - without.l2, 128 * 1280 * 4 / 42.0, 1e-6);
  EXPECT_NEAR(with.issue - without.issue, 2 * 128 * 1280 / 32 / 4, 1e-6);
  EXPECT_EQ(with.special, 128 * 1280 / 16);
}

TEST(WarpgroupAttentionSchedule, PartsOfKeysAreJoinedByAnotherKernel) {
  AttentionProblem problem = decodeProblem(1, 32768);
  WarpgroupAttentionSchedule schedule = best(problem), whole = schedule;
  ASSERT_GT(schedule.splitKeys, 1);
  whole.splitKeys = 1;
  KernelCycles one = estimateWarpgroupAttentionCycles(problem, hopper(), whole);
  EXPECT_DOUBLE_EQ(schedule.cycles.launch, 2 * one.launch);
  EXPECT_GT(schedule.cycles.memory, one.memory);
  EXPECT_LT(schedule.cycles.total, one.total);
}

//===-- What is not legal -----------------------------------------------------===//

TEST(WarpgroupAttentionSchedule, NothingIsLegalWhereHardwareCannot) {
  auto refuses = [](const AttentionProblem &problem, const TargetInfo &target, std::string_view reason) {
    EXPECT_TRUE(rankWarpgroupAttentionSchedules(problem, target).empty());
    EXPECT_NE(whyNoWarpgroupAttention(problem, target).find(reason), std::string::npos)
        << whyNoWarpgroupAttention(problem, target);
  };
  refuses(halfProblem(8, 512, 512, 64), *lookupTarget("sm_80"), "no wgmma");
  refuses(halfProblem(8, 512, 512, 20), hopper(), "16 bytes");
  refuses(halfProblem(8, 512, 512, 512), hopper(), "columns of one wgmma");
  AttentionProblem problem = halfProblem(8, 512, 512, 64);
  problem.multiplier = Multiplier::Scalar;
  problem.bits = 32;
  refuses(problem, hopper(), "16 bits");
}

//===-- How time follows sizes and rates --------------------------------------===//

TEST(WarpgroupAttentionSchedule, MoreWorkTakesLonger) {
  for (const AttentionProblem &small : manyProblems()) {
    AttentionProblem keys = small, queries = small, batch = small;
    keys.keys *= 4, queries.queries *= 4, batch.batch *= 4;
    for (const AttentionProblem &large : {keys, queries, batch})
      EXPECT_GE(best(large).cycles.total, best(small).cycles.total) << small.headSize;
  }
}

TEST(WarpgroupAttentionSchedule, FasterHardwareIsNotSlower) {
  TargetInfo memory = hopper(), tensor = hopper(), special = hopper();
  memory.memoryBytesPerSecond *= 2;
  tensor.warpgroupMma.half *= 2;
  special.specialLanes *= 2;
  for (const AttentionProblem &problem : manyProblems())
    for (const TargetInfo &target : {memory, tensor, special})
      EXPECT_LE(best(problem, target).cycles.total, best(problem).cycles.total);
}

TEST(WarpgroupAttentionSchedule, NoFasterThanTheHardware) {
  KernelCycles cycles = best(halfProblem(16, 4096, 4096, 128)).cycles;
  EXPECT_GT(cycles.total, 16.0 * 4096 * 4096 * 256 / 2048 / 132);
  EXPECT_GT(best(decodeProblem(64, 4096)).cycles.total, 2.0 * 64 * 8 * 4096 * 256 / 4.8e12 * 1.83e9);
}
