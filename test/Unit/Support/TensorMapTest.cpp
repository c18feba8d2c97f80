//===-- TensorMapTest.cpp - tests of tensor maps and their limits ---------===//
//
// Every limit at its last allowed and its first refused value.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Support/TensorMap.h"

#include <gtest/gtest.h>

#include <vector>

using namespace ashlar;

namespace {

/// A description that is easy to spoil in one place.
struct Description {
  TensorMapElement element = TensorMapElement::BF16;
  uint64_t address = 4096;
  std::vector<uint64_t> extents = {100, 50};
  std::vector<uint64_t> strides = {208};
  std::vector<uint32_t> elementStrides;
  uint32_t swizzleBytes = 128;
  std::vector<uint32_t> box = {64, 32};
  std::vector<int32_t> lowerCorner = {-1, -1}, upperCorner = {-1, -1};
  uint32_t channels = 64, pixels = 128;

  TensorMapSource source() const { return {element, address, extents, strides, elementStrides, swizzleBytes}; }
  std::string tiled() const { return tiledTensorMap(source(), box).status().message(); }
  std::string im2col() const {
    return im2colTensorMap(source(), lowerCorner, upperCorner, channels, pixels).status().message();
  }
};

Description image() {
  Description description;
  description.extents = {64, 16, 12, 3}; // C, W, H, N
  description.strides = {128, 2048, 24576};
  return description;
}

#define EXPECT_REFUSED(message, part) EXPECT_NE((message).find(part), std::string::npos) << (message)

} // namespace

TEST(TensorMap, a_tiled_map_keeps_what_it_was_given) {
  Description description;
  description.elementStrides = {1, 2};
  Expected<TensorMap> map = tiledTensorMap(description.source(), description.box);
  ASSERT_TRUE(map) << map.status().message();
  EXPECT_EQ(map->address, 4096u);
  EXPECT_EQ(map->rank, 2u);
  EXPECT_EQ(map->extents[1], 50u);
  EXPECT_EQ(map->strides[0], 208u);
  EXPECT_EQ(map->swizzleBytes, 128u);
  EXPECT_EQ(map->copiedElements(1), 16u);
  EXPECT_EQ(tensorMapBoxBytes(*map), 64u * 16u * 2u);
  EXPECT_TRUE(checkTensorMap(*map).ok());
}

TEST(TensorMap, limits_of_the_tensor) {
  Description d;
  d.address = 4104;
  EXPECT_REFUSED(d.tiled(), "address of the tensor is no multiple of 16");
  d = {};
  d.extents = {100, uint64_t(1) << 32};
  EXPECT_EQ(d.tiled(), "");
  ++d.extents[1];
  EXPECT_REFUSED(d.tiled(), "extent 4294967297 of dimension 1");
  d.extents[1] = 0;
  EXPECT_REFUSED(d.tiled(), "extent 0 of dimension 1");
  d = {};
  d.strides = {200};
  EXPECT_REFUSED(d.tiled(), "stride 200 of dimension 1 is no multiple of 16");
  d.strides = {(uint64_t(1) << 40) - 16};
  EXPECT_EQ(d.tiled(), "");
  d.strides = {uint64_t(1) << 40};
  EXPECT_REFUSED(d.tiled(), "below 2^40");
  d.strides = {};
  EXPECT_REFUSED(d.tiled(), "0 strides for rank 2");
  d = {};
  d.elementStrides = {1, 8};
  EXPECT_EQ(d.tiled(), "");
  d.elementStrides = {1, 9};
  EXPECT_REFUSED(d.tiled(), "element stride 9 of dimension 1");
  d.elementStrides = {1};
  EXPECT_REFUSED(d.tiled(), "1 element strides for rank 2");
  d = {};
  d.extents = {};
  EXPECT_REFUSED(d.tiled(), "rank 0");
  d.extents.resize(6, 16);
  EXPECT_REFUSED(d.tiled(), "rank 6");
}

TEST(TensorMap, limits_of_the_box) {
  Description d;
  d.box = {64, 256};
  EXPECT_EQ(d.tiled(), "");
  d.box = {64, 257};
  EXPECT_REFUSED(d.tiled(), "box 257 of dimension 1");
  d.box = {64, 0};
  EXPECT_REFUSED(d.tiled(), "box 0 of dimension 1");
  d.box = {64};
  EXPECT_REFUSED(d.tiled(), "a box of 1 dimensions");
  d.box = {60, 8};
  EXPECT_REFUSED(d.tiled(), "takes 120 bytes, no multiple of 16");
  d.box = {72, 8};
  EXPECT_REFUSED(d.tiled(), "takes 144 bytes, more than the swizzle of 128");
  d.swizzleBytes = 0;
  EXPECT_EQ(d.tiled(), "");
  d.swizzleBytes = 48;
  EXPECT_REFUSED(d.tiled(), "a swizzle of 48 bytes");
}

TEST(TensorMap, limits_of_windows) {
  Description d = image();
  EXPECT_EQ(d.im2col(), "");
  d.pixels = 1024;
  EXPECT_EQ(d.im2col(), "");
  d.pixels = 1025;
  EXPECT_REFUSED(d.im2col(), "1025 pixels");
  d = image();
  d.channels = 257;
  EXPECT_REFUSED(d.im2col(), "257 channels");
  d.channels = 65;
  EXPECT_REFUSED(d.im2col(), "no multiple of 16");
  d.channels = 72;
  EXPECT_REFUSED(d.im2col(), "more than the swizzle");
  d = image();
  d.lowerCorner = {-128, 0};
  EXPECT_EQ(d.im2col(), "");
  d.lowerCorner = {-129, 0};
  EXPECT_REFUSED(d.im2col(), "lower corner -129 of dimension 1");
  d = image();
  d.upperCorner = {0, -13};
  EXPECT_REFUSED(d.im2col(), "bounding box is empty along dimension 2");
  d.upperCorner = {0, 128};
  EXPECT_REFUSED(d.im2col(), "upper corner 128 of dimension 2");
  d.upperCorner = {0, 40000};
  EXPECT_REFUSED(d.im2col(), "more than 16 bits");
  d.upperCorner = {0};
  EXPECT_REFUSED(d.im2col(), "two dimensions less");
  d = Description();
  d.lowerCorner = d.upperCorner = {};
  EXPECT_REFUSED(d.im2col(), "rank 2 is not in 3 to 5");
}

TEST(TensorMap, other_bytes_are_none) {
  TensorMap map{};
  EXPECT_REFUSED(checkTensorMap(map).message(), "the argument is none");
  map.magic = TensorMap::validMagic;
  map.element = TensorMapElement(10);
  EXPECT_REFUSED(checkTensorMap(map).message(), "unknown element type 10");
  map.mode = TensorMapMode(7);
  EXPECT_REFUSED(checkTensorMap(map).message(), "unknown mode 7");
}
