//===-- FragmentsTest.cpp - Named distributions ------------------------------===//
//
// The tensor-core fragments against the row and column formulas of the PTX ISA ("Matrix fragments for
// mma.m16n8k16 / m16n8k32 / m16n8k8"), typed here independently; the coalesced and outer-product
// distributions against what their comments promise.
//
//===------------------------------------------------------------------------===//

#include "ashlar/Layout/Fragments.h"

#include <gtest/gtest.h>

using namespace ashlar::layout;

using Coordinate = std::vector<int64_t>;

namespace {
/// A row and a column inside one atom.
struct Place {
  int64_t row, column;
};

/// One operand type of mma.m16n8kX as the PTX ISA describes it, for lane `lane` and register element `i`.
struct Instruction {
  int bits;
  int64_t depth, countA, countB;
  Place (*a)(int64_t lane, int64_t i);
  Place (*b)(int64_t lane, int64_t i);
};
} // namespace

static Place placeC(int64_t lane, int64_t i) {
  int64_t groupID = lane >> 2, threadIDInGroup = lane % 4;
  return {i < 2 ? groupID : groupID + 8, threadIDInGroup * 2 + (i & 1)};
}

static Place placeA16(int64_t lane, int64_t i) {
  int64_t groupID = lane >> 2, threadIDInGroup = lane % 4;
  bool upper = i < 2 || (4 <= i && i < 6);
  int64_t column = threadIDInGroup * 2 + (i & 1);
  return {upper ? groupID : groupID + 8, i < 4 ? column : column + 8};
}

static Place placeB16(int64_t lane, int64_t i) {
  int64_t groupID = lane >> 2, threadIDInGroup = lane % 4;
  int64_t row = threadIDInGroup * 2 + (i & 1);
  return {i < 2 ? row : row + 8, groupID};
}

static Place placeA8(int64_t lane, int64_t i) {
  int64_t groupID = lane >> 2, threadIDInGroup = lane % 4;
  bool upper = i < 4 || (8 <= i && i < 12);
  int64_t column = threadIDInGroup * 4 + (i & 3);
  return {upper ? groupID : groupID + 8, i < 8 ? column : column + 16};
}

static Place placeB8(int64_t lane, int64_t i) {
  int64_t groupID = lane >> 2, threadIDInGroup = lane % 4;
  int64_t row = threadIDInGroup * 4 + (i & 3);
  return {i < 4 ? row : row + 16, groupID};
}

static Place placeA32(int64_t lane, int64_t i) {
  int64_t groupID = lane >> 2, threadIDInGroup = lane % 4;
  bool upper = i == 0 || i == 2, left = i == 0 || i == 1;
  return {upper ? groupID : groupID + 8, left ? threadIDInGroup : threadIDInGroup + 4};
}

static Place placeB32(int64_t lane, int64_t i) {
  int64_t groupID = lane >> 2, threadIDInGroup = lane % 4;
  return {i == 0 ? threadIDInGroup : threadIDInGroup + 4, groupID};
}

static const Instruction instructions[] = {
    {16, 16, 8, 4, placeA16, placeB16},
    {8, 32, 16, 8, placeA8, placeB8},
    {32, 8, 4, 2, placeA32, placeB32},
};

namespace {
struct WarpGrid {
  int64_t m, n, k, warpsM, warpsN;
};
} // namespace

/// K is given in atoms of 32, the common multiple of all depths. Odd numbers of atoms and of warps are on
/// purpose.
static const WarpGrid grids[] = {{16, 8, 32, 1, 1},  {128, 64, 32, 4, 1}, {64, 128, 64, 2, 4},
                                 {48, 24, 96, 3, 1}, {96, 40, 32, 2, 5},  {16, 24, 32, 1, 3}};

TEST(MmaFragments, AccumulatorFollowsThePtxTables) {
  for (const WarpGrid &g : grids) {
    std::optional<Distribution> d = mmaAccumulator(g.m, g.n, g.warpsM, g.warpsN);
    ASSERT_TRUE(d);
    EXPECT_EQ(d->verify(std::vector<int64_t>{g.m, g.n}).value_or(""), "");
    int64_t rows = g.m / g.warpsM, columns = g.n / g.warpsN, atomsM = rows / 16;
    ASSERT_EQ(d->threads(), 32 * g.warpsM * g.warpsN);
    ASSERT_EQ(d->values(), rows * columns / 32);
    for (int64_t t = 0; t < d->threads(); ++t)
      for (int64_t v = 0; v < d->values(); ++v) {
        int64_t warp = t / 32, atom = v / 4;
        Place place = placeC(t % 32, v % 4);
        Coordinate expected{warp % g.warpsM * rows + atom % atomsM * 16 + place.row,
                            warp / g.warpsM * columns + atom / atomsM * 8 + place.column};
        ASSERT_EQ(d->coordinate(t, v, 2), expected) << d->print() << " thread " << t << " value " << v;
      }
  }
}

TEST(MmaFragments, OperandAFollowsThePtxTables) {
  for (const Instruction &mma : instructions)
    for (const WarpGrid &g : grids) {
      std::optional<Distribution> d = mmaOperandA(g.m, g.k, g.warpsM, g.warpsN, mma.bits);
      ASSERT_TRUE(d);
      EXPECT_EQ(d->verify(std::vector<int64_t>{g.m, g.k}).value_or(""), "");
      EXPECT_EQ(d->replication(), g.warpsN);
      int64_t rows = g.m / g.warpsM, atomsM = rows / 16;
      ASSERT_EQ(d->threads(), 32 * g.warpsM * g.warpsN);
      ASSERT_EQ(d->values(), rows * g.k / 32);
      for (int64_t t = 0; t < d->threads(); ++t)
        for (int64_t v = 0; v < d->values(); ++v) {
          int64_t warp = t / 32, atom = v / mma.countA;
          Place place = mma.a(t % 32, v % mma.countA);
          Coordinate expected{warp % g.warpsM * rows + atom % atomsM * 16 + place.row,
                              atom / atomsM * mma.depth + place.column};
          ASSERT_EQ(d->coordinate(t, v, 2), expected) << d->print() << " thread " << t << " value " << v;
        }
    }
}

TEST(MmaFragments, OperandBFollowsThePtxTables) {
  for (const Instruction &mma : instructions)
    for (const WarpGrid &g : grids) {
      std::optional<Distribution> d = mmaOperandB(g.k, g.n, g.warpsM, g.warpsN, mma.bits);
      ASSERT_TRUE(d);
      EXPECT_EQ(d->verify(std::vector<int64_t>{g.k, g.n}).value_or(""), "");
      EXPECT_EQ(d->replication(), g.warpsM);
      int64_t columns = g.n / g.warpsN, atomsN = columns / 8;
      ASSERT_EQ(d->threads(), 32 * g.warpsM * g.warpsN);
      ASSERT_EQ(d->values(), columns * g.k / 32);
      for (int64_t t = 0; t < d->threads(); ++t)
        for (int64_t v = 0; v < d->values(); ++v) {
          int64_t warp = t / 32, atom = v / mma.countB;
          Place place = mma.b(t % 32, v % mma.countB);
          Coordinate expected{atom / atomsN * mma.depth + place.row,
                              warp / g.warpsM * columns + atom % atomsN * 8 + place.column};
          ASSERT_EQ(d->coordinate(t, v, 2), expected) << d->print() << " thread " << t << " value " << v;
        }
    }
}

TEST(MmaFragments, AccumulatorBecomesTheNextOperandAByRenaming) {
  // 16-bit only, and only if one warp holds whole rows.
  auto isRenaming = [](int64_t warpsM, int64_t warpsN, int bits) {
    Distribution scores = *mmaAccumulator(64, 64, warpsM, warpsN);
    return registerPermutation(scores, *mmaOperandA(64, 64, warpsM, warpsN, bits)).has_value();
  };
  EXPECT_TRUE(isRenaming(4, 1, 16));
  EXPECT_TRUE(isRenaming(2, 1, 16));
  EXPECT_FALSE(isRenaming(2, 2, 16));
  EXPECT_FALSE(isRenaming(4, 1, 8));
  EXPECT_FALSE(isRenaming(4, 1, 32));
}

TEST(MmaFragments, OneAtomColumnPairIsTheIdentity) {
  // c0..c3 of two neighbouring n8 atoms are a0..a7 of one k16 atom, in order.
  EXPECT_EQ(registerPermutation(*mmaAccumulator(16, 16, 1, 1), *mmaOperandA(16, 16, 1, 1, 16)),
            (std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 7}));
  // With two atoms along M the accumulator's columns come in another order.
  EXPECT_EQ(registerPermutation(*mmaAccumulator(32, 16, 1, 1), *mmaOperandA(32, 16, 1, 1, 16)),
            (std::vector<int64_t>{0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15}));
}

TEST(MmaFragments, RefuseSizesThatDoNotDivide) {
  EXPECT_FALSE(mmaAccumulator(24, 8, 1, 1));
  EXPECT_FALSE(mmaAccumulator(16, 12, 1, 1));
  EXPECT_FALSE(mmaAccumulator(32, 8, 4, 1));
  EXPECT_FALSE(mmaAccumulator(0, 8, 1, 1));
  EXPECT_FALSE(mmaAccumulator(16, 8, 0, 1));
  EXPECT_FALSE(mmaAccumulator(16, 8, INT64_MAX, 1));
  EXPECT_FALSE(mmaOperandA(16, 24, 1, 1, 16));
  EXPECT_FALSE(mmaOperandA(16, 16, 1, 1, 8));
  EXPECT_FALSE(mmaOperandA(16, 16, 1, -1, 16));
  EXPECT_FALSE(mmaOperandA(16, 16, 1, 1, 4));
  EXPECT_FALSE(mmaOperandB(16, 4, 1, 1, 16));
  EXPECT_FALSE(mmaOperandB(16, 8, 0, 1, 16));
}

//===-- Warp groups ----------------------------------------------------------===//

/// "Register Fragments for wgmma.mma_async.m64nNkX": where thread `t` of a warp group holds element `i` of D.
static Place placeGroupD(int64_t t, int64_t i) {
  int64_t row = 16 * (t / 32) + t % 32 / 4 + 8 * (i % 4 / 2);
  return {row, 8 * (i / 4) + 2 * (t % 4) + i % 2};
}

/// A of one instruction, whose rows have 32 bytes: registers of 32 bits in the order (row, row + 8) x (left,
/// right).
static Place placeGroupA(int64_t t, int64_t i, int bits) {
  int64_t packed = 32 / bits, word = i / packed;
  int64_t row = 16 * (t / 32) + t % 32 / 4 + 8 * (word % 2);
  return {row, packed * (t % 4) + 4 * packed * (word / 2) + i % packed};
}

namespace {
struct GroupTile {
  int64_t m, n, groups;
};
} // namespace

static const GroupTile groupTiles[] = {{64, 8, 1}, {64, 256, 1}, {128, 24, 1}, {128, 64, 2}, {384, 128, 3}};

TEST(WgmmaFragments, AccumulatorFollowsThePtxFormulas) {
  for (const GroupTile &tile : groupTiles) {
    std::optional<Distribution> d = wgmmaAccumulator(tile.m, tile.n, tile.groups);
    ASSERT_TRUE(d);
    EXPECT_EQ(d->verify(std::vector<int64_t>{tile.m, tile.n}).value_or(""), "");
    EXPECT_EQ(d->replication(), 1);
    int64_t ownRows = tile.m / tile.groups, perProduct = tile.n / 2;
    ASSERT_EQ(d->threads(), 128 * tile.groups);
    ASSERT_EQ(d->values(), ownRows / 64 * perProduct);
    for (int64_t t = 0; t < d->threads(); ++t)
      for (int64_t v = 0; v < d->values(); ++v) {
        Place place = placeGroupD(t % 128, v % perProduct);
        Coordinate expected{t / 128 * ownRows + v / perProduct * 64 + place.row, place.column};
        ASSERT_EQ(d->coordinate(t, v, 2), expected) << d->print() << " thread " << t << " value " << v;
      }
  }
}

TEST(WgmmaFragments, OperandAFollowsThePtxFormulas) {
  for (int bits : {8, 16, 32})
    for (const GroupTile &tile : groupTiles) {
      int64_t atomDepth = 256 / bits, k = 3 * atomDepth, perAtom = atomDepth / 2;
      std::optional<Distribution> d = wgmmaOperandA(tile.m, k, tile.groups, bits);
      ASSERT_TRUE(d);
      EXPECT_EQ(d->verify(std::vector<int64_t>{tile.m, k}).value_or(""), "");
      int64_t ownRows = tile.m / tile.groups, perProduct = 3 * perAtom;
      ASSERT_EQ(d->threads(), 128 * tile.groups);
      ASSERT_EQ(d->values(), ownRows / 64 * perProduct);
      for (int64_t t = 0; t < d->threads(); ++t)
        for (int64_t v = 0; v < d->values(); ++v) {
          Place place = placeGroupA(t % 128, v % perAtom, bits);
          Coordinate expected{t / 128 * ownRows + v / perProduct * 64 + place.row,
                              v % perProduct / perAtom * atomDepth + place.column};
          ASSERT_EQ(d->coordinate(t, v, 2), expected) << d->print() << " thread " << t << " value " << v;
        }
    }
}

TEST(WgmmaFragments, AccumulatorIsTheNextOperandA) {
  // 16-bit probabilities stay where the scores are; other widths have to move.
  for (const GroupTile &tile : groupTiles)
    if (tile.n % 32 == 0) {
      Distribution scores = *wgmmaAccumulator(tile.m, tile.n, tile.groups);
      EXPECT_EQ(scores.print(), wgmmaOperandA(tile.m, tile.n, tile.groups, 16)->print());
      EXPECT_FALSE(registerPermutation(scores, *wgmmaOperandA(tile.m, tile.n, tile.groups, 8)));
    }
}

TEST(WgmmaFragments, RefuseSizesThatDoNotDivide) {
  EXPECT_FALSE(wgmmaAccumulator(32, 8, 1));
  EXPECT_FALSE(wgmmaAccumulator(64, 12, 1));
  EXPECT_FALSE(wgmmaAccumulator(64, 8, 2));
  EXPECT_FALSE(wgmmaAccumulator(192, 8, 2));
  EXPECT_FALSE(wgmmaAccumulator(64, 0, 1));
  EXPECT_FALSE(wgmmaAccumulator(64, 8, 0));
  EXPECT_FALSE(wgmmaOperandA(64, 8, 1, 16));
  EXPECT_FALSE(wgmmaOperandA(64, 16, 1, 8));
  EXPECT_FALSE(wgmmaOperandA(96, 16, 1, 16));
  EXPECT_FALSE(wgmmaOperandA(64, 64, 1, 4));
}

TEST(Blocked, PowersOfTwo) {
  EXPECT_EQ(blocked(std::vector<int64_t>{128, 64}, 128, 1, 8)->print(),
            "thread = [8:8@1, 16:1@0], value = [8:1@1, 8:16@0]");
  EXPECT_EQ(blocked(std::vector<int64_t>{128, 64}, 128, 0, 8)->print(),
            "thread = [16:8@0, 8:1@1], value = [8:1@0, 8:8@1]");
  EXPECT_EQ(blocked(std::vector<int64_t>{4, 2048}, 128, 1, 4)->print(),
            "thread = [128:4@1], value = [4:1@1, 4:512@1, 4:1@0]");
}

TEST(Blocked, SmallTilesAreReplicated) {
  EXPECT_EQ(blocked(std::vector<int64_t>{4, 8}, 128, 1, 4)->print(),
            "thread = [2:4@1, 4:1@0, 16:0], value = [4:1@1]");
  EXPECT_EQ(blocked(std::vector<int64_t>{1}, 32, 0, 1)->print(), "thread = [32:0], value = []");
  EXPECT_EQ(blocked(std::vector<int64_t>{1, 1, 3}, 32, 2, 1)->print(), "thread = [32:0], value = [3:1@2]");
}

TEST(Blocked, AnySizes) {
  int64_t sizes[] = {1, 2, 3, 7, 12, 16, 40, 96}, threadCounts[] = {1, 32, 96, 128, 160};
  for (int64_t m : sizes)
    for (int64_t n : sizes)
      for (int64_t threads : threadCounts)
        for (int vectorDim : {0, 1})
          for (int64_t width : {1, 2, 4}) {
            std::vector<int64_t> dims{m, n};
            std::optional<Distribution> d = blocked(dims, threads, vectorDim, width);
            ASSERT_EQ(d.has_value(), dims[vectorDim] % width == 0);
            if (!d)
              continue;
            EXPECT_EQ(d->verify(dims).value_or(""), "") << d->print();
            EXPECT_EQ(d->threads(), threads);
            EXPECT_EQ(d->threads() * d->values(), m * n * d->replication());
            EXPECT_EQ(d->contiguousValues(vectorDim) % width, 0);
          }
}

TEST(Blocked, ConsecutiveThreadsTakeConsecutiveVectors) {
  std::vector<int64_t> dims{24, 96};
  Distribution d = *blocked(dims, 96, 1, 4); // 24 vectors a row: 24 threads along it, 4 rows at a time
  for (int64_t t = 0; t < 96; ++t)
    EXPECT_EQ(d.coordinate(t, 0, 2), (Coordinate{t / 24, t % 24 * 4}));
}

TEST(Blocked, RefusesNonsense) {
  EXPECT_FALSE(blocked(std::vector<int64_t>{}, 32, 0, 1));
  EXPECT_FALSE(blocked(std::vector<int64_t>{8}, 32, 1, 1));
  EXPECT_FALSE(blocked(std::vector<int64_t>{8}, 32, -1, 1));
  EXPECT_FALSE(blocked(std::vector<int64_t>{8}, 0, 0, 1));
  EXPECT_FALSE(blocked(std::vector<int64_t>{8}, 32, 0, 0));
  EXPECT_FALSE(blocked(std::vector<int64_t>{8}, 32, 0, 3));
  EXPECT_FALSE(blocked(std::vector<int64_t>{0, 8}, 32, 1, 1));
  EXPECT_FALSE(blocked(std::vector<int64_t>{int64_t(1) << 40}, 32, 0, 1));
}

TEST(Blocked, VectorWidthKeepsAllThreadsBusy) {
  EXPECT_EQ(blockedVectorWidth(std::vector<int64_t>{128, 64}, 128, 1, 8), 8);
  EXPECT_EQ(blockedVectorWidth(std::vector<int64_t>{8, 64}, 128, 1, 8), 4);
  EXPECT_EQ(blockedVectorWidth(std::vector<int64_t>{128, 6}, 128, 1, 8), 2);
  EXPECT_EQ(blockedVectorWidth(std::vector<int64_t>{128, 7}, 128, 1, 8), 1);
  EXPECT_EQ(blockedVectorWidth(std::vector<int64_t>{0, 7}, 128, 1, 8), 1);
}

TEST(Simt, OperandsMeetTheAccumulator) {
  // Every thread must hold row m of A and column n of B for each element (m, n) of its accumulator.
  for (int64_t m : {8, 24, 64})
    for (int64_t n : {4, 12, 64, 96}) {
      int64_t k = 5, threadsM = 8, threadsN = 4;
      Distribution c = *simtAccumulator(m, n, threadsM, threadsN),
                   a = *simtOperandA(m, k, threadsM, threadsN), b = *simtOperandB(k, n, threadsM, threadsN);
      EXPECT_FALSE(c.verify(std::vector<int64_t>{m, n}));
      EXPECT_FALSE(a.verify(std::vector<int64_t>{m, k}));
      EXPECT_FALSE(b.verify(std::vector<int64_t>{k, n}));
      int64_t rows = m / threadsM, columns = n / threadsN;
      for (int64_t t = 0; t < 32; ++t)
        for (int64_t row = 0; row < rows; ++row)
          for (int64_t column = 0; column < columns; ++column) {
            Coordinate at = c.coordinate(t, column + columns * row, 2);
            for (int64_t depth = 0; depth < k; ++depth) {
              EXPECT_EQ(a.coordinate(t, depth + k * row, 2), (Coordinate{at[0], depth}));
              EXPECT_EQ(b.coordinate(t, column + columns * depth, 2), (Coordinate{depth, at[1]}));
            }
          }
    }
  EXPECT_FALSE(simtAccumulator(9, 4, 8, 4));
  EXPECT_FALSE(simtOperandA(9, 4, 8, 4));
  EXPECT_FALSE(simtOperandB(4, 9, 8, 4));
  EXPECT_FALSE(simtOperandA(8, 0, 8, 4));
}
