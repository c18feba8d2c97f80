//===-- ViewAddressing.h - from a view's coordinates to an address ----------===//
//
// The affine map of a view, expanded for one thread, and the conditions under which the element exists. A condition is
// left out when the types prove it, so an access that is in bounds costs no comparison.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TILETOGPU_VIEWADDRESSING_H
#define ASHLAR_LIB_TILETOGPU_VIEWADDRESSING_H

#include "Coordinates.h"
#include "dialects/Tile/Tile.h"

namespace ashlar::tile {

/// An element in global memory. `exists` is null when it always does; where it does not, `pointer` must not be used.
struct ElementAddress {
  mlir::Value pointer, exists;
  /// For elements of four bits, as an index: 1 if the element is the high half of the byte at `pointer`, else 0.
  mlir::Value nibble;
};

class ViewAddressing {
public:
  /// For accesses to `view`, whose buffer begins at `base`; `symbols` and `sizes` are its operands after conversion.
  /// `inBounds` as on the access: dimensions whose extent need not be tested.
  ViewAddressing(IndexMath &math, ViewOp view, mlir::Value base, mlir::ValueRange symbols, mlir::ValueRange sizes,
                 std::optional<llvm::ArrayRef<bool>> inBounds);

  /// The element at these coordinates of the view.
  ElementAddress at(llvm::ArrayRef<mlir::Value> coordinates);

private:
  mlir::Value insideView(llvm::ArrayRef<mlir::Value> coordinates);
  mlir::Value insideBuffer(int64_t dim, mlir::Value coordinate);

  IndexMath &math;
  mlir::AffineMap map;
  BufferType buffer;
  mlir::Value base;
  llvm::SmallVector<mlir::Value> symbols, extents;
  llvm::SmallVector<Interval> dimRanges, symbolRanges;
  llvm::SmallVector<bool> inBounds;
};

/// `pointer` plus `elements` (an index) elements of `bits` bits, at least a byte.
mlir::Value offsetPointer(IndexMath &math, mlir::Value pointer, mlir::Value elements, unsigned bits);

} // namespace ashlar::tile

#endif // ASHLAR_LIB_TILETOGPU_VIEWADDRESSING_H
