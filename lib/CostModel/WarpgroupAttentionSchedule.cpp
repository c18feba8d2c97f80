//===-- WarpgroupAttentionSchedule.cpp - which schedules are legal ----------===//
//
// Enumerates the legal schedules of an attention by warp groups, with their exact budgets, and sorts them by
// the estimate of WarpgroupAttentionCycles.cpp.
//
//===------------------------------------------------------------------------===//
#include "ashlar/CostModel/WarpgroupAttentionSchedule.h"
#include "Warpgroup.h"

#include <algorithm>
#include <tuple>

using namespace ashlar;
using namespace ashlar::cost;

/// Registers of a consumer beside scores, probabilities and output: two rows' statistics, addresses,
/// descriptors.
static constexpr int64_t bookkeepingRegisters = 24;

//===-- The problem -----------------------------------------------------------===//

std::string cost::whyNoWarpgroupAttention(const AttentionProblem &problem, const TargetInfo &target) {
  if (!target.hasWgmma || !target.hasTma)
    return "the target has no wgmma";
  if (problem.multiplier != Multiplier::TensorHalf || problem.bits != 16)
    return "only elements of 16 bits are multiplied by warp groups";
  if (problem.headSize * problem.bits % (8 * tmaBytes) != 0 ||
      problem.valueSize * problem.bits % (8 * tmaBytes) != 0)
    return "heads are not multiples of 16 bytes long, as TMA needs them";
  if (alignUp(problem.valueSize, halfGranule) > mostColumns)
    return "values are longer than the columns of one wgmma";
  return "";
}

//===-- Budget ----------------------------------------------------------------===//

int64_t cost::warpgroupAttentionSharedBytes(const AttentionProblem &problem,
                                            const WarpgroupAttentionSchedule &schedule) {
  auto tileBytes = [&](int64_t rows, int64_t columns) {
    return alignUp(rows * alignUp(columns, halfGranule) * problem.bits / 8, tileAlignment);
  };
  // The output has the queries' place, once they are no longer needed.
  int64_t bytes = std::max(tileBytes(schedule.queryTile, problem.headSize),
                           tileBytes(schedule.queryTile, problem.valueSize));
  bytes += schedule.stages *
           (tileBytes(schedule.keyTile, problem.headSize) + tileBytes(schedule.keyTile, problem.valueSize));
  if (schedule.sharesProbabilities)
    bytes += tileBytes(schedule.queryTile, schedule.keyTile);
  // Two for each stage of keys and of values, two for the queries.
  int64_t barriers = 2 * (2 * schedule.stages + 1);
  return tileAlignment + bytes + barrierBytes * barriers;
}

/// Of a thread, which has a 128th of 64 rows. Probabilities of 16 bits are half of their scores, and both
/// exist: while the next scores are made, or while the ones become the others (128 keys of heads of 256 spill
/// without them).
static int64_t registersPerThread(const AttentionProblem &problem,
                                  const WarpgroupAttentionSchedule &schedule) {
  int64_t scores = schedule.keyTile / 2, output = alignUp(problem.valueSize, halfGranule) / 2;
  int64_t probabilities = schedule.sharesProbabilities ? 0 : schedule.keyTile / 4;
  return scores + probabilities + output + bookkeepingRegisters;
}

/// Fills in the budget; false if the schedule is not legal.
static bool fits(const AttentionProblem &problem, const TargetInfo &target,
                 WarpgroupAttentionSchedule &schedule) {
  int64_t shared = warpgroupAttentionSharedBytes(problem, schedule);
  int64_t registers = registersPerThread(problem, schedule);
  if (shared > target.sharedBytesPerBlock)
    return false;
  schedule.sharedBytes = unsigned(shared);
  schedule.registersPerThread = unsigned(registers);
  int64_t threads = schedule.threads + warpgroupThreads;
  int64_t most =
      std::min<int64_t>({target.sharedBytesPerMultiprocessor / (shared + target.sharedBytesReservedPerBlock),
                         target.maxThreadsPerMultiprocessor / threads, target.maxBlocksPerMultiprocessor});
  for (int64_t blocks = most; blocks > 0; --blocks) {
    RegisterSplit split = splitRegisters(target, schedule.consumers, blocks);
    if (split.consumer < registers)
      continue;
    schedule.consumerRegisters = unsigned(split.consumer);
    schedule.producerRegisters = unsigned(split.producer);
    schedule.residentBlocks = unsigned(blocks);
    return true;
  }
  return false;
}

//===-- Candidates ------------------------------------------------------------===//

namespace {
/// Lists candidates by one choice after another; a method each.
class Enumerator {
public:
  Enumerator(const AttentionProblem &problem, const TargetInfo &target) : problem(problem), target(target) {}
  std::vector<WarpgroupAttentionSchedule> run();

private:
  void chooseTile(WarpgroupAttentionSchedule schedule);
  void chooseOverlap(WarpgroupAttentionSchedule schedule);
  void chooseSplit(WarpgroupAttentionSchedule schedule);
  void add(WarpgroupAttentionSchedule schedule);

  const AttentionProblem &problem;
  const TargetInfo &target;
  std::vector<WarpgroupAttentionSchedule> legal;
};
} // namespace

std::vector<WarpgroupAttentionSchedule> Enumerator::run() {
  std::vector<int64_t> packings = {1};
  if (int64_t group = problem.queryHeads / problem.keyHeads; group > 1)
    packings.push_back(group);
  for (int64_t packing : packings)
    for (int64_t consumers : {1, 2, 3}) {
      WarpgroupAttentionSchedule schedule;
      schedule.packing = packing;
      schedule.consumers = consumers;
      schedule.threads = consumers * warpgroupThreads;
      schedule.queryTile = consumers * wgmmaRows;
      // No consumer may be without rows; a box of TMA holds the same queries of all heads.
      bool hasRows = consumers == 1 || (consumers - 1) * wgmmaRows < problem.queries * packing;
      if (hasRows && schedule.queryTile % packing == 0)
        chooseTile(schedule);
    }
  return std::move(legal);
}

void Enumerator::chooseTile(WarpgroupAttentionSchedule schedule) {
  int64_t widest = std::min(mostColumns, alignUp(problem.keys, halfGranule));
  for (int64_t keys = halfGranule; keys <= widest; keys += halfGranule)
    for (int64_t stages : {1, 2, 3, 4}) {
      schedule.keyTile = keys;
      schedule.stages = stages;
      // More stages than tiles hold nothing.
      if (stages <= ceilDivide(problem.keys, keys))
        chooseOverlap(schedule);
    }
}

void Enumerator::chooseOverlap(WarpgroupAttentionSchedule schedule) {
  for (bool isPingpong : {false, true})
    for (bool isOverlapped : {false, true})
      for (bool sharesProbabilities : {false, true}) {
        // One consumer has nobody to take turns with, and one tile no next one.
        if ((isPingpong && schedule.consumers == 1) ||
            (isOverlapped && ceilDivide(problem.keys, schedule.keyTile) == 1))
          continue;
        schedule.isPingpong = isPingpong;
        schedule.isOverlapped = isOverlapped;
        schedule.sharesProbabilities = sharesProbabilities;
        chooseSplit(schedule);
      }
}

void Enumerator::chooseSplit(WarpgroupAttentionSchedule schedule) {
  int64_t tiles = problem.batch * (problem.queryHeads / schedule.packing) *
                  ceilDivide(problem.queries * schedule.packing, schedule.queryTile);
  int64_t steps = ceilDivide(problem.keys, schedule.keyTile);
  for (int64_t parts : {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128}) {
    // Each part has two tiles at least; where rows keep every multiprocessor busy, splitting only adds work.
    if (parts > 1 && (2 * parts > steps || tiles * parts > 2 * target.multiprocessors))
      break;
    schedule.splitKeys = parts;
    add(schedule);
  }
}

void Enumerator::add(WarpgroupAttentionSchedule schedule) {
  if (!fits(problem, target, schedule))
    return;
  for (bool isPersistent : {false, true}) {
    schedule.isPersistent = isPersistent;
    schedule.cycles = estimateWarpgroupAttentionCycles(problem, target, schedule);
    // A persistent block with one tile is an ordinary one.
    if (!isPersistent || schedule.cycles.waves > 1)
      legal.push_back(schedule);
  }
}

//===-- Ranking ---------------------------------------------------------------===//

static auto orderOf(const WarpgroupAttentionSchedule &s) {
  return std::tuple(s.cycles.total, s.sharedBytes, s.consumers, s.keyTile, s.stages, s.packing, s.splitKeys,
                    s.sharesProbabilities, s.isOverlapped, s.isPingpong, s.isPersistent);
}

std::vector<WarpgroupAttentionSchedule> cost::rankWarpgroupAttentionSchedules(const AttentionProblem &problem,
                                                                              const TargetInfo &target) {
  if (!whyNoWarpgroupAttention(problem, target).empty())
    return {};
  std::vector<WarpgroupAttentionSchedule> legal = Enumerator(problem, target).run();
  std::sort(legal.begin(), legal.end(), [](const auto &a, const auto &b) { return orderOf(a) < orderOf(b); });
  return legal;
}
