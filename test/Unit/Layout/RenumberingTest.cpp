//===-- RenumberingTest.cpp - Distributions of packed tiles -----------------===//
//
// Renumbered distributions hold what the original holds; what has no regular order is refused.
//
//===------------------------------------------------------------------------===//

#include "ashlar/Layout/Fragments.h"

#include <gtest/gtest.h>

using namespace ashlar::layout;

using Coordinate = std::vector<int64_t>;

static void expectSameElements(const Distribution &original, int rank, const Renumbering &renumbering,
                               int newRank, const std::function<Coordinate(std::span<const int64_t>)> &map) {
  for (int64_t thread = 0; thread < original.threads(); ++thread)
    for (int64_t value = 0; value < original.values(); ++value)
      EXPECT_EQ(map(original.coordinate(thread, value, rank)),
                renumbering.distribution.coordinate(thread, renumbering.registers[value], newRank));
}

// The right operand of mma.m16n8k16 for 16 columns and 64 of k, in the order in which its threads use it:
// each has its 32 elements side by side.
TEST(Renumbering, fragments_become_runs) {
  auto map = [](std::span<const int64_t> at) {
    int64_t k = at[0], n = at[1];
    int64_t lane = n % 8 * 4 + k % 8 / 2;
    return Coordinate{lane * 32 + n / 8 * 16 + k / 16 * 4 + k % 16 / 8 * 2 + k % 2};
  };
  Distribution fragment = *mmaOperandB(64, 16, 1, 1, 16);
  std::optional<Renumbering> found = renumber(fragment, 2, std::vector<int64_t>{1024}, map);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->distribution.print(), "thread = [32:32@0], value = [32:1@0]");
  expectSameElements(fragment, 2, *found, 1, map);
}

TEST(Renumbering, copies_stay_copies) {
  Distribution original = *Distribution::parse("thread = [4:0, 8:1@0], value = [2:8@0]");
  auto map = [](std::span<const int64_t> at) { return Coordinate{at[0] / 8, at[0] % 8}; };
  std::optional<Renumbering> found = renumber(original, 1, std::vector<int64_t>{2, 8}, map);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->distribution.print(), "thread = [4:0, 8:1@1], value = [2:1@0]");
  expectSameElements(original, 1, *found, 2, map);
}

TEST(Renumbering, any_size_of_block) {
  Distribution original = *Distribution::parse("thread = [5:3@0], value = [3:1@0, 2:15@0]");
  auto map = [](std::span<const int64_t> at) { return Coordinate{at[0] % 15 * 2 + at[0] / 15}; };
  std::optional<Renumbering> found = renumber(original, 1, std::vector<int64_t>{30}, map);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->distribution.print(), "thread = [5:6@0], value = [6:1@0]");
  expectSameElements(original, 1, *found, 1, map);
}

// Two modes that are regular alone, but carry into the next digit together.
TEST(Renumbering, carries_are_refused) {
  Distribution original = *Distribution::parse("thread = [2:1@0], value = [2:2@0, 3:4@0]");
  auto map = [](std::span<const int64_t> at) { return Coordinate{at[0] / 3, at[0] % 3}; };
  EXPECT_FALSE(renumber(original, 1, std::vector<int64_t>{4, 3}, map));
}

TEST(Renumbering, backward_steps_are_refused) {
  Distribution original = *Distribution::parse("thread = [4:1@0], value = []");
  auto map = [](std::span<const int64_t> at) { return Coordinate{3 - at[0]}; };
  EXPECT_FALSE(renumber(original, 1, std::vector<int64_t>{4}, map));
}
