//===-- Swizzle.cpp - XOR permutations of shared memory ---------------------===//
//
// Swizzles, their composition with layouts, and the choice of a conflict-free arrangement for a row-major
// tile.
//
//===------------------------------------------------------------------------===//

#include "ashlar/Layout/Swizzle.h"

#include "Failure.h"
#include "TextCursor.h"

#include <bit>
#include <cstdlib>

namespace ashlar::layout {

/// Shared memory as the swizzles see it.
static constexpr int64_t chunkBytes = 16, lineBytes = 128;
static constexpr int maxBits = 48;

static bool isElementSize(int bytes) {
  return bytes >= 1 && bytes <= 16 && std::has_single_bit(unsigned(bytes));
}

static int log2Exact(int64_t powerOfTwo) { return std::countr_zero(uint64_t(powerOfTwo)); }

std::optional<Swizzle> Swizzle::make(int bits, int base, int shift, std::string *error) {
  std::string text =
      "Sw<" + std::to_string(bits) + "," + std::to_string(base) + "," + std::to_string(shift) + ">";
  bool small = bits >= 0 && bits <= maxBits && base >= 0 && base <= maxBits && shift >= -maxBits &&
               shift <= maxBits && base + bits + std::abs(shift) <= maxBits;
  if (!small)
    return failure(error, "swizzle " + text + " has a negative or too large parameter");
  if (bits > std::abs(shift))
    return failure(error, "swizzle " + text + " overlaps itself: bits must not exceed the shift");
  return bits == 0 ? Swizzle{} : Swizzle{bits, base, shift};
}

std::optional<Swizzle> Swizzle::hardware(HardwareSwizzle kind, int elementBytes) {
  if (!isElementSize(elementBytes))
    return std::nullopt;
  int base = log2Exact(chunkBytes / elementBytes), shift = log2Exact(lineBytes / chunkBytes);
  switch (kind) {
  case HardwareSwizzle::None:
    return Swizzle{};
  case HardwareSwizzle::Bytes32:
    return Swizzle{1, base, shift};
  case HardwareSwizzle::Bytes64:
    return Swizzle{2, base, shift};
  case HardwareSwizzle::Bytes128:
    return Swizzle{3, base, shift};
  }
  return std::nullopt;
}

std::optional<HardwareSwizzle> Swizzle::hardwareKind(int elementBytes) const {
  if (bits == 0)
    return HardwareSwizzle::None;
  for (HardwareSwizzle kind : {HardwareSwizzle::Bytes32, HardwareSwizzle::Bytes64, HardwareSwizzle::Bytes128})
    if (hardware(kind, elementBytes) == *this)
      return kind;
  return std::nullopt;
}

int64_t Swizzle::operator()(int64_t offset) const {
  int64_t source = ((int64_t(1) << bits) - 1) << (base + (shift > 0 ? shift : 0));
  int64_t selected = offset & source;
  return offset ^ (shift > 0 ? selected >> shift : selected << -shift);
}

int64_t Swizzle::blockSize() const {
  return bits == 0 ? 1 : int64_t(1) << (base + bits + (shift < 0 ? -shift : 0));
}

int64_t SwizzledLayout::storage() const {
  int64_t block = swizzle.blockSize();
  return (layout.cosize() + block - 1) / block * block;
}

std::string SwizzledLayout::print() const {
  if (swizzle.bits == 0)
    return layout.print();
  return "Sw<" + std::to_string(swizzle.bits) + "," + std::to_string(swizzle.base) + "," +
         std::to_string(swizzle.shift) + "> o " + layout.print();
}

/// A swizzle parameter; saturates far outside of what Swizzle::make accepts.
static int parseParameter(TextCursor &cursor) {
  bool negative = cursor.accept("-");
  int64_t value = cursor.integer();
  int clamped = value > 1000 ? 1000 : int(value);
  return negative ? -clamped : clamped;
}

std::optional<SwizzledLayout> SwizzledLayout::parse(std::string_view text, std::string *error) {
  TextCursor cursor(text);
  Swizzle swizzle;
  if (cursor.accept("Sw")) {
    cursor.expect("<");
    int bits = parseParameter(cursor);
    cursor.expect(",");
    int base = parseParameter(cursor);
    cursor.expect(",");
    int shift = parseParameter(cursor);
    cursor.expect(">");
    cursor.expect("o");
    if (cursor.failed())
      return failure(error, cursor.error());
    std::optional<Swizzle> checked = Swizzle::make(bits, base, shift, error);
    if (!checked)
      return std::nullopt;
    swizzle = *checked;
  }
  std::optional<Layout> layout = Layout::parse(cursor.rest(), error);
  if (!layout)
    return std::nullopt;
  return SwizzledLayout{swizzle, std::move(*layout)};
}

/// The swizzle for rows of a power of two of bytes, at least 32. Rows narrower than a line share it: the bits
/// that number the lines are XORed in. In wider rows it is the bits that number the rows.
static Swizzle swizzleForRows(int64_t rowBytes, int elementBytes) {
  int base = log2Exact(chunkBytes / elementBytes);
  int64_t chunksPerRow = rowBytes / chunkBytes, chunksPerLine = lineBytes / chunkBytes;
  if (rowBytes <= lineBytes)
    return {log2Exact(chunksPerRow), base, log2Exact(chunksPerLine)};
  return {log2Exact(chunksPerLine), base, log2Exact(chunksPerRow)};
}

std::optional<SwizzledLayout> sharedRowMajor(int64_t rows, int64_t columns, int elementBytes,
                                             std::string *error) {
  if (!isElementSize(elementBytes))
    return failure(error, "shared memory holds elements of 1, 2, 4, 8 or 16 bytes, not " +
                              std::to_string(elementBytes));
  if (rows < 1 || columns < 1 || columns > Layout::maxExtent / 32)
    return failure(error, "a shared-memory tile of " + std::to_string(rows) + "x" + std::to_string(columns) +
                              " elements has no layout");
  int64_t rowBytes = columns * elementBytes, stride = columns;
  bool powerOfTwo = std::has_single_bit(uint64_t(rowBytes));
  Swizzle swizzle;
  if (powerOfTwo && rowBytes > chunkBytes && log2Exact(rowBytes) < 40) {
    swizzle = swizzleForRows(rowBytes, elementBytes);
  } else if (!powerOfTwo) {
    int64_t chunks = (rowBytes + chunkBytes - 1) / chunkBytes;
    stride = (chunks | 1) * chunkBytes / elementBytes;
  }
  std::optional<Layout> row = Layout::leaf(rows, stride, error), column = Layout::leaf(columns, 1, error);
  if (!row || !column)
    return std::nullopt;
  std::optional<Layout> layout = Layout::concat(std::vector<Layout>{*row, *column}, error);
  return layout ? std::optional(SwizzledLayout{swizzle, std::move(*layout)}) : std::nullopt;
}

} // namespace ashlar::layout
