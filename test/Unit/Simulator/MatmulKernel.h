//===-- MatmulKernel.h - A tensor-core kernel with faults to plant --------===//
//
// Writes a matrix multiplication as an LLVM-level kernel module: cp.async into two swizzled stages of shared
// memory, ldmatrix, mma.sync m16n8k16, four warps a block. It is what the compiler produces in kind, small
// enough to read, and every synchronisation in it can be left out.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TEST_UNIT_SIMULATOR_MATMULKERNEL_H
#define ASHLAR_TEST_UNIT_SIMULATOR_MATMULKERNEL_H

#include <cstdint>
#include <string>

namespace ashlar::test {

enum class MatmulFault {
  None,
  NoBarrierBeforeUse,   ///< copies of other threads may not have arrived
  NoBarrierBeforeReuse, ///< a stage is overwritten while others still read it
  NoWait,               ///< nobody waits for the copies
  WaitOneGroupTooFew,   ///< the wait lets the group that is needed stay open
  OffByOneBound,        ///< one row of A too many
  NoSwizzle,            ///< rows of a tile fall into the same banks
  DivergentBarrier,     ///< the first warp skips a barrier
  TooFewSharedBytes,    ///< the launch gets less shared memory than the kernel uses
};

/// C = A * B with row-major f16 operands and f32 result. K and N are multiples of 8, M is any.
struct MatmulKernel {
  /// 16-row and 8-column tiles of one warp; the warps of a block stand 2 x 2. `columnTiles` is a multiple
  /// of 4.
  uint32_t rowTiles = 1, columnTiles = 4;
  MatmulFault fault = MatmulFault::None;

  static constexpr uint32_t depth = 64, threads = 128;
  uint32_t blockRows() const { return 32 * rowTiles; }
  uint32_t blockColumns() const { return 16 * columnTiles; }
  uint32_t stageBytes() const { return (blockRows() + blockColumns()) * depth * 2; }
  uint32_t sharedBytes() const { return 2 * stageBytes(); }

  /// The module, with kernel @matmul(a, b, c, m, n, k).
  std::string text() const;
};

} // namespace ashlar::test

#endif
