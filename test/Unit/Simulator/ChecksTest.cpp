//===-- ChecksTest.cpp - Orderings, shadow and traffic on their own -------===//
//
// The parts behind the reports, driven by hand.
//
//===----------------------------------------------------------------------===//

#include "lib/Simulator/AccessRecorder.h"
#include "lib/Simulator/Memory.h"
#include "lib/Simulator/SharedShadow.h"
#include "lib/Simulator/SpecialFunctions.h"
#include "lib/Simulator/WgmmaFences.h"
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

TEST_F(SharedShadowTest, BytesLentToAnAgentAreNobodysToWrite) {
  const uint32_t readers[] = {0, 32}, agent = ordering.agent(0, 5);
  ordering.setPrincipal(agent, 0);
  shadow.write(0, 0, 16, 1);
  ordering.fenceProxy(0);
  uint32_t stamp = ordering.agentStamp();
  shadow.lendToAgent(readers, {0, 0, 16, 2}, agent, stamp); // thread 32 has not met the writer
  EXPECT_TRUE(takeFinding());
  ordering.synchronizeAll();
  stamp = ordering.agentStamp();
  shadow.lendToAgent(readers, {0, 0, 16, 2}, agent, stamp);
  shadow.read(64, 0, 16, 3);
  EXPECT_FALSE(takeFinding());
  shadow.write(0, 4, 4, 4); // even who lent them
  EXPECT_TRUE(takeFinding());
  ordering.synchronizeAll(); // no barrier gives them back
  shadow.write(64, 8, 4, 4);
  EXPECT_TRUE(takeFinding());
  ordering.learn(64, agent, stamp);
  shadow.write(64, 12, 4, 4);
  EXPECT_FALSE(takeFinding());
  shadow.write(96, 0, 4, 4); // thread 96 has not met 64 since
  EXPECT_TRUE(takeFinding());
  ordering.synchronizeAll();
  shadow.write(96, 0, 4, 4);
  EXPECT_FALSE(takeFinding());
}

TEST(WgmmaFences, GoByTheValuesOfTheLastFences) {
  WgmmaFences fences;
  fences.start();
  const uint32_t a[] = {3, 1, 2}, b[] = {7}, c[] = {1, 4};
  EXPECT_FALSE(fences.hasFence());
  fences.fence(a);
  EXPECT_TRUE(fences.hasFence() && fences.contain(std::span(a).first(2)));
  EXPECT_FALSE(fences.contain(b) || fences.contain(c));
  fences.endProducts();
  EXPECT_TRUE(!fences.hasFence() && fences.contain(a)); // nobody has touched them
  fences.fence({});
  EXPECT_TRUE(fences.contain(b) && fences.contain(c));
  fences.endProducts();
  EXPECT_FALSE(fences.contain(b));
  for (size_t i = 0; i < WgmmaFences::remembered; ++i)
    fences.fence(b);
  EXPECT_FALSE(fences.contain(a)); // forgotten
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

//===-- The async proxy ---------------------------------------------------===//

TEST_F(SharedShadowTest, AsyncReadsNeedAFenceByTheWriter) {
  const uint32_t agent = ordering.agent(0, 5);
  ordering.setPrincipal(agent, 0);
  // For this thread, and over at once for both.
  auto read = [&](uint32_t thread) {
    uint32_t stamp = ordering.agentStamp();
    shadow.lendToAgent({thread, 0, 4, 2}, agent, stamp);
    for (uint32_t knowing : {0u, 1u})
      ordering.learn(knowing, agent, stamp);
  };
  shadow.write(0, 0, 4, 1);
  ordering.fenceProxy(1); // another's does not help
  ordering.synchronizeAll();
  read(1);
  EXPECT_TRUE(takeFinding());
  ordering.synchronizeAll();
  shadow.write(0, 0, 4, 1);
  ordering.fenceProxy(0);
  read(0);
  EXPECT_FALSE(takeFinding());
  ordering.synchronizeAll();
  read(1);
  EXPECT_FALSE(takeFinding());
  ordering.synchronizeAll();
  shadow.write(0, 0, 4, 1);
  ordering.synchronizeAll();
  ordering.fenceProxy(0); // too late for those who have met before
  read(1);
  EXPECT_TRUE(takeFinding());
}

TEST_F(SharedShadowTest, AsyncWritesNeedAFenceAfterReads) {
  shadow.write(0, 0, 4, 1);
  ordering.fenceProxy(0);
  ordering.synchronizeAll();
  shadow.read(1, 0, 4, 2);
  ordering.synchronizeAll();
  shadow.beginAsyncWrite({0, 0, 4, 3});
  EXPECT_TRUE(takeFinding());
  startBlock();
  shadow.beginAsyncWrite({0, 0, 4, 3}); // nobody has touched it
  EXPECT_FALSE(takeFinding());
}

TEST_F(SharedShadowTest, WhatAnAgentWritesIsKnownToWhoWaits) {
  const uint32_t agent = ordering.agent(0, 5);
  ordering.setPrincipal(agent, 0);
  Release release;
  shadow.beginAsyncWrite({0, 0, 16, 1});
  shadow.read(1, 0, 4, 2);
  EXPECT_TRUE(takeFinding());
  uint32_t stamp = ordering.agentStamp();
  ordering.releaseStamp(agent, stamp, release);
  shadow.endAsyncWrite({0, 0, 16, 1}, agent, stamp);
  ordering.completePhase(release);
  ordering.synchronizeAll(); // a barrier is no wait for it
  shadow.read(1, 0, 4, 2);
  EXPECT_TRUE(takeFinding());
  ordering.acquire(1, release.completed());
  shadow.read(1, 0, 4, 2);
  EXPECT_FALSE(takeFinding());
  shadow.read(2, 0, 4, 2);
  EXPECT_TRUE(takeFinding());
  ordering.synchronizeAll(); // hands on what thread 1 knows
  shadow.read(2, 0, 4, 2);
  EXPECT_FALSE(takeFinding());
}

TEST_F(SharedShadowTest, BytesLentToAnAgentMayBeReadButNotWritten) {
  const uint32_t agent = ordering.agent(0, 50), stamp = ordering.agentStamp();
  shadow.write(0, 0, 4, 1);
  ordering.fenceProxy(0);
  shadow.lendToAgent({0, 0, 4, 2}, agent, stamp);
  ordering.synchronizeAll();
  shadow.read(1, 0, 4, 3);
  shadow.read(2, 0, 4, 3);
  shadow.read(3, 0, 4, 3);
  EXPECT_FALSE(takeFinding());
  ordering.synchronizeAll();
  shadow.write(1, 0, 4, 4);
  EXPECT_TRUE(takeFinding());
  ordering.learn(0, agent, stamp);
  ordering.synchronizeAll();
  shadow.write(1, 0, 4, 4);
  EXPECT_FALSE(takeFinding());
}

TEST_F(OrderingTest, ArrivalsAreKnownToWhoWaits) {
  Release release;
  shadow.write(3, 0, 4, 1);
  shadow.write(4, 4, 4, 1);
  ordering.release(3, release);
  shadow.write(3, 8, 4, 1); // after its arrival
  ordering.completePhase(release);
  ordering.acquire(70, release.completed());
  shadow.read(70, 0, 4, 2);
  EXPECT_FALSE(takeFinding());
  shadow.read(70, 4, 4, 2); // a lane of the same warp that did not arrive
  EXPECT_TRUE(takeFinding());
  shadow.read(70, 8, 4, 2);
  EXPECT_TRUE(takeFinding());
  shadow.read(71, 0, 4, 2); // who did not wait
  EXPECT_TRUE(takeFinding());
  // The next phase hands on what its threads know of the one before.
  ordering.release(70, release);
  ordering.completePhase(release);
  ordering.acquire(71, release.completed());
  shadow.read(71, 0, 4, 2);
  EXPECT_FALSE(takeFinding());
}

TEST(Ordering, PartiesOfAClusterHaveBlockAndThread) {
  Ordering ordering;
  const uint64_t blocks[] = {7, 12};
  ordering.startCluster(32, blocks);
  uint32_t party = ordering.party(1, 5);
  EXPECT_EQ(ordering.threadOf(party), 5u);
  EXPECT_EQ(ordering.blockOf(party), 12u);
  EXPECT_FALSE(ordering.knowsOfBlock(ordering.party(0, 0), 1));
  Release release;
  ordering.release(party, release);
  ordering.completePhase(release);
  ordering.acquire(ordering.party(0, 0), release.completed());
  EXPECT_TRUE(ordering.knowsOfBlock(ordering.party(0, 0), 1));
  EXPECT_FALSE(ordering.isOrdered(party, ordering.clock(party), ordering.party(0, 1)));
  ordering.synchronizeBlock(0);
  EXPECT_TRUE(ordering.knowsOfBlock(ordering.party(0, 1), 1));
}
