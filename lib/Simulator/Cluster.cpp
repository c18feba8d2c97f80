//===-- Cluster.cpp - The blocks that one host thread runs together -------===//
//
// Which blocks form a cluster, whose turn it is, and the cluster's barrier.
//
//===----------------------------------------------------------------------===//

#include "Cluster.h"
#include <algorithm>

namespace ashlar::simulator {

bool Cluster::prepare(Launch &newLaunch) {
  launch = &newLaunch;
  const Dim3 &size = launch->shape.cluster;
  blockCount = size[0] * size[1] * size[2];
  while (blocks.size() < blockCount)
    blocks.push_back(std::make_unique<Block>(*this, uint32_t(blocks.size())));
  return std::all_of(blocks.begin(), blocks.begin() + blockCount,
                     [&](const std::unique_ptr<Block> &block) { return block->prepare(*launch); });
}

bool Cluster::runAll() {
  while (!launch->stop) {
    uint64_t index = launch->nextCluster++;
    if (index >= launch->clusterCount)
      break;
    if (!runCluster(index)) {
      launch->stop = true;
      return false;
    }
  }
  return true;
}

static Dim3 unflatten(uint64_t index, const Dim3 &size) {
  return {uint32_t(index % size[0]), uint32_t(index / size[0] % size[1]),
          uint32_t(index / size[0] / size[1])};
}

/// The number in the grid of the block at `rank` of the cluster.
static uint64_t blockIndexOf(const LaunchShape &shape, const Dim3 &clusterId, uint32_t rank) {
  const Dim3 inner = unflatten(rank, shape.cluster);
  uint64_t index = 0;
  for (size_t i = 3; i-- > 0;)
    index = index * shape.grid[i] + uint64_t(clusterId[i]) * shape.cluster[i] + inner[i];
  return index;
}

bool Cluster::runCluster(uint64_t index) {
  const LaunchShape &shape = launch->shape;
  const Dim3 clusterId = unflatten(index, launch->clusterGrid);
  std::array<uint64_t, maximumClusterBlocks> indices;
  for (uint32_t rank = 0; rank < blockCount; ++rank)
    indices[rank] = blockIndexOf(shape, clusterId, rank);
  late.clear();
  phase = arrivals = 0;
  release.reset();
  waiters.clear();
  ordering.startCluster(shape.block[0] * shape.block[1] * shape.block[2],
                        std::span(indices).first(blockCount));
  for (uint32_t rank = 0; rank < blockCount; ++rank)
    blocks[rank]->start(indices[rank], clusterId);
  switchFiber(main, blocks[0]->threadAt(0).fiber);

  bool isStuck = !std::all_of(blocks.begin(), blocks.begin() + blockCount,
                              [](const std::unique_ptr<Block> &block) { return block->hasEnded(); });
  if (isStuck)
    reportStuck();
  for (uint32_t rank = 0; rank < blockCount; ++rank) {
    blocks[rank]->finish();
    if (isStuck)
      blocks[rank]->abandonFibers();
  }
  return !isStuck;
}

Thread *Cluster::nextThread(const Block &block) {
  for (;;) {
    for (uint32_t i = 1; i <= blockCount; ++i)
      if (Thread *thread = blocks[(block.rank + i) % blockCount]->anyRunnable())
        return thread;
    if (late.empty())
      return nullptr;
    std::function<void()> effect = std::move(late.front());
    late.pop_front();
    effect();
  }
}

Block *Cluster::blockOf(const void *address) {
  for (uint32_t rank = 0; rank < blockCount; ++rank) {
    auto offset = static_cast<const char *>(address) - blocks[rank]->shared;
    if (offset >= 0 && offset < ptrdiff_t(maximumSharedBytes))
      return blocks[rank].get();
  }
  return nullptr;
}

//===-- The barrier -------------------------------------------------------===//

void Cluster::arrive(Thread &thread, bool isRelaxed, uint32_t site) {
  if (thread.clusterArrivals > phase) {
    Finding finding = thread.block->finding(ReportKind::BarrierDivergence, thread, site);
    finding.detail = "the thread arrives twice at the barrier of the cluster without a wait";
    thread.block->findings.add(finding);
    return;
  }
  thread.clusterArrivals = phase + 1;
  ++arrivals;
  if (thread.block->checks) {
    // What a fence made known travels with a relaxed arrival as well.
    if (isRelaxed)
      for (uint32_t rank = 0; rank < blockCount; ++rank)
        ordering.releaseAgent(thread.party, ordering.agent(rank, makerAgent), release);
    else
      ordering.release(thread.party, release);
  }
  completeIfAllArrived();
}

void Cluster::completeIfAllArrived() {
  uint32_t live = 0;
  for (uint32_t rank = 0; rank < blockCount; ++rank)
    live += blocks[rank]->liveThreads();
  if (!arrivals || arrivals < live)
    return;
  ++phase;
  arrivals = 0;
  ordering.completePhase(release);
  for (Thread *waiter : waiters)
    waiter->block->release(*waiter);
  waiters.clear();
}

void Cluster::wait(Thread &thread, uint32_t site) {
  if (thread.clusterArrivals == thread.clusterWaits) {
    Finding finding = thread.block->finding(ReportKind::BarrierDivergence, thread, site);
    finding.detail = "the thread waits at the barrier of the cluster and has not arrived";
    thread.block->findings.add(finding);
    return;
  }
  thread.clusterWaits = thread.clusterArrivals;
  if (thread.clusterArrivals > phase) {
    waiters.push_back(&thread);
    thread.block->wait(thread, site);
  }
  if (thread.block->checks)
    ordering.acquire(thread.party, release.completed());
  thread.knownBlocks = ~0u;
}

void Cluster::reportStuck() {
  for (uint32_t rank = 0; rank < blockCount; ++rank)
    blocks[rank]->reportStuck();
  if (waiters.empty())
    return;
  for (uint32_t rank = 0; rank < blockCount; ++rank)
    for (uint32_t i = 0, count = launch->shape.block[0] * launch->shape.block[1] * launch->shape.block[2];
         i < count; ++i) {
      const Thread &other = blocks[rank]->threadAt(i);
      if (other.hasExited || other.clusterArrivals > phase)
        continue;
      const Thread &waiter = *waiters.front();
      Finding finding = waiter.block->finding(ReportKind::BarrierDivergence, waiter, waiter.waitSite);
      finding.detail = "a thread does not arrive at the barrier of the cluster";
      finding.otherBlock = blocks[rank]->blockIndex;
      finding.otherThread = other.index;
      finding.otherSite = other.waitSite;
      waiter.block->findings.add(finding);
      return;
    }
}

} // namespace ashlar::simulator
