//===-- Meetings.cpp - Warp meetings and barriers of the block ------------===//
//
// Who waits for whom, and what a meeting orders.
//
//===----------------------------------------------------------------------===//

#include "Block.h"
#include <bit>

namespace ashlar::simulator {

void Block::meet(Thread &thread, uint32_t mask, FinishMeeting finish, uint64_t parameter, uint32_t site,
                 bool isAligned, uint32_t count) {
  Warp &warp = warpOf(thread);
  const uint32_t bit = 1u << thread.lane;
  if (!(mask & bit)) {
    report(ReportKind::WarpDivergence, thread, site, 0, 0);
    mask |= bit;
  }
  uint32_t index = 0;
  for (; index < warp.meetingCount; ++index) {
    const WarpMeeting &meeting = warp.meetings[index];
    if (meeting.mask == mask && meeting.finish == finish && meeting.parameter == parameter)
      break;
  }
  if (index == warp.meetingCount)
    warp.meetings[warp.meetingCount++] = {finish, parameter, count, mask, 0, site, thread.index, isAligned};
  WarpMeeting &meeting = warp.meetings[index];
  if (isAligned && meeting.site != site)
    report(ReportKind::WarpDivergence, thread, site, 0, 0, meeting.firstThread, meeting.site);
  meeting.arrived |= bit;
  if ((meeting.arrived & warp.live) == (mask & warp.live))
    completeMeeting(warp, index);
  else
    wait(thread, site);
}

void Block::completeMeeting(Warp &warp, uint32_t index) {
  const WarpMeeting meeting = warp.meetings[index];
  warp.meetings[index] = warp.meetings[--warp.meetingCount];
  uint32_t gone = meeting.mask & warp.existing & ~warp.live;
  if (meeting.isAligned && (gone || warp.existing != ~0u)) {
    uint32_t other = gone ? warp.firstThread + uint32_t(std::countr_zero(gone)) : none;
    report(ReportKind::WarpDivergence, *threads[meeting.firstThread], meeting.site, 0, 0, other);
    supplyAbsentLanes(warp, meeting.arrived);
  }
  meeting.finish(*this, warp, meeting);
  release(warp, meeting.arrived & warp.live);
  if (counters && (meeting.arrived & warp.live) == warp.live)
    recorder.flush(warp.index);
}

/// Lanes that a collective misses give and take poison.
void Block::supplyAbsentLanes(Warp &warp, uint32_t present) {
  absentRegisters.assign(ASHLAR_SIMULATOR_LIST_WORDS, ~0u);
  absentRows.assign(ASHLAR_SIMULATOR_LIST_WORDS, sink());
  for (uint32_t lane = 0; lane < warpLanes; ++lane)
    if (!(present >> lane & 1)) {
      warp.pointers[lane] = sink();
      warp.registers[lane] = absentRegisters.data();
      warp.rowLists[lane] = absentRows.data();
    }
}

BlockBarrier &Block::enterBarrier(Thread &thread, uint32_t id, uint32_t count, uint32_t site) {
  BlockBarrier &barrier = barriers[id % barrierCount];
  if (!barrier.arrived) {
    barrier.site = site;
    barrier.firstThread = thread.index;
    barrier.expected = count;
  } else if (barrier.expected != count || (!count && barrier.site != site)) {
    // Different instructions may meet at a named barrier, but not where the whole block is meant.
    report(ReportKind::BarrierDivergence, thread, site, 0, 0, barrier.firstThread, barrier.site);
  }
  ++barrier.arrived;
  return barrier;
}

void Block::arriveAtBarrier(Thread &thread, uint32_t id, uint32_t count, uint32_t site) {
  BlockBarrier &barrier = enterBarrier(thread, id, count, site);
  if (checks)
    ordering.release(thread.party, barrier.arrivals);
  completeIfAllArrived(barrier);
}

const BlockBarrier &Block::waitAtBarrier(Thread &thread, uint32_t id, uint32_t count, uint32_t predicate,
                                         uint32_t site) {
  BlockBarrier &barrier = enterBarrier(thread, id, count, site);
  barrier.lanes[thread.warp] |= 1u << thread.lane;
  barrier.popc += predicate != 0;
  barrier.all &= predicate != 0;
  barrier.any |= predicate != 0;

  // As at a warp meeting, the last to arrive does not wait.
  warpOf(thread).runnable &= ~(1u << thread.lane);
  completeIfAllArrived(barrier);
  if (warpOf(thread).runnable >> thread.lane & 1)
    return barrier;
  wait(thread, site);
  return barrier;
}

void Block::completeIfAllArrived(BlockBarrier &barrier) {
  if (barrier.expected ? barrier.arrived < barrier.expected : barrier.arrived + exitedCount < threadCount)
    return;
  if (!barrier.expected && exitedCount)
    report(ReportKind::BarrierDivergence, *threads[barrier.firstThread], barrier.site, 0, 0, lastExited);
  completeBarrier(barrier);
}

void Block::completeBarrier(BlockBarrier &barrier) {
  if (checks && barrier.expected) {
    std::vector<uint16_t> participants;
    for (uint32_t w = 0; w < warpCount; ++w)
      for (uint32_t rest = barrier.lanes[w]; rest; rest &= rest - 1)
        participants.push_back(
            uint16_t(ordering.party(rank, w * warpLanes + uint32_t(std::countr_zero(rest)))));
    if (!participants.empty())
      ordering.synchronize(participants);
    ordering.completePhase(barrier.arrivals);
    for (uint16_t participant : participants)
      ordering.acquire(participant, barrier.arrivals.completed());
  } else if (checks) {
    ordering.synchronizeBlock(rank);
  }
  for (uint32_t w = 0; w < warpCount; ++w) {
    if (!barrier.lanes[w])
      continue;
    release(*warps[w], barrier.lanes[w]);
    if (counters)
      recorder.flush(w);
  }
  BlockBarrier next;
  next.results[ASHLAR_BARRIER_POPC] = barrier.popc;
  next.results[ASHLAR_BARRIER_AND] = barrier.all;
  next.results[ASHLAR_BARRIER_OR] = barrier.any;
  barrier = next;
}

} // namespace ashlar::simulator
