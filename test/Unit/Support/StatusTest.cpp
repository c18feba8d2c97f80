//===-- StatusTest.cpp - tests of error values ----------------------------===//
//
// Success, failure, context, and the two macros that pass failures on.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Support/Status.h"

#include <gtest/gtest.h>

#include <memory>

using namespace ashlar;

static Expected<int> half(int value) {
  if (value % 2 != 0)
    return invalidArgument(std::to_string(value) + " is odd");
  return value / 2;
}

static Expected<int> quarter(int value) {
  ASHLAR_ASSIGN_OR_RETURN(int once, half(value));
  return half(once);
}

static Status checkQuarter(int value, bool isStrict) {
  // The macro must be one statement: the else belongs to the outer if.
  if (isStrict)
    ASHLAR_RETURN_IF_ERROR(quarter(value).status());
  else
    return notFound("not strict");
  return {};
}

TEST(Status, success_has_no_message) {
  Status status;
  EXPECT_TRUE(status.ok());
  EXPECT_TRUE(status.withContext("here").ok());
  EXPECT_EQ(status.withContext("here").message(), "");
}

TEST(Status, context_goes_before_the_message) {
  Status status = invalidPackage("too short").withContext("'a.ashlar'");
  EXPECT_EQ(status.code(), StatusCode::InvalidPackage);
  EXPECT_EQ(status.message(), "'a.ashlar': too short");
  EXPECT_STREQ(statusCodeName(status.code()), "invalid-package");
}

TEST(Expected, failures_travel_through_the_macros) {
  EXPECT_EQ(*quarter(12), 3);
  EXPECT_EQ(quarter(6).status().message(), "3 is odd");
  EXPECT_EQ(quarter(7).status().message(), "7 is odd");
  EXPECT_TRUE(checkQuarter(12, true).ok());
  EXPECT_EQ(checkQuarter(6, true).message(), "3 is odd");
  EXPECT_EQ(checkQuarter(6, false).code(), StatusCode::NotFound);
}

TEST(Expected, takes_move_only_values) {
  Expected<std::unique_ptr<int>> value(std::make_unique<int>(3));
  ASSERT_TRUE(value);
  std::unique_ptr<int> taken = *std::move(value);
  EXPECT_EQ(*taken, 3);
}

TEST(Expected, success_in_place_of_a_value_is_a_failure) {
  Expected<int> broken{Status()};
  EXPECT_FALSE(broken);
  EXPECT_EQ(broken.status().code(), StatusCode::Internal);
}
