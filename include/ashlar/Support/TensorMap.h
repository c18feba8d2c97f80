//===-- TensorMap.h - What a copy by tensor map copies ----------*- C++ -*-===//
//
// Hopper copies boxes of tensors between global and shared memory: a kernel names a tensor map, the coordinates
// of a box and a place in shared memory. On a GPU the map is an opaque object of 128 bytes that the driver
// encodes; `TensorMap` is the simulator's object of the same size, in the same parameter of the kernel. Whoever
// launches kernels makes both from one `TensorMapSource`, so both obey the limits that are checked here: those
// that the CUDA driver API states for cuTensorMapEncodeTiled and cuTensorMapEncodeIm2col without interleaving,
// and those of the PTX ISA, "Tensors".
//
//   TensorMapSource source{TensorMapElement::BF16, address, extents, strides};
//   source.swizzleBytes = 128;
//   Expected<TensorMap> map = tiledTensorMap(source, box);
//   const void *arguments[] = {&count, &*map};
//
// Dimensions are listed innermost first; the innermost is contiguous. In im2col mode they are C, W, H, D, N
// with as many spatial ones as the rank leaves.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_SUPPORT_TENSORMAP_H
#define ASHLAR_SUPPORT_TENSORMAP_H

#include "ashlar/Support/Status.h"

#include <cstdint>
#include <span>

namespace ashlar {

/// Element types with the values of CUtensorMapDataType. Copies move bytes; only sums look at the type.
enum class TensorMapElement : uint8_t {
  U8 = 0,
  U16 = 1,
  U32 = 2,
  S32 = 3,
  U64 = 4,
  S64 = 5,
  F16 = 6,
  F32 = 7,
  F64 = 8,
  BF16 = 9,
  TF32 = 11,
};

/// Bytes of one element.
unsigned tensorMapElementBytes(TensorMapElement element);

enum class TensorMapMode : uint8_t { Tiled = 0, Im2col = 1 };

inline constexpr unsigned tensorMapMaximumRank = 5;
/// The extent of a dimension whose end is not known, and which no copy leaves.
inline constexpr uint64_t tensorMapBoundless = uint64_t(1) << 31;

/// The simulator's encoding: what an argument for a tensor map points to. Plain data; entries beyond the rank
/// are 0. Make it with the functions below.
struct TensorMap {
  static constexpr uint64_t validMagic = 0x70616d726f736e74; // "tnsormap"
  uint64_t magic;
  uint64_t address;
  uint64_t extents[5];
  /// Bytes from element to element along dimensions 1, 2, ….
  uint64_t strides[4];
  /// Tiled mode: the elements that the box spans along each dimension.
  uint16_t box[5];
  /// Every how many-th element is copied along each dimension; that of dimension 0 has no effect.
  uint8_t elementStrides[5];
  TensorMapMode mode;
  TensorMapElement element;
  uint8_t rank;
  /// 0, 32, 64 or 128: the bytes within which 16-byte chunks are permuted in shared memory.
  uint8_t swizzleBytes;
  uint8_t reserved;
  /// Im2col mode: along W, H, D the first position of a window's anchor, and what is added to the extent for
  /// the one behind the last; elements copied along C; anchors visited by one copy.
  int16_t lowerCorner[3], upperCorner[3];
  uint16_t channels, pixels;
  uint32_t reservedWord;

  /// Elements that a copy moves along dimension `i` of the box in tiled mode.
  uint32_t copiedElements(unsigned i) const {
    uint32_t step = i == 0 ? 1 : elementStrides[i];
    return (box[i] + step - 1) / step;
  }
};
static_assert(sizeof(TensorMap) == 128, "a tensor map has the size of the driver's");

/// The tensor, common to both modes.
struct TensorMapSource {
  TensorMapElement element = TensorMapElement::U8;
  uint64_t address = 0;
  std::span<const uint64_t> extents;
  /// In bytes, one less than extents.
  std::span<const uint64_t> strides;
  /// Empty: all 1.
  std::span<const uint32_t> elementStrides = {};
  uint32_t swizzleBytes = 0;
};

/// A map whose copies move boxes of `box` elements.
Expected<TensorMap> tiledTensorMap(const TensorMapSource &source, std::span<const uint32_t> box);

/// A map whose copies move `channels` elements of each of `pixels` places of a convolution's window. Corners
/// along W, H, D.
Expected<TensorMap> im2colTensorMap(const TensorMapSource &source, std::span<const int32_t> lowerCorner,
                                    std::span<const int32_t> upperCorner, uint32_t channels, uint32_t pixels);

/// Whether the limits hold, with the first one that does not; also for maps from elsewhere.
Status checkTensorMap(const TensorMap &map);

/// Bytes that one copy writes to or reads from shared memory; out-of-bounds elements count.
uint64_t tensorMapBoxBytes(const TensorMap &map);

} // namespace ashlar

#endif // ASHLAR_SUPPORT_TENSORMAP_H
