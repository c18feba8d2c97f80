//===-- MemoryBarrier.cpp - The mbarrier objects of one block -------------===//
//
// Counts arrivals and bytes, wakes who waits, and finds misuse.
//
//===----------------------------------------------------------------------===//

#include "MemoryBarrier.h"
#include "Cluster.h"
#include <algorithm>

namespace ashlar::simulator {

/// Limits of the object (PTX ISA, "Contents of the mbarrier object").
static constexpr uint32_t maximumArrivals = (1u << 20) - 1;
static constexpr int64_t maximumBytes = (1 << 20) - 1;

/// Many barriers share agents.
static uint32_t barrierAgent(size_t index) {
  return firstBarrierAgent + uint32_t(index % (firstStoreAgent - firstBarrierAgent));
}

void MemoryBarriers::start(uint32_t sharedBytes) {
  for (size_t i = 0; i < count; ++i)
    barriers[i].release.reset();
  count = liveCount = 0;
  indexAt.assign(sharedBytes / memoryBarrierBytes, 0);
}

MemoryBarrier *MemoryBarriers::find(uint32_t offset) {
  uint32_t word = offset / memoryBarrierBytes;
  uint32_t index = word < indexAt.size() ? indexAt[word] : 0;
  return index && barriers[index - 1].isLive ? &barriers[index - 1] : nullptr;
}

bool MemoryBarriers::covers(uint32_t offset, uint32_t bytes) const {
  if (!liveCount)
    return false;
  constexpr uint32_t few = 4;
  uint32_t first = offset / memoryBarrierBytes, last = (offset + bytes - 1) / memoryBarrierBytes;
  if (last - first < few) {
    for (; first <= last; ++first)
      if (first < indexAt.size() && indexAt[first] && barriers[indexAt[first] - 1u].isLive)
        return true;
    return false;
  }
  return std::any_of(barriers.begin(), barriers.begin() + ptrdiff_t(count),
                     [&](const MemoryBarrier &barrier) {
                       return barrier.isLive && barrier.offset < offset + bytes &&
                              offset < barrier.offset + memoryBarrierBytes;
                     });
}

void MemoryBarriers::report(const Thread &thread, uint32_t site, uint32_t offset, std::string detail,
                            const MemoryBarrier *barrier, ReportKind kind) {
  Finding finding = thread.block->finding(kind, thread, site);
  finding.offset = offset;
  finding.bytes = memoryBarrierBytes;
  finding.detail = std::move(detail);
  if (barrier) {
    finding.otherSite = barrier->site;
    finding.otherThread = block.ordering.threadOf(barrier->maker);
    finding.otherBlock = block.blockIndex;
  }
  thread.block->findings.add(finding);
}

MemoryBarrier *MemoryBarriers::admit(Thread &thread, void *address, uint32_t site, bool isCopy) {
  uint32_t offset = block.sharedOffset(address);
  if (offset % memoryBarrierBytes) {
    thread.block->report(ReportKind::Misaligned, thread, site, offset, memoryBarrierBytes);
    return nullptr;
  }
  MemoryBarrier *barrier = find(offset);
  if (!barrier) {
    report(thread, site, offset, "the barrier is not initialised");
    return nullptr;
  }
  if (isCopy) // which the block itself waits for
    block.checkIsRunning(thread, site);
  else
    block.noteRemoteAccess(thread, site);
  if (block.checks && !block.ordering.isOrdered(barrier->madeBy, barrier->madeAt, thread.party))
    report(thread, site, offset, "nothing orders the initialisation of the barrier before its use", barrier,
           ReportKind::SharedRace);
  return barrier;
}

//===-- Life --------------------------------------------------------------===//

void MemoryBarriers::init(Thread &thread, void *address, uint32_t arrivals, uint32_t site) {
  uint32_t offset = block.sharedOffset(address);
  bool isInside = uint64_t(offset) + memoryBarrierBytes <= block.launch->shape.sharedBytes;
  if (!isInside || offset % memoryBarrierBytes) {
    thread.block->report(isInside ? ReportKind::Misaligned : ReportKind::OutOfBoundsShared, thread, site,
                         offset, memoryBarrierBytes);
    return;
  }
  if (block.checks)
    block.shadow.write(thread.party, offset, memoryBarrierBytes, site);
  if (MemoryBarrier *old = find(offset)) {
    report(thread, site, offset, "the barrier is initialised again while it is in use", old);
    old->isLive = false;
    --liveCount;
  }
  if (arrivals == 0 || arrivals > maximumArrivals)
    report(thread, site, offset, "a barrier for " + std::to_string(arrivals) + " arrivals");
  if (count == barriers.size())
    barriers.emplace_back();
  MemoryBarrier &barrier = barriers[count++];
  barrier = MemoryBarrier();
  barrier.offset = offset;
  barrier.isLive = true;
  barrier.expected = barrier.pending = std::max(arrivals, 1u);
  barrier.site = site;
  barrier.maker = barrier.madeBy = thread.party;
  barrier.madeAt = block.ordering.clock(thread.party);
  barrier.agent = block.ordering.agent(block.rank, barrierAgent(count - 1));
  indexAt[offset / memoryBarrierBytes] = uint16_t(count);
  ++liveCount;
}

void MemoryBarriers::invalidate(Thread &thread, void *address, uint32_t site) {
  MemoryBarrier *barrier = admit(thread, address, site);
  if (!barrier)
    return;
  if (!barrier->waiters.empty())
    report(thread, site, barrier->offset, "the barrier is invalidated while threads wait", barrier);
  barrier->isLive = false;
  --liveCount;
}

void MemoryBarriers::fence(Thread &thread, bool toCluster) {
  uint32_t stamp = 0, agent = block.ordering.agent(block.rank, makerAgent);
  for (size_t i = 0; i < count; ++i) {
    MemoryBarrier &barrier = barriers[i];
    if (barrier.maker != thread.party)
      continue;
    barrier.isVisibleToCopies = true;
    if (!toCluster || !block.checks || barrier.madeBy == agent)
      continue;
    if (!stamp)
      stamp = block.ordering.agentStamp();
    barrier.madeBy = agent;
    barrier.madeAt = stamp;
  }
  if (!stamp)
    return;
  block.ordering.setPrincipal(agent, thread.party);
  block.ordering.learn(thread.party, agent, stamp);
}

//===-- Phases ------------------------------------------------------------===//

void MemoryBarriers::completeIfDone(MemoryBarrier &barrier) {
  if (barrier.pending || barrier.bytes)
    return;
  ++barrier.phase;
  barrier.pending = barrier.expected;
  block.ordering.completePhase(barrier.release);
  for (Thread *waiter : barrier.waiters)
    waiter->block->release(*waiter);
  barrier.waiters.clear();
}

uint32_t MemoryBarriers::arrive(Thread &thread, void *address, uint32_t flags, uint32_t arrivals,
                                uint32_t bytes, uint32_t site) {
  MemoryBarrier *barrier = admit(thread, address, site);
  if (!barrier)
    return 0;
  uint32_t phase = barrier->phase;
  if (flags & ASHLAR_ARRIVE_EXPECT) {
    barrier->bytes += bytes;
    if (barrier->bytes > maximumBytes)
      report(thread, site, barrier->offset, "more than 2^20 - 1 bytes are expected", barrier);
  }
  if (flags & ASHLAR_ARRIVE_COUNT) {
    if (block.checks && !(flags & ASHLAR_ARRIVE_RELAXED))
      block.ordering.release(thread.party, barrier->release);
    if (arrivals > barrier->pending)
      report(thread, site, barrier->offset,
             "phase " + std::to_string(phase) + " expects " + std::to_string(barrier->pending) +
                 " more arrivals, " + std::to_string(arrivals) + " come",
             barrier);
    barrier->pending -= std::min(arrivals, barrier->pending);
  }
  completeIfDone(*barrier);
  return phase;
}

void MemoryBarriers::expectOneMore(Thread &thread, void *address, uint32_t site) {
  if (MemoryBarrier *barrier = admit(thread, address, site))
    ++barrier->pending;
}

void MemoryBarriers::wait(Thread &thread, void *address, uint32_t parity, uint32_t site) {
  uint32_t offset = block.sharedOffset(address);
  if (!admit(thread, address, site))
    return;
  // The phase of the other parity is complete when the present one has this parity's opposite. The table may
  // grow and the barrier may end while the thread is away.
  for (;;) {
    MemoryBarrier *barrier = find(offset);
    if (!barrier)
      return;
    if ((barrier->phase & 1) != (parity & 1)) {
      if (block.checks)
        block.ordering.acquire(thread.party, barrier->release.completed());
      return;
    }
    barrier->waiters.push_back(&thread);
    thread.block->wait(thread, site);
  }
}

//===-- Copies ------------------------------------------------------------===//

MemoryBarrier *MemoryBarriers::admitCopy(Thread &thread, uint32_t offset, uint32_t site) {
  MemoryBarrier *barrier = admit(thread, block.shared + offset, site, true);
  if (barrier && !barrier->isVisibleToCopies && block.checks)
    report(thread, site, offset, "the initialisation of the barrier has no fence", barrier,
           ReportKind::MissingProxyFence);
  return barrier;
}

uint32_t MemoryBarriers::stampCopy(MemoryBarrier &barrier, uint32_t party, uint32_t site) {
  if (!block.checks)
    return 0;
  uint32_t stamp = block.ordering.agentStamp();
  block.ordering.setPrincipal(barrier.agent, party);
  block.ordering.releaseStamp(barrier.agent, stamp, barrier.release);
  barrier.lastCopyStamp = stamp;
  barrier.lastCopySite = site;
  barrier.lastCopyParty = party;
  return stamp;
}

void MemoryBarriers::completeBytes(MemoryBarrier &barrier, uint32_t bytes) {
  barrier.bytes -= bytes;
  completeIfDone(barrier);
}

void MemoryBarriers::reportOverwrite(const Thread &thread, uint32_t offset, uint32_t site) {
  report(thread, site, offset, "a copy overwrites a barrier in use");
}

//===-- The end -----------------------------------------------------------===//

static std::string stateText(const MemoryBarrier &barrier) {
  return "the barrier at offset " + std::to_string(barrier.offset) + ", phase " +
         std::to_string(barrier.phase) + ", lacks " + std::to_string(barrier.pending) + " arrivals and " +
         std::to_string(barrier.bytes) + " bytes";
}

void MemoryBarriers::reportStuck() {
  for (size_t i = 0; i < count; ++i) {
    const MemoryBarrier &barrier = barriers[i];
    if (barrier.waiters.empty())
      continue;
    const Thread &waiter = *barrier.waiters.front();
    Finding finding = waiter.block->finding(ReportKind::Deadlock, waiter, waiter.waitSite);
    finding.offset = barrier.offset;
    finding.bytes = memoryBarrierBytes;
    finding.detail = stateText(barrier);
    waiter.block->findings.add(finding);
  }
}

void MemoryBarriers::reportUnfinished() {
  for (size_t i = 0; i < count; ++i) {
    const MemoryBarrier &barrier = barriers[i];
    Finding finding{barrier.bytes ? ReportKind::MemoryBarrier : ReportKind::IncompleteCopy};
    finding.block = block.blockIndex;
    finding.offset = barrier.offset;
    finding.bytes = memoryBarrierBytes;
    if (barrier.bytes) {
      finding.site = barrier.site;
      finding.thread = block.ordering.threadOf(barrier.maker);
      finding.detail = "at the end " + stateText(barrier);
    } else if (block.checks && barrier.lastCopyStamp &&
               block.ordering.knownInBlock(block.rank, barrier.agent) < barrier.lastCopyStamp) {
      finding.site = barrier.lastCopySite;
      finding.thread = block.ordering.threadOf(barrier.lastCopyParty);
      finding.block = block.ordering.blockOf(barrier.lastCopyParty);
      finding.detail = "the block ends and none of its threads has waited for the copy";
    } else {
      continue;
    }
    block.findings.add(finding);
  }
}

} // namespace ashlar::simulator
