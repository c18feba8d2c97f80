//===-- Distribution.h - Which thread's register holds which element --------===//
//
// The question
// ------------
// A thread block works on a tile, say 128x64 elements. The elements live in registers, a few in every thread.
// A `Distribution` says which: it maps (thread index, register index) to a coordinate of the tile. Every step
// of the tile compiler asks it something. A load asks for the coordinates, to make addresses. A reduction
// asks which threads share a row. A conversion asks whether two distributions differ only in the order of
// registers.
//
// The answer: two lists of modes
// ------------------------------
// A mode {size, stride, dim}, written `size:stride@dim`, is a counter that runs from 0 to size-1; every step
// moves `stride` elements along tile dimension `dim`. A thread index is written in the mixed radix of the
// thread modes (the first mode is the fastest digit), a register index in that of the value modes; the digits
// times their strides add up to the coordinate. These are CuTe's thread-value layouts with scaled basis
// strides (`2@1`).
//
// Example: the 16x8 accumulator of mma.sync.m16n8, one warp.
//
//     thread = [4:2@1, 8:1@0], value = [2:1@1, 2:8@0]
//
//     lane 6 = 2 + 4*1 : digits (2, 1) -> column 2*2 = 4, row 1*1 = 1
//     register 3 = 1 + 2*1 : digits (1, 1) -> column +1, row +8
//     so lane 6 holds element (1 + 8, 4 + 1) = (9, 5) in register 3.
//
// A thread mode with stride 0 replicates: threads that differ only in this digit hold the same elements. Its
// dimension means nothing and is not written: `4:0`. A value mode never has stride 0: no thread holds an
// element twice.
//
// What comes for free
// -------------------
// * The register part of a coordinate is a compile-time constant, the thread part a short sum of
//   `(thread / divisor) % size * stride` terms (`threadDigits`): address arithmetic is linear and hoistable.
// * Per dimension the modes of a correct distribution, sorted by stride, form a chain 1, n0, n0*n1, ... that
//   ends at the size of the dimension: de Bruijn's structure of the sets that tile an interval. `verify`
//   therefore is a few comparisons, not an enumeration, and says which mode is wrong.
// * The registers that are consecutive along a dimension start at multiples of their number, so they form
//   aligned vectors.
// * Any size works, 3 and 12 as well as 16: nothing here is a bit matrix.
//
// Normal form
// -----------
// A Distribution is always in normal form: no mode of size 1; neighbours that continue each other are merged
// (`2:8@0, 4:16@0` is `8:8@0`). Two distributions are equal as functions exactly if their normal forms are
// equal, so `==` is functional equality. A tile's rank is not stored: a dimension of size 1 needs no mode.
//
// Errors: nothing aborts. What can fail returns an empty optional and, where a pointer is given, a sentence.
//
// Sources: CuTe's documentation (NVIDIA CUTLASS, media/docs/cpp/cute, "TV layouts" in 0t_mma_atom.md and
// 0x_gemm_tutorial.md); N. G. de Bruijn, "On number systems" (1956) for the chain.
//
//===------------------------------------------------------------------------===//
#ifndef ASHLAR_LAYOUT_DISTRIBUTION_H
#define ASHLAR_LAYOUT_DISTRIBUTION_H

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::layout {

/// One counter: `size` steps of `stride` elements along tile dimension `dim`. Stride 0 (threads only)
/// replicates.
struct Mode {
  int64_t size;
  int64_t stride;
  int dim = 0;

  bool operator==(const Mode &) const = default;
};

/// A thread mode and where its digit sits in the thread index: digit = (thread / divisor) % mode.size. The
/// modulus of the last digit is redundant when the index is below `threads()`.
struct ThreadDigit {
  Mode mode;
  int64_t divisor;
};

class Distribution {
public:
  /// No distribution holds more threads or registers per thread than this, nor a larger stride than
  /// `maxStride`: so all arithmetic stays inside 64 bits whatever the input.
  static constexpr int64_t maxCount = int64_t(1) << 20;
  static constexpr int64_t maxStride = int64_t(1) << 31;
  static constexpr int maxRank = 16;

  /// One thread with one register: the whole of a tile of one element.
  Distribution() = default;

  /// The distribution with these modes, in normal form. Fails on a size below 1, a negative stride or
  /// dimension, a value mode of stride 0 and on the limits above.
  static std::optional<Distribution> make(std::vector<Mode> thread, std::vector<Mode> value,
                                          std::string *error = nullptr);

  /// Reads `thread = [4:2@1, 8:1@0, 2:0], value = [2:1@1, 2:8@0]`; white space is free.
  static std::optional<Distribution> parse(std::string_view text, std::string *error = nullptr);
  /// The text `parse` reads.
  std::string print() const;

  const std::vector<Mode> &threadModes() const { return threadList; }
  const std::vector<Mode> &valueModes() const { return valueList; }
  /// Threads that take part; registers (elements) each of them holds.
  int64_t threads() const;
  int64_t values() const;
  /// How many threads hold each element.
  int64_t replication() const;
  /// One more than the greatest dimension that some mode moves along; a tile may have more.
  int minimumRank() const;

  /// The element in register `value` of `thread`, for a tile of `rank` dimensions (at least minimumRank()).
  /// Indices beyond the counts wrap around.
  std::vector<int64_t> coordinate(int64_t thread, int64_t value, int rank) const;
  /// The part of coordinate() that is the same in every thread: a constant in generated code.
  std::vector<int64_t> valueOffsets(int64_t value, int rank) const;
  /// The part that depends on the thread: the sum over these of digit * mode.stride along mode.dim.
  std::vector<ThreadDigit> threadDigits() const;
  /// The digits that move along `dim`: a reduction along `dim` combines threads that differ in these.
  std::vector<ThreadDigit> threadDigitsAlong(int dim) const;
  /// The digits of stride 0: a thread where all of them are zero is the one that stores or accumulates an
  /// element.
  std::vector<ThreadDigit> replicatedDigits() const;

  /// Whether every element of the tile `dims` is held: in bounds, by at least one thread, and by one register
  /// of one thread once replication is set aside. Returns nothing if so, else what is wrong and with which
  /// mode.
  std::optional<std::string> verify(std::span<const int64_t> dims) const;

  /// The distribution of the result of reducing along `dim`: the dimension is removed, later ones move up;
  /// its thread modes stay with stride 0 (all those threads hold the result), its value modes disappear. A
  /// negative `dim` changes nothing.
  Distribution slice(int dim) const;
  /// For every register here, the register of slice(dim) that holds the element's projection. A reduction
  /// accumulates along this map, a broadcast of the slice reads through it.
  std::vector<int64_t> sliceRegisters(int dim) const;
  /// Whether a tile held like this can be broadcast along a new dimension `dim` to `parent` without moving
  /// data.
  bool isSliceOf(const Distribution &parent, int dim) const { return *this == parent.slice(dim); }
  /// The distribution of the same elements in a tile with a new dimension of size 1 at position `dim`.
  Distribution insertDimension(int dim) const;

  /// The distribution of the transposed tile, whose dimension i is dimension permutation[i] of this one (as
  /// in linalg.transpose). Fails unless `permutation` is one and covers minimumRank().
  std::optional<Distribution> transpose(std::span<const int> permutation) const;

  /// How many of the first registers are consecutive along `dim`, at least 1. If verify() holds, every group
  /// of that many registers is consecutive and starts at a multiple of it.
  int64_t contiguousValues(int dim) const;

  bool operator==(const Distribution &) const = default;

private:
  std::vector<Mode> threadList;
  std::vector<Mode> valueList;
};

/// If every thread holds the same elements under `source` as under `destination`, a conversion only renames
/// registers: result[d] is the source register of destination register d. Otherwise nothing, and data must
/// move between threads.
std::optional<std::vector<int64_t>> registerPermutation(const Distribution &source,
                                                        const Distribution &destination);

/// A distribution of the same elements in a tile that numbers them differently.
struct Renumbering {
  Distribution distribution;
  /// The register of `distribution` that holds what register d of the original holds.
  std::vector<int64_t> registers;
};

/// Who holds which element of a tile of extents `dims` whose element map(c) is element c of a tile of rank
/// `rank` distributed like `original`: the same thread, its registers in row-major order of the new tile.
/// Nothing where some step of the original does not always move the new coordinate by the same amount.
std::optional<Renumbering> renumber(const Distribution &original, int rank, std::span<const int64_t> dims,
                                    const std::function<std::vector<int64_t>(std::span<const int64_t>)> &map);

} // namespace ashlar::layout

#endif // ASHLAR_LAYOUT_DISTRIBUTION_H
