//===-- TensorMap.cpp - Limits of tensor maps -----------------------------===//
//
// Builds maps and checks them against what the CUDA driver API and the PTX ISA allow.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Support/TensorMap.h"

#include <algorithm>
#include <limits>

namespace ashlar {

static constexpr uint64_t alignment = 16, maximumExtent = uint64_t(1) << 32, strideLimit = uint64_t(1) << 40;
static constexpr uint32_t maximumBox = 256, maximumElementStride = 8, maximumChannels = 256,
                          maximumPixels = 1024;

unsigned tensorMapElementBytes(TensorMapElement element) {
  switch (element) {
  case TensorMapElement::U8:
    return 1;
  case TensorMapElement::U16:
  case TensorMapElement::F16:
  case TensorMapElement::BF16:
    return 2;
  case TensorMapElement::U32:
  case TensorMapElement::S32:
  case TensorMapElement::F32:
  case TensorMapElement::TF32:
    return 4;
  case TensorMapElement::U64:
  case TensorMapElement::S64:
  case TensorMapElement::F64:
    return 8;
  }
  return 0;
}

static Status invalidMap(const std::string &message) { return invalidArgument("tensor map: " + message); }

static Status outside(const std::string &what, unsigned dimension, int64_t value, int64_t lowest,
                      int64_t highest) {
  return invalidMap(what + " " + std::to_string(value) + " of dimension " + std::to_string(dimension) +
                    " is not in " + std::to_string(lowest) + " to " + std::to_string(highest));
}

static Status checkTensor(const TensorMap &map) {
  if (!tensorMapElementBytes(map.element))
    return invalidMap("unknown element type " + std::to_string(int(map.element)));
  unsigned lowestRank = map.mode == TensorMapMode::Im2col ? 3 : 1;
  if (map.rank < lowestRank || map.rank > tensorMapMaximumRank)
    return invalidMap("rank " + std::to_string(map.rank) + " is not in " + std::to_string(lowestRank) + " to " +
                      std::to_string(tensorMapMaximumRank));
  if (map.address % alignment)
    return invalidMap("the address of the tensor is no multiple of 16");
  for (unsigned i = 0; i < map.rank; ++i) {
    if (map.extents[i] == 0 || map.extents[i] > maximumExtent)
      return outside("extent", i, int64_t(map.extents[i]), 1, int64_t(maximumExtent));
    if (map.elementStrides[i] == 0 || map.elementStrides[i] > maximumElementStride)
      return outside("element stride", i, map.elementStrides[i], 1, maximumElementStride);
    if (i > 0 && (map.strides[i - 1] % alignment || map.strides[i - 1] >= strideLimit))
      return invalidMap("stride " + std::to_string(map.strides[i - 1]) + " of dimension " + std::to_string(i) +
                        " is no multiple of 16 below 2^40");
  }
  if (map.swizzleBytes != 0 && map.swizzleBytes != 32 && map.swizzleBytes != 64 && map.swizzleBytes != 128)
    return invalidMap("a swizzle of " + std::to_string(map.swizzleBytes) +
                      " bytes is none of 0, 32, 64 and 128");
  return {};
}

/// What one row of the box takes in shared memory.
static Status checkInnerBytes(const TensorMap &map, uint64_t elements) {
  uint64_t bytes = elements * tensorMapElementBytes(map.element);
  if (bytes % alignment)
    return invalidMap("the box's innermost dimension takes " + std::to_string(bytes) +
                      " bytes, no multiple of 16");
  if (map.swizzleBytes && bytes > map.swizzleBytes)
    return invalidMap("the box's innermost dimension takes " + std::to_string(bytes) +
                      " bytes, more than the swizzle of " + std::to_string(map.swizzleBytes));
  return {};
}

static Status checkTiled(const TensorMap &map) {
  for (unsigned i = 0; i < map.rank; ++i)
    if (map.box[i] == 0 || map.box[i] > maximumBox)
      return outside("box", i, map.box[i], 1, maximumBox);
  return checkInnerBytes(map, map.box[0]);
}

static Status checkIm2col(const TensorMap &map) {
  unsigned spatial = map.rank - 2u;
  // Corners share 32 bits: one of 16, two of 8, three of 5 bits.
  constexpr int32_t limits[] = {32768, 128, 16};
  int32_t limit = limits[spatial - 1];
  for (unsigned i = 0; i < spatial; ++i) {
    if (map.lowerCorner[i] < -limit || map.lowerCorner[i] >= limit)
      return outside("lower corner", i + 1, map.lowerCorner[i], -limit, limit - 1);
    if (map.upperCorner[i] < -limit || map.upperCorner[i] >= limit)
      return outside("upper corner", i + 1, map.upperCorner[i], -limit, limit - 1);
    if (int64_t(map.extents[i + 1]) + map.upperCorner[i] <= map.lowerCorner[i])
      return invalidMap("the bounding box is empty along dimension " + std::to_string(i + 1));
  }
  if (map.channels == 0 || map.channels > maximumChannels)
    return invalidMap(std::to_string(map.channels) + " channels per pixel are not 1 to " +
                      std::to_string(maximumChannels));
  if (map.pixels == 0 || map.pixels > maximumPixels)
    return invalidMap(std::to_string(map.pixels) + " pixels per column are not 1 to " +
                      std::to_string(maximumPixels));
  return checkInnerBytes(map, map.channels);
}

Status checkTensorMap(const TensorMap &map) {
  if (map.magic != TensorMap::validMagic)
    return invalidMap("the argument is none");
  if (map.mode != TensorMapMode::Tiled && map.mode != TensorMapMode::Im2col)
    return invalidMap("unknown mode " + std::to_string(int(map.mode)));
  ASHLAR_RETURN_IF_ERROR(checkTensor(map));
  return map.mode == TensorMapMode::Tiled ? checkTiled(map) : checkIm2col(map);
}

/// Values that do not fit become ones that the check refuses.
template <typename To, typename From>
static To clamp(From value) {
  return To(std::clamp<int64_t>(int64_t(value), std::numeric_limits<To>::min(), std::numeric_limits<To>::max()));
}

static Expected<TensorMap> startMap(const TensorMapSource &source, TensorMapMode mode) {
  size_t rank = source.extents.size();
  if (rank == 0 || rank > tensorMapMaximumRank)
    return invalidMap("rank " + std::to_string(rank) + " is not in 1 to " +
                      std::to_string(tensorMapMaximumRank));
  if (source.strides.size() != rank - 1)
    return invalidMap(std::to_string(source.strides.size()) + " strides for rank " + std::to_string(rank) +
                      ", one less is needed");
  if (!source.elementStrides.empty() && source.elementStrides.size() != rank)
    return invalidMap(std::to_string(source.elementStrides.size()) + " element strides for rank " +
                      std::to_string(rank));
  TensorMap map{};
  map.magic = TensorMap::validMagic;
  map.address = source.address;
  map.mode = mode;
  map.element = source.element;
  map.rank = uint8_t(rank);
  map.swizzleBytes = clamp<uint8_t>(source.swizzleBytes);
  std::copy(source.extents.begin(), source.extents.end(), map.extents);
  std::copy(source.strides.begin(), source.strides.end(), map.strides);
  for (size_t i = 0; i < rank; ++i)
    map.elementStrides[i] = source.elementStrides.empty() ? 1 : clamp<uint8_t>(source.elementStrides[i]);
  return map;
}

static Expected<TensorMap> finishMap(const TensorMap &map) {
  ASHLAR_RETURN_IF_ERROR(checkTensorMap(map));
  return map;
}

Expected<TensorMap> tiledTensorMap(const TensorMapSource &source, std::span<const uint32_t> box) {
  ASHLAR_ASSIGN_OR_RETURN(TensorMap map, startMap(source, TensorMapMode::Tiled));
  if (box.size() != map.rank)
    return invalidMap("a box of " + std::to_string(box.size()) + " dimensions for rank " +
                      std::to_string(map.rank));
  std::transform(box.begin(), box.end(), map.box, clamp<uint16_t, uint32_t>);
  return finishMap(map);
}

Expected<TensorMap> im2colTensorMap(const TensorMapSource &source, std::span<const int32_t> lowerCorner,
                                    std::span<const int32_t> upperCorner, uint32_t channels,
                                    uint32_t pixels) {
  ASHLAR_ASSIGN_OR_RETURN(TensorMap map, startMap(source, TensorMapMode::Im2col));
  if (lowerCorner.size() + 2 != map.rank || upperCorner.size() + 2 != map.rank)
    return invalidMap("corners have two dimensions less than the tensor");
  // The limits of the driver are those of these fields or narrower, so a clamped corner must be caught here.
  for (size_t i = 0; i < lowerCorner.size(); ++i) {
    map.lowerCorner[i] = clamp<int16_t>(lowerCorner[i]);
    map.upperCorner[i] = clamp<int16_t>(upperCorner[i]);
    if (map.lowerCorner[i] != lowerCorner[i] || map.upperCorner[i] != upperCorner[i])
      return invalidMap("a corner of dimension " + std::to_string(i + 1) + " takes more than 16 bits");
  }
  map.channels = clamp<uint16_t>(channels);
  map.pixels = clamp<uint16_t>(pixels);
  return finishMap(map);
}

uint64_t tensorMapBoxBytes(const TensorMap &map) {
  uint64_t elements = 1;
  if (map.mode == TensorMapMode::Im2col)
    elements = uint64_t(map.channels) * map.pixels;
  else
    for (unsigned i = 0; i < map.rank; ++i)
      elements *= map.copiedElements(i);
  return elements * tensorMapElementBytes(map.element);
}

} // namespace ashlar
