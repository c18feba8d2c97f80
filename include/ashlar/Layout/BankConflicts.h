//===-- BankConflicts.h - What a shared-memory access costs -----------------===//
//
// The model. Shared memory has 32 banks; bank b holds the 4-byte words b, b + 32, b + 64, ... One wavefront
// delivers one word of every bank, to any number of lanes. A warp's access runs in phases, so that a phase
// asks for at most 128 bytes:
//
//     bytes per lane    1, 2, 4: one phase of 32 lanes     8: two of 16     16: four of 8
//
// A phase needs as many wavefronts as the most loaded bank has *different* words. One is unavoidable; the
// others are conflicts, and this file counts them: 0 means conflict-free. ldmatrix reads, for each 8x8
// matrix, 8 rows of 16 bytes, which is a phase of a 16-byte access; stmatrix likewise.
//
// Example: 32 lanes read f32 elements 128 bytes apart, a column of a 32-wide tile. All words are in bank 0:
// 32 wavefronts, 31 conflicts. With rows padded to 33 elements: 0.
//
// The hardware may do better (it merges half-full phases), never worse; ncu's "bank conflicts" are these for
// full warps.
//
//===------------------------------------------------------------------------===//
#ifndef ASHLAR_LAYOUT_BANKCONFLICTS_H
#define ASHLAR_LAYOUT_BANKCONFLICTS_H

#include "ashlar/Layout/Distribution.h"
#include "ashlar/Layout/Swizzle.h"

namespace ashlar::layout {

/// The extra wavefronts of one warp's access. Lane i accesses `bytesPerLane` bytes at byteAddresses[i]; a
/// negative address is a lane that takes no part. Nothing if there are more than 32 lanes, bytesPerLane is
/// none of 1, 2, 4, 8, 16, or an address is not a multiple of it (the hardware would trap).
std::optional<int64_t> bankConflicts(std::span<const int64_t> byteAddresses, int bytesPerLane);

/// The extra wavefronts of one ldmatrix or stmatrix of 1, 2 or 4 matrices: the byte addresses of their 8, 16
/// or 32 rows.
std::optional<int64_t> ldmatrixConflicts(std::span<const int64_t> rowAddresses);

/// Sums over the accesses that move a whole tile.
struct ConflictCount {
  /// Warp-level accesses.
  int64_t accesses = 0;
  /// The most extra wavefronts of one access, and the sum over all.
  int64_t worst = 0;
  int64_t total = 0;

  bool operator==(const ConflictCount &) const = default;
};

/// The conflicts of loading (or storing) a tile held as `registers` from the shared memory `memory`, which
/// maps the tile's coordinate to an element offset. Each access moves `vectorWidth` consecutive registers of
/// every lane. Fails if such registers are not consecutive and aligned in memory, or the vector is wider than
/// 16 bytes.
std::optional<ConflictCount> tileConflicts(const Distribution &registers, const SwizzledLayout &memory,
                                           int elementBytes, int64_t vectorWidth,
                                           std::string *error = nullptr);

/// The widest power of two of consecutive registers, at most 16 bytes of them, that every thread can move
/// from or to `memory` as one aligned vector; 1 if none is wider.
int64_t widestVector(const Distribution &registers, const SwizzledLayout &memory, int elementBytes);

/// The conflicts of reading a tile of rows x columns from `memory` (coordinate (row, column)) by ldmatrix,
/// one 8x8 matrix (8 rows of 16 bytes) an access. Fails if the tile is not made of such matrices or a row of
/// 16 bytes is not consecutive and aligned.
std::optional<ConflictCount> ldmatrixTileConflicts(const SwizzledLayout &memory, int64_t rows,
                                                   int64_t columns, int elementBytes,
                                                   std::string *error = nullptr);

} // namespace ashlar::layout

#endif // ASHLAR_LAYOUT_BANKCONFLICTS_H
