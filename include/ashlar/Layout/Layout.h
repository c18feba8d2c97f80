//===-- Layout.h - Functions from indices to offsets ------------------------===//
//
// The idea
// --------
// A layout is a function from the natural numbers below some size to offsets, described by a shape and
// strides. The notation is `shape:stride`. `8:3` is the function i -> 3*i for i < 8. A tuple of layouts is a
// layout again: its index is split in mixed radix, the *first* mode fastest (colexicographic order, as in
// Fortran), each mode maps its digit, and the offsets add up:
//
//     L = (4,3):(3,1)    a row-major matrix of 4 rows and 3 columns: L(row + 4*column) = 3*row + column
//     L(0) L(1) ... L(11) = 0 3 6 9  1 4 7 10  2 5 8 11
//
// So the same object has a one-dimensional index, L(7) = 10, and a coordinate, L(3, 1) = 10. Modes nest, and
// the nesting says how an index is *grouped* without changing the function: in `(8,(2,4)):(4,(1,32))` the
// second coordinate runs below 8 and is itself a pair. Row-major, column-major, interleaved, tiled, padded
// and broadcast (stride 0) memory are all layouts, and so are the ways of cutting a tile into sub-tiles.
//
// The algebra
// -----------
// What makes this more than a notation is that layouts are closed under a few operations. Each has one
// property that defines it; the tests check these properties on random layouts.
//
//   coalesce(A)          the same function with the fewest modes: (2,(1,6)):(1,(6,2)) is 12:1
//   composition(A, B)    R(i) = A(B(i)), with B's grouping. Choosing elements of A by B:
//                        (6,2):(8,2) after (4,3):(3,1) is ((2,2),3):((24,2),8)
//   complement(A, m)     the offsets that A skips: every offset below m is A(i) + C(j) in exactly one way.
//                        complement(4:2, 24) is (2,3):(1,8): A takes 0 2 4 6; C starts at 0 1 8 9 16 17
//   rightInverse(A)      A(R(i)) = i for all i < size(R): the index of the element at offset i, for the
//                        longest run of offsets from 0 that has a regular answer
//   leftInverse(A)       R(A(i)) = i for all i < size(A)
//   logicalDivide(A, T)  A's elements grouped as (within a tile, which tile), for a tile of the indices T
//   logicalProduct(A, T) A repeated, the copies arranged like T
//
// Worked example: the 128-bit loads of a row-major 64x32 f16 tile, A = (64,32):(32,1). Vectors of 8 along a
// row are the tilers 1:0 and 8:1: zippedDivide(A, {1:0, 8:1}) is ((1,8),(64,4)):((0,1),(32,8)). Its second
// mode, (64,4):(32,8), takes the number of a vector to its offset, column by column. Threads should walk
// along rows: composed with (4,64):(64,1) it becomes (4,64):(8,32), and thread t loads vector t at the offset
// 8*(t % 4) + 32*(t / 4).
//
// Why not linear maps over bits
// -----------------------------
// Another family describes a layout by a matrix over the field of two elements, from the bits of an index to
// the bits of an offset. It represents XOR swizzles directly and makes inversion Gaussian elimination, but
// every size must be a power of two. Heads of size 80 or 96, tiles of 96 or 192 columns, rings of 3 or 5
// pipeline stages, padded rows and windows of convolutions are not. Shapes and strides have no such limit.
// Their price is that a composition may have no such form (6 consecutive elements of (4,3):(1,100) are no
// mode); then composition returns nothing and says why, it never rounds. Swizzles stay outside the algebra,
// as one XOR after the layout (Swizzle.h).
//
// Indices beyond the size
// -----------------------
// L(i) for i >= size() continues the last mode of the coalesced layout. That is what one wants of a tile that
// does not divide: logicalDivide(10:1, 4:1) is (4,3):(1,4), whose elements 10 and 11 lie outside and need a
// predicate.
//
// Limits and errors
// -----------------
// Shapes are at least 1 and strides at least 0. Sizes and offsets stay at or below 2^56, so no operation
// overflows. What breaks this, or has no answer, returns an empty optional, with a sentence in `error` where
// one is given.
//
// Sources: CuTe, NVIDIA CUTLASS media/docs/cpp/cute/01_layout.md and 02_layout_algebra.md, whose vocabulary
// this follows; the code and the conditions for carry-free composition are our own.
//
//===------------------------------------------------------------------------===//
#ifndef ASHLAR_LAYOUT_LAYOUT_H
#define ASHLAR_LAYOUT_LAYOUT_H

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::layout {

/// One `shape:stride`.
struct Leaf {
  int64_t shape;
  int64_t stride;

  bool operator==(const Leaf &) const = default;
};

class Layout {
public:
  static constexpr int64_t maxExtent = int64_t(1) << 56;
  static constexpr int maxDepth = 16;
  static constexpr int maxLeaves = 256;

  /// `1:0`, the layout of one element.
  Layout() = default;

  /// `shape:stride`.
  static std::optional<Layout> leaf(int64_t shape, int64_t stride, std::string *error = nullptr);
  /// The tuple of these layouts; `():()` of none.
  static std::optional<Layout> concat(std::span<const Layout> modes, std::string *error = nullptr);
  /// Compact, first (columnMajor) or last (rowMajor) dimension contiguous; a tuple even for one dimension.
  static std::optional<Layout> columnMajor(std::span<const int64_t> shape, std::string *error = nullptr);
  static std::optional<Layout> rowMajor(std::span<const int64_t> shape, std::string *error = nullptr);

  /// Reads `(8,(2,4)):(4,(1,32))`; white space is free.
  static std::optional<Layout> parse(std::string_view text, std::string *error = nullptr);
  /// The text `parse` reads.
  std::string print() const;

  bool isLeaf() const { return !tuple; }
  /// Modes of the outermost tuple; 1 for a leaf.
  int rank() const { return tuple ? int(modes.size()) : 1; }
  /// Nesting of tuples; 0 for a leaf.
  int depth() const;
  /// Mode i, below rank(); a leaf is its own mode 0.
  const Layout &mode(int i) const { return tuple ? modes[size_t(i)] : *this; }
  /// All `shape:stride` in order, whatever the nesting.
  std::vector<Leaf> leaves() const;

  /// How many elements, and one more than the largest offset.
  int64_t size() const;
  int64_t cosize() const;
  /// The sizes of the modes.
  std::vector<int64_t> shape() const;

  /// The offset of the element with this colexicographic index.
  int64_t operator()(int64_t index) const;
  /// The offset of the element at this coordinate: one index for each mode of the outermost tuple. Missing
  /// ones count as 0.
  int64_t operator()(std::span<const int64_t> coordinate) const;
  /// The coordinate of an index below size().
  std::vector<int64_t> coordinate(int64_t index) const;

  /// Equal shape, strides and nesting. For equality as functions see equivalent().
  bool operator==(const Layout &) const = default;

private:
  /// An index on its way through the modes; what is left of it after the last one continues that mode.
  /// Unsigned, because an index far beyond the size may wrap around.
  struct Evaluation {
    uint64_t rest, offset, carryStride;
  };
  void accumulate(Evaluation &state) const;

  int64_t leafShape = 1;
  int64_t leafStride = 0;
  bool tuple = false;
  std::vector<Layout> modes;
};

/// The same size and the same offset at every index below it.
bool equivalent(const Layout &a, const Layout &b);

/// The same function with the fewest modes: no mode of size 1, none that continues its neighbour. A leaf if
/// one mode (or none) is left. Equivalent layouts have equal coalesced forms.
Layout coalesce(const Layout &layout);
/// The same modes without nesting, as one tuple.
Layout flatten(const Layout &layout);
/// The tuple with one mode more at its end; a leaf counts as a tuple of one.
std::optional<Layout> append(const Layout &layout, const Layout &mode, std::string *error = nullptr);

/// R(i) = a(b(i)), in b's nesting (a leaf of b may become a tuple). Fails if a leaf of b steps across the
/// modes of `a` unevenly, or if the sum of two leaves of b carries from one mode of `a` into the next.
std::optional<Layout> composition(const Layout &a, const Layout &b, std::string *error = nullptr);

/// C with increasing strides such that (layout, C) takes every offset below its size exactly once, that size
/// being the least that reaches `extent`. Modes of stride 0 count as absent. Fails where the strides do not
/// divide each other.
std::optional<Layout> complement(const Layout &layout, int64_t extent, std::string *error = nullptr);

/// The largest R with layout(R(i)) = i; `1:0` if no mode has stride 1.
Layout rightInverse(const Layout &layout);
/// R with R(layout(i)) = i. Fails if `layout` is not injective or has no complement.
std::optional<Layout> leftInverse(const Layout &layout, std::string *error = nullptr);

/// (tile, rest): layout composed with (tiler, complement of tiler). Where the tiler does not divide, the last
/// tile reaches beyond the size of `layout`.
std::optional<Layout> logicalDivide(const Layout &layout, const Layout &tiler, std::string *error = nullptr);
/// Mode by mode: ((tile0, rest0), (tile1, rest1), ...); modes without a tiler stay as they are.
std::optional<Layout> logicalDivide(const Layout &layout, std::span<const Layout> tilers,
                                    std::string *error = nullptr);
/// The same, regrouped: ((tile0, tile1, ...), (rest0, rest1, ..., modes without a tiler)).
std::optional<Layout> zippedDivide(const Layout &layout, std::span<const Layout> tilers,
                                   std::string *error = nullptr);
/// (layout, copies): the copies of `layout` lie beside each other in the order and arrangement of `tiler`.
std::optional<Layout> logicalProduct(const Layout &layout, const Layout &tiler, std::string *error = nullptr);

} // namespace ashlar::layout

#endif // ASHLAR_LAYOUT_LAYOUT_H
