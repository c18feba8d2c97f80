//===-- TensorCopyTest.cpp - Boxes element by element ---------------------===//
//
// Compares copied boxes with what a definition gives that looks at one element at a time.
//
//===----------------------------------------------------------------------===//

#include "lib/Simulator/TensorCopy.h"
#include "ashlar/Support/ElementType.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cstring>
#include <vector>

using namespace ashlar;
using namespace ashlar::simulator;

namespace {

/// A dense tensor of 16-bit words 1, 2, …, innermost first.
struct Tensor {
  std::vector<uint64_t> extents, strides;
  std::vector<uint16_t> words;

  explicit Tensor(std::vector<uint64_t> sizes) : extents(std::move(sizes)) {
    uint64_t count = 1;
    for (size_t i = 0; i < extents.size(); ++i) {
      if (i > 0)
        strides.push_back(2 * count);
      count *= extents[i];
    }
    words.resize(count);
    for (size_t i = 0; i < count; ++i)
      words[i] = uint16_t(i + 1);
  }
  TensorMapSource source(uint32_t swizzleBytes, std::span<const uint32_t> elementStrides = {}) const {
    return {TensorMapElement::U16, reinterpret_cast<uint64_t>(words.data()), extents, strides, elementStrides,
            swizzleBytes};
  }
  /// Zero outside.
  uint16_t at(const std::vector<int64_t> &position) const {
    uint64_t index = 0;
    for (size_t i = extents.size(); i-- > 0;) {
      if (position[i] < 0 || position[i] >= int64_t(extents[i]))
        return 0;
      index = index * extents[i] + uint64_t(position[i]);
    }
    return words[index];
  }
};

uint16_t wordAt(const std::vector<char> &shared, uint32_t offset) {
  uint16_t word;
  std::memcpy(&word, shared.data() + offset, 2);
  return word;
}

/// Rows of `pitch` bytes; chunk c of line l of 128 bytes changes places with chunk c ^ key(l).
uint32_t placeOf(uint32_t start, uint32_t row, uint32_t pitch, uint32_t byte, uint32_t swizzle) {
  uint32_t linear = start + row * pitch + byte, line = linear / 128, chunk = linear / 16 % 8;
  uint32_t key = swizzle == 128 ? line % 8 : swizzle == 64 ? line % 4 : swizzle == 32 ? line % 2 : 0;
  return line * 128 + (chunk ^ key) * 16 + linear % 16;
}

} // namespace

TEST(TensorCopy, TiledBoxesWithEverySwizzle) {
  Tensor tensor({72, 9, 5});
  for (uint32_t swizzle : {0u, 32u, 64u, 128u})
    for (int32_t c0 : {-8, 0, 8, 60})
      for (int32_t c1 : {-2, 0, 7}) {
        const uint32_t columns = swizzle ? swizzle / 2 : 40;
        const uint32_t box[] = {columns, 4, 2};
        TensorMap map = *tiledTensorMap(tensor.source(swizzle), box);
        std::vector<char> shared(4096, char(0xee));
        constexpr uint32_t start = 384;
        loadBox({&map, {c0, c1, 3}, {}}, shared.data(), start);
        EXPECT_EQ(boxSpan(map), columns * 2 * 8);
        for (uint32_t row = 0; row < 8; ++row)
          for (uint32_t column = 0; column < columns; ++column)
            ASSERT_EQ(wordAt(shared, placeOf(start, row, columns * 2, 2 * column, swizzle)),
                      tensor.at({c0 + column, c1 + int64_t(row % 4), 3 + int64_t(row / 4)}))
                << "swizzle " << swizzle << ", row " << row << ", column " << column;
      }
}

TEST(TensorCopy, NarrowRowsKeepTheSwizzlesPitch) {
  Tensor tensor({16, 16});
  const uint32_t box[] = {16, 8};
  TensorMap map = *tiledTensorMap(tensor.source(128), box);
  std::vector<char> shared(2048, char(0xee));
  loadBox({&map, {0, 0}, {}}, shared.data(), 0);
  EXPECT_EQ(boxSpan(map), 8u * 128);
  EXPECT_EQ(tensorMapBoxBytes(map), 8u * 32);
  for (uint32_t row = 0; row < 8; ++row)
    for (uint32_t column = 0; column < 16; ++column)
      ASSERT_EQ(wordAt(shared, placeOf(0, row, 128, 2 * column, 128)), tensor.at({column, row}));
}

TEST(TensorCopy, ElementStridesSkipRows) {
  Tensor tensor({16, 20, 6});
  const uint32_t box[] = {16, 7, 4}, strides[] = {1, 3, 2};
  TensorMap map = *tiledTensorMap(tensor.source(0, strides), box);
  std::vector<char> shared(1024);
  loadBox({&map, {0, -3, 1}, {}}, shared.data(), 0);
  EXPECT_EQ(boxSpan(map), 32u * 3 * 2);
  for (uint32_t row = 0; row < 6; ++row)
    for (uint32_t column = 0; column < 16; ++column)
      ASSERT_EQ(wordAt(shared, row * 32 + 2 * column),
                tensor.at({column, -3 + 3 * int64_t(row % 3), 1 + 2 * int64_t(row / 3)}));
}

TEST(TensorCopy, StoresWriteOnlyTheTensor) {
  Tensor tensor({24, 3});
  const std::vector<uint16_t> before = tensor.words;
  const uint32_t box[] = {16, 4};
  TensorMap map = *tiledTensorMap(tensor.source(32), box);
  std::vector<uint16_t> shared(128);
  for (size_t i = 0; i < shared.size(); ++i)
    shared[i] = uint16_t(1000 + i);
  std::vector<char> rows(tensorMapBoxBytes(map));
  gatherBox(map, reinterpret_cast<char *>(shared.data()), 0, rows.data());
  storeBox({&map, {16, 1}, {}}, rows.data());
  std::vector<char> image(256);
  std::memcpy(image.data(), shared.data(), 256);
  for (int64_t row = 0; row < 3; ++row)
    for (int64_t column = 0; column < 24; ++column) {
      bool isWritten = row >= 1 && column >= 16;
      uint32_t place = placeOf(0, uint32_t(row - 1), 32, uint32_t(2 * (column - 16)), 32);
      ASSERT_EQ(tensor.at({column, row}),
                isWritten ? wordAt(image, place) : before[size_t(row * 24 + column)]);
    }
}

TEST(TensorCopy, AdditionsKnowTheElementType) {
  std::vector<uint16_t> halves(8, floatToHalf(1.5f)), words(8, 65535);
  const uint64_t extents[] = {8};
  const uint32_t box[] = {8};
  auto add = [&](std::vector<uint16_t> &target, TensorMapElement element, uint16_t term) {
    TensorMap map = *tiledTensorMap({element, reinterpret_cast<uint64_t>(target.data()), extents, {}}, box);
    std::vector<uint16_t> terms(8, term);
    addBox({&map, {2}, {}}, reinterpret_cast<char *>(terms.data()));
  };
  add(halves, TensorMapElement::F16, floatToHalf(0.25f));
  add(words, TensorMapElement::U16, 3);
  EXPECT_EQ(halfToFloat(halves[1]), 1.5f);
  EXPECT_EQ(halfToFloat(halves[2]), 1.75f);
  EXPECT_EQ(words[7], 2u);
}

/// The rows of the matrix that a convolution multiplies: one for each output pixel, for one place of the
/// window.
TEST(TensorCopy, Im2colIsTheConvolutionsMatrix) {
  struct Convolution {
    int64_t width, height, kernel, stride, padding, dilation;
  };
  for (Convolution c : {Convolution{7, 5, 3, 1, 1, 1}, Convolution{8, 6, 3, 2, 1, 1},
                        Convolution{9, 9, 2, 1, 0, 3}, Convolution{6, 6, 5, 1, 2, 1}}) {
    Tensor tensor({16, uint64_t(c.width), uint64_t(c.height), 3});
    auto outputs = [&](int64_t size) {
      return (size + 2 * c.padding - c.dilation * (c.kernel - 1) - 1) / c.stride + 1;
    };
    const int64_t across = outputs(c.width), down = outputs(c.height);
    const int32_t lower[] = {int32_t(-c.padding), int32_t(-c.padding)};
    const int32_t upper = int32_t(c.padding - c.dilation * (c.kernel - 1)), uppers[] = {upper, upper};
    const uint32_t strides[] = {1, uint32_t(c.stride), uint32_t(c.stride), 1}, pixels = 16;
    TensorMap map = *im2colTensorMap(tensor.source(32, strides), lower, uppers, 16, pixels);
    for (int64_t first : {int64_t(0), int64_t(5), across * down * 3 - 4})
      for (int64_t s = 0; s < c.kernel; ++s) {
        const int64_t r = c.kernel - 1 - s, q = first % across, p = first / across % down;
        std::vector<char> shared(1024);
        loadBox({&map,
                 {0, int32_t(q * c.stride - c.padding), int32_t(p * c.stride - c.padding),
                  int32_t(first / across / down)},
                 {int32_t(s * c.dilation), int32_t(r * c.dilation)}},
                shared.data(), 0);
        for (int64_t i = 0; i < pixels; ++i) {
          int64_t pixel = first + i, w = pixel % across, h = pixel / across % down, n = pixel / across / down;
          for (int64_t channel = 0; channel < 16; ++channel)
            ASSERT_EQ(wordAt(shared, placeOf(0, uint32_t(i), 32, uint32_t(2 * channel), 32)),
                      tensor.at({channel, w * c.stride - c.padding + s * c.dilation,
                                 h * c.stride - c.padding + r * c.dilation, n}))
                << "pixel " << pixel << ", place " << s << "," << r;
        }
      }
  }
}
