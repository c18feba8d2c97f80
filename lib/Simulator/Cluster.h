//===-- Cluster.h - The blocks that one host thread runs together ---------===//
//
// A `Cluster` is what one host thread needs to run the clusters of a launch one after another; without
// clusters in the launch each block is one. The threads of all its blocks take turns on the host thread. They
// share an ordering of their accesses, a barrier, and the copies that complete late: when no thread can go
// on, the oldest such copy completes, until one can. When none is left the cluster is finished or stuck.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_CLUSTER_H
#define ASHLAR_LIB_SIMULATOR_CLUSTER_H

#include "Block.h"
#include <deque>
#include <functional>

namespace ashlar::simulator {

struct Cluster {
  Cluster() = default;
  Cluster(const Cluster &) = delete;

  /// Gets ready for a launch; false when there is no memory for the stacks.
  bool prepare(Launch &launch);
  /// Runs clusters of the launch until none is left. False when one was stuck.
  bool runAll();
  /// The blocks of the launch at hand.
  std::span<const std::unique_ptr<Block>> activeBlocks() const { return std::span(blocks).first(blockCount); }

  //===-- For the instructions (called on a thread's fiber) ---------------------------------------------===//

  /// Who runs when nobody in this block can; null when nobody at all can.
  Thread *nextThread(const Block &block);
  /// The block in whose shared memory the address lies, or null.
  Block *blockOf(const void *address);
  /// The effect happens when no thread can go on without it.
  void completeLate(std::function<void()> effect) { late.push_back(std::move(effect)); }

  /// barrier.cluster: threads arrive, and wait for those who have not exited.
  void arrive(Thread &thread, bool isRelaxed, uint32_t site);
  void wait(Thread &thread, uint32_t site);
  void threadExited() { completeIfAllArrived(); }

  Launch *launch = nullptr;
  Ordering ordering;
  std::vector<std::unique_ptr<Block>> blocks;
  Fiber main;

private:
  bool runCluster(uint64_t index);
  void completeIfAllArrived();
  void reportStuck();

  uint32_t blockCount = 0;
  std::deque<std::function<void()>> late;
  /// The barrier: its phase, arrivals at it, and who waits.
  uint32_t phase = 0, arrivals = 0;
  Release release;
  std::vector<Thread *> waiters;
};

} // namespace ashlar::simulator

#endif
