//===-- Block.cpp - Running the threads of a block ------------------------===//
//
// Fibers for the threads, the order in which they run, and what is said when none can.
//
//===----------------------------------------------------------------------===//

#include "Cluster.h"
#include "CurrentThread.h"
#include <bit>
#include <cstdlib>
#include <cstring>

namespace ashlar::simulator {

/// Room around shared memory, so that a small overrun in a run without checks hits nothing of ours.
static constexpr size_t sharedMargin = 64 * 1024, sharedAlignment = 4096;

Block::Block(Cluster &cluster, uint32_t rank) : cluster(cluster), rank(rank), ordering(cluster.ordering) {
  size_t bytes =
      (maximumSharedBytes + 2 * sharedMargin + sharedAlignment - 1) / sharedAlignment * sharedAlignment;
  sharedAllocation = static_cast<char *>(std::aligned_alloc(sharedAlignment, bytes));
  shared = sharedAllocation ? sharedAllocation + sharedMargin : nullptr;
}

Block::~Block() { std::free(sharedAllocation); }

static Dim3 unflatten(uint64_t index, const Dim3 &size) {
  return {uint32_t(index % size[0]), uint32_t(index / size[0] % size[1]),
          uint32_t(index / size[0] / size[1])};
}

static void copyDim(uint32_t (&target)[3], const Dim3 &source) {
  std::memcpy(target, source.data(), sizeof target);
}

bool Block::prepare(Launch &newLaunch) {
  launch = &newLaunch;
  const LaunchShape &shape = launch->shape;
  threadCount = shape.block[0] * shape.block[1] * shape.block[2];
  warpCount = (threadCount + warpLanes - 1) / warpLanes;
  checks = launch->options.checks;
  counters = launch->options.counters;
  isLatest = launch->options.asyncMode == AsyncMode::Latest;
  isExact = launch->options.tensorCores == TensorCoreMode::Exact;
  findings.clear();
  instructionTotals.fill(0);
  wgmmaMultiplyAdds = 0;
  if (counters)
    recorder.startLaunch(launch->module->siteCount, warpCount);
  if (checks)
    shadow.startLaunch(launch->module->siteCount);

  if (threads.size() < threadCount) {
    if (!stacks.reserve(threadCount))
      return false;
    fibersAreFresh = false;
  }
  while (threads.size() < threadCount)
    threads.push_back(std::make_unique<Thread>());
  while (warps.size() < warpCount)
    warps.push_back(std::make_unique<Warp>());
  if (!shared)
    return false;
  for (uint32_t i = 0; i < threadCount; ++i) {
    Thread &thread = *threads[i];
    copyDim(thread.threadId, unflatten(i, shape.block));
    copyDim(thread.blockSize, shape.block);
    copyDim(thread.gridSize, shape.grid);
    thread.lane = i % warpLanes;
    thread.warp = i / warpLanes;
    thread.hooks = checks || counters;
    thread.sharedBytes = shape.sharedBytes;
    thread.shared = shared;
    thread.clusterRank = rank;
    thread.clusterSize = shape.cluster[0] * shape.cluster[1] * shape.cluster[2];
    copyDim(thread.clusterBlockId, unflatten(rank, shape.cluster));
    copyDim(thread.clusterBlocks, shape.cluster);
    copyDim(thread.clusterCount, launch->clusterGrid);
    thread.block = this;
    thread.index = i;
  }
  return true;
}

void Block::startThreads() {
  for (uint32_t i = 0; i < threads.size(); ++i) {
    stacks.assign(threads[i]->fiber, i);
    startFiber(threads[i]->fiber, threadMain, threads[i].get());
  }
  fibersAreFresh = true;
}

/// A fiber runs the same thread of one block after the other.
void Block::threadMain(void *argument) {
  auto &thread = *static_cast<Thread *>(argument);
  for (;;) {
    setCurrentThread(&thread);
    const Launch &launch = *thread.block->launch;
    launch.kernel->entry(launch.shape.arguments.data());
    thread.block->exitThread(thread);
  }
}

void Block::start(uint64_t index, const Dim3 &clusterId) {
  if (!fibersAreFresh)
    startThreads();
  blockIndex = index;
  const Dim3 blockId = unflatten(index, launch->shape.grid);
  exitedCount = 0;
  lastExited = none;
  std::memset(shared, poisonByte, launch->shape.sharedBytes);
  if (checks)
    shadow.startBlock(launch->shape.sharedBytes);
  memoryBarriers.start(launch->shape.sharedBytes);
  registerBudget.start(launch->kernel->registers, warpCount);
  storingThreads = 0;
  remoteAccesses.clear();
  barriers.fill({});
  warpGroups.startBlock();
  for (uint32_t i = 0; i < threadCount; ++i) {
    Thread &thread = *threads[i];
    copyDim(thread.blockId, blockId);
    copyDim(thread.clusterId, clusterId);
    thread.party = ordering.party(rank, i);
    thread.hasExited = false;
    thread.waitSite = none;
    thread.copies.start();
    thread.stores.start();
    thread.clusterArrivals = thread.clusterWaits = thread.knownBlocks = 0;
    thread.counts.fill(0);
  }
  for (uint32_t i = 0; i < warpCount; ++i) {
    Warp &warp = *warps[i];
    warp.index = i;
    warp.firstThread = i * warpLanes;
    uint32_t lanes = std::min(warpLanes, threadCount - warp.firstThread);
    warp.existing = warp.live = warp.runnable = lanes == warpLanes ? ~0u : (1u << lanes) - 1;
    warp.meetingCount = 0;
    warp.pointers.fill(sinkBytes);
  }
  runnableWarps = warpCount == 32 ? ~0u : (1u << warpCount) - 1;
}

void Block::finish() {
  if (hasEnded()) {
    for (uint32_t i = 0; i < threadCount; ++i)
      threads[i]->stores.finish(*this, *threads[i]);
    memoryBarriers.reportUnfinished();
    registerBudget.reportUnequalGroups(/*isFinished=*/true);
    if (checks)
      reportUnorderedEnd();
  }
  collectCounts();
}

Thread *Block::anyRunnable() {
  return runnableWarps ? nextRunnable(*warps[size_t(std::countr_zero(runnableWarps))], 31) : nullptr;
}

Thread *Block::nextRunnable(const Warp &warp, uint32_t lane) {
  const Warp *from = &warp;
  uint32_t lanes = warp.runnable;
  if (!lanes) {
    if (!runnableWarps)
      return nullptr;
    uint32_t later = warp.index == 31 ? 0 : runnableWarps & ~0u << (warp.index + 1);
    from = warps[size_t(std::countr_zero(later ? later : runnableWarps))].get();
    lanes = from->runnable;
    lane = 31;
  }
  uint32_t later = lane == 31 ? 0 : lanes & ~0u << (lane + 1);
  return threads[from->firstThread + uint32_t(std::countr_zero(later ? later : lanes))].get();
}

void Block::wait(Thread &thread, uint32_t site) {
  Warp &warp = warpOf(thread);
  thread.waitSite = site;
  warp.runnable &= ~(1u << thread.lane);
  if (!warp.runnable)
    runnableWarps &= ~(1u << warp.index);
  Thread *next = nextRunnable(warp, thread.lane);
  if (!next)
    next = cluster.nextThread(*this);
  if (next != &thread) // a late copy may have released this very thread
    switchFiber(thread.fiber, next ? next->fiber : cluster.main);
  thread.waitSite = none;
}

void Block::release(Warp &warp, uint32_t lanes) {
  warp.runnable |= lanes;
  runnableWarps |= 1u << warp.index;
}

void Block::exitThread(Thread &thread) {
  Warp &warp = warpOf(thread);
  uint32_t bit = 1u << thread.lane;
  thread.hasExited = true;
  ++exitedCount;
  lastExited = thread.index;
  warp.live &= ~bit;
  for (uint32_t i = 0; i < warp.meetingCount;) {
    WarpMeeting &meeting = warp.meetings[i];
    if ((meeting.arrived & meeting.mask & warp.live) == (meeting.mask & warp.live))
      completeMeeting(warp, i);
    else
      ++i;
  }
  for (BlockBarrier &barrier : barriers)
    if (barrier.arrived)
      completeIfAllArrived(barrier);
  warpGroups.exit(thread);
  if (!warp.live && counters)
    recorder.flush(warp.index);
  cluster.threadExited();
  wait(thread, none);
}

Finding Block::finding(ReportKind kind, const Thread &thread, uint32_t site) const {
  Finding finding{kind};
  finding.site = site;
  finding.thread = thread.index;
  finding.block = blockIndex;
  return finding;
}

void Block::report(ReportKind kind, const Thread &thread, uint32_t site, int64_t offset, uint32_t bytes,
                   uint32_t otherThread, uint32_t otherSite) {
  Finding finding = this->finding(kind, thread, site);
  finding.otherSite = otherSite;
  finding.otherThread = otherThread;
  finding.offset = offset;
  finding.bytes = bytes;
  findings.add(finding);
}

/// Nobody can go on: names every meeting that waits, and somebody who is missing there.
void Block::reportStuck() {
  auto missing = [&](auto isWanted) -> const Thread * {
    for (uint32_t i = 0; i < threadCount; ++i)
      if (isWanted(*threads[i]))
        return threads[i].get();
    return nullptr;
  };
  auto reportMissing = [&](ReportKind kind, uint32_t first, uint32_t site, const Thread *other) {
    report(kind, *threads[first], site, 0, 0, other ? other->index : none, other ? other->waitSite : none);
  };
  for (const BlockBarrier &barrier : barriers) {
    if (!barrier.arrived)
      continue;
    const Thread *other = missing([&](const Thread &thread) {
      return !thread.hasExited && !(barrier.lanes[thread.warp] >> thread.lane & 1);
    });
    reportMissing(ReportKind::BarrierDivergence, barrier.firstThread, barrier.site, other);
  }
  for (uint32_t w = 0; w < warpCount; ++w)
    for (uint32_t i = 0; i < warps[w]->meetingCount; ++i) {
      const WarpMeeting &meeting = warps[w]->meetings[i];
      const Thread *other = missing([&](const Thread &thread) {
        return !thread.hasExited && thread.warp == w && (meeting.mask & ~meeting.arrived) >> thread.lane & 1;
      });
      reportMissing(ReportKind::WarpDivergence, meeting.firstThread, meeting.site, other);
    }
  memoryBarriers.reportStuck();
  registerBudget.reportStuck();
  warpGroups.reportStuck();
  if (const Thread *first = missing([](const Thread &thread) { return !thread.hasExited; }))
    report(ReportKind::Deadlock, *first, first->waitSite, 0, 0);
}

void Block::collectCounts() {
  for (uint32_t w = 0; w < warpCount; ++w) {
    std::array<uint32_t, instructionKinds> busiest{};
    for (uint32_t lane = 0; lane < warpLanes && w * warpLanes + lane < threadCount; ++lane)
      for (size_t kind = 0; kind < instructionKinds; ++kind)
        busiest[kind] = std::max(busiest[kind], threads[w * warpLanes + lane]->counts[kind]);
    for (size_t kind = 0; kind < instructionKinds; ++kind)
      instructionTotals[kind] += busiest[kind];
    if (counters)
      recorder.flush(w);
  }
}

} // namespace ashlar::simulator
