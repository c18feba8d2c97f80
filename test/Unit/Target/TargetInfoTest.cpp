//===-- TargetInfoTest.cpp - The table of targets -------------------------===//
//
// Look-up, consistency of the rows, and residency against hand-computed cases.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Target/TargetInfo.h"

#include "gtest/gtest.h"

#include <set>

using namespace ashlar;

TEST(TargetInfo, FindsEveryRowByName) {
  std::set<std::string_view> names;
  for (const TargetInfo &target : allTargets()) {
    EXPECT_EQ(lookupTarget(target.name), &target);
    EXPECT_TRUE(names.insert(target.name).second) << target.name << " stands twice in the table";
  }
  EXPECT_EQ(names, (std::set<std::string_view>{"sm_80", "sm_86", "sm_89", "sm_90a"}));
}

TEST(TargetInfo, UnknownNameListsTheKnownOnes) {
  std::string error;
  EXPECT_EQ(lookupTarget("sm_90", &error), nullptr);
  EXPECT_EQ(error, "unknown target 'sm_90'; the targets are sm_80, sm_86, sm_89, sm_90a");
  EXPECT_EQ(lookupTarget(""), nullptr);
}

TEST(TargetInfo, RowsAreComplete) {
  for (const TargetInfo &target : allTargets()) {
    SCOPED_TRACE(target.name);
    EXPECT_GT(target.ptxVersion, 0u);
    EXPECT_LE(target.sharedBytesPerBlock + target.sharedBytesReservedPerBlock,
              target.sharedBytesPerMultiprocessor);
    EXPECT_GT(target.multiprocessors * target.clockHz * target.memoryBytesPerSecond, 0.0);
    EXPECT_GT(target.memoryBytes, target.l2Bytes);
    EXPECT_GT(target.fmaLanes * target.specialLanes * target.sharedBytesPerClock, 0u);
    EXPECT_EQ(target.hasMmaSync, target.warpMma.half > 0);
    EXPECT_EQ(target.hasWgmma, target.warpgroupMma.half > 0);
    EXPECT_EQ(target.hasWgmma, target.registerStep > 0 && target.minRegistersPerThread > 0);
    EXPECT_EQ(target.hasCluster, target.maxClusterBlocks > 0 && target.clusterLatencyClocks > 0);
    EXPECT_LE(target.l2BytesPerClock, target.l2PortBytesPerClock);
    EXPECT_LE(target.l2LatencyClocks, target.memoryLatencyClocks);
    EXPECT_LE(target.memoryLatencyClocks, target.copyLatencyClocks);
  }
}

TEST(TargetInfo, PeakMatchesTheDataSheet) {
  const TargetInfo *hopper = lookupTarget("sm_90a"), *ampere = lookupTarget("sm_80");
  double hopperPeak = hopper->multiprocessors * hopper->clockHz * hopper->warpgroupMma.half;
  double amperePeak = ampere->multiprocessors * ampere->clockHz * ampere->warpMma.half;
  EXPECT_NEAR(hopperPeak / 989e12, 1.0, 0.01);
  EXPECT_NEAR(amperePeak / 312e12, 1.0, 0.01);
}

TEST(TargetInfo, ResidentBlocks) {
  const TargetInfo &ampere = *lookupTarget("sm_80");
  EXPECT_EQ(residentBlocks(ampere, 128, 208, 0), 2u);         // 65536 / (4 * 32 * 208)
  EXPECT_EQ(residentBlocks(ampere, 128, 32, 0), 16u);         // 2048 / 128
  EXPECT_EQ(residentBlocks(ampere, 32, 32, 0), 32u);          // the limit of blocks
  EXPECT_EQ(residentBlocks(ampere, 33, 32, 0), 32u);          // two warps each: 2048 / 64
  EXPECT_EQ(residentBlocks(ampere, 128, 32, 163 * 1024), 1u); // all the shared memory
  EXPECT_EQ(residentBlocks(ampere, 128, 32, 81 * 1024), 2u);  // 2 * (81 + 1) = 164 KiB
  EXPECT_EQ(residentBlocks(ampere, 128, 32, 81 * 1024 + 1), 1u);
  EXPECT_EQ(residentBlocks(ampere, 128, 32, 163 * 1024 + 1), 0u);
  EXPECT_EQ(residentBlocks(ampere, 1025, 32, 0), 0u);
  EXPECT_EQ(residentBlocks(ampere, 0, 32, 0), 0u);
  EXPECT_EQ(residentBlocks(ampere, 128, 256, 0), 0u);
}
