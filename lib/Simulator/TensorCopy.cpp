//===-- TensorCopy.cpp - The boxes that copies by tensor maps move --------===//
//
// Walks the rows of a box in tiled and im2col mode and moves them.
//
//===----------------------------------------------------------------------===//

#include "TensorCopy.h"
#include "ashlar/Support/ElementType.h"
#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>

namespace ashlar::simulator {

static constexpr uint32_t chunkBytes = 16, lineBytes = 128, longestRow = 256 * 8;

uint32_t boxRowBytes(const TensorMap &map) {
  uint32_t elements = map.mode == TensorMapMode::Im2col ? map.channels : map.box[0];
  return elements * tensorMapElementBytes(map.element);
}

static uint32_t rowPitch(const TensorMap &map) {
  return std::max<uint32_t>(boxRowBytes(map), map.swizzleBytes);
}

uint32_t boxSpan(const TensorMap &map) {
  return uint32_t(tensorMapBoxBytes(map) / boxRowBytes(map)) * rowPitch(map);
}

uint32_t swizzledOffset(uint32_t offset, uint32_t swizzleBytes) {
  uint32_t chunkMask = swizzleBytes ? swizzleBytes / chunkBytes - 1 : 0;
  return offset ^ (offset / lineBytes & chunkMask) * chunkBytes;
}

//===-- Rows --------------------------------------------------------------===//

namespace {
/// Element positions along the dimensions, which may lie outside of the tensor.
using Position = std::array<int64_t, 5>;
} // namespace

/// The row of `elements` elements from `position` on.
static BoxRow rowAt(const TensorMap &map, const Position &position, uint32_t elements) {
  uint32_t size = tensorMapElementBytes(map.element);
  int64_t extent = int64_t(map.extents[0]);
  int64_t first = std::clamp<int64_t>(position[0], 0, extent);
  int64_t end = std::clamp<int64_t>(position[0] + elements, 0, extent);
  bool isInside = end > first;
  uint64_t address = map.address + uint64_t(first) * size;
  for (unsigned i = 1; i < map.rank; ++i) {
    isInside &= position[i] >= 0 && position[i] < int64_t(map.extents[i]);
    address += uint64_t(position[i]) * map.strides[i - 1];
  }
  if (!isInside)
    return {0, 0, 0};
  return {address, uint32_t(first - position[0]) * size, uint32_t(end - first) * size};
}

static void forEachTiledRow(const TensorBox &box, const std::function<void(const BoxRow &)> &visit) {
  const TensorMap &map = *box.map;
  std::array<uint32_t, 5> index{};
  for (;;) {
    Position position{};
    position[0] = box.coordinates[0];
    for (unsigned i = 1; i < map.rank; ++i)
      position[i] = int64_t(box.coordinates[i]) + int64_t(index[i]) * map.elementStrides[i];
    visit(rowAt(map, position, map.box[0]));
    unsigned i = 1;
    for (; i < map.rank && ++index[i] == map.copiedElements(i); ++i)
      index[i] = 0;
    if (i >= map.rank)
      return;
  }
}

/// The anchors of a convolution's window walk through the bounding box, W first, then on to the next image;
/// elements are read at the anchor plus the offset within the window.
static void forEachIm2colRow(const TensorBox &box, const std::function<void(const BoxRow &)> &visit) {
  const TensorMap &map = *box.map;
  const unsigned spatial = map.rank - 2u;
  Position anchor{};
  std::copy_n(box.coordinates.begin(), map.rank, anchor.begin());
  for (uint32_t pixel = 0; pixel < map.pixels; ++pixel) {
    Position position = anchor;
    for (unsigned i = 0; i < spatial; ++i)
      position[i + 1] += box.offsets[i];
    visit(rowAt(map, position, map.channels));
    unsigned i = 1;
    for (; i <= spatial; ++i) {
      anchor[i] += map.elementStrides[i];
      if (anchor[i] < int64_t(map.extents[i]) + map.upperCorner[i - 1])
        break;
      anchor[i] = map.lowerCorner[i - 1];
    }
    if (i > spatial)
      ++anchor[map.rank - 1u];
  }
}

void forEachRow(const TensorBox &box, const std::function<void(const BoxRow &)> &visit) {
  if (box.map->mode == TensorMapMode::Im2col)
    forEachIm2colRow(box, visit);
  else
    forEachTiledRow(box, visit);
}

//===-- Moving ------------------------------------------------------------===//

void loadBox(const TensorBox &box, char *shared, uint32_t offset) {
  const TensorMap &map = *box.map;
  const uint32_t rowBytes = boxRowBytes(map), pitch = rowPitch(map);
  alignas(64) char row[longestRow];
  forEachRow(box, [&](const BoxRow &part) {
    if (part.bytes < rowBytes)
      std::memset(row, 0, rowBytes);
    if (part.bytes)
      std::memcpy(row + part.skipped, reinterpret_cast<const char *>(part.address), part.bytes);
    for (uint32_t at = 0; at < rowBytes; at += chunkBytes)
      std::memcpy(shared + swizzledOffset(offset + at, map.swizzleBytes), row + at, chunkBytes);
    offset += pitch;
  });
}

void gatherBox(const TensorMap &map, const char *shared, uint32_t offset, char *rows) {
  const uint32_t rowBytes = boxRowBytes(map), pitch = rowPitch(map);
  for (uint32_t end = offset + boxSpan(map); offset < end; offset += pitch)
    for (uint32_t at = 0; at < rowBytes; at += chunkBytes, rows += chunkBytes)
      std::memcpy(rows, shared + swizzledOffset(offset + at, map.swizzleBytes), chunkBytes);
}

void storeBox(const TensorBox &box, const char *rows) {
  const uint32_t rowBytes = boxRowBytes(*box.map);
  forEachRow(box, [&](const BoxRow &part) {
    if (part.bytes)
      std::memcpy(reinterpret_cast<char *>(part.address), rows + part.skipped, part.bytes);
    rows += rowBytes;
  });
}

/// Other host threads may add to the same element.
template <typename Bits, typename Add>
static void addAtomically(uint64_t address, const char *source, uint32_t bytes, Add add) {
  for (uint32_t at = 0; at < bytes; at += sizeof(Bits)) {
    Bits term;
    std::memcpy(&term, source + at, sizeof term);
    std::atomic_ref<Bits> target(*reinterpret_cast<Bits *>(address + at));
    Bits old = target.load();
    while (!target.compare_exchange_weak(old, add(old, term)))
      ;
  }
}

template <typename Float>
static auto addBits = [](auto a, auto b) {
  return std::bit_cast<decltype(a)>(std::bit_cast<Float>(a) + std::bit_cast<Float>(b));
};

static void addRow(TensorMapElement element, uint64_t address, const char *source, uint32_t bytes) {
  auto integers = [](auto a, auto b) { return decltype(a)(a + b); };
  switch (element) {
  case TensorMapElement::F16:
    return addAtomically<uint16_t>(address, source, bytes, [](uint16_t a, uint16_t b) {
      return floatToHalf(halfToFloat(a) + halfToFloat(b));
    });
  case TensorMapElement::BF16:
    return addAtomically<uint16_t>(address, source, bytes, [](uint16_t a, uint16_t b) {
      return floatToBFloat16(bfloat16ToFloat(a) + bfloat16ToFloat(b));
    });
  case TensorMapElement::F32:
  case TensorMapElement::TF32:
    return addAtomically<uint32_t>(address, source, bytes, addBits<float>);
  case TensorMapElement::F64:
    return addAtomically<uint64_t>(address, source, bytes, addBits<double>);
  case TensorMapElement::U64:
  case TensorMapElement::S64:
    return addAtomically<uint64_t>(address, source, bytes, integers);
  case TensorMapElement::U32:
  case TensorMapElement::S32:
    return addAtomically<uint32_t>(address, source, bytes, integers);
  case TensorMapElement::U16:
    return addAtomically<uint16_t>(address, source, bytes, integers);
  case TensorMapElement::U8:
    return addAtomically<uint8_t>(address, source, bytes, integers);
  }
}

void addBox(const TensorBox &box, const char *rows) {
  const uint32_t rowBytes = boxRowBytes(*box.map);
  forEachRow(box, [&](const BoxRow &part) {
    if (part.bytes)
      addRow(box.map->element, part.address, rows + part.skipped, part.bytes);
    rows += rowBytes;
  });
}

} // namespace ashlar::simulator
