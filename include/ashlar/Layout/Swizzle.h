//===-- Swizzle.h - XOR permutations of shared memory -----------------------===//
//
// Shared memory has 32 banks of 4 bytes. Eight rows of 16 bytes are read in one go (a phase of a 16-byte
// access, or one matrix of ldmatrix) if they lie in different 16-byte columns of a 128-byte line. In a plain
// row-major tile with rows of 128 bytes all eight lie in the same column: eight wavefronts instead of one. A
// swizzle moves the element: it XORs some bits of the offset, which say in which line it is, into lower bits,
// which say in which column:
//
//     offset ^ ((offset >> shift) & mask),   mask = (2^bits - 1) << base
//
//     line 0 | 0 1 2 3 4 5 6 7        Swizzle of 3 bits: the 16-byte chunk stored at
//     line 1 | 1 0 3 2 5 4 7 6        each place of the 128-byte lines. Every column of
//     line 2 | 2 3 0 1 6 7 4 5        the picture holds each chunk number once, so the
//     ...    | ...                    same chunk of 8 lines is in 8 different columns.
//
// A swizzle is its own inverse, keeps runs of 2^base elements together, and maps every aligned block of
// 2^(base + bits) elements onto itself (for a positive shift). The four patterns that the hardware knows (TMA
// and wgmma descriptors) work on chunks of 16 bytes and lines of 128: 0, 1, 2 or 3 bits for rows of 16, 32,
// 64 or 128 bytes.
//
// Offsets here count elements, not bytes: `hardware(kind, elementBytes)` converts.
//
// Sources: CuTe's Swizzle<B,M,S> (same parameters: bits, base, shift); CUDA driver API, CUtensorMapSwizzle.
//
//===------------------------------------------------------------------------===//
#ifndef ASHLAR_LAYOUT_SWIZZLE_H
#define ASHLAR_LAYOUT_SWIZZLE_H

#include "ashlar/Layout/Layout.h"

namespace ashlar::layout {

/// The patterns of CUtensorMapSwizzle, by the bytes of a row.
enum class HardwareSwizzle { None, Bytes32, Bytes64, Bytes128 };

struct Swizzle {
  /// How many bits take part; 0 is the identity.
  int bits = 0;
  /// The lowest bit that changes.
  int base = 0;
  /// How far above the changing bits the bits lie that are XORed in; if negative, how far below.
  int shift = 0;

  /// Fails unless 0 <= bits <= |shift|, 0 <= base and base + bits + |shift| <= 48; with
  /// bits = 0 the other two do not matter and become 0.
  static std::optional<Swizzle> make(int bits, int base, int shift, std::string *error = nullptr);
  /// The hardware pattern for elements of 1, 2, 4, 8 or 16 bytes; nothing for other sizes.
  static std::optional<Swizzle> hardware(HardwareSwizzle kind, int elementBytes);

  int64_t operator()(int64_t offset) const;
  /// The smallest aligned block of offsets that the swizzle maps onto itself.
  int64_t blockSize() const;
  /// The hardware pattern this is for elements of that size, if it is one.
  std::optional<HardwareSwizzle> hardwareKind(int elementBytes) const;

  bool operator==(const Swizzle &) const = default;
};

/// A swizzle after a layout: the arrangement of a tile in shared memory.
struct SwizzledLayout {
  Swizzle swizzle;
  Layout layout;

  int64_t size() const { return layout.size(); }
  int64_t operator()(int64_t index) const { return swizzle(layout(index)); }
  int64_t operator()(std::span<const int64_t> coordinate) const { return swizzle(layout(coordinate)); }
  /// The elements to allocate: the last offset, rounded up where the swizzle may move it.
  int64_t storage() const;

  /// `Sw<3,3,3> o (8,64):(64,1)`; without the first part for the identity.
  std::string print() const;
  static std::optional<SwizzledLayout> parse(std::string_view text, std::string *error = nullptr);

  bool operator==(const SwizzledLayout &) const = default;
};

/// A row-major tile in shared memory whose 16-byte chunks, eight rows at a time, lie in different banks: for
/// 16-byte accesses along rows and for ldmatrix. Rows of 32, 64 or 128 bytes get the hardware swizzle, wider
/// powers of two an XOR of the same kind, others padding: to an odd number of 16-byte chunks. Needs element
/// sizes of 1, 2, 4, 8 or 16 bytes. Rows start at multiples of 16 bytes, of the row's size if that is a power
/// of two below 16.
std::optional<SwizzledLayout> sharedRowMajor(int64_t rows, int64_t columns, int elementBytes,
                                             std::string *error = nullptr);

} // namespace ashlar::layout

#endif // ASHLAR_LAYOUT_SWIZZLE_H
