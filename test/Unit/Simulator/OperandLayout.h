//===-- OperandLayout.h - Where elements of a wgmma operand lie -----------===//
//
// The layouts that a matrix descriptor can name, written down a second time: tiles as TMA stores them, with
// 16- byte units exchanged by an XOR of their number with the number of their row.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TEST_UNIT_SIMULATOR_OPERANDLAYOUT_H
#define ASHLAR_TEST_UNIT_SIMULATOR_OPERANDLAYOUT_H

#include <cstdint>
#include <string>

namespace ashlar::test {

/// A tile of `extent` indices of M or N times `depth` of K. Transposed: M or N runs through memory first.
struct OperandLayout {
  bool isTransposed;
  /// 0, 32, 64 or 128 bytes.
  uint32_t swizzle;
  uint32_t extent, depth, elementBytes;

  /// Bytes of a step of a wgmma along K are 32.
  uint32_t stepCount() const { return depth * elementBytes / 32; }
  uint32_t elementsOfStep() const { return 32 / elementBytes; }

  /// The unit of a row of a swizzled tile.
  uint32_t exchanged(uint32_t row, uint32_t byte) const {
    uint32_t unit = byte / 16;
    if (swizzle == 128)
      unit ^= row % 8;
    if (swizzle == 64)
      unit ^= row / 2 % 4;
    if (swizzle == 32)
      unit ^= row / 4 % 2;
    return unit * 16 + byte % 16;
  }
  uint32_t byteOf(uint32_t index, uint32_t k) const {
    if (!isTransposed) {
      uint32_t byte = k * elementBytes;
      if (!swizzle) // core matrices, those of one 16-byte column of K next to each other
        return (byte / 16 * (extent / 8) + index / 8) * 128 + index % 8 * 16 + byte % 16;
      return index * swizzle + exchanged(index, byte);
    }
    if (!swizzle)
      return (k / 8 * (extent / 8) + index / 8) * 128 + k % 8 * 16 + index % 8 * elementBytes;
    uint32_t columns = swizzle / elementBytes; // of a tile as wide as the swizzle, all of K deep
    return index / columns * depth * swizzle + k * swizzle + exchanged(k, index % columns * elementBytes);
  }
  uint32_t bytes() const {
    uint32_t columns = isTransposed && swizzle ? swizzle / elementBytes : 8;
    return (extent + columns - 1) / columns * columns * depth * elementBytes;
  }

  /// Of the tile at `address`, from step `step` on.
  uint64_t descriptor(uint32_t address, uint32_t step) const {
    uint32_t coreColumn = extent / 8 * 128;
    uint32_t leading, stride, advance;
    if (!isTransposed) {
      leading = swizzle ? 16 : coreColumn;
      stride = swizzle ? 8 * swizzle : 128;
      advance = swizzle ? 32 : 2 * coreColumn;
    } else {
      leading = swizzle ? depth * swizzle : coreColumn;
      stride = swizzle ? 8 * swizzle : 128;
      advance = swizzle ? 16 * swizzle : 2 * coreColumn;
    }
    uint64_t mode = swizzle == 128 ? 1 : swizzle == 64 ? 2 : swizzle == 32 ? 3 : 0;
    return uint64_t((address + step * advance) / 16) | uint64_t(leading / 16) << 16 |
           uint64_t(stride / 16) << 32 | mode << 62;
  }
};

} // namespace ashlar::test

#endif
