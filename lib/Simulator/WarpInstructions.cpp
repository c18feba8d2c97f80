//===-- WarpInstructions.cpp - Barriers, shuffles, votes and copies -------===//
//
// Each function is one thread's part of an instruction: it puts its operands into the exchange area of the
// warp, meets the other lanes, and takes its result from there. The functions named finish compute for the
// whole warp.
//
//===----------------------------------------------------------------------===//

#include "WarpInstructions.h"
#include <algorithm>
#include <bit>
#include <cstring>

namespace ashlar::simulator {

template <typename Visit>
static void forEachLane(uint32_t mask, Visit visit) {
  for (; mask; mask &= mask - 1)
    visit(uint32_t(std::countr_zero(mask)));
}

//===-- Barriers ----------------------------------------------------------===//

void barrier(AshlarSimulatorThread *self, uint32_t id, uint32_t count, uint32_t site) {
  Thread &thread = threadOf(self);
  thread.count(Instruction::Barrier);
  thread.block->waitAtBarrier(thread, id, count, 0, site);
}

uint32_t barrierReduce(AshlarSimulatorThread *self, uint32_t id, uint32_t count, uint32_t kind,
                       uint32_t predicate, uint32_t site) {
  Thread &thread = threadOf(self);
  thread.count(Instruction::Barrier);
  return thread.block->waitAtBarrier(thread, id, count, predicate, site).results[kind];
}

static void finishWarpSync(Block &block, Warp &warp, const WarpMeeting &meeting) {
  if (!block.checks)
    return;
  std::array<uint16_t, warpLanes> participants;
  size_t count = 0;
  forEachLane(meeting.arrived, [&](uint32_t lane) {
    participants[count++] = uint16_t(block.ordering.party(block.rank, warp.firstThread + lane));
  });
  block.ordering.synchronize(std::span(participants).first(count));
}

void warpSync(AshlarSimulatorThread *self, uint32_t mask, uint32_t site) {
  Thread &thread = threadOf(self);
  thread.count(Instruction::WarpSync);
  thread.block->meet(thread, mask, finishWarpSync, 0, site, false);
}

//===-- Shuffles and votes ------------------------------------------------===//

/// The source lane of shfl.sync (PTX, "Data Movement: shfl.sync"), and whether it is in range.
static std::pair<uint32_t, bool> shuffleSource(uint32_t kind, uint32_t lane, uint32_t offset,
                                               uint32_t maskAndClamp) {
  uint32_t segment = maskAndClamp >> 8 & 31, clamp = maskAndClamp & 31;
  int highest = int((lane & segment) | (clamp & ~segment)), lowest = int(lane & segment);
  int step = int(offset & 31), source = 0;
  bool isValid = false;
  switch (kind) {
  case ASHLAR_SHUFFLE_UP:
    source = int(lane) - step;
    isValid = source >= highest;
    break;
  case ASHLAR_SHUFFLE_DOWN:
    source = int(lane) + step;
    isValid = source <= highest;
    break;
  case ASHLAR_SHUFFLE_BUTTERFLY:
    source = int(lane) ^ step;
    isValid = source <= highest;
    break;
  default:
    source = lowest | (step & ~int(segment));
    isValid = source <= highest;
  }
  return {isValid ? uint32_t(source) : lane, isValid};
}

/// In: value, offset, clamp. Out: value, predicate. The parameter is the kind.
static void finishShuffle(Block &block, Warp &warp, const WarpMeeting &meeting) {
  uint32_t results[warpLanes][2];
  forEachLane(meeting.arrived, [&](uint32_t lane) {
    auto [source, isValid] =
        shuffleSource(uint32_t(meeting.parameter), lane, warp.exchange[lane][1], warp.exchange[lane][2]);
    results[lane][0] = meeting.arrived >> source & 1 ? warp.exchange[source][0] : ~0u;
    results[lane][1] = isValid;
  });
  forEachLane(meeting.arrived,
              [&](uint32_t lane) { std::memcpy(warp.exchange[lane], results[lane], sizeof results[lane]); });
}

uint64_t shuffle(AshlarSimulatorThread *self, uint32_t kind, uint32_t mask, uint32_t value, uint32_t offset,
                 uint32_t maskAndClamp, uint32_t site) {
  Thread &thread = threadOf(self);
  thread.count(Instruction::Shuffle);
  uint32_t *exchange = exchangeOf(thread);
  exchange[0] = value;
  exchange[1] = offset;
  exchange[2] = maskAndClamp;
  thread.block->meet(thread, mask, finishShuffle, kind, site, false);
  // A lane that takes no part gave poison above: reading it is undefined.
  auto [source, isValid] = shuffleSource(kind, thread.lane, offset, maskAndClamp);
  if (thread.block->checks && !(mask >> source & 1))
    thread.block->report(ReportKind::WarpDivergence, thread, site, 0, 0, thread.index - thread.lane + source);
  return exchange[0] | uint64_t(exchange[1] & 1) << 32;
}

static void finishVote(Block &block, Warp &warp, const WarpMeeting &meeting) {
  uint32_t ballot = 0;
  forEachLane(meeting.arrived, [&](uint32_t lane) { ballot |= (warp.exchange[lane][0] & 1) << lane; });
  uint32_t result = ballot, kind = uint32_t(meeting.parameter);
  if (kind == ASHLAR_VOTE_ANY)
    result = ballot != 0;
  else if (kind == ASHLAR_VOTE_ALL)
    result = ballot == meeting.arrived;
  else if (kind == ASHLAR_VOTE_UNIFORM)
    result = ballot == 0 || ballot == meeting.arrived;
  forEachLane(meeting.arrived, [&](uint32_t lane) { warp.exchange[lane][0] = result; });
}

uint32_t vote(AshlarSimulatorThread *self, uint32_t kind, uint32_t mask, uint32_t predicate, uint32_t site) {
  Thread &thread = threadOf(self);
  thread.count(Instruction::Vote);
  exchangeOf(thread)[0] = predicate;
  thread.block->meet(thread, mask, finishVote, kind, site, false);
  return exchangeOf(thread)[0];
}

static uint32_t combine(uint32_t kind, uint32_t a, uint32_t b) {
  switch (kind) {
  case ASHLAR_REDUCE_ADD:
    return a + b;
  case ASHLAR_REDUCE_AND:
    return a & b;
  case ASHLAR_REDUCE_OR:
    return a | b;
  case ASHLAR_REDUCE_XOR:
    return a ^ b;
  case ASHLAR_REDUCE_MAX:
    return uint32_t(std::max(int32_t(a), int32_t(b)));
  case ASHLAR_REDUCE_MIN:
    return uint32_t(std::min(int32_t(a), int32_t(b)));
  case ASHLAR_REDUCE_UMAX:
    return std::max(a, b);
  default:
    return std::min(a, b);
  }
}

static void finishReduce(Block &block, Warp &warp, const WarpMeeting &meeting) {
  uint32_t first = uint32_t(std::countr_zero(meeting.arrived)), result = warp.exchange[first][0];
  forEachLane(meeting.arrived & ~(1u << first), [&](uint32_t lane) {
    result = combine(uint32_t(meeting.parameter), result, warp.exchange[lane][0]);
  });
  forEachLane(meeting.arrived, [&](uint32_t lane) { warp.exchange[lane][0] = result; });
}

uint32_t reduce(AshlarSimulatorThread *self, uint32_t kind, uint32_t mask, uint32_t value, uint32_t site) {
  Thread &thread = threadOf(self);
  thread.count(Instruction::Vote);
  exchangeOf(thread)[0] = value;
  thread.block->meet(thread, mask, finishReduce, kind, site, false);
  return exchangeOf(thread)[0];
}

static void finishElect(Block &block, Warp &warp, const WarpMeeting &meeting) {
  forEachLane(meeting.arrived, [&](uint32_t lane) {
    warp.exchange[lane][0] = lane == uint32_t(std::countr_zero(meeting.arrived));
  });
}

uint32_t elect(AshlarSimulatorThread *self, uint32_t mask, uint32_t site) {
  Thread &thread = threadOf(self);
  thread.count(Instruction::Vote);
  thread.block->meet(thread, mask, finishElect, 0, site, false);
  return exchangeOf(thread)[0];
}

//===-- Asynchronous copies -----------------------------------------------===//

void copyAsync(AshlarSimulatorThread *self, void *destination, const void *source, uint32_t bytes,
               uint32_t sourceBytes, uint32_t site) {
  Thread &thread = threadOf(self);
  thread.count(Instruction::CopyAsync);
  Block &block = *thread.block;
  AsyncCopy copy{static_cast<char *>(destination),
                 static_cast<const char *>(source),
                 bytes,
                 std::min(sourceBytes, bytes),
                 site,
                 true};
  if (thread.hooks)
    block.admitCopy(thread, copy);
  thread.copies.issue(block, thread, copy);
}

void commitGroup(AshlarSimulatorThread *self) { threadOf(self).copies.commit(); }

void waitGroup(AshlarSimulatorThread *self, uint32_t pending, uint32_t) {
  Thread &thread = threadOf(self);
  thread.copies.wait(*thread.block, thread, pending);
}

} // namespace ashlar::simulator
