//===-- PhaseModelTest.cpp - what the model of roles refuses ---------------===//
//
// Rings written down step by step: correct ones of several depths, and each fault that needs no kernel to
// show.
//
//===----------------------------------------------------------------------===//
#include "lib/Tile/PhaseModel.h"

#include <algorithm>
#include <gtest/gtest.h>

using namespace ashlar::tile::phases;

namespace {

Event on(uint32_t barrier, Step step, int64_t amount = 0) {
  Event event{step};
  event.barrier = barrier;
  event.amount = amount;
  return event;
}

Event at(uint32_t slot, Step step, int64_t amount = 0, uint32_t barrier = 0) {
  Event event = on(barrier, step, amount);
  event.slot = slot;
  return event;
}

/// One producer and consumers of `warps` warps; stage s is slot s, with the barriers s (full) and stages + s
/// (empty).
struct Ring {
  Program program;
  uint32_t stages;

  Ring(uint32_t stages, int iterations, int64_t warps = 4) : stages(stages) {
    for (uint32_t i = 0; i < 2 * stages; ++i)
      program.barriers.push_back({i < stages ? 1 : warps, i / stages});
    program.slots = stages;
    program.rings = 2;
    program.roles.resize(2);
    program.roles[1].warps = warps;
    for (int i = 0; i < iterations; ++i)
      addIteration(i % stages, (i / stages) % 2);
  }

  void addIteration(uint32_t stage, int64_t parity) {
    std::vector<Event> &producer = program.roles[0].events, &consumer = program.roles[1].events;
    producer.push_back(on(stages + stage, Step::Wait, 1 - parity));
    producer.push_back(on(stage, Step::Expect, 64));
    producer.push_back(at(stage, Step::Copy, 64, stage));
    consumer.push_back(on(stage, Step::Wait, parity));
    consumer.push_back(at(stage, Step::Read));
    consumer.push_back(on(stages + stage, Step::Arrive));
  }

  std::vector<Event> &consumer() { return program.roles[1].events; }
  Fault fault() const {
    std::optional<Finding> finding = findFault(program);
    EXPECT_TRUE(finding.has_value());
    return finding ? finding->fault : Fault::Deadlock;
  }
};

} // namespace

TEST(PhaseModelTest, CorrectRings) {
  for (uint32_t stages : {1, 2, 3, 4, 8})
    for (int64_t warps : {1, 2, 8})
      for (int iterations : {0, 1, 2, 3, 9, 17})
        EXPECT_FALSE(findFault(Ring(stages, iterations, warps).program))
            << stages << ' ' << warps << ' ' << iterations;
}

TEST(PhaseModelTest, FastWarpArrivesTwice) {
  // Without the wait of the second lap a fast warp hands the stage back again before others have once.
  Ring ring(2, 4);
  ring.consumer().erase(ring.consumer().begin() + 6);
  EXPECT_EQ(ring.fault(), Fault::TooManyArrivals);
}

TEST(PhaseModelTest, OtherIterationsData) {
  // Stages in another order: each is full, none is the one whose turn it is.
  Ring ring(2, 2);
  std::rotate(ring.consumer().begin(), ring.consumer().begin() + 3, ring.consumer().end());
  EXPECT_EQ(ring.fault(), Fault::WrongData);
}

TEST(PhaseModelTest, ObserverMissesPhase) {
  // A third role waits for full phases and nobody waits for it.
  Ring ring(1, 3);
  ring.program.roles.push_back({{on(0, Step::Wait, 0)}, 1});
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
  program.roles = {{{on(0, Step::Arrive), on(0, Step::Arrive)}, 2}};
  std::optional<Finding> finding = findFault(program);
  ASSERT_TRUE(finding);
  EXPECT_TRUE(finding->fault == Fault::MisplacedArrival || finding->fault == Fault::TooManyArrivals);
}

TEST(PhaseModelTest, LastProductUnfinished) {
  Ring ring(1, 1);
  ring.consumer() = {on(0, Step::Wait, 0), Event{Step::Start}, at(0, Step::Read, 1), on(1, Step::Arrive)};
  EXPECT_EQ(ring.fault(), Fault::ProductUnfinished);
}

TEST(PhaseModelTest, MissingArrivalIsTheCause) {
  // Both roles wait in the end; the report is about the barrier at which nobody arrives.
  Ring ring(2, 5);
  ring.consumer().erase(ring.consumer().begin() + 2);
  std::optional<Finding> finding = findFault(ring.program);
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->fault, Fault::Deadlock);
  EXPECT_EQ(finding->barrier, 2u);
  EXPECT_EQ(finding->at.role, 0u);
  EXPECT_EQ(finding->waiting.size(), 1u);
}
