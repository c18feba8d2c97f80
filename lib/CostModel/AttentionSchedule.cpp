//===-- AttentionSchedule.cpp - which tiles for an attention ----------------===//
//
// Enumerates the legal schedules of an attention and ranks them by an estimate of cycles.
//
//===------------------------------------------------------------------------===//
#include "ashlar/CostModel/AttentionSchedule.h"
#include "Overlap.h"

#include <algorithm>
#include <cmath>
#include <tuple>

using namespace ashlar;
using namespace ashlar::cost;

static constexpr int64_t warpSize = 32;
/// Registers for row statistics, probabilities on their way and predicates: what such kernels were seen to
/// need.
static constexpr int64_t bookkeepingRegisters = 74, scalarBookkeepingRegisters = 56;
/// An address in global memory for every vector of 16 bytes that a thread copies for a tile of keys.
static constexpr int64_t registersPerVector = 2;
/// Ordinary instructions for each score: scale, maximum, exponent, sum, conversion, and its share of the
/// rescaling.
static constexpr double arithmeticPerScore = 7;
/// Ordinary instructions for each row and tile of keys beside the rescaling of its output: statistics and
/// their reduction.
static constexpr double arithmeticPerRow = 80;

static int64_t ceilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }
static int64_t alignUp(int64_t a, int64_t b) { return ceilDivide(a, b) * b; }
static bool isTensorCore(const AttentionProblem &problem) { return problem.multiplier != Multiplier::Scalar; }

namespace {
/// Head sizes as tiles have them.
struct HeadSizes {
  int64_t depth, width;
  HeadSizes(const AttentionProblem &problem, const AttentionSchedule &schedule) {
    int64_t granule = isTensorCore(problem) ? 16 : 4;
    depth = alignUp(problem.headSize, granule);
    width = alignUp(schedule.valueTile, granule);
  }
};
} // namespace

//===-- Budget ----------------------------------------------------------------===//

static int64_t sharedBytes(const AttentionProblem &problem, const AttentionSchedule &schedule) {
  HeadSizes sizes(problem, schedule);
  int64_t bytes = schedule.queryTile * sizes.depth * problem.bits / 8;
  bytes += schedule.stages * schedule.keyTile * (sizes.depth + sizes.width) * problem.bits / 8;
  bytes += schedule.stages * schedule.queryTile * schedule.keyTile * problem.maskBits / 8;
  if (!isTensorCore(problem)) // Probabilities go from one product to the other.
    bytes += schedule.queryTile * schedule.keyTile * problem.bits / 8;
  return bytes;
}

static int64_t registersPerThread(const AttentionProblem &problem, const AttentionSchedule &schedule) {
  HeadSizes sizes(problem, schedule);
  int64_t copied = schedule.keyTile * (sizes.depth + sizes.width) * problem.bits;
  int64_t masked = schedule.keyTile * schedule.queryTile * problem.maskBits;
  int64_t addresses = registersPerVector * (ceilDivide(copied, 128 * schedule.threads) +
                                            ceilDivide(masked, problem.maskVectorBits * schedule.threads));
  if (!isTensorCore(problem)) {
    int64_t rows = schedule.queryTile / schedule.gridM;
    int64_t widest = ceilDivide(std::max(schedule.keyTile, sizes.width), schedule.gridN);
    // Where a row's keys may end inside of a tile, each row has its end, which is compared with every key.
    bool hasEdge = problem.isCausal || problem.keys % schedule.keyTile != 0;
    int64_t edge = hasEdge ? 3 * rows : 0;
    // Output, scores, and four steps' operands.
    return rows * ceilDivide(sizes.width, schedule.gridN) +
           rows * ceilDivide(schedule.keyTile, schedule.gridN) + 4 * (rows + widest) + edge + addresses +
           scalarBookkeepingRegisters;
  }
  // A warp has 16 rows. Of a head longer than 128, the query's fragments are read again for each tile of
  // keys.
  int64_t output = sizes.width / 2, scores = schedule.keyTile / 2,
          query = sizes.depth > 128 ? 0 : sizes.depth / 4;
  return output + scores + query + addresses + bookkeepingRegisters;
}

/// Fills in the budget; false if the schedule is not legal.
static bool fits(const AttentionProblem &problem, const TargetInfo &target, AttentionSchedule &schedule) {
  int64_t shared = sharedBytes(problem, schedule), registers = registersPerThread(problem, schedule);
  if (shared > target.sharedBytesPerBlock || registers > target.maxRegistersPerThread)
    return false;
  schedule.sharedBytes = unsigned(shared);
  schedule.registersPerThread = unsigned(registers);
  schedule.residentBlocks =
      residentBlocks(target, unsigned(schedule.threads), schedule.registersPerThread, schedule.sharedBytes);
  return schedule.residentBlocks > 0;
}

//===-- Time ------------------------------------------------------------------===//

static KernelCycles estimateCycles(const AttentionProblem &problem, const TargetInfo &target,
                                   const AttentionSchedule &schedule) {
  const double copyLatency = target.copyLatencyClocks;
  HeadSizes sizes(problem, schedule);
  double rows = double(problem.queries) * schedule.packing;
  double blocks = double(problem.batch) * (problem.queryHeads / schedule.packing) *
                  std::ceil(rows / schedule.queryTile) * ceilDivide(problem.valueSize, schedule.valueTile);
  double visible = problem.isCausal ? std::min<double>(problem.keys, 0.5 * problem.keys + schedule.queryTile)
                                    : double(problem.keys);
  double steps = std::ceil(visible / schedule.keyTile);
  double perProcessor = std::min<double>(schedule.residentBlocks, std::ceil(blocks / target.multiprocessors));
  double waves = blocks / (target.multiprocessors * perProcessor);
  // Blocks of a causal attention differ in length, so they do not end together in waves.
  waves = problem.isCausal ? std::max(1.0, waves) : std::ceil(waves);

  double scores = double(schedule.queryTile) * schedule.keyTile;
  double rate = isTensorCore(problem) ? target.warpMma.half / 2.0 : target.fmaLanes;
  double warps = perProcessor * schedule.threads / warpSize, busyLanes = std::min(1.0, warps / 8);
  // Warps beyond the rows hold copies, and repeat the work.
  double copies = isTensorCore(problem) ? double(schedule.threads) / (schedule.gridM * warpSize) : 1;
  double multiply = perProcessor * copies * scores * (sizes.depth + sizes.width) / (rate * busyLanes);
  double arithmetic = scores * arithmeticPerScore + schedule.queryTile * (sizes.width + arithmeticPerRow);
  double weigh =
      perProcessor * copies * (scores / target.specialLanes + arithmetic / target.fmaLanes) / busyLanes;
  double bytes = double(schedule.keyTile) * (sizes.depth + sizes.width) * problem.bits / 8;
  double readers = isTensorCore(problem) ? double(schedule.threads) / warpSize : schedule.gridM / 2.0;
  double shared = perProcessor * bytes * (1 + readers) / target.sharedBytesPerClock;
  double l2 = perProcessor * (bytes + scores * problem.maskBits / 8) / target.l2BytesPerClock;

  // With two blocks or more on a multiprocessor, one multiplies while another weighs.
  double compute = perProcessor > 1 ? overlap(multiply, weigh) : multiply + 0.6 * weigh;
  double busy = overlap(overlap(compute, l2), shared);
  // With one stage a block waits for each copy, and another one may use the time.
  double step = schedule.stages == 1 ? busy + copyLatency / perProcessor
                                     : std::max(busy, copyLatency / (schedule.stages - 1));
  double wave = steps * (step + 60) + copyLatency + target.blockClocks;
  double compulsory = double(problem.batch) * problem.bits / 8 *
                      (double(problem.queryHeads) * problem.queries * (problem.headSize + problem.valueSize) +
                       double(problem.keyHeads) * problem.keys * (problem.headSize + problem.valueSize));

  KernelCycles cycles;
  cycles.tensor = isTensorCore(problem) ? waves * steps * multiply : 0;
  cycles.shared = waves * steps * shared;
  cycles.l2 = waves * steps * l2;
  cycles.memory = compulsory / target.memoryBytesPerSecond * target.clockHz;
  cycles.issue = waves * steps * (perProcessor * copies * arithmetic / target.fmaLanes / busyLanes);
  if (!isTensorCore(problem))
    cycles.issue += waves * steps * multiply;
  cycles.special = waves * steps * (perProcessor * copies * scores / target.specialLanes / busyLanes);
  cycles.latency = waves * (wave - steps * busy);
  cycles.launch = target.launchSeconds * target.clockHz;
  cycles.waves = blocks / (target.multiprocessors * perProcessor);
  cycles.total = cycles.launch + overlap(waves * wave, cycles.memory);
  return cycles;
}

//===-- Candidates ------------------------------------------------------------===//

static auto orderOf(const AttentionSchedule &s) {
  return std::tuple(s.cycles.total, s.sharedBytes, s.threads, s.queryTile, s.keyTile, s.valueTile, s.packing,
                    s.gridM, s.stages);
}

static std::vector<AttentionSchedule> listCandidates(const AttentionProblem &problem) {
  std::vector<AttentionSchedule> candidates;
  int64_t group = problem.queryHeads / problem.keyHeads;
  auto add = [&](AttentionSchedule schedule) {
    if (isTensorCore(problem)) {
      // Sixteen rows a warp, so that a row's softmax stays in it; four warps at least, to move the data.
      schedule.gridM = schedule.queryTile / 16;
      schedule.threads = std::max<int64_t>(schedule.gridM, 4) * warpSize;
      candidates.push_back(schedule);
      return;
    }
    // A row stays in a warp here, too: at most a warp's lanes along the keys.
    for (auto [gridM, gridN] : {std::pair(16, 8), std::pair(8, 16), std::pair(16, 16), std::pair(32, 8)}) {
      if (schedule.queryTile % gridM != 0 || schedule.keyTile % gridN != 0)
        continue;
      schedule.gridM = gridM;
      schedule.gridN = gridN;
      schedule.threads = gridM * gridN;
      candidates.push_back(schedule);
    }
  };
  // A long head's output does not fit registers; then several blocks make it.
  std::vector<int64_t> valueTiles = {problem.valueSize};
  for (int64_t valueTile : {128, 64})
    if (valueTile < problem.valueSize && std::max(problem.headSize, problem.valueSize) > 128)
      valueTiles.push_back(valueTile);
  for (int64_t valueTile : valueTiles)
    for (int64_t queryTile : {16, 32, 64, 128})
      for (int64_t keyTile : {16, 32, 64, 128})
        for (int64_t stages : {1, 2, 3, 4})
          for (int64_t packing : {int64_t(1), group}) {
            if (packing == 1 || group > 1)
              if (stages == 1 || stages <= ceilDivide(problem.keys, keyTile))
                add({queryTile, keyTile, valueTile, packing, 1, 1, 0, stages});
            if (group == 1)
              break;
          }
  return candidates;
}

std::vector<AttentionSchedule> cost::rankAttentionSchedules(const AttentionProblem &problem,
                                                            const TargetInfo &target) {
  std::vector<AttentionSchedule> legal;
  if (isTensorCore(problem) && (!target.hasMmaSync || target.warpMma.half == 0))
    return legal;
  for (AttentionSchedule schedule : listCandidates(problem)) {
    if ((schedule.stages > 1 && !target.hasCpAsync) || !fits(problem, target, schedule))
      continue;
    schedule.cycles = estimateCycles(problem, target, schedule);
    legal.push_back(schedule);
  }
  std::sort(legal.begin(), legal.end(),
            [](const AttentionSchedule &a, const AttentionSchedule &b) { return orderOf(a) < orderOf(b); });
  return legal;
}
