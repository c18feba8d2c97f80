//===-- LayoutTest.cpp - Layouts as functions -------------------------------===//
//
// Text, limits, evaluation, coalescing and equality.
//
//===------------------------------------------------------------------------===//

#include "RandomLayout.h"

#include <gtest/gtest.h>

using namespace ashlar::layout;

static Layout parsed(std::string_view text) {
  std::string error;
  std::optional<Layout> result = Layout::parse(text, &error);
  EXPECT_TRUE(result) << text << ": " << error;
  return result.value_or(Layout());
}

static std::string parseError(std::string_view text) {
  std::string error;
  EXPECT_FALSE(Layout::parse(text, &error)) << text;
  return error;
}

static std::vector<int64_t> image(const Layout &layout) {
  std::vector<int64_t> result;
  for (int64_t i = 0; i < layout.size(); ++i)
    result.push_back(layout(i));
  return result;
}

TEST(LayoutText, RoundTrips) {
  for (const char *text :
       {"8:3", "1:0", "(8,(2,4)):(4,(1,32))", "():()", "(4):(1)", "((2,(3,5)),7):((1,(2,6)),0)"})
    EXPECT_EQ(parsed(text).print(), text);
  EXPECT_EQ(parsed(" ( 8 ,( 2,4)) :\n(4,(1,32)) ").print(), "(8,(2,4)):(4,(1,32))");
}

TEST(LayoutText, RoundTripsAtRandom) {
  RandomLayout random(1);
  for (int round = 0; round < 500; ++round) {
    Layout layout = random.any();
    EXPECT_EQ(parsed(layout.print()), layout);
  }
}

TEST(LayoutText, RefusesWhatItCannotMean) {
  EXPECT_EQ(parseError(""), "expected an integer in the range of 64 bits at column 1");
  EXPECT_EQ(parseError("(8,4)"), "expected ':' at column 6");
  EXPECT_EQ(parseError("(8,4):(1,8"), "expected ')' at column 11");
  EXPECT_EQ(parseError("(8,4):(1,8) x"), "expected the end of the text at column 13");
  EXPECT_EQ(parseError("(8,4):(1,8,2)"), "the shape and the strides are nested differently");
  EXPECT_EQ(parseError("(8,4):(1,(8))"), "the shape and the strides are nested differently");
  EXPECT_EQ(parseError("0:1"), "mode 0:1 has a shape below 1");
  EXPECT_EQ(parseError("8:-1"), "expected an integer in the range of 64 bits at column 3");
  EXPECT_EQ(parseError("3:9223372036854775807"), "mode 3:9223372036854775807 reaches beyond 2^56");
  EXPECT_EQ(parseError("(100000000,100000000000):(0,0)"), "a layout has more than 2^56 elements");
  EXPECT_EQ(parseError("(2,2):(72057594037927936,72057594037927936)"), "a layout reaches beyond 2^56");
  std::string deep(100000, '(');
  EXPECT_EQ(parseError(deep), "expected at most 16 levels of nesting at column 18");
}

TEST(Layout, WorkedExampleOfTheHeader) {
  Layout layout = parsed("(4,3):(3,1)");
  EXPECT_EQ(image(layout), (std::vector<int64_t>{0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11}));
  EXPECT_EQ(layout(std::vector<int64_t>{3, 1}), 10);
  EXPECT_EQ(layout.coordinate(7), (std::vector<int64_t>{3, 1}));
}

TEST(Layout, Properties) {
  Layout layout = parsed("(8,(2,4)):(4,(1,32))");
  EXPECT_EQ(layout.size(), 64);
  EXPECT_EQ(layout.cosize(), 1 + 28 + 1 + 96);
  EXPECT_EQ(layout.rank(), 2);
  EXPECT_EQ(layout.depth(), 2);
  EXPECT_EQ(layout.shape(), (std::vector<int64_t>{8, 8}));
  EXPECT_EQ(layout.mode(1).print(), "(2,4):(1,32)");
  EXPECT_EQ(layout(std::vector<int64_t>{1, 3}), 4 + 1 + 32);
  EXPECT_EQ(layout(std::vector<int64_t>{1}), 4);
  EXPECT_EQ(parsed("8:4").rank(), 1);
  EXPECT_EQ(parsed("8:4").depth(), 0);
  EXPECT_EQ(parsed("():()").rank(), 0);
  EXPECT_EQ(parsed("():()").size(), 1);
  EXPECT_EQ(parsed("():()")(0), 0);
}

TEST(Layout, CompactConstructors) {
  EXPECT_EQ(Layout::columnMajor(std::vector<int64_t>{4, 3, 5})->print(), "(4,3,5):(1,4,12)");
  EXPECT_EQ(Layout::rowMajor(std::vector<int64_t>{4, 3, 5})->print(), "(4,3,5):(15,5,1)");
  EXPECT_EQ(Layout::rowMajor(std::vector<int64_t>{})->print(), "():()");
  EXPECT_FALSE(Layout::rowMajor(std::vector<int64_t>{4, 0}));
  EXPECT_FALSE(Layout::columnMajor(std::vector<int64_t>(9, 1 << 20)));
}

TEST(Layout, CoordinateAgreesWithIndex) {
  RandomLayout random(2);
  for (int round = 0; round < 300; ++round) {
    Layout layout = random.any();
    int64_t largest = 0;
    for (int64_t i = 0; i < layout.size(); ++i) {
      EXPECT_EQ(layout(layout.coordinate(i)), layout(i)) << layout.print();
      largest = std::max(largest, layout(i));
    }
    EXPECT_EQ(layout.cosize(), largest + 1) << layout.print();
  }
}

TEST(Layout, BeyondItsSizeTheLastModeGoesOn) {
  EXPECT_EQ(parsed("(4,3):(1,100)")(13), 301);
  EXPECT_EQ(parsed("(4,3,1):(1,100,7)")(13), 301);
  EXPECT_EQ(parsed("10:1")(11), 11);
}

TEST(Layout, CoalesceExamples) {
  EXPECT_EQ(coalesce(parsed("(2,(1,6)):(1,(6,2))")).print(), "12:1");
  EXPECT_EQ(coalesce(parsed("(1,1):(5,7)")).print(), "1:0");
  EXPECT_EQ(coalesce(parsed("(4,3):(3,1)")).print(), "(4,3):(3,1)");
  EXPECT_EQ(coalesce(parsed("(3,5):(0,0)")).print(), "15:0");
  EXPECT_EQ(coalesce(parsed("():()")).print(), "1:0");
  EXPECT_EQ(flatten(parsed("((2,(3,5)),7):((1,(2,6)),0)")).print(), "(2,3,5,7):(1,2,6,0)");
}

TEST(Layout, CoalesceKeepsTheFunctionAndDecidesEquality) {
  RandomLayout random(3);
  int equal = 0;
  for (int round = 0; round < 3000; ++round) {
    Layout a = random.any(3), b = random.any(3);
    if (round % 3 == 0)
      b = flatten(a);
    EXPECT_EQ(image(coalesce(a)), image(a)) << a.print();
    for (int64_t i = a.size(); i < 2 * a.size(); ++i)
      EXPECT_EQ(coalesce(a)(i), a(i)) << a.print() << " beyond its size";
    bool same = image(a) == image(b);
    EXPECT_EQ(equivalent(a, b), same) << a.print() << " and " << b.print();
    equal += same;
  }
  EXPECT_GT(equal, 1000);
}
