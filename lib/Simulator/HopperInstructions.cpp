//===-- HopperInstructions.cpp - Memory barriers, clusters, registers -----===//
//
// One thread's part of each instruction: finds the block whose memory is meant and hands over.
//
//===----------------------------------------------------------------------===//

#include "HopperInstructions.h"
#include "Cluster.h"
#include "WarpInstructions.h"

namespace ashlar::simulator {

//===-- Memory barriers ---------------------------------------------------===//

/// The block that holds the barrier; null, with a report, where the address is in no shared memory.
static Block *holderOf(Thread &thread, const void *address, uint32_t site) {
  Block *holder = thread.block->cluster.blockOf(address);
  if (!holder)
    thread.block->report(ReportKind::OutOfBoundsShared, thread, site,
                         static_cast<const char *>(address) - thread.shared, memoryBarrierBytes);
  return holder;
}

static void mbarrierInit(AshlarSimulatorThread *self, void *barrier, uint32_t count, uint32_t site) {
  Thread &thread = threadOf(self);
  thread.count(Instruction::MemoryBarrier);
  if (Block *holder = holderOf(thread, barrier, site))
    holder->memoryBarriers.init(thread, barrier, count, site);
}

static void mbarrierInvalidate(AshlarSimulatorThread *self, void *barrier, uint32_t site) {
  Thread &thread = threadOf(self);
  thread.count(Instruction::MemoryBarrier);
  if (Block *holder = holderOf(thread, barrier, site))
    holder->memoryBarriers.invalidate(thread, barrier, site);
}

static uint64_t mbarrierArrive(AshlarSimulatorThread *self, void *barrier, uint32_t flags, uint32_t count,
                               uint32_t bytes, uint32_t site) {
  Thread &thread = threadOf(self);
  thread.count(Instruction::MemoryBarrier);
  Block *holder = holderOf(thread, barrier, site);
  return holder ? holder->memoryBarriers.arrive(thread, barrier, flags, count, bytes, site) : 0;
}

static void mbarrierWait(AshlarSimulatorThread *self, void *barrier, uint32_t parity, uint32_t site) {
  Thread &thread = threadOf(self);
  thread.count(Instruction::MemoryBarrier);
  if (Block *holder = holderOf(thread, barrier, site))
    holder->memoryBarriers.wait(thread, barrier, parity, site);
}

static void copyAsyncArrive(AshlarSimulatorThread *self, void *barrier, uint32_t noIncrement, uint32_t site) {
  Thread &thread = threadOf(self);
  thread.count(Instruction::MemoryBarrier);
  Block *holder = holderOf(thread, barrier, site);
  if (!holder)
    return;
  if (!noIncrement)
    holder->memoryBarriers.expectOneMore(thread, barrier, site);
  size_t issued = thread.copies.issued();
  auto arrive = [&thread, holder, barrier, issued, site] {
    thread.copies.completeUpTo(*thread.block, thread, issued);
    holder->memoryBarriers.arrive(thread, barrier, ASHLAR_ARRIVE_COUNT, 1, 0, site);
  };
  if (thread.block->isLatest)
    thread.block->cluster.completeLate(arrive);
  else
    arrive();
}

static void fence(AshlarSimulatorThread *self, uint32_t kind, uint32_t) {
  Thread &thread = threadOf(self);
  thread.count(Instruction::ProxyFence);
  Block &block = *thread.block;
  block.memoryBarriers.fence(thread, kind == ASHLAR_FENCE_MBARRIER_INIT);
  if (kind == ASHLAR_FENCE_PROXY_ASYNC && block.checks)
    block.ordering.fenceProxy(thread.party);
}

//===-- Clusters ----------------------------------------------------------===//

static void clusterArrive(AshlarSimulatorThread *self, uint32_t isRelaxed, uint32_t site) {
  Thread &thread = threadOf(self);
  thread.count(Instruction::ClusterBarrier);
  thread.block->cluster.arrive(thread, isRelaxed, site);
}

static void clusterWait(AshlarSimulatorThread *self, uint32_t site) {
  Thread &thread = threadOf(self);
  thread.block->cluster.wait(thread, site);
}

static void *mapShared(AshlarSimulatorThread *self, void *address, uint32_t rank, uint32_t site) {
  Thread &thread = threadOf(self);
  Block &block = *thread.block;
  Block *holder = block.cluster.blockOf(address);
  if (!holder || rank >= thread.clusterSize) {
    Finding finding = block.finding(ReportKind::OutOfBoundsShared, thread, site);
    finding.detail = holder ? "the cluster has no block " + std::to_string(rank)
                            : std::string("the address is in no shared memory");
    block.findings.add(finding);
    return address;
  }
  return block.cluster.blocks[rank]->shared + holder->sharedOffset(address);
}

//===-- Barriers and registers --------------------------------------------===//

static void barrierArrive(AshlarSimulatorThread *self, uint32_t id, uint32_t count, uint32_t site) {
  Thread &thread = threadOf(self);
  thread.count(Instruction::Barrier);
  thread.block->arriveAtBarrier(thread, id, count, site);
}

/// The parameter is the number of registers, and whether that is an increase.
static void finishSetMaxRegisters(Block &block, Warp &, const WarpMeeting &meeting) {
  block.registerBudget.request(block.threadAt(meeting.firstThread), uint32_t(meeting.parameter),
                               meeting.parameter >> 32 & 1, meeting.site);
}

static void setMaxRegisters(AshlarSimulatorThread *self, uint32_t count, uint32_t isIncrease, uint32_t site) {
  Thread &thread = threadOf(self);
  uint64_t parameter = count | uint64_t(isIncrease != 0) << 32;
  thread.block->meet(thread, ~0u, finishSetMaxRegisters, parameter, site, true);
  thread.block->registerBudget.await(thread, site);
}

void addHopperInstructions(AshlarSimulatorApi &table) {
  table.mbarrierInit = mbarrierInit;
  table.mbarrierInvalidate = mbarrierInvalidate;
  table.mbarrierArrive = mbarrierArrive;
  table.mbarrierWait = mbarrierWait;
  table.copyAsyncArrive = copyAsyncArrive;
  table.fence = fence;
  table.clusterArrive = clusterArrive;
  table.clusterWait = clusterWait;
  table.mapShared = mapShared;
  table.barrierArrive = barrierArrive;
  table.setMaxRegisters = setMaxRegisters;
  addTensorInstructions(table);
}

} // namespace ashlar::simulator
