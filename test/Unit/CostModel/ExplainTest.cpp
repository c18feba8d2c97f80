//===-- ExplainTest.cpp -----------------------------------------------------===//
//
// What the text says of candidates made up for the purpose.
//
//===------------------------------------------------------------------------===//
#include "ashlar/CostModel/Explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace ashlar;
using namespace ashlar::cost;
using testing::HasSubstr;
using testing::Not;

static KernelCycles cyclesOf(double tensor, double memory, double epilogue, double total) {
  KernelCycles cycles;
  cycles.tensor = tensor, cycles.memory = memory, cycles.epilogue = epilogue, cycles.total = total;
  return cycles;
}

TEST(Explain, SaysWhatBoundsALoserAndByHowMuch) {
  Comparison comparison{"a problem",
                        {{"a", "1x1", "first", cyclesOf(1000, 500, 10, 1010)},
                         {"a", "2x2", "bound elsewhere", cyclesOf(1000, 1200, 10, 1210)},
                         {"b", "1x1", "bound alike", cyclesOf(1000, 500, 310, 1310)}},
                        {}};
  std::string text = explain(comparison);
  EXPECT_THAT(text, HasSubstr("a problem: 3 legal schedules"));
  EXPECT_THAT(text, HasSubstr("the first is bound by tensor"));
  EXPECT_THAT(text, HasSubstr("2  19.8% slower: bound by memory, which takes 700 more"));
  EXPECT_THAT(text,
              HasSubstr("3  29.7% slower: 300 more in epilogue, bound by tensor no more than the first"));
}

TEST(Explain, ShowsTheBestOfEveryKind) {
  Comparison comparison{"a problem", {}, {{"c", "it has no seven"}}};
  for (int i = 0; i < 100; ++i)
    comparison.candidates.push_back({"a", std::to_string(i / 5), "", cyclesOf(1, 0, 0, i)});
  comparison.candidates.push_back({"b", "the other kind", "", cyclesOf(1, 0, 0, 200)});
  std::string text = explain(comparison);
  EXPECT_THAT(text, HasSubstr("\n   101       200"));
  EXPECT_THAT(text, HasSubstr("b the other kind"));
  EXPECT_THAT(text, HasSubstr("\nno c: it has no seven"));
  // Ten of the first kind, three of a tile.
  EXPECT_THAT(text, HasSubstr("a 3"));
  EXPECT_THAT(text, Not(HasSubstr("a 4")));
}

TEST(Explain, NothingIsLegal) {
  EXPECT_EQ(explain({"a problem", {}, {{"a", "why not"}}}),
            "a problem: 0 legal schedules, predicted clocks\nno a: why not");
}

TEST(Explain, DescribesSchedules) {
  WarpgroupMatmulSchedule schedule;
  schedule.tileM = 128, schedule.tileN = 256, schedule.tileK = 64;
  schedule.consumers = 2, schedule.stages = 4, schedule.clusterM = 2, schedule.isPersistent = true;
  Candidate candidate = describe(schedule);
  EXPECT_EQ(candidate.kind + " " + candidate.tile + ", " + candidate.text,
            "wgmma cooperative 128x256x64, 2 consumers, 4 stages, cluster 2x1, persistent");
}

TEST(KernelCycles, EveryPartIsListedOnce) {
  KernelCycles cycles;
  for (const CycleField &field : allCycleFields())
    cycles.*field.member += 1;
  EXPECT_EQ(cycles.tensor + cycles.shared + cycles.l2 + cycles.memory + cycles.issue + cycles.special +
                cycles.latency + cycles.epilogue + cycles.launch,
            9);
  cycles.issue = 2;
  EXPECT_EQ(bottleneckOf(cycles).name, "issue");
}
