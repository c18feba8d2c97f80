//===-- ContiguityTest.cpp - How wide global accesses may be --------------===//
//
// Known views, and random ones whose every vector is enumerated.
//
//===----------------------------------------------------------------------===//
#include "ashlar/Tile/Contiguity.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/Parser/Parser.h"
#include <gtest/gtest.h>
#include <numeric>
#include <random>

using namespace mlir;
using namespace ashlar::tile;

namespace {

class ContiguityTest : public testing::Test {
protected:
  ContiguityTest() { context.loadDialect<TileDialect, arith::ArithDialect, scf::SCFDialect>(); }

  AffineMap map(StringRef text) {
    return cast<AffineMapAttr>(parseAttribute(("affine_map<" + text + ">").str(), &context)).getValue();
  }

  /// A whole-view access of 16-bit elements whose offsets are multiples of the tile's extents.
  TileAccess access(StringRef mapText, ArrayRef<int64_t> viewShape, ArrayRef<int64_t> bufferShape,
                    ArrayRef<int64_t> tileShape) {
    TileAccess result;
    result.map = map(mapText);
    result.viewShape.assign(viewShape.begin(), viewShape.end());
    result.extentDivisors.assign(viewShape.begin(), viewShape.end());
    result.bufferShape.assign(bufferShape.begin(), bufferShape.end());
    result.bufferStrides.assign(bufferShape.size(), 1);
    for (int64_t dim = int64_t(bufferShape.size()) - 2; dim >= 0; --dim)
      result.bufferStrides[dim] = result.bufferStrides[dim + 1] * bufferShape[dim + 1];
    result.symbolDivisors.assign(result.map.getNumSymbols(), 1);
    result.tileShape.assign(tileShape.begin(), tileShape.end());
    result.offsetDivisors.assign(tileShape.begin(), tileShape.end());
    result.inBounds.assign(tileShape.size(), false);
    result.elementBits = 16;
    return result;
  }

  MLIRContext context;
};

constexpr int64_t dynamic = ShapedType::kDynamic;

} // namespace

TEST_F(ContiguityTest, RowMajorMatrix) {
  TileAccess plain = access("(m, k) -> (m, k)", {256, 512}, {256, 512}, {128, 32});
  EXPECT_EQ(vectorAccess(plain), (VectorAccess{1, 8}));
  plain.elementBits = 32;
  EXPECT_EQ(vectorAccess(plain), (VectorAccess{1, 4}));
  plain.elementBits = 8;
  EXPECT_EQ(vectorAccess(plain), (VectorAccess{1, 16}));
  plain.elementBits = 4;
  EXPECT_EQ(vectorAccess(plain), (VectorAccess{1, 32}));
}

TEST_F(ContiguityTest, TransposedMatrixIsContiguousAlongRows) {
  EXPECT_EQ(vectorAccess(access("(m, k) -> (k, m)", {256, 512}, {512, 256}, {128, 32})),
            (VectorAccess{0, 8}));
}

TEST_F(ContiguityTest, WindowsOfConvolution) {
  StringRef text = "(m, k) -> (m floordiv 3136, (m floordiv 56) mod 56 + k floordiv 192 - 1, "
                   "m mod 56 + (k floordiv 64) mod 3 - 1, k mod 64)";
  EXPECT_EQ(vectorAccess(access(text, {25088, 576}, {8, 56, 56, 64}, {128, 32})), (VectorAccess{1, 8}));
  // Channels first: rows of 56 start anywhere, since the window is shifted by one.
  StringRef channelsFirst =
      "(m, k) -> (m floordiv 3136, k floordiv 9, (m floordiv 56) mod 56 + (k floordiv 3) "
      "mod 3 - 1, m mod 56 + k mod 3 - 1)";
  EXPECT_EQ(vectorAccess(access(channelsFirst, {25088, 576}, {8, 64, 56, 56}, {128, 32})).width, 1);
}

TEST_F(ContiguityTest, OddRowsLimitAlignment) {
  EXPECT_EQ(vectorAccess(access("(m, k) -> (m, k)", {64, 500}, {64, 500}, {32, 32})), (VectorAccess{1, 4}));
  EXPECT_EQ(vectorAccess(access("(m, k) -> (m, k)", {64, 510}, {64, 510}, {32, 32})), (VectorAccess{1, 2}));
  EXPECT_EQ(vectorAccess(access("(m, k) -> (m, k)", {64, 511}, {64, 511}, {32, 32})), (VectorAccess{1, 1}));
}

TEST_F(ContiguityTest, UnalignedRowsStillNameTheirDimension) {
  EXPECT_EQ(vectorAccess(access("(m, k) -> (k, m)", {63, 511}, {511, 63}, {32, 32})), (VectorAccess{0, 1}));
}

TEST_F(ContiguityTest, VectorsThatStraddleTheEndAreNoVectors) {
  // A bias of 1002 elements: 1000 is a multiple of 8, but the last vector would be half outside.
  TileAccess bias = access("(n) -> (n)", {1002}, {1002}, {128});
  EXPECT_EQ(vectorAccess(bias), (VectorAccess{0, 2}));
  bias.inBounds[0] = true;
  EXPECT_EQ(vectorAccess(bias), (VectorAccess{0, 8}));
  // The view is narrower than the buffer's rows.
  EXPECT_EQ(vectorAccess(access("(m, k) -> (m, k)", {64, 36}, {64, 64}, {32, 32})), (VectorAccess{1, 4}));
}

TEST_F(ContiguityTest, ShiftedCoordinatesAreUnaligned) {
  EXPECT_EQ(vectorAccess(access("(m, k) -> (m, k + 1)", {64, 62}, {64, 64}, {32, 32})).width, 1);
  EXPECT_EQ(vectorAccess(access("(m, k) -> (m, k + 4)", {64, 56}, {64, 64}, {32, 32})), (VectorAccess{1, 4}));
}

TEST_F(ContiguityTest, SymbolsCountByTheirDivisors) {
  TileAccess heads = access("(m, d)[h] -> (m, h + d)", {64, 64}, {64, 512}, {32, 64});
  EXPECT_EQ(vectorAccess(heads).width, 1);
  heads.symbolDivisors = {64};
  EXPECT_EQ(vectorAccess(heads), (VectorAccess{1, 8}));
}

TEST_F(ContiguityTest, OffsetsDecide) {
  TileAccess window = access("(m, k) -> (m, k)", {64, 512}, {64, 512}, {32, 32});
  window.offsetDivisors = {1, 2};
  EXPECT_EQ(vectorAccess(window), (VectorAccess{1, 2}));
  window.offsetDivisors = {1, 0}; // always zero
  EXPECT_EQ(vectorAccess(window), (VectorAccess{1, 8}));
}

TEST_F(ContiguityTest, DynamicExtents) {
  TileAccess rows = access("(m, k) -> (m, k)", {dynamic, 64}, {dynamic, 64}, {32, 32});
  EXPECT_EQ(vectorAccess(rows), (VectorAccess{1, 8}));
  TileAccess flat = access("(n) -> (n)", {dynamic}, {dynamic}, {128});
  flat.extentDivisors = {1};
  EXPECT_EQ(vectorAccess(flat), (VectorAccess{0, 1}));
  flat.extentDivisors = {4};
  EXPECT_EQ(vectorAccess(flat), (VectorAccess{0, 4}));
}

TEST_F(ContiguityTest, PointsAndScalars) {
  EXPECT_EQ(vectorAccess(access("() -> (0)", {}, {1}, {})), (VectorAccess{0, 1}));
  EXPECT_EQ(vectorAccess(access("(m, k) -> (m, k)", {1, 1}, {1, 1}, {1, 1})).width, 1);
  // Every element of the tile is the same element of memory.
  EXPECT_EQ(vectorAccess(access("(m) -> (0)", {64}, {16}, {32})).width, 1);
}

TEST_F(ContiguityTest, DivisorsOfValues) {
  auto module = parseSourceString<ModuleOp>(R"(
    tile.kernel @k(%n: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 32 {
      %c0 = arith.constant 0 : index
      %c6 = arith.constant 6 : index
      %c32 = arith.constant 32 : index
      %c128 = arith.constant 128 : index
      %b = tile.block_id x
      %m = arith.muli %b, %c128 : index
      scf.for %k = %c32 to %n step %c128 {
        %sum = arith.addi %k, %m : index
        %difference = arith.subi %sum, %c6 : index
        %quotient = arith.divui %m, %c32 : index
        %remainder = arith.remui %m, %c32 : index
        %smaller = arith.minsi %m, %c32 : index
        "test.use"(%b, %m, %k, %sum, %difference, %quotient, %remainder, %smaller, %c0, %n)
            : (index, index, index, index, index, index, index, index, index, index) -> ()
      }
      tile.return
    })",
                                            [&] {
                                              context.allowUnregisteredDialects();
                                              return ParserConfig(&context);
                                            }());
  ASSERT_TRUE(module);
  SmallVector<int64_t> divisors;
  module->walk([&](Operation *op) {
    if (op->getName().getStringRef() == "test.use")
      divisors = llvm::map_to_vector(op->getOperands(), knownDivisor);
  });
  EXPECT_EQ(divisors, (SmallVector<int64_t>{1, 128, 32, 32, 2, 4, 32, 32, 0, 1}));
}

//===-- Every vector of random views ---------------------------------------===//

namespace {
/// What the header promises, checked element by element for the vectors of a tile at `offsets`.
class VectorChecker {
public:
  VectorChecker(const TileAccess &access, ArrayRef<int64_t> symbols) : access(access), symbols(symbols) {}

  /// The address of an element of the view; nothing outside.
  std::optional<int64_t> address(ArrayRef<int64_t> point) const {
    MLIRContext *context = access.map.getContext();
    SmallVector<Attribute> operands;
    for (ArrayRef<int64_t> values : {point, symbols})
      for (int64_t value : values)
        operands.push_back(IntegerAttr::get(IndexType::get(context), value));
    SmallVector<Attribute> results;
    EXPECT_TRUE(succeeded(access.map.constantFold(operands, results)));
    int64_t address = 0;
    for (auto [index, result] : llvm::enumerate(results)) {
      int64_t coordinate = cast<IntegerAttr>(result).getInt();
      if (coordinate < 0 || coordinate >= access.bufferShape[index])
        return std::nullopt;
      address += coordinate * access.bufferStrides[index];
    }
    for (auto [coordinate, extent] : llvm::zip(point, access.viewShape))
      if (coordinate >= extent)
        return std::nullopt;
    return address;
  }

  bool isVector(SmallVector<int64_t> point, VectorAccess vectors) const {
    std::optional<int64_t> first = address(point);
    if (first && *first % vectors.width != 0)
      return false;
    for (int64_t i = 1; i < vectors.width; ++i) {
      ++point[vectors.dim];
      std::optional<int64_t> next = address(point);
      if (next.has_value() != first.has_value() || (first && *next != *first + i))
        return false;
    }
    return true;
  }

private:
  const TileAccess &access;
  ArrayRef<int64_t> symbols;
};
} // namespace

/// A random coordinate over (d0, d1)[s0]: sums of pieces that occur in views of convolutions and heads.
static std::string randomCoordinate(std::mt19937 &random) {
  auto pick = [&](std::initializer_list<const char *> choices) {
    return std::string(*(choices.begin() + random() % choices.size()));
  };
  auto number = [&] { return pick({"2", "3", "4", "6", "8", "12", "16", "24"}); };
  std::string text;
  for (unsigned terms = 1 + random() % 2; terms > 0; --terms) {
    std::string dim = pick({"d0", "d1"});
    switch (random() % 6) {
    case 0:
      text += dim;
      break;
    case 1:
      text += dim + " mod " + number();
      break;
    case 2:
      text += dim + " floordiv " + number();
      break;
    case 3:
      text += "(" + dim + " floordiv " + number() + ") mod " + number();
      break;
    case 4:
      text += dim + " * " + number();
      break;
    case 5:
      text += pick({"s0", "s0 * 8", "1", "8", "-1", "0"});
      break;
    }
    text += " + ";
  }
  return text + pick({"0", "0", "8", "-4"});
}

TEST_F(ContiguityTest, RandomViewsKeepThePromise) {
  std::mt19937 random(7);
  auto oneOf = [&](std::initializer_list<int64_t> choices) {
    return *(choices.begin() + random() % choices.size());
  };
  int wide = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text = "(d0, d1)[s0] -> (" + randomCoordinate(random) + ", " + randomCoordinate(random) + ")";
    int64_t symbolDivisor = oneOf({0, 1, 4, 8});
    TileAccess view =
        access(text, {oneOf({16, 20, 32, 33}), oneOf({16, 24, 30, 48})},
               {oneOf({4, 8, 32}), oneOf({16, 24, 33, 64})}, {oneOf({1, 4, 8}), oneOf({8, 12, 16})});
    view.symbolDivisors = {symbolDivisor};
    view.offsetDivisors = {oneOf({0, 1, 4, 8}), oneOf({0, 2, 4, 8, 16})};
    VectorAccess vectors = vectorAccess(view);
    wide += vectors.width > 1;
    for (int trial = 0; trial < 4 && vectors.width > 1; ++trial) {
      SmallVector<int64_t> offset, symbols = {symbolDivisor * int64_t(random() % 4)};
      for (int64_t divisor : view.offsetDivisors)
        offset.push_back(divisor * int64_t(random() % 5));
      VectorChecker checker(view, symbols);
      for (int64_t i = 0; i < view.tileShape[0]; i += vectors.dim == 0 ? vectors.width : 1)
        for (int64_t j = 0; j < view.tileShape[1]; j += vectors.dim == 1 ? vectors.width : 1)
          ASSERT_TRUE(checker.isVector({offset[0] + i, offset[1] + j}, vectors))
              << text << ", width " << vectors.width << " along " << vectors.dim << " at (" << offset[0] + i
              << ", " << offset[1] + j << ")[" << symbols[0] << "]";
    }
  }
  EXPECT_GT(wide, 100);
}
