//===-- WgmmaKernel.h - A product of warp groups with faults to plant -----===//
//
// Writes a kernel whose warp groups all multiply the same tiles: each tile is copied from global memory
// into one of two stages as it is (the caller has laid it out), multiplied in steps of K, and its group is
// waited for when the next one is under way. It is what the compiler produces in kind; every part of it that
// matters for order can be left out.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TEST_UNIT_SIMULATOR_WGMMAKERNEL_H
#define ASHLAR_TEST_UNIT_SIMULATOR_WGMMAKERNEL_H

#include "ElementFormat.h"
#include "OperandLayout.h"
#include <string>

namespace ashlar::test {

enum class WgmmaFault {
  None,
  NoWait,              ///< results are stored without a wait
  NoCommit,            ///< products never become a group, so the wait does not mean them
  NoFence,             ///< no fence in front of the first product
  NoFenceForA,         ///< registers of A are loaded behind the last fence
  TouchedAccumulators, ///< accumulators are added to between two products, behind the last fence
  UseBeforeWait,       ///< accumulators are added to before the wait
  OverwrittenStage,    ///< the next tile is copied over the one that is being multiplied
  NoBarrierOfGroups,   ///< one group copies over what the other still multiplies
  NoBarrier,           ///< tiles are multiplied before other threads have copied their part
  NoProxyFence,        ///< what the generic proxy wrote is not ordered before the reads of the async proxy
  NoCopyWait,          ///< nobody waits for the copies
  HalfATile,           ///< only half of the last tile of B is copied
  MisalignedTile,      ///< the descriptor of A begins in the middle of a pattern
  DistantTile,         ///< the descriptor of B points behind the shared memory
  AbsentWarp,          ///< the last warp takes no part
  WaitingWarp,         ///< the last warp waits at a barrier instead
  OtherOperands,       ///< the last warp names another matrix
};

/// D = sum over tiles of A * B, from zero.
struct WgmmaKernel {
  ElementFormat aFormat, bFormat;
  OperandLayout a, b;
  /// A comes from registers that each thread loads; `a` says how many steps a tile has.
  bool aIsInRegisters = false;
  uint32_t tiles = 3, groups = 1;
  WgmmaFault fault = WgmmaFault::None;

  static constexpr uint32_t groupThreads = 128, alignment = 4096;
  uint32_t threads() const { return groups * groupThreads; }
  uint32_t columns() const { return b.extent; }
  bool isInteger() const { return aFormat.type == ASHLAR_MMA_S8 || aFormat.type == ASHLAR_MMA_U8; }
  /// A stage is A, then B, each at a multiple of what the threads copy at once.
  uint32_t bOffset() const { return aIsInRegisters ? 0 : roundUp(a.bytes()); }
  uint32_t stageBytes() const { return bOffset() + roundUp(b.bytes()); }
  uint32_t sharedBytes() const { return 2 * stageBytes(); }

  /// The module, with kernel @product(image, registers, out): the stages of all tiles, four words a thread
  /// for each step of each tile, and the accumulators of each thread.
  std::string text() const;

private:
  static uint32_t roundUp(uint32_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }
};

} // namespace ashlar::test

#endif
