//===-- SharedAddressing.h - addresses in a swizzled shared buffer ----------===//
//
// A thread's address is swizzle(runtime part + constant part). The swizzle XORs bits below its period
// 2^(base + shift + bits) by bits below it, so a multiple of the period can be added afterwards: an address
// is computed once per constant part modulo the period, and everything else is the constant offset of an
// instruction.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TILETOGPU_SHAREDADDRESSING_H
#define ASHLAR_LIB_TILETOGPU_SHAREDADDRESSING_H

#include "Coordinates.h"
#include "dialects/Tile/Tile.h"
#include "llvm/ADT/DenseMap.h"

namespace ashlar::tile {

class SharedAddressing {
public:
  /// For accesses to `buffer` at `base`, from run-time coordinates `coordinates` (one index per dimension).
  SharedAddressing(IndexMath &math, BufferType buffer, mlir::Value base,
                   llvm::ArrayRef<mlir::Value> coordinates);

  /// The element `offset` (a constant per dimension) away from the run-time coordinates.
  mlir::Value at(llvm::ArrayRef<int64_t> offset);
  /// Which half of its byte a four-bit element takes, as 0 or 1; null for elements that have a byte.
  mlir::Value nibbleAt(llvm::ArrayRef<int64_t> offset);

private:
  int64_t linearize(llvm::ArrayRef<int64_t> offset) const;
  mlir::Value swizzled(int64_t constantPart, int64_t panelOffset);
  /// What the coordinate along the panels, `offset` behind the thread's own, contributes.
  mlir::Value panelPart(int64_t offset);

  IndexMath &math;
  BufferType buffer;
  mlir::Value base, runtimePart, panelCoordinate;
  int64_t panelDim = -1;
  llvm::SmallVector<int64_t> strides;
  int64_t swizzleBits = 0, swizzleBase = 0, swizzleShift = 0;
  llvm::DenseMap<std::pair<int64_t, int64_t>, mlir::Value> pointers; // by constant part and offset along the panels
};

/// The elements that lie together in `buffer` wherever a multiple of this number along its contiguous
/// dimension starts: the power of two that strides and swizzle respect, at most 16 bytes' worth.
/// `contiguousDim` is set to that dimension, or to -1 when no stride is 1 (the result is then 1).
int64_t sharedVectorWidth(BufferType buffer, int64_t &contiguousDim);

} // namespace ashlar::tile

#endif // ASHLAR_LIB_TILETOGPU_SHAREDADDRESSING_H
