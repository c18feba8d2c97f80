//===-- AllocationPlannerTest.cpp - Plans are legal and as small as possible -===//
//
// Small instances are compared with the best of *all* offsets, tried one by one: an oracle that shares no
// idea with the planner.
//
//===------------------------------------------------------------------------===//
#include "ashlar/CostModel/AllocationPlanner.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>

using namespace ashlar;

static bool collide(const AllocationRequest &a, int64_t offsetA, const AllocationRequest &b,
                    int64_t offsetB) {
  return a.begin <= b.end && b.begin <= a.end && offsetA < offsetB + b.size && offsetB < offsetA + a.size;
}

static void expectLegal(const std::vector<AllocationRequest> &requests, const AllocationPlan &plan) {
  ASSERT_EQ(plan.offsets.size(), requests.size());
  int64_t size = 0;
  for (size_t i = 0; i < requests.size(); ++i) {
    EXPECT_GE(plan.offsets[i], 0);
    EXPECT_EQ(plan.offsets[i] % requests[i].alignment, 0);
    size = std::max(size, plan.offsets[i] + requests[i].size);
    for (size_t j = 0; j < i; ++j)
      EXPECT_FALSE(collide(requests[i], plan.offsets[i], requests[j], plan.offsets[j])) << i << " and " << j;
  }
  EXPECT_EQ(plan.size, size);
  EXPECT_GE(plan.size, plan.lowerBound);
}

/// Whether the requests from `next` on fit below `limit`, by trying every offset.
static bool fits(const std::vector<AllocationRequest> &requests, std::vector<int64_t> &offsets, size_t next,
                 int64_t limit) {
  if (next == requests.size())
    return true;
  for (int64_t offset = 0; offset + requests[next].size <= limit; offset += requests[next].alignment) {
    bool free = true;
    for (size_t i = 0; i < next && free; ++i)
      free = !collide(requests[next], offset, requests[i], offsets[i]);
    offsets[next] = offset;
    if (free && fits(requests, offsets, next + 1, limit))
      return true;
  }
  return false;
}

static int64_t bruteForce(const std::vector<AllocationRequest> &requests) {
  std::vector<int64_t> offsets(requests.size());
  for (int64_t limit = 0;; ++limit)
    if (fits(requests, offsets, 0, limit))
      return limit;
}

TEST(AllocationPlannerTest, EmptyInstanceNeedsNothing) {
  AllocationPlan plan = planAllocation({});
  EXPECT_EQ(plan.size, 0);
  EXPECT_TRUE(plan.optimal);
  EXPECT_TRUE(plan.offsets.empty());
}

TEST(AllocationPlannerTest, BuffersThatNeverMeetShareMemory) {
  std::vector<AllocationRequest> requests = {{0, 1, 100}, {2, 3, 60}, {4, 9, 100}};
  AllocationPlan plan = planAllocation(requests);
  expectLegal(requests, plan);
  EXPECT_EQ(plan.size, 100);
  EXPECT_EQ(plan.offsets, (std::vector<int64_t>{0, 0, 0}));
}

TEST(AllocationPlannerTest, LifetimesIncludeBothEnds) {
  std::vector<AllocationRequest> requests = {{0, 2, 10}, {2, 4, 10}};
  EXPECT_EQ(planAllocation(requests).size, 20);
}

TEST(AllocationPlannerTest, AlignmentIsKept) {
  std::vector<AllocationRequest> requests = {{0, 5, 100, 1}, {0, 5, 1024, 1024}, {0, 5, 10, 128}};
  AllocationPlan plan = planAllocation(requests);
  expectLegal(requests, plan);
  EXPECT_EQ(plan.size, 1024 + 10 + 100);
}

TEST(AllocationPlannerTest, NonsenseIsReadAsTheNearestSense) {
  std::vector<AllocationRequest> requests = {{5, 1, 16, 0}, {5, 5, -3, -8}, {5, 6, 16, 1}};
  AllocationPlan plan = planAllocation(requests);
  EXPECT_EQ(plan.size, 32);
}

TEST(AllocationPlannerTest, SearchBeatsFirstFit) {
  int improved = 0;
  std::mt19937 random(7);
  for (int instance = 0; instance < 3000; ++instance) {
    std::vector<AllocationRequest> requests;
    for (int i = 0; i < 9; ++i) {
      int64_t begin = random() % 12;
      requests.push_back(
          {begin, begin + static_cast<int64_t>(random() % 6), 1 + static_cast<int64_t>(random() % 6)});
    }
    AllocationPlan heuristic = planAllocation(requests, 0), exact = planAllocation(requests);
    expectLegal(requests, heuristic);
    expectLegal(requests, exact);
    EXPECT_TRUE(exact.optimal);
    EXPECT_LE(exact.size, heuristic.size);
    improved += exact.size < heuristic.size;
  }
  EXPECT_GT(improved, 0) << "no instance needs the search: it is not tested";
}

TEST(AllocationPlannerTest, AgreesWithBruteForce) {
  std::mt19937 random(1);
  for (int instance = 0; instance < 2000; ++instance) {
    std::vector<AllocationRequest> requests;
    int count = 1 + random() % 6;
    bool aligned = random() % 2;
    for (int i = 0; i < count; ++i) {
      int64_t begin = random() % 8;
      requests.push_back({begin, begin + static_cast<int64_t>(random() % 4),
                          static_cast<int64_t>(random() % 6), aligned ? int64_t(1) << random() % 3 : 1});
    }
    AllocationPlan plan = planAllocation(requests);
    expectLegal(requests, plan);
    EXPECT_TRUE(plan.optimal);
    EXPECT_EQ(plan.size, bruteForce(requests)) << "instance " << instance;
  }
}

TEST(AllocationPlannerTest, TwelveBuffersAreNearlyAlwaysProvedOptimal) {
  std::mt19937 random(3);
  int proved = 0;
  const int instances = 300;
  for (int instance = 0; instance < instances; ++instance) {
    std::vector<AllocationRequest> requests;
    for (int i = 0; i < 12; ++i) {
      int64_t begin = random() % 24;
      requests.push_back({begin, begin + static_cast<int64_t>(random() % 10),
                          128 * (1 + static_cast<int64_t>(random() % 64)), random() % 3 ? 128 : 1024});
    }
    AllocationPlan plan = planAllocation(requests);
    expectLegal(requests, plan);
    proved += plan.optimal;
  }
  EXPECT_GE(proved, instances * 99 / 100);
}

TEST(AllocationPlannerTest, ManyBuffersEndInTime) {
  std::mt19937 random(5);
  std::vector<AllocationRequest> requests;
  for (int i = 0; i < 300; ++i) {
    int64_t begin = random() % 1000;
    requests.push_back(
        {begin, begin + static_cast<int64_t>(random() % 100), 1 + static_cast<int64_t>(random() % 4096)});
  }
  AllocationPlan plan = planAllocation(requests, 1000);
  expectLegal(requests, plan);
  EXPECT_LE(plan.size, plan.lowerBound * 3 / 2);
}
