//===-- ExpressionTest.cpp - tests of dimension expressions ---------------===//
//
// Rounding of the divisions on both sides of zero, and every way an evaluation can fail.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Package/Expression.h"

#include <gtest/gtest.h>

#include <limits>

using namespace ashlar;
using namespace ashlar::package;

static constexpr int64_t lowest = std::numeric_limits<int64_t>::min();
static constexpr int64_t highest = std::numeric_limits<int64_t>::max();

TEST(Expression, computes_a_grid) {
  Expression grid = Expression::ceilDiv(Expression::dim(0), 128) * Expression::max(Expression::dim(1), 1);
  int64_t dims[] = {300, 4};
  EXPECT_EQ(*grid.evaluate(dims), 12);
  dims[0] = 0;
  EXPECT_EQ(*grid.evaluate(dims), 0);
  EXPECT_EQ(grid.numDimsUsed(), 2u);
  EXPECT_TRUE(grid.isDynamic());
  EXPECT_FALSE(grid.constantValue());
  EXPECT_EQ((Expression(7) - 3).constantValue(), 4);
}

TEST(Expression, divisions_round_as_in_mathematics) {
  for (int64_t a = -20; a <= 20; ++a)
    for (int64_t b = 1; b <= 7; ++b) {
      int64_t floor = *Expression::floorDiv(a, b).constantValue(), ceil = *Expression::ceilDiv(a, b).constantValue();
      int64_t mod = *Expression::mod(a, b).constantValue();
      EXPECT_TRUE(floor * b <= a && a < (floor + 1) * b) << a << " " << b;
      EXPECT_TRUE((ceil - 1) * b < a && a <= ceil * b) << a << " " << b;
      EXPECT_EQ(floor * b + mod, a);
    }
  EXPECT_EQ(Expression::ceilDiv(highest, 1).constantValue(), highest);
  EXPECT_EQ(Expression::ceilDiv(highest, highest).constantValue(), 1);
  EXPECT_EQ(Expression::floorDiv(lowest, 2).constantValue(), lowest / 2);
  EXPECT_EQ(Expression::mod(lowest, highest).constantValue(), highest - 1);
}

TEST(Expression, failures_are_values) {
  EXPECT_FALSE((Expression(highest) + 1).evaluate({}));
  EXPECT_FALSE((Expression(lowest) - 1).evaluate({}));
  EXPECT_FALSE((Expression(highest) * 2).evaluate({}));
  EXPECT_FALSE(Expression::floorDiv(1, 0).evaluate({}));
  EXPECT_FALSE(Expression::mod(lowest, -1).evaluate({}));
  EXPECT_FALSE(Expression::dim(0).evaluate({}));
  EXPECT_FALSE(Expression::make(Expression::Kind::Add, {}).evaluate({}));
  EXPECT_EQ(Expression::ceilDiv(4, 0).evaluate({}).status().message(),
            "division by 0; the divisor must be at least 1");
}
