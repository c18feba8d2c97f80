//===-- SwizzleTest.cpp - Swizzles ------------------------------------------===//
//
// Bijectivity, the hardware patterns, text, and the conflict-free arrangement of row-major tiles.
//
//===------------------------------------------------------------------------===//

#include "ashlar/Layout/BankConflicts.h"

#include <gtest/gtest.h>

#include <set>

using namespace ashlar::layout;

TEST(Swizzle, PermutesEveryBlockAndUndoesItself) {
  for (int bits = 0; bits <= 3; ++bits)
    for (int base = 0; base <= 4; ++base)
      for (int shift : {-4, -3, 3, 4, 5}) {
        Swizzle swizzle = *Swizzle::make(bits, base, shift);
        int64_t block = swizzle.blockSize();
        for (int64_t first : {int64_t(0), block, 5 * block}) {
          std::set<int64_t> image;
          for (int64_t i = first; i < first + block; ++i) {
            image.insert(swizzle(i));
            EXPECT_EQ(swizzle(swizzle(i)), i);
            EXPECT_EQ(swizzle(i) % (int64_t(1) << swizzle.base), i % (int64_t(1) << swizzle.base));
          }
          EXPECT_EQ(int64_t(image.size()), block);
          EXPECT_EQ(*image.begin(), first);
          EXPECT_EQ(*image.rbegin(), first + block - 1);
        }
      }
}

TEST(Swizzle, HardwarePatterns) {
  // In bytes: 16-byte chunk number XOR line number, modulo 2, 4 or 8.
  for (auto [kind, modulus] : {std::pair{HardwareSwizzle::None, 1},
                               {HardwareSwizzle::Bytes32, 2},
                               {HardwareSwizzle::Bytes64, 4},
                               {HardwareSwizzle::Bytes128, 8}})
    for (int elementBytes : {1, 2, 4, 8, 16}) {
      Swizzle swizzle = *Swizzle::hardware(kind, elementBytes);
      EXPECT_EQ(swizzle.hardwareKind(elementBytes), kind);
      for (int64_t byte = 0; byte < 4096; byte += elementBytes) {
        int64_t line = byte / 128, chunk = byte / 16;
        int64_t expected = (chunk ^ line % modulus) * 16 + byte % 16;
        EXPECT_EQ(swizzle(byte / elementBytes) * elementBytes, expected);
      }
    }
  EXPECT_FALSE(Swizzle::hardware(HardwareSwizzle::Bytes128, 3));
  EXPECT_FALSE(Swizzle::hardware(HardwareSwizzle::Bytes128, 0));
  EXPECT_FALSE(Swizzle::hardware(HardwareSwizzle::Bytes128, 32));
  EXPECT_FALSE(Swizzle::make(3, 3, 4)->hardwareKind(2));
}

TEST(Swizzle, RefusesBadParameters) {
  std::string error;
  EXPECT_FALSE(Swizzle::make(3, 3, 2, &error));
  EXPECT_EQ(error, "swizzle Sw<3,3,2> overlaps itself: bits must not exceed the shift");
  EXPECT_FALSE(Swizzle::make(-1, 3, 3, &error));
  EXPECT_EQ(error, "swizzle Sw<-1,3,3> has a negative or too large parameter");
  EXPECT_FALSE(Swizzle::make(3, 1 << 30, 3));
  EXPECT_FALSE(Swizzle::make(3, 3, -2147483647 - 1));
  EXPECT_EQ(Swizzle::make(0, 4, 1), Swizzle{});
}

TEST(SwizzledLayout, RoundTrips) {
  for (const char *text : {"Sw<3,3,3> o (8,64):(64,1)", "(8,64):(64,1)", "Sw<2,0,-3> o 8:1"}) {
    std::string error;
    std::optional<SwizzledLayout> layout = SwizzledLayout::parse(text, &error);
    ASSERT_TRUE(layout) << error;
    EXPECT_EQ(layout->print(), text);
  }
  EXPECT_EQ(SwizzledLayout::parse("Sw<0,3,3>o 8:1")->print(), "8:1");
  for (const char *text : {"Sw<3,3> o 8:1", "Sw<3,3,3> 8:1", "Sw<3,3,2> o 8:1", "Sw<3,3,99999999999> o 8:1",
                           "Sw<3,3,3> o", "", "Sw"})
    EXPECT_FALSE(SwizzledLayout::parse(text)) << text;
}

TEST(SwizzledLayout, StorageHoldsEveryOffset) {
  SwizzledLayout layout = *SwizzledLayout::parse("Sw<3,3,3> o (7,60):(60,1)");
  int64_t largest = 0;
  for (int64_t i = 0; i < layout.size(); ++i)
    largest = std::max(largest, layout(i));
  EXPECT_EQ(layout.layout.cosize(), 420);
  EXPECT_GE(largest, 420); // the swizzle moves elements beyond the layout's own end
  EXPECT_LT(largest, layout.storage());
  EXPECT_EQ(layout.storage(), 448);
}

TEST(SharedRowMajor, PicksTheHardwarePatterns) {
  auto kind = [](int64_t columns, int elementBytes) {
    return sharedRowMajor(64, columns, elementBytes)->swizzle.hardwareKind(elementBytes);
  };
  EXPECT_EQ(kind(64, 2), HardwareSwizzle::Bytes128);
  EXPECT_EQ(kind(32, 2), HardwareSwizzle::Bytes64);
  EXPECT_EQ(kind(16, 2), HardwareSwizzle::Bytes32);
  EXPECT_EQ(kind(8, 2), HardwareSwizzle::None);
  EXPECT_EQ(kind(128, 1), HardwareSwizzle::Bytes128);
  EXPECT_EQ(kind(32, 4), HardwareSwizzle::Bytes128);
}

TEST(SharedRowMajor, NoConflictsForAnyWidth) {
  for (int elementBytes : {1, 2, 4})
    for (int64_t chunks = 1; chunks <= 40; ++chunks) {
      int64_t columns = chunks * 16 / elementBytes;
      SwizzledLayout memory = *sharedRowMajor(24, columns, elementBytes);
      std::string error;
      std::optional<ConflictCount> count = ldmatrixTileConflicts(memory, 24, columns, elementBytes, &error);
      ASSERT_TRUE(count) << error;
      EXPECT_EQ(count->total, 0) << memory.print();
      EXPECT_EQ(count->accesses, 3 * chunks);
      std::set<int64_t> offsets;
      for (int64_t i = 0; i < memory.size(); ++i)
        offsets.insert(memory(i));
      EXPECT_EQ(int64_t(offsets.size()), memory.size());
      EXPECT_LT(*offsets.rbegin(), memory.storage());
    }
}

TEST(SharedRowMajor, OddRows) {
  EXPECT_EQ(sharedRowMajor(7, 3, 2)->print(), "(7,3):(8,1)"); // 6 bytes: one chunk
  EXPECT_EQ(sharedRowMajor(7, 2, 2)->print(), "(7,2):(2,1)"); // 4 bytes: as is
  EXPECT_EQ(sharedRowMajor(1, 1, 4)->print(), "(1,1):(1,1)");
  EXPECT_EQ(sharedRowMajor(64, 96, 2)->print(), "(64,96):(104,1)");
  EXPECT_EQ(sharedRowMajor(64, 80, 2)->print(), "(64,80):(88,1)");
  EXPECT_FALSE(sharedRowMajor(0, 8, 2));
  EXPECT_FALSE(sharedRowMajor(8, -8, 2));
  EXPECT_FALSE(sharedRowMajor(8, 8, 3));
  EXPECT_FALSE(sharedRowMajor(8, INT64_MAX, 2));
  EXPECT_FALSE(sharedRowMajor(INT64_MAX, 8, 2));
}
