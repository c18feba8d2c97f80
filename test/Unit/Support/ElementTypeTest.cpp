//===-- ElementTypeTest.cpp - tests of element types and conversions ------===//
//
// All 65536 patterns of the 16-bit floats, rounding at ties, and packing of four-bit integers.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Support/ElementType.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

using namespace ashlar;

TEST(ElementType, names_round_trip) {
  for (int i = 0; i <= static_cast<int>(ElementType::I1); ++i) {
    ElementType type = static_cast<ElementType>(i);
    EXPECT_EQ(parseElementType(elementTypeName(type)), type);
  }
  EXPECT_FALSE(parseElementType("f8"));
  EXPECT_FALSE(parseElementType(""));
}

TEST(ElementType, storage_sizes) {
  EXPECT_EQ(*storageBytes(ElementType::F16, 3), 6);
  EXPECT_EQ(*storageBytes(ElementType::I4, 3), 2);
  EXPECT_EQ(*storageBytes(ElementType::I4, 0), 0);
  EXPECT_EQ(*storageBytes(ElementType::I1, 3), 3);
  EXPECT_FALSE(storageBytes(ElementType::F32, -1));
  EXPECT_FALSE(storageBytes(ElementType::I64, std::numeric_limits<int64_t>::max() / 8));
}

TEST(HalfPrecision, every_pattern_round_trips) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    uint16_t half = static_cast<uint16_t>(bits);
    float value = halfToFloat(half);
    uint16_t again = floatToHalf(value);
    if (std::isnan(value))
      EXPECT_TRUE((again & 0x7c00) == 0x7c00 && (again & 0x3ff) != 0) << bits;
    else
      EXPECT_EQ(again, half) << bits;
  }
}

TEST(HalfPrecision, rounds_to_nearest_even) {
  // Between each pair of neighbours: the tie goes to the even one, anything beyond the tie to the nearer one.
  for (uint32_t bits = 0; bits < 0x7bff; ++bits) {
    float low = halfToFloat(static_cast<uint16_t>(bits)), high = halfToFloat(static_cast<uint16_t>(bits + 1));
    float tie = low + (high - low) / 2;
    EXPECT_EQ(floatToHalf(tie), bits + (bits & 1));
    EXPECT_EQ(floatToHalf(std::nextafter(tie, 0.0f)), bits);
    EXPECT_EQ(floatToHalf(std::nextafter(tie, high)), bits + 1);
  }
  EXPECT_EQ(floatToHalf(65519.996f), 0x7bff);
  EXPECT_EQ(floatToHalf(65520.0f), 0x7c00);
  EXPECT_EQ(floatToHalf(-1e30f), 0xfc00);
  EXPECT_EQ(floatToHalf(0x1p-25f), 0);
  EXPECT_EQ(floatToHalf(-0.0f), 0x8000);
}

TEST(BFloat16, rounds_to_nearest_even_and_keeps_nan) {
  EXPECT_EQ(floatToBFloat16(1.0f), 0x3f80);
  EXPECT_EQ(floatToBFloat16(std::bit_cast<float>(0x3f808000u)), 0x3f80);
  EXPECT_EQ(floatToBFloat16(std::bit_cast<float>(0x3f818000u)), 0x3f82);
  EXPECT_EQ(floatToBFloat16(std::bit_cast<float>(0x3f808001u)), 0x3f81);
  EXPECT_EQ(floatToBFloat16(std::numeric_limits<float>::max()), 0x7f80);
  // A NaN whose payload sits in the dropped bits must not become infinity.
  EXPECT_TRUE(std::isnan(bfloat16ToFloat(floatToBFloat16(std::bit_cast<float>(0x7f800001u)))));
}

TEST(Elements, four_bit_integers_share_bytes) {
  uint8_t bytes[2] = {0, 0};
  storeInteger(ElementType::I4, bytes, 0, -8);
  storeInteger(ElementType::I4, bytes, 1, 7);
  storeInteger(ElementType::I4, bytes, 2, -1);
  EXPECT_EQ(bytes[0], 0x78);
  EXPECT_EQ(bytes[1], 0x0f);
  EXPECT_EQ(loadInteger(ElementType::I4, bytes, 0), -8);
  EXPECT_EQ(loadInteger(ElementType::I4, bytes, 1), 7);
  EXPECT_EQ(loadInteger(ElementType::I4, bytes, 2), -1);
  EXPECT_EQ(unpackNibbles(bytes, 3), (std::vector<uint8_t>{8, 7, 15}));
  EXPECT_EQ(packNibbles(std::vector<uint8_t>{8, 7, 0xff}), (std::vector<uint8_t>{0x78, 0x0f}));
  EXPECT_TRUE(packNibbles({}).empty());
}

TEST(Elements, every_type_stores_and_loads) {
  for (int i = 0; i <= static_cast<int>(ElementType::I1); ++i) {
    ElementType type = static_cast<ElementType>(i);
    uint8_t bytes[32] = {};
    double value = type == ElementType::I1 ? 1 : -3;
    storeElement(type, bytes, 2, value);
    EXPECT_EQ(loadElement(type, bytes, 2), value) << elementTypeName(type);
    EXPECT_EQ(loadElement(type, bytes, 1), 0) << elementTypeName(type);
  }
  uint8_t bytes[8];
  storeElement(ElementType::I64, bytes, 0, 1e300);
  EXPECT_EQ(loadInteger(ElementType::I64, bytes, 0), std::numeric_limits<int64_t>::max());
  storeElement(ElementType::I32, bytes, 0, 2.5);
  EXPECT_EQ(loadInteger(ElementType::I32, bytes, 0), 2);
}
