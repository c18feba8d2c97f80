//===-- MatmulSchedule.cpp - which tile shape for a matrix product ----------===//
//
// Enumerates the legal schedules of a product and ranks them by an estimate of cycles.
//
//===------------------------------------------------------------------------===//
#include "ashlar/CostModel/MatmulSchedule.h"
#include "Overlap.h"

#include <algorithm>
#include <cmath>
#include <tuple>

using namespace ashlar;
using namespace ashlar::cost;

static constexpr int64_t warpSize = 32;
/// Registers of a kernel that holds nothing, and of each vector that a thread copies in a step of the loop:
/// as ashlar-tile-verify-budget counts them, with some for scalars.
static constexpr int64_t baseRegisters = 44, registersPerVector = 2;
/// More vectors than this in a step cost the assembler more registers than that, and it spills.
static constexpr int64_t mostVectors = 16;

static int64_t ceilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }

static bool isTensorCore(const MatmulProblem &problem) { return problem.multiplier != Multiplier::Scalar; }

/// Multiply-adds per clock and multiprocessor.
static double multiplyRate(const MatmulProblem &problem, const TargetInfo &target) {
  switch (problem.multiplier) {
  case Multiplier::TensorHalf:
    return target.warpMma.half / 2.0;
  case Multiplier::TensorInt8:
    return target.warpMma.int8 / 2.0;
  case Multiplier::Scalar:
    return target.fmaLanes;
  case Multiplier::TensorTf32:
  case Multiplier::TensorFp8:
    return 0; // Only warp groups multiply these.
  }
  return 0;
}

int64_t cost::matmulSharedBytes(const MatmulProblem &problem, const MatmulSchedule &schedule) {
  return schedule.stages * schedule.tileK *
         (schedule.tileM * problem.sharedLhsBits + schedule.tileN * problem.sharedRhsBits) / 8;
}

//===-- Budget ----------------------------------------------------------------===//

/// Vectors that a thread copies in one step along K.
static int64_t vectorsPerThread(const MatmulProblem &problem, const MatmulSchedule &schedule) {
  auto vectors = [&](int64_t extent, unsigned bits, unsigned vectorBytes) {
    return ceilDivide(extent * schedule.tileK * bits / 8, schedule.threads * vectorBytes);
  };
  return vectors(schedule.tileM, problem.sharedLhsBits, problem.lhsVectorBytes) +
         vectors(schedule.tileN, problem.sharedRhsBits, problem.rhsVectorBytes);
}

/// Accumulators, the fragments of what is multiplied at once, addresses of copies, the epilogue's tiles.
static int64_t registersPerThread(const MatmulProblem &problem, const MatmulSchedule &schedule) {
  int64_t rows = schedule.tileM / schedule.gridM, columns = schedule.tileN / schedule.gridN;
  double accumulators = double(schedule.tileM * schedule.tileN) / schedule.threads;
  // Tensor cores take one step along K of 256 bits at a time, 8 registers' width for each row and column of a
  // warp; a scalar product holds the whole step.
  double fragments =
      isTensorCore(problem) ? (rows + columns) * 8.0 / warpSize : double((rows + columns) * schedule.tileK);
  double copies = registersPerVector * vectorsPerThread(problem, schedule);
  // Values pass through registers where copies are not asynchronous.
  if (std::min(problem.lhsVectorBytes, problem.rhsVectorBytes) < 4)
    copies += vectorsPerThread(problem, schedule);
  double step = fragments + copies + accumulators * problem.stepRegistersPerElement;
  double epilogue = accumulators * problem.epilogueRegistersPerElement;
  return int64_t(std::ceil(accumulators + std::max(step, epilogue))) + baseRegisters;
}

/// Fills in the budget; false if the schedule is not legal.
static bool fits(const MatmulProblem &problem, const TargetInfo &target, MatmulSchedule &schedule) {
  int64_t shared = matmulSharedBytes(problem, schedule), registers = registersPerThread(problem, schedule);
  // The estimate may be off by some.
  constexpr int64_t margin = 10;
  if (shared > target.sharedBytesPerBlock || registers + margin > target.maxRegistersPerThread ||
      schedule.threads > target.maxThreadsPerBlock || vectorsPerThread(problem, schedule) > mostVectors)
    return false;
  schedule.sharedBytes = unsigned(shared);
  schedule.registersPerThread = unsigned(registers);
  schedule.residentBlocks =
      residentBlocks(target, unsigned(schedule.threads), schedule.registersPerThread, schedule.sharedBytes);
  return schedule.residentBlocks > 0;
}

//===-- Time ------------------------------------------------------------------===//

/// Bytes that one block moves through shared memory for one element along K.
static double sharedBytesPerDepth(const MatmulProblem &problem, const MatmulSchedule &schedule) {
  double lhs = schedule.tileM * problem.sharedLhsBits / 8.0,
         rhs = schedule.tileN * problem.sharedRhsBits / 8.0;
  if (isTensorCore(problem)) // Written once; every warp reads its rows and columns.
    return lhs * (1 + schedule.gridN) + rhs * (1 + schedule.gridM);
  // Every thread reads its rows and columns; about half of that is the same word for several lanes.
  return lhs + rhs + (lhs * schedule.gridN + rhs * schedule.gridM) / 2;
}

/// Cycles in which one block's copies of a step are issued: 16 lanes a cycle, twice where values pass through
/// registers.
static double copyIssue(const MatmulProblem &problem, const MatmulSchedule &schedule) {
  bool throughRegisters = std::min(problem.lhsVectorBytes, problem.rhsVectorBytes) < 4;
  return double(vectorsPerThread(problem, schedule)) * schedule.threads / 16 * (throughRegisters ? 2 : 1);
}

KernelCycles cost::estimateMatmulCycles(const MatmulProblem &problem, const TargetInfo &target,
                                        const MatmulSchedule &schedule) {
  const double copyLatency = target.copyLatencyClocks, l2BytesPerClock = target.l2BytesPerClock;
  double blocks =
      double(problem.batch) * ceilDivide(problem.m, schedule.tileM) * ceilDivide(problem.n, schedule.tileN);
  double steps = double(ceilDivide(problem.k, schedule.tileK));
  // Fewer blocks than places: each multiprocessor has only its share.
  double perProcessor = std::min<double>(schedule.residentBlocks, std::ceil(blocks / target.multiprocessors));
  double waves = std::ceil(blocks / (target.multiprocessors * perProcessor));

  double multiplies = double(schedule.tileM) * schedule.tileN * schedule.tileK;
  // Four sub-processors, each kept busy by two warps.
  double warps = perProcessor * schedule.threads / warpSize;
  double multiply = perProcessor * multiplies / (multiplyRate(problem, target) * std::min(1.0, warps / 8));

  double operandBits = schedule.tileM * problem.lhsBits + schedule.tileN * problem.rhsBits;
  double l2 = perProcessor * schedule.tileK * operandBits / 8 / l2BytesPerClock;
  double shared =
      perProcessor * schedule.tileK * sharedBytesPerDepth(problem, schedule) / target.sharedBytesPerClock;

  // What a copy's latency costs a step: nothing if the stages in flight, or other blocks, cover it.
  double busy = overlap(overlap(multiply, l2), shared);
  // Two stages leave a copy one step's time, which the slowest of them may exceed.
  busy = overlap(busy, copyIssue(problem, schedule) * perProcessor);
  double step = schedule.stages == 1   ? std::max(busy, copyLatency + busy / perProcessor)
                : schedule.stages == 2 ? overlap(busy, copyLatency)
                                       : std::max(busy, copyLatency / (schedule.stages - 1));
  // A barrier and the loop's bookkeeping.
  step += 30;
  double results = double(schedule.tileM) * schedule.tileN * problem.resultBits / 8 / l2BytesPerClock;
  double wave = steps * step + copyLatency + target.blockClocks + perProcessor * results;

  double bytes = double(problem.batch) *
                     (double(problem.m) * problem.k * problem.lhsBits +
                      double(problem.m) * problem.n * problem.resultBits) /
                     8 +
                 double(problem.n) * problem.k * problem.rhsBits / 8;
  double memory = bytes / target.memoryBytesPerSecond * target.clockHz;

  KernelCycles cycles;
  cycles.tensor = isTensorCore(problem) ? waves * steps * multiply : 0;
  cycles.shared = waves * steps * shared;
  cycles.l2 = waves * (steps * l2 + perProcessor * results);
  cycles.memory = memory;
  cycles.issue = waves * steps * copyIssue(problem, schedule) * perProcessor;
  if (!isTensorCore(problem))
    cycles.issue += waves * steps * multiply;
  cycles.latency = waves * (wave - steps * busy - perProcessor * results);
  cycles.epilogue = waves * perProcessor * results;
  cycles.launch = target.launchSeconds * target.clockHz;
  cycles.waves = blocks / (target.multiprocessors * perProcessor);
  cycles.total = cycles.launch + overlap(waves * wave, memory + copyLatency + target.blockClocks);
  return cycles;
}

//===-- Candidates ------------------------------------------------------------===//

static auto orderOf(const MatmulSchedule &s) {
  return std::tuple(s.cycles.total, s.sharedBytes, s.threads, s.tileM, s.tileN, s.tileK, s.gridM, s.stages);
}

/// The grids of warps under which a warp has at least 16 x 8 elements and at most 128 accumulators a thread.
static void addTensorCoreGrids(const MatmulSchedule &tile, std::vector<MatmulSchedule> &candidates) {
  for (int64_t gridM : {1, 2, 4, 8})
    for (int64_t gridN : {1, 2, 4, 8}) {
      MatmulSchedule schedule = tile;
      schedule.gridM = gridM;
      schedule.gridN = gridN;
      schedule.threads = gridM * gridN * warpSize;
      bool divides = tile.tileM % (16 * gridM) == 0 && tile.tileN % (16 * gridN) == 0;
      if (divides && schedule.threads <= 256 && tile.tileM * tile.tileN <= 128 * schedule.threads)
        candidates.push_back(schedule);
    }
}

/// Squares of threads with 1 to 64 accumulators each.
static void addScalarGrids(const MatmulSchedule &tile, std::vector<MatmulSchedule> &candidates) {
  for (int64_t gridM : {2, 4, 8, 16, 32})
    for (int64_t gridN : {4, 8, 16, 32}) {
      MatmulSchedule schedule = tile;
      schedule.gridM = gridM;
      schedule.gridN = gridN;
      schedule.threads = gridM * gridN;
      int64_t rows = tile.tileM / gridM, columns = tile.tileN / gridN;
      bool divides = tile.tileM % gridM == 0 && tile.tileN % gridN == 0;
      if (divides && schedule.threads >= 64 && schedule.threads <= 256 && rows <= 8 && columns <= 8)
        candidates.push_back(schedule);
    }
}

static std::vector<MatmulSchedule> listCandidates(const MatmulProblem &problem) {
  std::vector<MatmulSchedule> candidates;
  bool tensorCore = isTensorCore(problem);
  // Steps along K of 32, 64 and 128 bytes; no smaller than one instruction's.
  std::vector<int64_t> depths = {16, 32, 64};
  if (problem.multiplier == Multiplier::TensorInt8)
    depths = {32, 64, 128};
  if (!tensorCore)
    depths = {4, 8, 16, 32};
  for (int64_t tileM : {16, 32, 64, 128, 256})
    for (int64_t tileN : {16, 32, 64, 128, 256})
      for (int64_t tileK : depths)
        for (int64_t stages : {1, 2, 3, 4, 5}) {
          MatmulSchedule tile;
          tile.tileM = tileM, tile.tileN = tileN, tile.tileK = tileK, tile.stages = stages;
          // More stages than steps hold nothing.
          if (stages > 1 && stages > ceilDivide(problem.k, tileK))
            continue;
          if (tileN % problem.multipleOfN != 0 || tileK % problem.multipleOfK != 0)
            continue;
          tensorCore ? addTensorCoreGrids(tile, candidates) : addScalarGrids(tile, candidates);
        }
  return candidates;
}

std::vector<MatmulSchedule> cost::rankMatmulSchedules(const MatmulProblem &problem,
                                                      const TargetInfo &target) {
  std::vector<MatmulSchedule> legal;
  if (isTensorCore(problem) && (!target.hasMmaSync || multiplyRate(problem, target) == 0))
    return legal;
  for (MatmulSchedule schedule : listCandidates(problem)) {
    bool canPipeline = target.hasCpAsync && std::min(problem.lhsVectorBytes, problem.rhsVectorBytes) >= 4;
    if (schedule.stages > 1 && !canPipeline)
      continue;
    if (!fits(problem, target, schedule))
      continue;
    schedule.cycles = estimateMatmulCycles(problem, target, schedule);
    legal.push_back(schedule);
  }
  std::sort(legal.begin(), legal.end(),
            [](const MatmulSchedule &a, const MatmulSchedule &b) { return orderOf(a) < orderOf(b); });
  return legal;
}
