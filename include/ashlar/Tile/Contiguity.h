//===-- Contiguity.h - How wide a tile's global accesses may be -*- C++ -*-===//
//
// The question
// ------------
// A view says where its elements lie through an affine map. A thread that moves 16 bytes with one instruction
// needs V neighbours of the view (along one dimension) to be V neighbours in memory, the first of them at an
// address that is a multiple of V elements, and all of them inside or all of them outside what may be
// touched. `vectorAccess` finds the dimension and the greatest power of two V for which this holds wherever
// the vector starts, as long as it starts at a multiple of V within the tile.
//
// The answer
// ----------
// Walk the map's expressions with two facts about each: its *step*, by how much it grows with every element
// of the vector (or nothing, if it does not grow evenly), and a *divisor* of its value at the vector's start.
// They follow from the operands' facts. Example: the windows of a 3x3 convolution, channels last, along k
// with V = 8:
//
//     k                   step 1, divisor 8       the vector starts at a multiple of 8
//     k floordiv 192      step 0, divisor 1       7 < gcd(8, 192): all of the vector falls into one quotient
//     k mod 64            step 1, divisor 8       and does not wrap
//     address  = ... + 64 * (... + k floordiv 192 - 1) + k mod 64:   step 1, divisor 8
//
// What is assumed: base pointers are aligned to 16 bytes; buffers are row-major.
//
// Sizes count elements; elements of four bits count singly, too, so that V is 2 for a byte; i1 takes a byte.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_TILE_CONTIGUITY_H
#define ASHLAR_TILE_CONTIGUITY_H

#include "dialects/Tile/Tile.h"
#include "mlir/IR/AffineMap.h"

namespace ashlar::tile {

/// One tile's access through a view, as far as vectors are concerned. A divisor is a number that divides a
/// value whatever the run; 0 says that the value is zero.
struct TileAccess {
  /// From the view's coordinates and symbols to the buffer's coordinates.
  mlir::AffineMap map;
  /// Dynamic extents are ShapedType::kDynamic; for them `extentDivisors` has an entry of interest.
  llvm::SmallVector<int64_t> viewShape, extentDivisors;
  llvm::SmallVector<int64_t> bufferShape, bufferStrides;
  llvm::SmallVector<int64_t> symbolDivisors;
  /// The tile, and for each dimension a divisor of its offset and whether it lies within the view's extent.
  llvm::SmallVector<int64_t> tileShape, offsetDivisors;
  llvm::SmallVector<bool> inBounds;
  int64_t elementBits = 32;
};

/// `width` elements (a power of two, at most 16 bytes) move at once along dimension `dim` of the view.
struct VectorAccess {
  int64_t dim = 0;
  int64_t width = 1;

  bool operator==(const VectorAccess &) const = default;
};

/// A divisor of an index value: from constants, sums, products, loops with known start and step. 1 if nothing
/// is known.
int64_t knownDivisor(mlir::Value value);

/// The greatest width along `dim`; 1 if elements have to move one by one.
int64_t vectorWidth(const TileAccess &access, int64_t dim);

/// The dimension with the greatest width. Where no width exceeds 1 it is the dimension along which addresses
/// move least, so that neighbouring threads touch neighbouring elements all the same.
VectorAccess vectorAccess(const TileAccess &access);

/// What a tile.copy, tile.load or tile.store on a view accesses. Nothing if it is none, works on shared
/// memory, or its view is not made by a tile.view that can be seen.
std::optional<TileAccess> describeAccess(mlir::Operation *op);
/// What an access to this tile of a view would be.
TileAccess describeAccess(ViewOp view, llvm::ArrayRef<int64_t> tileShape, mlir::ValueRange offsets,
                          std::optional<llvm::ArrayRef<bool>> inBounds);

/// The vectors of a tile.load or tile.store on a view whose tile has a distribution: vectorAccess(), limited
/// to the registers that are consecutive along the dimension.
VectorAccess registerVectorAccess(mlir::Operation *op);

} // namespace ashlar::tile

#endif // ASHLAR_TILE_CONTIGUITY_H
