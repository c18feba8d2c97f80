//===-- ChecksTest.cpp - Orderings, shadow and traffic on their own -------===//
//
// The parts behind the reports, driven by hand.
//
//===----------------------------------------------------------------------===//

#include "lib/Simulator/AccessRecorder.h"
#include "lib/Simulator/Memory.h"
#include "lib/Simulator/SharedShadow.h"
#include "lib/Simulator/SpecialFunctions.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace ashlar::simulator;

namespace {

struct ShadowTest : testing::Test {
  Ordering ordering;
  Findings findings;
  SharedShadow shadow{ordering, findings};
  void SetUp() override {
    shadow.startLaunch(16);
    startBlock();
  }
  void startBlock() {
    ordering.startBlock(128);
    shadow.startBlock(1024);
  }
  bool takeFinding() {
    bool found = !findings.empty();
    findings.clear();
    return found;
  }
};

using SharedShadowTest = ShadowTest;
using OrderingTest = ShadowTest;

} // namespace

TEST_F(SharedShadowTest, ReadsNeedAWriteOfThisBlock) {
  shadow.read(0, 0, 4, 1);
  EXPECT_TRUE(takeFinding());
  shadow.write(0, 0, 4, 1);
  shadow.read(0, 0, 4, 1);
  EXPECT_FALSE(takeFinding());
  shadow.read(0, 2, 4, 1); // half of it
  EXPECT_TRUE(takeFinding());
  startBlock();
  shadow.read(0, 0, 4, 1);
  EXPECT_TRUE(takeFinding());
}

TEST_F(SharedShadowTest, NeighbouringBytesDoNotRace) {
  shadow.write(0, 0, 2, 1);
  shadow.write(1, 2, 2, 1);
  EXPECT_FALSE(takeFinding());
  shadow.write(2, 3, 1, 1);
  EXPECT_TRUE(takeFinding());
}

TEST_F(SharedShadowTest, AWriteAfterSeveralReadersRaces) {
  shadow.write(0, 0, 4, 1);
  ordering.synchronizeAll();
  shadow.read(1, 0, 4, 2);
  shadow.read(2, 0, 4, 2);
  shadow.write(2, 0, 4, 3); // the last reader itself, but reader 1 is unordered
  EXPECT_TRUE(takeFinding());
}

TEST_F(SharedShadowTest, AtomicsRaceWithPlainAccessesOnly) {
  shadow.write(0, 0, 4, 1);
  ordering.synchronizeAll();
  shadow.atomic(1, 0, 4, 2);
  shadow.atomic(2, 0, 4, 2);
  EXPECT_FALSE(takeFinding());
  shadow.read(3, 0, 4, 3);
  EXPECT_TRUE(takeFinding());
}

TEST_F(SharedShadowTest, CopiesAreNobodysUntilWaitedFor) {
  shadow.beginCopy(0, 0, 16, 1);
  shadow.read(0, 0, 4, 2);
  EXPECT_TRUE(takeFinding());
  ordering.synchronizeAll(); // a barrier does not complete it
  shadow.read(1, 0, 4, 2);
  EXPECT_TRUE(takeFinding());
  shadow.endCopy(0, 0, 16, 1);
  shadow.read(0, 0, 4, 2);
  EXPECT_FALSE(takeFinding());
  shadow.read(1, 0, 4, 2); // thread 0 has waited, but 1 has not met it since
  EXPECT_TRUE(takeFinding());
  ordering.synchronizeAll();
  shadow.read(1, 0, 4, 2);
  EXPECT_FALSE(takeFinding());
}

TEST_F(OrderingTest, AWarpSyncOrdersItsLanesOnly) {
  shadow.write(0, 0, 4, 1);
  const uint16_t lanes[] = {0, 1};
  ordering.synchronize(lanes);
  shadow.read(1, 0, 4, 2);
  EXPECT_FALSE(takeFinding());
  shadow.read(2, 0, 4, 2);
  EXPECT_TRUE(takeFinding());
  // What comes after the meeting is not ordered by it.
  shadow.write(0, 8, 4, 1);
  shadow.read(1, 8, 4, 2);
  EXPECT_TRUE(takeFinding());
}

TEST_F(OrderingTest, OrderIsHandedOn) {
  shadow.write(0, 0, 4, 1);
  std::vector<uint16_t> firstWarps, lastWarps;
  for (uint16_t thread = 0; thread < 64; ++thread)
    firstWarps.push_back(thread);
  for (uint16_t thread = 32; thread < 96; ++thread)
    lastWarps.push_back(thread);
  ordering.synchronize(firstWarps); // warps 0 and 1
  ordering.synchronize(lastWarps);  // warps 1 and 2: warp 2 now knows of warp 0
  shadow.read(70, 0, 4, 2);
  EXPECT_FALSE(takeFinding());
  shadow.read(100, 0, 4, 2); // warp 3 met nobody
  EXPECT_TRUE(takeFinding());
}

TEST(Recorder, CountsSectorsOfAWarpInstruction) {
  AccessRecorder recorder;
  recorder.startLaunch(3, 1);
  for (uint32_t lane = 0; lane < 32; ++lane) {
    recorder.add(0, lane, AccessClass::GlobalRead, 1024 + 4 * lane, 4, 0);   // 128 bytes in a row: 4 sectors
    recorder.add(0, lane, AccessClass::GlobalRead, 1024 + 128 * lane, 4, 1); // a sector each
    recorder.add(0, lane, AccessClass::GlobalWrite, 4096 - 4 * lane, 4, 2);  // backwards over a sector border
  }
  recorder.flush(0);
  EXPECT_EQ(recorder.totals()[0].traffic.globalSectorsRead, 4u);
  EXPECT_EQ(recorder.totals()[0].executions, 1u);
  EXPECT_EQ(recorder.totals()[1].traffic.globalSectorsRead, 32u);
  EXPECT_EQ(recorder.totals()[2].traffic.globalSectorsWritten, 5u);
  EXPECT_EQ(recorder.totals()[2].traffic.globalBytesWritten, 128u);
}

TEST(Recorder, GroupsByOccurrence) {
  AccessRecorder recorder;
  recorder.startLaunch(1, 1);
  // Each lane runs its loop to the end before the next lane starts.
  for (uint32_t lane = 0; lane < 32; ++lane)
    for (uint32_t step = 0; step < 3; ++step)
      recorder.add(0, lane, AccessClass::GlobalRead, 8192 * step + 4 * lane, 4, 0);
  recorder.flush(0);
  EXPECT_EQ(recorder.totals()[0].executions, 3u);
  EXPECT_EQ(recorder.totals()[0].traffic.globalSectorsRead, 12u);
}

TEST(Recorder, CountsBankConflicts) {
  AccessRecorder recorder;
  recorder.startLaunch(2, 1);
  for (uint32_t lane = 0; lane < 32; ++lane) {
    recorder.add(0, lane, AccessClass::SharedRead, 128 * lane, 4, 0);  // a column of 32 words
    recorder.add(0, lane, AccessClass::SharedWrite, 132 * lane, 4, 1); // padded
  }
  recorder.flush(0);
  EXPECT_EQ(recorder.totals()[0].traffic.bankConflicts, 31u);
  EXPECT_EQ(recorder.totals()[1].traffic.bankConflicts, 0u);
}

TEST(Ranges, HoldWholeAccesses) {
  RangeSet ranges;
  ranges.add(1000, 100, true);
  ranges.add(2000, 0, true);
  ranges.add(3000, 8, false);
  ranges.sort();
  size_t hint = 0;
  EXPECT_TRUE(ranges.find(1000, 100, hint));
  EXPECT_TRUE(ranges.find(1096, 4, hint));
  EXPECT_FALSE(ranges.find(1098, 4, hint));
  EXPECT_FALSE(ranges.find(999, 1, hint));
  EXPECT_FALSE(ranges.find(2000, 1, hint));
  ASSERT_TRUE(ranges.find(3000, 8, hint));
  EXPECT_FALSE(ranges.find(3000, 8, hint)->writable);
  EXPECT_EQ(ranges.nearestBelow(1500), 1000u);
  EXPECT_EQ(ranges.nearestBelow(10), 0u);
}

TEST(SpecialFunctions, FlushSubnormals) {
  EXPECT_EQ(approximateEx2(-140.0f), 0.0f);
  EXPECT_EQ(approximateEx2(-INFINITY), 0.0f);
  EXPECT_EQ(approximateEx2(INFINITY), INFINITY);
  EXPECT_TRUE(std::isnan(approximateEx2(NAN)));
  EXPECT_EQ(approximateEx2(3.0f), 8.0f);
  EXPECT_EQ(approximateRcp(1e-40f), INFINITY);
  EXPECT_TRUE(std::signbit(approximateRcp(-3e38f)));
  EXPECT_EQ(approximateRcp(-3e38f), 0.0f);
  EXPECT_EQ(approximateLg2(8.0f), 3.0f);
  EXPECT_EQ(approximateSqrt(-0.0f), 0.0f);
}

TEST(SpecialFunctions, TanhHasElevenBits) {
  for (float x : {-5.0f, -0.3f, 1e-4f, 0.77f, 9.5f}) {
    float y = approximateTanh(x);
    EXPECT_NEAR(y, std::tanh(x), std::fabs(std::tanh(x)) * 0x1p-11f);
    EXPECT_EQ(std::bit_cast<uint32_t>(y) & 0x1fff, 0u);
  }
}

TEST(SpecialFunctions, PermutesBytes) {
  EXPECT_EQ(permuteBytes(0x33221100, 0x77665544, 0x7430), 0x77443300u);
  EXPECT_EQ(permuteBytes(0x00800000, 0x000000ff, 0xccaa), 0xffffffffu); // signs of bytes 4 and 2
  EXPECT_EQ(permuteBytes(0x007f0000, 0, 0xaaaa), 0u);
}
