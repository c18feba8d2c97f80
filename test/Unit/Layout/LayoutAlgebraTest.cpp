//===-- LayoutAlgebraTest.cpp - The properties that define the algebra ------===//
//
// Every operation against its defining property by enumeration, on seeded random layouts, and against worked
// examples.
//
//===------------------------------------------------------------------------===//

#include "RandomLayout.h"

#include <gtest/gtest.h>

#include <set>

using namespace ashlar::layout;

static Layout parsed(std::string_view text) { return Layout::parse(text).value(); }

static std::string print(const std::optional<Layout> &layout) { return layout ? layout->print() : "none"; }

/// Distinct offsets below the size of the layout, or 0 where two elements share one.
static std::set<int64_t> injectiveImage(const Layout &layout) {
  std::set<int64_t> result;
  for (int64_t i = 0; i < layout.size(); ++i)
    if (!result.insert(layout(i)).second)
      return {};
  return result;
}

TEST(Composition, Examples) {
  EXPECT_EQ(print(composition(parsed("(6,2):(8,2)"), parsed("(4,3):(3,1)"))), "((2,2),3):((24,2),8)");
  EXPECT_EQ(print(composition(parsed("20:2"), parsed("(5,4):(4,1)"))), "(5,4):(8,2)");
  EXPECT_EQ(print(composition(parsed("(10,2):(16,4)"), parsed("(5,4):(1,5)"))), "(5,(2,2)):(16,(80,4))");
  EXPECT_EQ(print(composition(parsed("(4,3):(1,100)"), parsed("1:5"))), "1:0");
  EXPECT_EQ(print(composition(parsed("1:0"), parsed("(2,3):(1,7)"))), "(2,3):(0,0)");
  // A step that does not divide the mode is fine while it stays inside.
  EXPECT_EQ(print(composition(parsed("(8,3):(1,100)"), parsed("3:3"))), "3:3");
}

TEST(Composition, SaysWhyThereIsNone) {
  std::string error;
  EXPECT_FALSE(composition(parsed("(4,3):(1,100)"), parsed("6:1"), &error));
  EXPECT_EQ(error, "composition: mode 6:1 steps unevenly across a mode of size 4");
  // Both leaves fit alone, but 3 + 3 carries out of the mode of size 4.
  EXPECT_FALSE(composition(parsed("(4,2):(1,100)"), parsed("(2,2):(3,3)"), &error));
  EXPECT_EQ(error,
            "composition: the modes together reach element 6 of a mode of size 4 and carry into the next");
  EXPECT_FALSE(composition(parsed("8:72057594037927"), parsed("8:72057594037927"), &error));
}

TEST(Composition, IsTheComposedFunction) {
  RandomLayout random(10);
  int found = 0;
  for (int round = 0; round < 6000; ++round) {
    Layout a = round % 2 ? random.any() : random.chain(), b = round % 4 < 2 ? random.any(3) : random.chain(3);
    std::optional<Layout> r = composition(a, b);
    if (!r)
      continue;
    ++found;
    ASSERT_EQ(r->size(), b.size());
    if (!b.isLeaf())
      ASSERT_EQ(r->shape(), b.shape());
    for (int64_t i = 0; i < b.size(); ++i)
      ASSERT_EQ((*r)(i), a(b(i))) << a.print() << " after " << b.print() << " is not " << r->print();
  }
  EXPECT_GT(found, 3000);
}

TEST(Composition, ExistsForIndicesOfAWholeTile) {
  // Powers of two always divide: composition must not refuse them.
  RandomLayout random(11);
  for (int round = 0; round < 500; ++round) {
    std::vector<int64_t> shape(3);
    int64_t size = 1;
    for (int64_t &extent : shape)
      size *= extent = int64_t(1) << random.below(5);
    Layout a = *Layout::rowMajor(shape),
           b = *Layout::columnMajor(std::vector<int64_t>{size / 2 + (size == 1), 2});
    EXPECT_TRUE(composition(a, b)) << a.print() << " after " << b.print();
  }
}

TEST(Composition, Associates) {
  RandomLayout random(12);
  int found = 0;
  for (int round = 0; round < 5000; ++round) {
    Layout a = random.chain(3), b = random.chain(3, false), c = random.chain(2, false);
    std::optional<Layout> ab = composition(a, b), bc = composition(b, c);
    std::optional<Layout> left = ab ? composition(*ab, c) : std::nullopt;
    std::optional<Layout> right = bc ? composition(a, *bc) : std::nullopt;
    if (!left || !right || b.cosize() > a.size() || c.cosize() > b.size())
      continue;
    ++found;
    EXPECT_TRUE(equivalent(*left, *right));
  }
  EXPECT_GT(found, 300);
}

TEST(Complement, Examples) {
  EXPECT_EQ(print(complement(parsed("4:1"), 24)), "6:4");
  EXPECT_EQ(print(complement(parsed("6:4"), 24)), "4:1");
  EXPECT_EQ(print(complement(parsed("(4,6):(1,4)"), 24)), "1:0");
  EXPECT_EQ(print(complement(parsed("4:2"), 24)), "(2,3):(1,8)");
  EXPECT_EQ(print(complement(parsed("(2,4):(1,6)"), 24)), "3:2");
  EXPECT_EQ(print(complement(parsed("(2,2):(1,6)"), 24)), "(3,2):(2,12)");
  EXPECT_EQ(print(complement(parsed("4:1"), 10)), "3:4");
  EXPECT_EQ(print(complement(parsed("1:0"), 7)), "7:1");
  std::string error;
  EXPECT_FALSE(complement(parsed("(4,2):(1,6)"), 24, &error));
  EXPECT_EQ(error, "complement: stride 6 is no multiple of the block of 4 that the smaller modes occupy");
  EXPECT_FALSE(complement(parsed("4:1"), 0, &error));
  EXPECT_FALSE(complement(parsed("4:1"), INT64_MAX, &error));
}

TEST(Complement, IsDisjointOrderedAndComplete) {
  RandomLayout random(13);
  for (int round = 0; round < 500; ++round) {
    Layout a = random.chain();
    int64_t extent = 1 + random.below(2 * a.cosize());
    std::optional<Layout> c = complement(a, extent);
    ASSERT_TRUE(c) << a.print();
    std::optional<Layout> both = Layout::concat(std::vector<Layout>{a, *c});
    ASSERT_TRUE(both);
    std::set<int64_t> image = injectiveImage(*both);
    ASSERT_FALSE(image.empty()) << a.print() << " and " << c->print() << " overlap";
    EXPECT_EQ(int64_t(image.size()), *image.rbegin() + 1)
        << a.print() << " and " << c->print() << " leave a gap";
    EXPECT_GE(both->size(), extent);
    EXPECT_TRUE(c->size() == 1 || both->size() < extent + a.cosize() * 4);
    for (int64_t j = 1; j < c->size(); ++j)
      EXPECT_LT((*c)(j - 1), (*c)(j));
  }
}

TEST(Complement, RefusesOnlyWhatHasNone) {
  // A random layout with a complement is injective and its complement is disjoint.
  RandomLayout random(14);
  int found = 0, refused = 0;
  for (int round = 0; round < 3000; ++round) {
    Layout a = random.any(3);
    bool broadcasts = false;
    for (const Leaf &leaf : a.leaves())
      broadcasts |= leaf.stride == 0 && leaf.shape > 1;
    std::optional<Layout> c = complement(a, a.cosize());
    (c ? found : refused)++;
    if (c && !broadcasts)
      EXPECT_FALSE(injectiveImage(*Layout::concat(std::vector<Layout>{a, *c})).empty()) << a.print();
  }
  EXPECT_GT(found, 300);
  EXPECT_GT(refused, 300);
}

TEST(Inverse, Examples) {
  EXPECT_EQ(rightInverse(parsed("(4,3):(3,1)")).print(), "(3,4):(4,1)");
  EXPECT_EQ(rightInverse(parsed("(4,3):(1,8)")).print(), "4:1");
  EXPECT_EQ(rightInverse(parsed("4:2")).print(), "1:0");
  EXPECT_EQ(rightInverse(parsed("(2,4):(0,1)")).print(), "4:2");
  EXPECT_EQ(print(leftInverse(parsed("4:2"))), "(2,4):(4,1)");
  std::string error;
  EXPECT_FALSE(leftInverse(parsed("(4,2):(1,0)"), &error));
  EXPECT_EQ(error, "leftInverse: the layout is not injective, a mode has stride 0");
  EXPECT_FALSE(leftInverse(parsed("(4,2):(1,2)")));
}

TEST(Inverse, RightInverse) {
  RandomLayout random(15);
  for (int round = 0; round < 3000; ++round) {
    Layout a = round % 2 ? random.any() : random.chain(), r = rightInverse(a);
    for (int64_t i = 0; i < r.size(); ++i)
      ASSERT_EQ(a(r(i)), i) << a.print() << " and " << r.print();
  }
}

TEST(Inverse, RightInverseOfABijectionIsWhole) {
  RandomLayout random(16);
  for (int round = 0; round < 500; ++round) {
    Layout a = random.chain(4, /*gaps=*/false);
    EXPECT_EQ(rightInverse(a).size(), a.size()) << a.print();
  }
}

TEST(Inverse, LeftInverse) {
  RandomLayout random(17);
  for (int round = 0; round < 600; ++round) {
    Layout a = random.chain();
    std::optional<Layout> r = leftInverse(a);
    ASSERT_TRUE(r) << a.print();
    for (int64_t i = 0; i < a.size(); ++i)
      ASSERT_EQ((*r)(a(i)), i) << a.print() << " and " << r->print();
  }
}

TEST(Divide, Examples) {
  EXPECT_EQ(print(logicalDivide(parsed("(4,2,3):(2,1,8)"), parsed("4:2"))), "((2,2),(2,3)):((4,1),(2,8))");
  EXPECT_EQ(print(logicalDivide(parsed("10:1"), parsed("4:1"))), "(4,3):(1,4)");
  std::vector<Layout> tilers{parsed("1:0"), parsed("8:1")};
  EXPECT_EQ(print(zippedDivide(parsed("(64,32):(32,1)"), tilers)), "((1,8),(64,4)):((0,1),(32,8))");
  EXPECT_EQ(print(composition(parsed("(64,4):(32,8)"), parsed("(4,64):(64,1)"))), "(4,64):(8,32)");
  EXPECT_EQ(print(logicalDivide(parsed("(6,5,3):(1,6,30)"), std::vector<Layout>{parsed("2:1")})),
            "((2,3),5,3):((1,2),6,30)");
  EXPECT_EQ(print(zippedDivide(parsed("(6,5):(1,6)"), std::vector<Layout>{parsed("2:1")})),
            "((2),(3,5)):((1),(2,6))");
  std::string error;
  EXPECT_FALSE(logicalDivide(parsed("8:1"), tilers, &error));
  EXPECT_EQ(error, "logicalDivide: 2 tilers for a layout of rank 1");
  EXPECT_FALSE(zippedDivide(parsed("8:1"), tilers));
}

TEST(Divide, RegroupsAllElements) {
  RandomLayout random(18);
  int found = 0;
  for (int round = 0; round < 3000; ++round) {
    Layout a = random.chain(3), t = random.chain(2);
    std::optional<Layout> divided = logicalDivide(a, t);
    if (!divided)
      continue;
    ++found;
    ASSERT_EQ(divided->rank(), 2);
    ASSERT_EQ(divided->mode(0).size(), t.size());
    for (int64_t i = 0; i < t.size(); ++i)
      EXPECT_EQ(divided->mode(0)(i), a(t(i)));
    // Which index of `a` each element is: the tiler and the rest take every index below the size once.
    Layout indices = *Layout::concat(std::vector<Layout>{t, *complement(t, a.size())});
    std::set<int64_t> taken = injectiveImage(indices);
    for (int64_t i = 0; i < a.size(); ++i)
      ASSERT_TRUE(taken.count(i)) << a.print() << " divided by " << t.print() << " loses element " << i;
    for (int64_t i = 0; i < divided->size(); ++i)
      ASSERT_EQ((*divided)(i), a(indices(i)));
  }
  EXPECT_GT(found, 1000);
}

TEST(Product, Examples) {
  EXPECT_EQ(print(logicalProduct(parsed("(2,2):(4,1)"), parsed("6:1"))), "((2,2),(2,3)):((4,1),(2,8))");
  EXPECT_EQ(print(logicalProduct(parsed("(2,2):(4,1)"), parsed("(4,2):(2,1)"))),
            "((2,2),(4,2)):((4,1),(8,2))");
  EXPECT_FALSE(logicalProduct(parsed("72057594037927936:1"), parsed("2:1")));
}

TEST(Product, CopiesAreDisjointAndArrangedLikeTheTiler) {
  RandomLayout random(19);
  int found = 0;
  for (int round = 0; round < 800; ++round) {
    Layout a = random.chain(3), t = random.chain(2);
    std::optional<Layout> product = logicalProduct(a, t);
    if (!product)
      continue;
    ++found;
    EXPECT_EQ(product->mode(0), a);
    EXPECT_EQ(product->mode(1).size(), t.size());
    EXPECT_FALSE(injectiveImage(*product).empty()) << a.print() << " times " << t.print();
    Layout gaps = *complement(a, a.size() * t.cosize());
    for (int64_t i = 0; i < t.size(); ++i)
      EXPECT_EQ(product->mode(1)(i), gaps(t(i)));
  }
  EXPECT_GT(found, 300);
}

TEST(Append, AddsAMode) {
  EXPECT_EQ(print(append(parsed("(2,3):(1,2)"), parsed("(4,5):(6,24)"))), "(2,3,(4,5)):(1,2,(6,24))");
  EXPECT_EQ(print(append(parsed("2:1"), parsed("3:0"))), "(2,3):(1,0)");
}

TEST(Limits, NothingOverflows) {
  // Layouts near the limit: answers or refusals, but no undefined behaviour (run under the sanitizers).
  std::vector<Layout> big;
  for (const char *text :
       {"72057594037927936:1", "2:72057594037927936", "(2,3):(36028797018963968,12009599006321322)",
        "(268435456,268435456):(1,268435456)", "(268435456,268435456):(268435456,1)", "72057594037927936:0",
        "(3,2):(1,36028797018963968)"})
    big.push_back(parsed(text));
  for (const Layout &a : big) {
    coalesce(a), rightInverse(a), leftInverse(a);
    for (int64_t extent : {int64_t(1), int64_t(3), Layout::maxExtent})
      complement(a, extent);
    for (const Layout &b : big) {
      composition(a, b), logicalDivide(a, b), logicalProduct(a, b);
      a(b.cosize() - 1);
    }
  }
}
