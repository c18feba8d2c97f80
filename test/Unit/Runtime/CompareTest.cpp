//===-- CompareTest.cpp - tests of comparisons with tolerances ------------===//
//
// Which elements pass, what the errors are, and special values.
//
//===----------------------------------------------------------------------===//

#include "tools/ashlar-run/Compare.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace ashlar;
using namespace ashlar::run;

static constexpr double infinity = std::numeric_limits<double>::infinity();
static constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

static HostTensor tensorOf(ElementType element, std::vector<double> values) {
  HostTensor tensor = *HostTensor::zeros(element, {static_cast<int64_t>(values.size())});
  for (size_t i = 0; i < values.size(); ++i)
    storeElement(element, tensor.bytes.data(), static_cast<int64_t>(i), values[i]);
  return tensor;
}

static Comparison compareFloats(std::vector<double> got, std::vector<double> expected, package::Tolerance tolerance) {
  return compare(tensorOf(ElementType::F32, got), tensorOf(ElementType::F32, expected), tolerance);
}

TEST(Compare, absolute_and_relative_add_up) {
  Comparison comparison = compareFloats({100.5, 0.25, 1}, {100, 0, 1}, {0.25, 0.0025});
  EXPECT_TRUE(comparison.passed());
  EXPECT_EQ(comparison.maxAbsoluteError, 0.5);
  EXPECT_EQ(comparison.maxRelativeError, 1) << "an expected zero is measured against the absolute tolerance";
  EXPECT_EQ(compareFloats({100.625}, {100}, {0.25, 0.0025}).failures, 1);
  EXPECT_TRUE(compareFloats({}, {}, {}).passed());
}

TEST(Compare, the_worst_element_is_the_one_furthest_outside) {
  Comparison comparison = compareFloats({1000.5, 3, 5}, {1000, 1, 5}, {0, 1e-3});
  EXPECT_EQ(comparison.failures, 1);
  EXPECT_EQ(comparison.worstIndex, 1);
  EXPECT_EQ(comparison.worstGot, 3);
  EXPECT_EQ(comparison.maxRelativeError, 2);
}

TEST(Compare, special_values) {
  EXPECT_TRUE(compareFloats({notANumber, infinity, -infinity}, {notANumber, infinity, -infinity}, {}).passed());
  EXPECT_EQ(compareFloats({notANumber, 1, infinity, 1}, {1, notANumber, -infinity, infinity}, {10, 10}).failures, 4);
  EXPECT_TRUE(compareFloats({0.0}, {-0.0}, {}).passed());
}

TEST(Compare, integers_are_exact) {
  int64_t large = (int64_t{1} << 53) + 1;
  HostTensor a = *HostTensor::zeros(ElementType::I64, {1}), b = a;
  storeInteger(ElementType::I64, a.bytes.data(), 0, large);
  storeInteger(ElementType::I64, b.bytes.data(), 0, large - 1);
  EXPECT_FALSE(compare(a, b, {}).passed());
  EXPECT_TRUE(compare(a, a, {}).passed());
  EXPECT_TRUE(compare(tensorOf(ElementType::I4, {7}), tensorOf(ElementType::I4, {6}), {1, 0}).passed());
}

TEST(Compare, text_names_the_position) {
  HostTensor got = *HostTensor::zeros(ElementType::F32, {2, 3}), expected = got;
  storeElement(ElementType::F32, got.bytes.data(), 5, 2);
  EXPECT_EQ(comparisonText(compare(got, expected, {1, 0}), expected),
            "max error 2 absolute, 2 relative (tolerance 1 + 0 * |expected|): FAIL, 1 of 6 elements; worst at [1, 2]: "
            "got 2, expected 0");
}
