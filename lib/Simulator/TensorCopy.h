//===-- TensorCopy.h - The boxes that copies by tensor maps move ----------===//
//
// Where the bytes of a box lie in global and in shared memory. A box is a list of rows, contiguous on both
// sides. In shared memory they follow each other without gaps, or, where chunks are permuted, in steps of the
// swizzle's span; the permutation XORs bits of the address (PTX ISA, "Swizzling Modes"): chunk bits with
// those of the 128-byte line. Elements outside of the tensor are zeros that nobody stores.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_TENSORCOPY_H
#define ASHLAR_LIB_SIMULATOR_TENSORCOPY_H

#include "ashlar/Support/TensorMap.h"
#include <array>
#include <cstdint>
#include <functional>

namespace ashlar::simulator {

/// A place in a tensor: the coordinates that an instruction gives, and the offsets of im2col mode.
struct TensorBox {
  const TensorMap *map = nullptr;
  std::array<int32_t, 5> coordinates{};
  std::array<int32_t, 3> offsets{};
};

/// The part of a row that lies in the tensor.
struct BoxRow {
  uint64_t address;
  /// Bytes of the row before the first that lies in the tensor, and those that do.
  uint32_t skipped, bytes;
};

/// A copy needs its shared memory aligned to this.
inline constexpr uint32_t boxAlignment = 128;

uint32_t boxRowBytes(const TensorMap &map);
/// Bytes of shared memory that the box occupies.
uint32_t boxSpan(const TensorMap &map);
/// Where the byte at this offset of a box's image really lies. Offsets count from an address that is a
/// multiple of 1024.
uint32_t swizzledOffset(uint32_t offset, uint32_t swizzleBytes);

/// Calls `visit` for every row in the order of shared memory; rows outside of the tensor have no bytes.
void forEachRow(const TensorBox &box, const std::function<void(const BoxRow &)> &visit);

/// Copies the box to offset `offset` of `shared`.
void loadBox(const TensorBox &box, char *shared, uint32_t offset);
/// The box's rows one after the other, as `storeBox` takes them.
void gatherBox(const TensorMap &map, const char *shared, uint32_t offset, char *rows);
void storeBox(const TensorBox &box, const char *rows);
/// Adds instead of overwriting, element by element, atomically.
void addBox(const TensorBox &box, const char *rows);

} // namespace ashlar::simulator

#endif
