//===-- DistributionTest.cpp - Distributions --------------------------------===//
//
// Text, normal form, verification against plain enumeration, slices, transposes and register permutations.
//
//===------------------------------------------------------------------------===//

#include "ashlar/Layout/Fragments.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

using namespace ashlar::layout;

using Coordinate = std::vector<int64_t>;

static Distribution parsed(std::string_view text) {
  std::string error;
  std::optional<Distribution> result = Distribution::parse(text, &error);
  EXPECT_TRUE(result) << text << ": " << error;
  return result.value_or(Distribution());
}

static std::string parseError(std::string_view text) {
  std::string error;
  EXPECT_FALSE(Distribution::parse(text, &error)) << text;
  return error;
}

static std::string verifyError(std::string_view text, std::vector<int64_t> dims) {
  return parsed(text).verify(dims).value_or("");
}

/// The definition that `verify` shortcuts: count the owners of every element, with the replicated digits at
/// zero.
static bool ownsExactlyOnce(const Distribution &d, const std::vector<int64_t> &dims) {
  int64_t elements = 1;
  for (int64_t dim : dims)
    elements *= dim;
  std::map<Coordinate, int> owners;
  for (int64_t thread = 0; thread < d.threads(); ++thread) {
    bool replica = false;
    for (const ThreadDigit &digit : d.replicatedDigits())
      replica |= thread / digit.divisor % digit.mode.size != 0;
    for (int64_t value = 0; value < d.values(); ++value) {
      Coordinate at = d.coordinate(thread, value, int(dims.size()));
      for (size_t i = 0; i < dims.size(); ++i)
        if (at[i] < 0 || at[i] >= dims[i])
          return false;
      owners[at] += !replica;
    }
  }
  if (int64_t(owners.size()) != elements || d.minimumRank() > int(dims.size()))
    return false;
  for (const auto &[at, count] : owners)
    if (count != 1)
      return false;
  return true;
}

TEST(DistributionText, RoundTrips) {
  for (const char *text : {"thread = [4:2@1, 8:1@0], value = [2:1@1, 2:8@0]",
                           "thread = [4:2@1, 8:1@0, 2:16@0, 3:0], value = [2:1@1, 2:8@0, 4:8@1]",
                           "thread = [], value = []", "thread = [32:0], value = [3:1@0]"})
    EXPECT_EQ(parsed(text).print(), text);
  EXPECT_EQ(parsed("thread=[4:2@1,8:1@0] ,\n value=[ 2 : 1 @ 1 ]").print(),
            "thread = [4:2@1, 8:1@0], value = [2:1@1]");
}

TEST(DistributionText, PrintsTheNormalForm) {
  EXPECT_EQ(parsed("thread = [4:2@1, 1:7@3, 2:8@1, 2:0@1, 3:0], value = [2:8@0, 4:16@0, 1:0]").print(),
            "thread = [8:2@1, 6:0], value = [8:8@0]");
  EXPECT_EQ(parsed("thread = [2:1@0, 2:2@1], value = []").print(), "thread = [2:1@0, 2:2@1], value = []");
}

TEST(DistributionText, RefusesWhatItCannotMean) {
  EXPECT_EQ(parseError(""), "expected 'thread' at column 1");
  EXPECT_EQ(parseError("thread = [4:2@1], value = [2:1]"), "expected '@' at column 31");
  EXPECT_EQ(parseError("thread = [4:2@1]"), "expected ',' at column 17");
  EXPECT_EQ(parseError("thread = [], value = [] x"), "expected the end of the text at column 25");
  EXPECT_EQ(parseError("thread = [-4:2@1], value = []"),
            "expected an integer in the range of 64 bits at column 11");
  EXPECT_EQ(parseError("thread = [99999999999999999999:2@1], value = []"),
            "expected an integer in the range of 64 bits at column 11");
  EXPECT_EQ(parseError("thread = [4:1@99999999999], value = []"),
            "expected a dimension below 16 at column 26");
  EXPECT_EQ(parseError("thread = [0:1@0], value = []"), "thread mode 0 (0:1@0) has a size below 1");
  EXPECT_EQ(
      parseError("thread = [], value = [2:0]"),
      "value mode 0 (2:0) has stride 0: a thread would hold an element twice; only thread modes replicate");
  EXPECT_EQ(parseError("thread = [1048576:1@0, 2:0], value = []"), "the thread modes count more than 2^20");
  EXPECT_EQ(parseError("thread = [2:9223372036854775807@0], value = []"),
            "thread mode 0 (2:9223372036854775807@0) has a stride outside [0, 2^31]");
}

TEST(Distribution, WorkedExampleOfTheHeader) {
  Distribution d = parsed("thread = [4:2@1, 8:1@0], value = [2:1@1, 2:8@0]");
  EXPECT_EQ(d.threads(), 32);
  EXPECT_EQ(d.values(), 4);
  EXPECT_EQ(d.coordinate(6, 3, 2), (Coordinate{9, 5}));
  EXPECT_EQ(d.valueOffsets(3, 2), (Coordinate{8, 1}));
  EXPECT_EQ(d.contiguousValues(1), 2);
  EXPECT_EQ(d.contiguousValues(0), 1);
  ASSERT_EQ(d.threadDigits().size(), 2u);
  EXPECT_EQ(d.threadDigits()[1].divisor, 4);
  EXPECT_EQ(d.threadDigitsAlong(1).size(), 1u);
}

TEST(Distribution, DefaultIsOneElement) {
  Distribution d;
  EXPECT_EQ(d.threads(), 1);
  EXPECT_EQ(d.values(), 1);
  EXPECT_FALSE(d.verify(std::vector<int64_t>{}));
  EXPECT_FALSE(d.verify(std::vector<int64_t>{1, 1}));
  EXPECT_TRUE(d.verify(std::vector<int64_t>{2}));
}

TEST(Distribution, VerifyNamesModeAndReason) {
  EXPECT_EQ(verifyError("thread = [4:1@0], value = [2:4@0]", {8}), "");
  EXPECT_EQ(
      verifyError("thread = [4:1@0], value = [2:5@0]", {8}),
      "value mode 2:5@0 leaves a gap along dimension 0 of size 8: the smaller modes cover only 4 consecutive "
      "elements");
  EXPECT_EQ(verifyError("thread = [4:1@0], value = [2:2@0]", {8}),
            "value mode 2:2@0 overlaps the smaller modes along dimension 0 of size 8, which already cover 4 "
            "consecutive elements: elements are held more than once");
  EXPECT_EQ(verifyError("thread = [4:1@0], value = [3:4@0]", {8}),
            "value mode 3:4@0 leaves the tile along dimension 0 of size 8: it reaches element 11");
  EXPECT_EQ(verifyError("thread = [4:1@0], value = []", {8}),
            "the modes along dimension 0 of size 8 cover only 4 elements");
  EXPECT_EQ(verifyError("thread = [4:1@1], value = []", {8}),
            "thread mode 4:1@1 names dimension 1 of a tile of rank 1");
  EXPECT_EQ(verifyError("thread = [], value = []", {0}),
            "dimension 0 of the tile has size 0; registers hold at least one element");
}

TEST(Distribution, VerifyAgreesWithEnumeration) {
  std::mt19937 random(1);
  auto pick = [&](auto... choices) {
    int64_t all[] = {choices...};
    return all[random() % sizeof...(choices)];
  };
  int good = 0, bad = 0;
  for (int round = 0; round < 4000; ++round) {
    // Mostly chains, so that correct ones are frequent; sometimes a random stride.
    std::vector<int64_t> dims{1, 1};
    std::vector<Mode> thread, value;
    for (int i = 0, modes = int(random() % 5); i < modes; ++i) {
      Mode mode{pick(1, 2, 3, 4, 5), 0, int(random() % 2)};
      mode.stride = random() % 8 ? dims[mode.dim] : pick(1, 2, 3, 4, 6);
      dims[mode.dim] *= mode.size;
      bool isThread = random() % 2;
      auto &list = isThread ? thread : value;
      list.insert(list.begin() + int64_t(random() % (list.size() + 1)), mode);
    }
    if (random() % 4 == 0)
      thread.insert(thread.begin() + int64_t(random() % (thread.size() + 1)), Mode{pick(2, 3), 0});
    if (random() % 8 == 0)
      dims[random() % 2] += pick(-1, 1);
    if (dims[0] < 1 || dims[1] < 1)
      continue;
    std::optional<Distribution> d = Distribution::make(thread, value);
    ASSERT_TRUE(d);
    bool expected = ownsExactlyOnce(*d, dims);
    std::optional<std::string> problem = d->verify(dims);
    EXPECT_EQ(!problem, expected) << d->print() << " on " << dims[0] << "x" << dims[1] << ": "
                                  << problem.value_or("no complaint");
    (expected ? good : bad)++;
  }
  EXPECT_GT(good, 500);
  EXPECT_GT(bad, 500);
}

TEST(Distribution, EqualityIsFunctional) {
  std::mt19937 random(2);
  for (int round = 0; round < 2000; ++round) {
    std::vector<Distribution> two;
    for (int i = 0; i < 2; ++i) {
      std::vector<Mode> thread;
      int64_t count = 1;
      while (count < 12) { // mode sizes are a random ordered factorisation of 12
        int64_t sizes[] = {2, 3, 4, 6, 12}, size = sizes[random() % 5];
        if (12 / count % size == 0) {
          thread.push_back({size, int64_t(random() % 2) * count, 0});
          count *= size;
        }
      }
      two.push_back(*Distribution::make(thread, {}));
    }
    bool same = true;
    for (int64_t t = 0; t < 12; ++t)
      same &= two[0].coordinate(t, 0, 1) == two[1].coordinate(t, 0, 1);
    EXPECT_EQ(two[0] == two[1], same) << two[0].print() << " and " << two[1].print();
  }
}

TEST(Distribution, SliceReplicatesThreadsAndDropsValues) {
  Distribution d = parsed("thread = [4:2@1, 8:1@0, 2:16@0], value = [2:1@1, 2:8@0, 4:8@1]");
  EXPECT_EQ(d.slice(1).print(), "thread = [4:0, 8:1@0, 2:16@0], value = [2:8@0]");
  EXPECT_EQ(d.slice(0).print(), "thread = [4:2@0, 16:0], value = [2:1@0, 4:8@0]");
  EXPECT_EQ(d.slice(0).slice(0).print(), "thread = [64:0], value = []");
  EXPECT_EQ(d.slice(-1), d);
  EXPECT_TRUE(d.slice(1).isSliceOf(d, 1));
  EXPECT_FALSE(d.slice(0).isSliceOf(d, 1));
  EXPECT_EQ(d.sliceRegisters(1), (std::vector<int64_t>{0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1}));
}

TEST(Distribution, SliceHoldsTheProjection) {
  std::vector<int64_t> dims{6, 8, 10};
  Distribution d = *blocked(dims, 12, 2, 2);
  ASSERT_FALSE(d.verify(dims));
  for (int dim = 0; dim < 3; ++dim) {
    Distribution slice = d.slice(dim);
    std::vector<int64_t> rest = dims;
    rest.erase(rest.begin() + dim);
    EXPECT_FALSE(slice.verify(rest));
    EXPECT_EQ(slice.threads(), d.threads());
    std::vector<int64_t> registers = d.sliceRegisters(dim);
    for (int64_t t = 0; t < d.threads(); ++t)
      for (int64_t v = 0; v < d.values(); ++v) {
        Coordinate projected = d.coordinate(t, v, 3);
        projected.erase(projected.begin() + dim);
        EXPECT_EQ(slice.coordinate(t, registers[v], 2), projected);
      }
    EXPECT_EQ(slice.insertDimension(dim).slice(dim), slice);
  }
}

TEST(Distribution, Transpose) {
  Distribution d = parsed("thread = [4:2@1, 8:1@0, 2:0], value = [2:1@1, 2:8@2]");
  std::vector<int> permutation{1, 2, 0};
  std::optional<Distribution> t = d.transpose(permutation);
  ASSERT_TRUE(t);
  EXPECT_EQ(t->print(), "thread = [4:2@0, 8:1@2, 2:0], value = [2:1@0, 2:8@1]");
  for (int64_t v = 0; v < d.values(); ++v) {
    Coordinate from = d.coordinate(11, v, 3), to = t->coordinate(11, v, 3);
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ(to[i], from[permutation[i]]);
  }
  EXPECT_FALSE(d.transpose(std::vector<int>{0, 1}));
  EXPECT_FALSE(d.transpose(std::vector<int>{0, 1, 1}));
  EXPECT_FALSE(d.transpose(std::vector<int>{0, 1, 3}));
  EXPECT_FALSE(d.transpose(std::vector<int>{0, -1, 1}));
}

TEST(Distribution, ContiguousValuesMergeAcrossModes) {
  EXPECT_EQ(parsed("thread = [4:16@1], value = [2:1@1, 8:2@1, 2:64@1]").contiguousValues(1), 16);
  EXPECT_EQ(parsed("thread = [], value = [3:1@0, 4:3@0]").contiguousValues(0), 12);
  EXPECT_EQ(parsed("thread = [], value = []").contiguousValues(0), 1);
}

TEST(RegisterPermutation, RenamesOrRefuses) {
  Distribution a = parsed("thread = [4:1@0], value = [2:4@0, 3:1@1]");
  Distribution b = parsed("thread = [4:1@0], value = [3:1@1, 2:4@0]");
  EXPECT_EQ(registerPermutation(a, b), (std::vector<int64_t>{0, 2, 4, 1, 3, 5}));
  EXPECT_EQ(registerPermutation(a, a), (std::vector<int64_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_FALSE(registerPermutation(a, parsed("thread = [4:2@0], value = [2:1@0, 3:1@1]")));
  EXPECT_FALSE(registerPermutation(a, parsed("thread = [4:1@0], value = [2:4@0, 3:2@1]")));
  EXPECT_FALSE(registerPermutation(a, parsed("thread = [4:1@0], value = [2:4@0]")));
  EXPECT_FALSE(registerPermutation(a, parsed("thread = [4:1@0, 2:0], value = [2:4@0, 3:1@1]")));
}

TEST(RegisterPermutation, RefusesRegistersThatOverlap) {
  // 0 1 1 2 against 0 1 2 3: every destination register has a source, but it is no permutation.
  Distribution overlapping = parsed("thread = [], value = [2:1@0, 2:1@0]");
  EXPECT_FALSE(registerPermutation(parsed("thread = [], value = [4:1@0]"), overlapping));
}

TEST(RegisterPermutation, EveryThreadHoldsTheSameElement) {
  Distribution source = *mmaAccumulator(64, 48, 4, 1), destination = *mmaOperandA(64, 48, 4, 1, 16);
  std::optional<std::vector<int64_t>> permutation = registerPermutation(source, destination);
  ASSERT_TRUE(permutation);
  for (int64_t t = 0; t < destination.threads(); ++t)
    for (int64_t v = 0; v < destination.values(); ++v)
      EXPECT_EQ(destination.coordinate(t, v, 2), source.coordinate(t, (*permutation)[v], 2));
}
