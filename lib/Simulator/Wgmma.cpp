//===-- Wgmma.cpp - Warp groups and their meetings ------------------------===//
//
// Who meets for a product, who waits for it, and the functions that generated code calls.
//
//===----------------------------------------------------------------------===//

#include "Wgmma.h"
#include "Block.h"
#include "WarpInstructions.h"
#include <algorithm>
#include <bit>

namespace ashlar::simulator {

void WarpGroup::startBlock() {
  arrived = 0;
  arrivedLanes.fill(0);
  issued = retired = 0;
  readStamps.clear();
  for (ThreadState &thread : threads) {
    thread.groupEnds.clear();
    thread.retired = 0;
    thread.fences.start();
  }
  std::move(products.begin(), products.end(), std::back_inserter(spare));
  products.clear();
}

uint32_t WarpGroup::indexOf(const Thread &thread) const { return thread.index - firstWarp * warpLanes; }

uint32_t WarpGroup::liveThreads() const {
  uint32_t count = 0;
  for (uint32_t w = firstWarp; w < firstWarp + 4 && w < block.warpCount; ++w)
    count += uint32_t(std::popcount(block.warps[w]->live));
  return count;
}

void WarpGroup::issue(Thread &thread, const WgmmaCall &call) {
  if (!arrived) {
    meeting = call;
    firstThread = thread.index;
    absentRegisters.assign(maximumGroupColumns / 2 + wgmmaRegistersOfA, ~0u);
    registers.fill(absentRegisters.data());
  } else if (!call.isSameInstruction(meeting)) {
    // Another instruction, or other operands than those of the first thread: both have to be uniform.
    block.report(ReportKind::WarpDivergence, thread, call.site, 0, 0, firstThread, meeting.site);
  }
  if (call.variant == meeting.variant) // another one may have fewer registers
    registers[indexOf(thread)] = call.registers;
  arrivedLanes[thread.warp - firstWarp] |= 1u << thread.lane;
  if (++arrived == liveThreads())
    completeMeeting();
  else
    block.wait(thread, call.site);
}

void WarpGroup::completeMeeting() {
  if (arrived < groupThreads)
    block.report(ReportKind::WarpDivergence, *block.threads[firstThread], meeting.site, 0, 0,
                 block.exitedCount ? block.lastExited : none);
  execute();
  arrived = 0;
  for (uint32_t w = 0; w < arrivedLanes.size(); ++w) {
    if (!arrivedLanes[w])
      continue;
    Warp &warp = block.warpAt(firstWarp + w);
    block.release(warp, arrivedLanes[w] & warp.live);
    if (block.counters)
      block.recorder.flush(warp.index);
    arrivedLanes[w] = 0;
  }
}

void WarpGroup::exit(Thread &thread) {
  if (threads[indexOf(thread)].retired < issued)
    block.report(ReportKind::WgmmaIncomplete, thread, lastSite, 0, 0);
  if (arrived && arrived == liveThreads())
    completeMeeting();
}

void WarpGroup::reportStuck() {
  if (!arrived)
    return;
  const Thread *other = nullptr;
  for (uint32_t w = firstWarp; w < firstWarp + 4 && w < block.warpCount && !other; ++w)
    if (uint32_t missing = block.warps[w]->live & ~arrivedLanes[w - firstWarp])
      other = block.threads[w * warpLanes + uint32_t(std::countr_zero(missing))].get();
  block.report(ReportKind::WarpDivergence, *block.threads[firstThread], meeting.site, 0, 0,
               other ? other->index : none, other ? other->waitSite : none);
}

//===-- Fence, commit and wait --------------------------------------------===//

void WarpGroup::fence(Thread &thread, std::span<const uint32_t> words) {
  threads[indexOf(thread)].fences.fence(words);
}

void WarpGroup::commit(Thread &thread) {
  // A product needs all threads, so what is issued now is what this thread has issued.
  threads[indexOf(thread)].groupEnds.push_back(issued);
}

void WarpGroup::wait(Thread &thread, uint32_t pending, std::span<uint32_t> words) {
  ThreadState &state = threads[indexOf(thread)];
  if (state.groupEnds.size() > pending) {
    size_t groups = state.groupEnds.size() - pending;
    uint64_t end = state.groupEnds[groups - 1];
    state.groupEnds.erase(state.groupEnds.begin(), state.groupEnds.begin() + ptrdiff_t(groups));
    if (end > state.retired) {
      retire(end);
      state.retired = end;
      state.fences.endProducts();
      if (block.checks)
        learnOfReads(thread);
    }
  }
  if (block.isLatest)
    resolve(words, indexOf(thread), state.retired);
  forget();
}

//===-- The block's groups ------------------------------------------------===//

void WarpGroups::startBlock() {
  for (std::unique_ptr<WarpGroup> &group : groups)
    if (group)
      group->startBlock();
}

WarpGroup &WarpGroups::of(const Thread &thread) {
  constexpr uint32_t warpsOfGroup = groupThreads / warpLanes;
  std::unique_ptr<WarpGroup> &group = groups[thread.warp / warpsOfGroup];
  if (!group) {
    group = std::make_unique<WarpGroup>(block, thread.warp / warpsOfGroup * warpsOfGroup);
    group->startBlock();
  }
  return *group;
}

void WarpGroups::exit(Thread &thread) {
  if (std::unique_ptr<WarpGroup> &group = groups[thread.index / groupThreads])
    group->exit(thread);
}

void WarpGroups::reportStuck() {
  for (std::unique_ptr<WarpGroup> &group : groups)
    if (group)
      group->reportStuck();
}

//===-- As generated code calls them --------------------------------------===//

void wgmma(AshlarSimulatorThread *self, uint32_t variant, uint64_t a, uint64_t b, uint32_t accumulate,
           uint32_t *registers, uint32_t site) {
  Thread &thread = threadOf(self);
  // Counted by the first warp of the group.
  if (thread.index % groupThreads < warpLanes)
    thread.count(Instruction::Wgmma);
  thread.block->warpGroups.of(thread).issue(thread, {variant, a, b, accumulate != 0, registers, site});
}

void wgmmaFence(AshlarSimulatorThread *self, const uint32_t *registers, uint32_t count, uint32_t) {
  Thread &thread = threadOf(self);
  if (thread.block->checks)
    thread.block->warpGroups.of(thread).fence(thread, {registers, count});
}

void wgmmaCommit(AshlarSimulatorThread *self) {
  Thread &thread = threadOf(self);
  thread.block->warpGroups.of(thread).commit(thread);
}

void wgmmaWait(AshlarSimulatorThread *self, uint32_t pending, uint32_t *registers, uint32_t count, uint32_t) {
  Thread &thread = threadOf(self);
  thread.block->warpGroups.of(thread).wait(thread, pending, {registers, count});
}

} // namespace ashlar::simulator
