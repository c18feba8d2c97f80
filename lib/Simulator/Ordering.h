//===-- Ordering.h - Which accesses of a block are ordered ----------------===//
//
// A vector clock, made small. Every access carries a stamp: the clock of its thread. Synchronisation moves
// the clocks of the participants to a fresh value and shares what they know. Access (thread u, stamp s) is
// ordered before what thread t does now if
//   - s lies before the last barrier of the whole block (`floor`), or u = t, or
//   - u is in t's warp, and t knows lane u up to s, or
//   - u is in another warp, of which t knows all up to s.
// Knowledge of other warps is kept for the warp, not for its lanes. It comes from named barriers, which count
// whole warps; should only some lanes of a warp take part in one, a race with its other lanes may go unseen.
// Nothing that is ordered is ever called a race.
//
// Clocks grow over all blocks that a host thread runs, so nothing is cleared between blocks.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_ORDERING_H
#define ASHLAR_LIB_SIMULATOR_ORDERING_H

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace ashlar::simulator {

class Ordering {
public:
  /// Everything before is past; must be called before the first block.
  void startBlock(uint32_t threadCount);

  /// The stamp of an access that the thread makes now.
  uint32_t clock(uint32_t thread) const { return clocks[thread]; }
  /// Stamps below this one belong to earlier blocks.
  uint32_t blockStart() const { return start; }

  bool isOrdered(uint32_t earlierThread, uint32_t stamp, uint32_t thread) const {
    if (stamp < floor || earlierThread == thread)
      return true;
    const Knowledge &known = knowledge[thread];
    if (earlierThread / 32 == thread / 32)
      return stamp <= known.lanes[earlierThread % 32];
    return stamp <= known.warps[earlierThread / 32];
  }

  /// A barrier of the whole block.
  void synchronizeAll();
  /// A barrier of some threads: all of them know what any of them knew.
  void synchronize(std::span<const uint16_t> threads);

  /// Gives the thread a fresh clock, so that what it does from now on is told apart from what it did. Returns
  /// the clock before.
  uint32_t advance(uint32_t thread);
  /// The thread knows what `earlier` did up to this stamp.
  void learn(uint32_t thread, uint32_t earlier, uint32_t stamp);

private:
  struct Knowledge {
    std::array<uint32_t, 32> lanes{};
    std::array<uint32_t, 32> warps{};
  };
  std::vector<uint32_t> clocks;
  std::vector<Knowledge> knowledge;
  uint32_t highest = 0, floor = 0, start = 0;
};

} // namespace ashlar::simulator

#endif
