//===-- WarpgroupAttentionCycles.cpp - how long a schedule takes ------------===//
//
// The time of an attention by warp groups, resource by resource.
//
//===------------------------------------------------------------------------===//
#include "Overlap.h"
#include "Warpgroup.h"
#include "ashlar/CostModel/WarpgroupAttentionSchedule.h"

#include <cmath>

using namespace ashlar;
using namespace ashlar::cost;

/// Instructions for each score, for each output that is rescaled, and for a score's mask; of a warp, for each
/// tile of keys beside.
static constexpr double instructionsPerScore = 4.5, instructionsPerOutput = 1, instructionsPerMask = 2,
                        instructionsPerStep = 80;
/// An instruction of its own for each pair of probabilities that goes by shared memory.
static constexpr double instructionsPerSharedProbability = 0.5;
/// How much of the shorter of products and softmax shows, by what hides it: turns and overlap, turns,
/// overlap, other warp groups by chance, nothing. Estimates.
static constexpr double shownWithBoth = 0.1, shownWithTurns = 0.3, shownWithOverlap = 0.3,
                        shownByChance = 0.5, shownAlone = 1;

namespace {
/// Clocks of each resource for one tile of keys, of one block.
struct Usage {
  double tensor = 0, shared = 0, l2 = 0, issue = 0, special = 0;
};

struct Model {
  const AttentionProblem &problem;
  const TargetInfo &target;
  const WarpgroupAttentionSchedule &schedule;
  const double depth, width; ///< Head sizes as tiles have them.
  const double elementBytes;

  Model(const AttentionProblem &problem, const TargetInfo &target, const WarpgroupAttentionSchedule &schedule)
      : problem(problem), target(target), schedule(schedule),
        depth(double(alignUp(problem.headSize, halfGranule))),
        width(double(alignUp(problem.valueSize, halfGranule))), elementBytes(problem.bits / 8.0) {}

  Usage stepUsage() const;
  double busy(const Usage &step, double blocks) const;
  double exposedEpilogue() const;
  double memoryBytes(double places) const;
  KernelCycles estimate() const;
};
} // namespace

Usage Model::stepUsage() const {
  double rows = double(schedule.queryTile), keys = double(schedule.keyTile), scores = rows * keys;
  double rowBlocks = rows / wgmmaRows, depthSteps = depth / halfGranule, keySteps = keys / halfGranule;
  Usage usage;
  usage.tensor = 2 * scores * (depth + width) / target.warpgroupMma.half;

  // Each wgmma reads its 64 rows, unless they are in registers, and its columns.
  double bytesOfGranule = halfGranule * elementBytes;
  double read = rowBlocks * bytesOfGranule * (depthSteps * (wgmmaRows + keys) + keySteps * width);
  double copied = keys * (depth + width) * elementBytes;
  double probabilities = 0;
  if (schedule.sharesProbabilities) // Written, and read.
    probabilities = 2 * scores * elementBytes;
  usage.shared = (read + copied + probabilities) / target.sharedBytesPerClock;

  double masks = scores * problem.maskBits / 8;
  usage.l2 = (keys * (problem.headSize + problem.valueSize) * elementBytes + masks) / target.l2BytesPerClock;

  double perScore = instructionsPerScore + (problem.maskBits ? instructionsPerMask : 0) +
                    (schedule.sharesProbabilities ? instructionsPerSharedProbability : 0);
  double instructions = (scores * perScore + rows * width * instructionsPerOutput) / warpThreads +
                        instructionsPerStep * schedule.consumers * warpgroupWarps;
  usage.issue = instructions / target.issueSlots;
  usage.special = scores / target.specialLanes;
  return usage;
}

/// Clocks for a step of all blocks on a multiprocessor.
double Model::busy(const Usage &step, double blocks) const {
  double softmax = overlap(step.issue, step.special);
  double shown = schedule.isPingpong && schedule.isOverlapped ? shownWithBoth
                 : schedule.isPingpong                        ? shownWithTurns
                 : schedule.isOverlapped                      ? shownWithOverlap
                 : schedule.consumers * blocks > 1            ? shownByChance
                                                              : shownAlone;
  double compute = std::max(step.tensor, softmax) + shown * std::min(step.tensor, softmax);
  return blocks * overlap(overlap(compute, step.l2), step.shared);
}

/// Normalising and storing the output, or a part's output in full precision.
double Model::exposedEpilogue() const {
  double results = double(schedule.queryTile) * width;
  double bytes = results * (schedule.splitKeys > 1 ? partialSumBytes : elementBytes);
  double issue = results / warpThreads * instructionsPerScore / target.issueSlots;
  return barriersPerEpilogue * target.barrierClocks +
         overlap(std::max(issue, 2 * bytes / target.sharedBytesPerClock), bytes / target.l2BytesPerClock);
}

/// Everything once; keys and values again for each wave of a head's rows, if the cache does not keep them.
double Model::memoryBytes(double places) const {
  double group = double(problem.queryHeads) / problem.keyHeads;
  double rowTiles = std::ceil(double(problem.queries) * schedule.packing / schedule.queryTile);
  double blocksOfHead = group / schedule.packing * rowTiles * schedule.splitKeys;
  double head = double(problem.keys) * (problem.headSize + problem.valueSize) * elementBytes;
  double headsAtWork =
      std::max(1.0, std::min(places / blocksOfHead, double(problem.batch) * problem.keyHeads));
  double readings =
      headsAtWork * head <= reusedL2Share * target.l2Bytes ? 1 : std::ceil(blocksOfHead / places);
  double rows = double(problem.batch) * problem.queryHeads * problem.queries;
  double bytes = rows * (problem.headSize + problem.valueSize) * elementBytes +
                 problem.batch * problem.keyHeads * head * readings;
  if (schedule.splitKeys > 1) // Parts are written and read.
    bytes += 2 * rows * schedule.splitKeys * (problem.valueSize + 1) * partialSumBytes;
  return bytes;
}

KernelCycles Model::estimate() const {
  double rowTiles = std::ceil(double(problem.queries) * schedule.packing / schedule.queryTile);
  double units =
      double(problem.batch) * (problem.queryHeads / schedule.packing) * rowTiles * schedule.splitKeys;
  double places = double(target.multiprocessors) * schedule.residentBlocks;
  double blocks = std::min<double>(schedule.residentBlocks, std::ceil(units / target.multiprocessors));
  double waves = units / (target.multiprocessors * blocks);

  // Tiles of keys of the longest block, and of the mean one, which sees half of them if causal.
  double longest = std::ceil(std::ceil(double(problem.keys) / schedule.keyTile) / schedule.splitKeys);
  double tileOfQueries = double(schedule.queryTile) / schedule.packing;
  double hidden = problem.isCausal ? std::max(0.0, (problem.queries - tileOfQueries) / 2) : 0;
  double mean =
      longest * std::max(0.0, problem.keys - std::min<double>(hidden, problem.keys / 2.0)) / problem.keys;
  // Long blocks start first, so that places end together; but none ends before its longest block.
  double rounds = problem.isCausal ? std::max(1.0, waves) : std::ceil(waves);
  double steps = std::max(rounds * mean, longest);

  Usage step = stepUsage();
  // Of two stages, one is filled while the other is read. A single one is filled when all consumers have read
  // it.
  double filling = target.copyLatencyClocks + step.l2 / 2;
  double wait = schedule.stages > 1 ? target.copyLatencyClocks / (schedule.stages - 1.0) : filling;
  double alone = schedule.stages > 1 ? 0 : filling + step.tensor / 2;
  double busyStep = busy(step, blocks), stepTime = std::max(overlap(busyStep, wait), alone);
  // The first scores and the last products have nothing beside them.
  double fill = target.memoryLatencyClocks + target.barrierClocks + step.l2 + step.tensor / 2 +
                overlap(step.issue, step.special);
  double exposed = exposedEpilogue(), start = target.blockClocks + fill;
  double perTile = schedule.isPersistent ? fill + exposed : start + exposed;
  // Other blocks work meanwhile.
  double turns = std::ceil(rounds), hiddenShare = blocks > 1 ? 1 / blocks : 1;
  double time = steps * stepTime + start + blocks * exposed + (turns - 1) * perTile * hiddenShare;

  KernelCycles cycles;
  double tiles = rounds * mean * blocks;
  cycles.tensor = tiles * step.tensor;
  cycles.shared = tiles * step.shared;
  cycles.l2 = tiles * step.l2;
  cycles.issue = tiles * step.issue;
  cycles.special = tiles * step.special;
  cycles.memory = memoryBytes(places) / target.memoryBytesPerSecond * target.clockHz;
  cycles.epilogue = blocks * exposed + (turns - 1) * exposed * hiddenShare;
  cycles.latency = time - steps * busyStep - cycles.epilogue;
  cycles.launch = target.launchSeconds * target.clockHz * (schedule.splitKeys > 1 ? 2 : 1);
  cycles.waves = waves;
  cycles.total = cycles.launch + overlap(time, cycles.memory);
  return cycles;
}

KernelCycles cost::estimateWarpgroupAttentionCycles(const AttentionProblem &problem, const TargetInfo &target,
                                                    const WarpgroupAttentionSchedule &schedule) {
  return Model(problem, target, schedule).estimate();
}
