//===-- WgmmaProductTest.cpp - Operands and products of a warp group ------===//
//
// Every layout of an operand element by element, and products of every type against plain loops, with the
// rule for registers of the PTX manual written here a second time.
//
//===----------------------------------------------------------------------===//

#include "lib/Simulator/WgmmaProduct.h"
#include "ElementFormat.h"
#include "OperandLayout.h"
#include "lib/Simulator/MatrixDescriptor.h"
#include "gtest/gtest.h"
#include <cstring>
#include <memory>
#include <random>
#include <vector>

using namespace ashlar::simulator;
using namespace ashlar::test;

namespace {

/// Shared memory with a matrix in it, and the matrix.
struct StoredOperand {
  ElementFormat format;
  OperandLayout layout;
  uint32_t address;
  std::vector<char> memory = std::vector<char>(address + layout.bytes(), char(0xff));
  std::vector<uint32_t> bits = std::vector<uint32_t>(layout.extent * layout.depth);

  void fill(unsigned seed) {
    std::mt19937 random(seed);
    for (uint32_t index = 0; index < layout.extent; ++index)
      for (uint32_t k = 0; k < layout.depth; ++k) {
        uint32_t code = format.encode(int(random() % 15) - 7);
        bits[index * layout.depth + k] = code;
        std::memcpy(&memory[address + layout.byteOf(index, k)], &code, format.bits / 8);
      }
  }
  double value(uint32_t index, uint32_t k) const { return format.decode(bits[index * layout.depth + k]); }
  void widenStep(uint32_t step, float *tile, uint32_t indexStride, uint32_t kStride) const {
    MatrixOperand operand{MatrixDescriptor(layout.descriptor(address, step)), layout.isTransposed,
                          layout.extent};
    EXPECT_TRUE(operand.descriptor.isAligned(layout.isTransposed));
    std::vector<const char *> chunks;
    for (uint32_t chunk = 0; chunk < operand.chunkCount(); ++chunk)
      chunks.push_back(&memory[operand.chunkOffset(chunk)]);
    widenChunks(format.type, layout.isTransposed, layout.extent, chunks.data(), tile, indexStride, kStride);
  }
};

/// The accumulators of 128 threads.
struct Accumulators {
  uint32_t columns;
  std::vector<std::vector<uint32_t>> words =
      std::vector<std::vector<uint32_t>>(128, std::vector<uint32_t>(columns / 2));
  uint32_t &at(uint32_t row, uint32_t column) {
    uint32_t warp = row / 16, lane = row % 8 * 4 + column % 8 / 2;
    return words[warp * 32 + lane][column / 8 * 4 + row % 16 / 8 * 2 + column % 2];
  }
  std::vector<uint32_t *> pointers() {
    std::vector<uint32_t *> result;
    for (std::vector<uint32_t> &thread : words)
      result.push_back(thread.data());
    return result;
  }
};

double number(uint32_t word, bool isInteger) {
  return isInteger ? double(int32_t(word)) : double(std::bit_cast<float>(word));
}

struct TypePair {
  ElementFormat a, b;
};
const TypePair typePairs[] = {{f16, f16},   {bf16, bf16}, {tf32, tf32}, {e4m3, e4m3},
                              {e4m3, e5m2}, {e5m2, e4m3}, {e5m2, e5m2}, {s8, s8},
                              {s8, u8},     {u8, s8},     {u8, u8}};

} // namespace

TEST(MatrixDescriptor, FindsEveryElementOfEveryLayout) {
  for (const ElementFormat &format : {f16, tf32, s8})
    for (uint32_t swizzle : {0u, 32u, 64u, 128u})
      for (bool isTransposed : {false, true})
        for (uint32_t extent : {8u, 24u, 64u, 176u, 256u}) {
          if (isTransposed && format.bits != 16)
            continue;
          const uint32_t elementBytes = format.bits / 8;
          const uint32_t depth = isTransposed || !swizzle ? 64 : swizzle / elementBytes;
          StoredOperand operand{format, {isTransposed, swizzle, extent, depth, elementBytes}, 2048};
          operand.fill(extent + swizzle);
          const uint32_t k = operand.layout.elementsOfStep();
          for (uint32_t step = 0; step < operand.layout.stepCount(); ++step) {
            std::vector<float> tile(extent * k);
            operand.widenStep(step, tile.data(), k, 1);
            for (uint32_t index = 0; index < extent; ++index)
              for (uint32_t i = 0; i < k; ++i)
                ASSERT_EQ(tile[index * k + i], operand.value(index, step * k + i))
                    << format.name << " swizzle " << swizzle << " transposed " << isTransposed << " extent "
                    << extent << " step " << step << " element " << index << "," << i;
          }
        }
}

TEST(MatrixDescriptor, TellsMisalignedPatterns) {
  OperandLayout layout{false, 128, 64, 64, 2};
  EXPECT_TRUE(MatrixDescriptor(layout.descriptor(4096, 3)).isAligned(false));
  EXPECT_FALSE(MatrixDescriptor(layout.descriptor(4096 + 128, 0)).isAligned(false));
  EXPECT_FALSE(MatrixDescriptor(layout.descriptor(4096 + 112, 0)).isAligned(false)); // runs out of the line
  // With the base offset the pattern may begin at any 128 bytes.
  EXPECT_TRUE(MatrixDescriptor(layout.descriptor(4096 + 384, 0) | uint64_t(3) << 49).isAligned(false));
  EXPECT_TRUE((MatrixDescriptor(OperandLayout{false, 0, 64, 32, 2}.descriptor(16, 0)).isAligned(false)));
  EXPECT_FALSE((MatrixDescriptor(OperandLayout{true, 32, 64, 64, 2}.descriptor(64, 0)).isAligned(true)));
}

TEST(MatrixDescriptor, SwizzlesFromTheBaseOffsetOn) {
  // The same tile, stored as if its pattern began where it does.
  OperandLayout layout{false, 128, 16, 64, 2};
  const uint32_t address = 1024 + 256;
  MatrixDescriptor descriptor(layout.descriptor(address, 0) | uint64_t(2) << 49);
  for (uint32_t index = 0; index < 16; ++index)
    for (uint32_t byte = 0; byte < 32; byte += 2) {
      // An operand far from the start: the XOR is on what the address is made of, less the base offset.
      uint32_t expected = address + layout.byteOf(index, byte / 2);
      uint32_t plain = address + index * 128 + byte;
      uint32_t exchanged = plain ^ (index % 8) << 4;
      EXPECT_EQ(descriptor.offset(false, index, byte), exchanged);
      EXPECT_EQ(expected, exchanged);
    }
}

TEST(WgmmaProduct, MultipliesEveryTypeAndWidth) {
  auto tiles = std::make_unique<WgmmaTiles>();
  for (const TypePair &types : typePairs)
    for (uint32_t columns : {8u, 24u, 64u, 176u, 256u}) {
      const uint32_t bytes = types.a.bits / 8, k = 32 / bytes;
      StoredOperand a{types.a, {false, 32, 64, k, bytes}, 256},
          b{types.b, {false, 32, columns, k, bytes}, 256};
      a.fill(columns);
      b.fill(columns + 1);
      WgmmaShape shape(ASHLAR_WGMMA_VARIANT(types.a.type, types.b.type, columns, 0));
      ASSERT_EQ(shape.depth, k);
      a.widenStep(0, tiles->a, k, 1);
      b.widenStep(0, tiles->b, 1, columns);
      Accumulators sums{columns};
      for (std::vector<uint32_t> &thread : sums.words)
        for (uint32_t &word : thread)
          word = 0x7fc00000; // must not be read
      multiplyTiles(shape, *tiles, false, sums.pointers().data());
      multiplyTiles(shape, *tiles, true, sums.pointers().data());
      for (uint32_t row = 0; row < 64; ++row)
        for (uint32_t column = 0; column < columns; ++column) {
          double expected = 0;
          for (uint32_t i = 0; i < k; ++i)
            expected += 2 * a.value(row, i) * b.value(column, i);
          ASSERT_EQ(number(sums.at(row, column), shape.isInteger()), expected)
              << types.a.name << " " << types.b.name << " columns " << columns << " element " << row << ","
              << column;
        }
    }
}

TEST(WgmmaProduct, TakesAFromRegisters) {
  auto tiles = std::make_unique<WgmmaTiles>();
  for (const ElementFormat &format : {bf16, tf32, e4m3, u8}) {
    const uint32_t bytes = format.bits / 8, k = 32 / bytes, p = 4 / bytes;
    StoredOperand a{format, {false, 32, 64, k, bytes}, 256};
    a.fill(7);
    std::vector<std::vector<uint32_t>> words(128, std::vector<uint32_t>(4));
    // Registers 0 and 1 hold rows g and g + 8 of the first half of K, 2 and 3 the second half.
    for (uint32_t row = 0; row < 64; ++row)
      for (uint32_t i = 0; i < k; ++i) {
        uint32_t half = i / (k / 2), within = i % (k / 2);
        uint32_t &word = words[row / 16 * 32 + row % 8 * 4 + within / p][2 * half + row % 16 / 8];
        word |= a.bits[row * k + i] << (within % p * format.bits);
      }
    std::vector<const uint32_t *> pointers;
    for (std::vector<uint32_t> &thread : words)
      pointers.push_back(thread.data());
    widenRegistersOfA(WgmmaShape(ASHLAR_WGMMA_VARIANT(format.type, format.type, 8, 0)), pointers.data(),
                      tiles->a);
    for (uint32_t row = 0; row < 64; ++row)
      for (uint32_t i = 0; i < k; ++i)
        ASSERT_EQ(tiles->a[row * k + i], a.value(row, i)) << format.name << " " << row << "," << i;
  }
}

TEST(WgmmaProduct, KnowsTheSpecialCodesOfByteFloats) {
  auto widened = [](uint32_t element, uint8_t code) {
    alignas(16) char bytes[16] = {};
    bytes[0] = char(code);
    const char *chunks[16];
    for (const char *&chunk : chunks)
      chunk = bytes;
    std::vector<float> tile(8 * 32);
    widenChunks(element, false, 8, chunks, tile.data(), 32, 1);
    return tile[0];
  };
  EXPECT_TRUE(std::isnan(widened(ASHLAR_MMA_E4M3, 0x7f)));
  EXPECT_TRUE(std::isnan(widened(ASHLAR_MMA_E4M3, 0xff)));
  EXPECT_EQ(widened(ASHLAR_MMA_E4M3, 0x7e), 448.0f);
  EXPECT_EQ(widened(ASHLAR_MMA_E4M3, 0x01), 0x1p-9f);
  EXPECT_EQ(widened(ASHLAR_MMA_E5M2, 0x7b), 57344.0f);
  EXPECT_EQ(widened(ASHLAR_MMA_E5M2, 0x01), 0x1p-16f);
  EXPECT_EQ(widened(ASHLAR_MMA_E5M2, 0xfc), -INFINITY);
  EXPECT_TRUE(std::isnan(widened(ASHLAR_MMA_E5M2, 0x7d)));
}
