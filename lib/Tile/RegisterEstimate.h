//===-- RegisterEstimate.h - how many registers a thread will need -----------===//
//
// Before any code exists, the tiles' distributions say how many registers each tile takes in a thread, and
// the structure of the program which tiles live at the same time.
//
// What counts how much:
// * A tile: registers per thread by its distribution, times its element's bits, over 32, rounded up. Without
//   a distribution, the elements spread evenly over the threads.
// * Nothing for constants (immediates) and for a broadcast (it names its source's registers again); one
//   register for a splat and for what can be recomputed from thread indices and constants (`tile.iota` and
//   arithmetic on it).
// * A tile that comes from shared memory, perhaps through elementwise operations, only to be multiplied by
//   tensor cores: one step of the product. The assembler moves the loads and the arithmetic to their use:
//   measured with ptxas, the number of steps makes no difference (64x64 per warp: 166 registers for 1, 2, 4
//   and 8 steps of f16, 162 to 168 with dequantisation in between). A barrier between load and product
//   prevents it.
// * A scalar: one register. Everything else of the generated code: `baseRegisters`.
// * A copy into shared memory in a loop: `registersPerVector` for each vector that a thread copies in an
//   iteration, since their addresses are computed once, before the loop.
//
// The two constants are fitted to what ptxas says of 13 schedules of a matrix product (63 to 231 registers):
// for sm_90a the estimate is off by 2 in the mean, by 8 at most; for sm_80 by up to 10 while a thread copies
// at most 8 vectors an iteration. With 16, ptxas takes 23 more there, and with 24 it even spills: schedules
// should avoid that many.
//
// * In kernels with roles, nothing for a tile that elementwise operations make and only they and stores use: it
//   passes element by element.
//
// An operation's result takes over the registers of operands that end there: what counts is the larger of
// what lives before and after it.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TILE_REGISTERESTIMATE_H
#define ASHLAR_LIB_TILE_REGISTERESTIMATE_H

#include "dialects/Tile/Tile.h"

namespace ashlar::tile {

inline constexpr int64_t baseRegisters = 36;
/// The same where a role of its own starts the copies: what ptxas takes beyond the accumulators of a product of
/// 64x256 by one warp group (154 registers, 128 of them accumulators), without the scalars that are counted.
inline constexpr int64_t baseRegistersWithRoles = 20;
inline constexpr int64_t registersPerVector = 2;

struct LiveTile {
  mlir::Value value;
  int64_t registers;
};

struct RegisterEstimate {
  int64_t registers = baseRegisters; ///< Of one thread, at the peak.
  mlir::Operation *peak = nullptr;  ///< The operation before which the peak is; null in a kernel without one.
  llvm::SmallVector<LiveTile> live; ///< The tiles that live there, the largest first.
};

RegisterEstimate estimateRegisters(KernelOp kernel);

} // namespace ashlar::tile

#endif // ASHLAR_LIB_TILE_REGISTERESTIMATE_H
