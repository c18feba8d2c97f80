//===-- PhaseModelTest.cpp - what the model of roles refuses ---------------===//
//
// Rings written down step by step: correct ones of several depths, and each fault that needs no kernel to
// show.
//
//===----------------------------------------------------------------------===//
#include "RingProgram.h"

#include <algorithm>
#include <gtest/gtest.h>

using namespace ashlar::tile::phases;

static Fault faultOf(const Program &program) {
  std::optional<Finding> finding = findFault(program);
  EXPECT_TRUE(finding.has_value());
  return finding ? finding->fault : Fault::Deadlock;
}

TEST(PhaseModelTest, CorrectRings) {
  for (uint32_t stages : {1, 2, 3, 4, 8})
    for (int64_t warps : {1, 2, 8})
      for (uint32_t iterations : {0, 1, 2, 3, 9, 17})
        EXPECT_FALSE(findFault(RingProgram(stages, iterations, warps).program))
            << stages << ' ' << warps << ' ' << iterations;
}

TEST(PhaseModelTest, FastWarpArrivesTwice) {
  // Without the wait of the second lap a fast warp hands the stage back again before others have once.
  RingProgram ring(2, 4);
  ring.consumer().erase(ring.consumer().begin() + 6);
  EXPECT_EQ(faultOf(ring.program), Fault::TooManyArrivals);
}

TEST(PhaseModelTest, OtherIterationsData) {
  // Stages in another order: each is full, none is the one whose turn it is.
  RingProgram ring(2, 2);
  std::rotate(ring.consumer().begin(), ring.consumer().begin() + 3, ring.consumer().end());
  EXPECT_EQ(faultOf(ring.program), Fault::WrongData);
}

TEST(PhaseModelTest, ObserverMissesPhase) {
  // A third role waits for full phases and nobody waits for it.
  RingProgram ring(1, 3);
  ring.program.roles.push_back({{onBarrier(0, Step::Wait, 0)}, 1});
  std::optional<Finding> finding = findFault(ring.program);
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->fault, Fault::AmbiguousParity);
  EXPECT_EQ(finding->at.role, 2u);
}

TEST(PhaseModelTest, ArrivalInAnotherPhase) {
  // Two warps that arrive in turn without waiting: the first may be there twice before the second.
  Program program;
  program.barriers = {{2, 0}};
  program.rings = 1;
  program.roles = {{{onBarrier(0, Step::Arrive), onBarrier(0, Step::Arrive)}, 2}};
  std::optional<Finding> finding = findFault(program);
  ASSERT_TRUE(finding);
  EXPECT_TRUE(finding->fault == Fault::MisplacedArrival || finding->fault == Fault::TooManyArrivals);
}

TEST(PhaseModelTest, LastProductUnfinished) {
  RingProgram ring(1, 1);
  ring.consumer() = {onBarrier(0, Step::Wait, 0), Event{Step::Start}, onSlot(0, Step::Read, 1),
                     onBarrier(1, Step::Arrive)};
  EXPECT_EQ(faultOf(ring.program), Fault::ProductUnfinished);
}

TEST(PhaseModelTest, MissingArrivalIsTheCause) {
  // Both roles wait in the end; the report is about the barrier at which nobody arrives.
  RingProgram ring(2, 5);
  ring.consumer().erase(ring.consumer().begin() + 2);
  std::optional<Finding> finding = findFault(ring.program);
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->fault, Fault::Deadlock);
  EXPECT_EQ(finding->barrier, 2u);
  EXPECT_EQ(finding->at.role, 0u);
  EXPECT_EQ(finding->waiting.size(), 1u);
}
