//===-- LayoutChoices.h - Which distribution suits a tile -------*- C++ -*-===//
//
// Pure functions from shapes to distributions: how warps and threads are spread over a product, how a tile
// without a product is cut, and how well a distribution meets global memory. All distributions they return
// have exactly the given number of threads; those with nothing of their own hold copies.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TILE_LAYOUTCHOICES_H
#define ASHLAR_LIB_TILE_LAYOUTCHOICES_H

#include "ashlar/Layout/Distribution.h"
#include "ashlar/Tile/Contiguity.h"
#include <utility>

namespace ashlar::tile {

inline constexpr int64_t warpSize = 32;

/// Warps or threads along the rows and the columns of a product's result.
struct ProductGrid {
  int64_t m = 1;
  int64_t n = 1;
};

/// What a product of M x K by K x N looks like in registers.
struct ProductFragments {
  layout::Distribution a, b, result;
};

/// The fragments of tensor-core products of `elementBits` operands with `grid` warps (up to `threads` threads
/// in all); nothing if the grid does not divide the tile or the block.
std::optional<ProductFragments> tensorCoreFragments(int64_t m, int64_t n, int64_t k, int elementBits,
                                                    ProductGrid grid, int64_t threads);
/// The fragments of products by warp groups that share the rows; `b` is in shared memory and has none.
std::optional<ProductFragments> warpGroupFragments(int64_t m, int64_t n, int64_t k, int elementBits,
                                                   int64_t threads);
/// The same without tensor cores, for a grid of threads.
std::optional<ProductFragments> scalarFragments(int64_t m, int64_t n, int64_t k, ProductGrid grid,
                                                int64_t threads);

/// The grid of warps that reads the fewest operand elements, among those that use the most warps. With
/// `wholeRows` a warp owns whole rows where that leaves no warp idle, so that reductions along rows stay
/// within a warp.
ProductGrid chooseWarpGrid(int64_t m, int64_t n, int64_t threads, bool wholeRows);
/// The same for threads; at most 32 along the columns.
ProductGrid chooseThreadGrid(int64_t m, int64_t n, int64_t threads);

/// Whether the threads that share a row along `dim` differ in bits of the lane only, so that shuffles reduce
/// it.
bool reducesWithinWarp(const layout::Distribution &distribution, int dim);

/// Consecutive threads along `vectors.dim`, `vectors.width` elements each at most: layout::blocked for any
/// rank.
layout::Distribution blockedDistribution(llvm::ArrayRef<int64_t> dims, int64_t threads, VectorAccess vectors);

/// The same for a tile that is reduced along `reduceDim`: the threads along that dimension are lanes of one
/// warp.
layout::Distribution reducibleDistribution(llvm::ArrayRef<int64_t> dims, int64_t threads,
                                           VectorAccess vectors, int64_t reduceDim);

/// The part of the 32-byte sectors touched by a warp's access that it uses, when elements are contiguous
/// along `vectors.dim` and move `vectors.width` at once: 1 is coalesced.
double sectorEfficiency(const layout::Distribution &distribution, llvm::ArrayRef<int64_t> dims,
                        VectorAccess vectors, int64_t elementBits);

} // namespace ashlar::tile

#endif // ASHLAR_LIB_TILE_LAYOUTCHOICES_H
