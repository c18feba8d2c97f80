//===-- BankConflictsTest.cpp - Wavefronts of shared-memory accesses --------===//
//
// Hand-counted accesses, and whole tiles as the kernels load them.
//
//===------------------------------------------------------------------------===//

#include "ashlar/Layout/BankConflicts.h"
#include "ashlar/Layout/Fragments.h"

#include <gtest/gtest.h>

using namespace ashlar::layout;

/// The addresses of 32 lanes, `stride` bytes apart.
static std::vector<int64_t> strided(int64_t stride, int lanes = 32) {
  std::vector<int64_t> result;
  for (int64_t lane = 0; lane < lanes; ++lane)
    result.push_back(lane * stride);
  return result;
}

TEST(BankConflicts, FourBytes) {
  EXPECT_EQ(bankConflicts(strided(4), 4), 0);
  EXPECT_EQ(bankConflicts(strided(0), 4), 0); // broadcast
  EXPECT_EQ(bankConflicts(strided(8), 4), 1);
  EXPECT_EQ(bankConflicts(strided(128), 4), 31);
  EXPECT_EQ(bankConflicts(strided(132), 4), 0); // padded by one word
  EXPECT_EQ(bankConflicts(strided(12), 4), 0);  // odd strides visit all banks
  EXPECT_EQ(bankConflicts(strided(128, 5), 4), 4);
}

TEST(BankConflicts, SmallerThanAWord) {
  EXPECT_EQ(bankConflicts(strided(2), 2), 0); // two lanes share a word
  EXPECT_EQ(bankConflicts(strided(1), 1), 0);
  EXPECT_EQ(bankConflicts(strided(64), 2), 15); // two banks, 16 words each
}

TEST(BankConflicts, EightBytesInTwoPhases) {
  EXPECT_EQ(bankConflicts(strided(8), 8), 0);
  EXPECT_EQ(bankConflicts(strided(16), 8), 2);   // each half warp covers 256 bytes
  EXPECT_EQ(bankConflicts(strided(128), 8), 30); // 16 rows in each of two phases
}

TEST(BankConflicts, SixteenBytesInFourPhases) {
  EXPECT_EQ(bankConflicts(strided(16), 16), 0);
  EXPECT_EQ(bankConflicts(strided(128), 16), 28);
  EXPECT_EQ(bankConflicts(strided(144), 16), 0);
  EXPECT_EQ(bankConflicts(strided(32), 16), 4);
}

TEST(BankConflicts, InactiveLanesCostNothing) {
  std::vector<int64_t> addresses = strided(128);
  for (size_t lane = 1; lane < 32; ++lane)
    addresses[lane] = -1;
  EXPECT_EQ(bankConflicts(addresses, 4), 0);
  EXPECT_EQ(bankConflicts(std::vector<int64_t>(32, -1), 16), 0);
  EXPECT_EQ(bankConflicts(std::vector<int64_t>{}, 4), 0);
}

TEST(BankConflicts, RefusesWhatTraps) {
  EXPECT_FALSE(bankConflicts(strided(4), 3));
  EXPECT_FALSE(bankConflicts(strided(4), 32));
  EXPECT_FALSE(bankConflicts(strided(4), 0));
  EXPECT_FALSE(bankConflicts(strided(4), 8)); // lane 1 is misaligned
  EXPECT_FALSE(bankConflicts(strided(4, 33), 4));
}

TEST(BankConflicts, Ldmatrix) {
  EXPECT_EQ(ldmatrixConflicts(strided(16, 8)), 0);
  EXPECT_EQ(ldmatrixConflicts(strided(128, 8)), 7);
  EXPECT_EQ(ldmatrixConflicts(strided(128, 32)), 28);
  EXPECT_EQ(ldmatrixConflicts(strided(80, 16)), 0);
  EXPECT_FALSE(ldmatrixConflicts(strided(16, 9)));
  EXPECT_FALSE(ldmatrixConflicts(strided(8, 8)));
}

static SwizzledLayout memory(std::string_view text) { return SwizzledLayout::parse(text).value(); }

TEST(TileConflicts, AnUnswizzledTileConflicts) {
  ConflictCount plain = *ldmatrixTileConflicts(memory("(64,64):(64,1)"), 64, 64, 2);
  EXPECT_EQ(plain, (ConflictCount{64, 7, 448}));
  ConflictCount swizzled = *ldmatrixTileConflicts(memory("Sw<3,3,3> o (64,64):(64,1)"), 64, 64, 2);
  EXPECT_EQ(swizzled, (ConflictCount{64, 0, 0}));
}

TEST(TileConflicts, AsyncCopiesAndFragmentsOfASwizzledTile) {
  // The stores of a coalesced copy, 16 bytes a lane, and direct loads of operand A, 4 bytes a lane.
  for (int64_t columns : {16, 32, 64, 128, 256}) {
    std::vector<int64_t> dims{64, columns};
    SwizzledLayout tile = *sharedRowMajor(64, columns, 2);
    std::string error;
    std::optional<ConflictCount> store = tileConflicts(*blocked(dims, 128, 1, 8), tile, 2, 8, &error);
    ASSERT_TRUE(store) << error;
    EXPECT_EQ(store->total, 0) << tile.print();
    EXPECT_EQ(store->accesses, 64 * columns / 8 / 32);
    std::optional<ConflictCount> load =
        tileConflicts(*mmaOperandA(64, columns, 4, 1, 16), tile, 2, 2, &error);
    ASSERT_TRUE(load) << error;
    EXPECT_EQ(load->total, 0) << tile.print();
  }
}

TEST(TileConflicts, ColumnAccessOfARowMajorTile) {
  // One f32 a lane, lanes down a column: padding by one word cures it.
  Distribution column = *Distribution::parse("thread = [32:1@0], value = [32:1@1]");
  EXPECT_EQ(tileConflicts(column, memory("(32,32):(32,1)"), 4, 1), (ConflictCount{32, 31, 32 * 31}));
  EXPECT_EQ(tileConflicts(column, memory("(32,32):(33,1)"), 4, 1), (ConflictCount{32, 0, 0}));
}

TEST(TileConflicts, PartialWarps) {
  Distribution d = *blocked(std::vector<int64_t>{6, 8}, 48, 1, 1);
  EXPECT_EQ(tileConflicts(d, memory("(6,8):(8,1)"), 4, 1), (ConflictCount{2, 0, 0}));
}

TEST(TileConflicts, WidestVector) {
  Distribution d = *blocked(std::vector<int64_t>{16, 64}, 32, 1, 8);
  EXPECT_EQ(widestVector(d, memory("(16,64):(64,1)"), 2), 8);
  EXPECT_EQ(widestVector(d, memory("Sw<3,3,3> o (16,64):(64,1)"), 2), 8);
  EXPECT_EQ(widestVector(d, memory("Sw<3,2,3> o (16,64):(64,1)"), 2), 4); // the swizzle splits runs of 8
  EXPECT_EQ(widestVector(d, memory("(16,64):(66,1)"), 2), 2);             // rows start at 4-byte boundaries
  EXPECT_EQ(widestVector(d, memory("(16,64):(64,1)"), 4), 4);
  EXPECT_EQ(widestVector(d, memory("(16,64):(1,16)"), 2), 1);
  EXPECT_EQ(widestVector(*mmaAccumulator(16, 64, 1, 1), memory("(16,64):(64,1)"), 4), 2);
}

TEST(TileConflicts, RefusesVectorsThatAreNone) {
  std::string error;
  Distribution d = *blocked(std::vector<int64_t>{16, 64}, 32, 1, 8);
  EXPECT_FALSE(tileConflicts(d, memory("(16,64):(1,16)"), 2, 8, &error));
  EXPECT_EQ(error, "registers 0 and 1 of thread 0 are not in one vector in memory (16,64):(1,16)");
  EXPECT_FALSE(tileConflicts(d, memory("(16,64):(65,1)"), 2, 8, &error));
  EXPECT_EQ(error, "vectors of 16 bytes are not aligned in memory (16,64):(65,1)");
  EXPECT_FALSE(tileConflicts(d, memory("(16,64):(64,1)"), 4, 8, &error));
  EXPECT_FALSE(tileConflicts(d, memory("(16,64):(64,1)"), 2, 3, &error));
  EXPECT_FALSE(tileConflicts(d, memory("(16,64):(64,1)"), 0, 8, &error));
  EXPECT_FALSE(tileConflicts(d, memory("16:1"), 2, 8, &error));
  EXPECT_FALSE(ldmatrixTileConflicts(memory("(16,64):(64,1)"), 12, 64, 2, &error));
  EXPECT_FALSE(ldmatrixTileConflicts(memory("(16,64):(1,16)"), 16, 64, 2, &error));
  EXPECT_FALSE(ldmatrixTileConflicts(memory("(16,64):(66,1)"), 16, 64, 2, &error));
}
