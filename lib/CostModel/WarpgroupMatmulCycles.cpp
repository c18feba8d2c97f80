//===-- WarpgroupMatmulCycles.cpp - how long a schedule takes ---------------===//
//
// The time of a product by warp groups, resource by resource, and the order of its tiles.
//
//===------------------------------------------------------------------------===//
#include "Overlap.h"
#include "WarpgroupProduct.h"

#include <cmath>
#include <limits>

using namespace ashlar;
using namespace ashlar::cost;

/// Instructions of a warp for each wgmma (descriptors) and each step along K (barriers, the loop).
static constexpr double instructionsPerWgmma = 4, instructionsPerStep = 20;
/// Instructions for each accumulator: its scaled addition to the sum of full precision, and in the epilogue
/// conversion, storing and some arithmetic; another for a value that the epilogue reads.
static constexpr double instructionsPerPromotion = 1.5, instructionsPerResult = 2, instructionsPerRead = 1.5;
/// Beside those of the epilogue, for each part of a tile's results.
static constexpr double barriersPerEpiloguePart = 2;

namespace {
/// Clocks of each resource for one step along K, or for a whole epilogue, of one block.
struct Usage {
  double tensor = 0, shared = 0, l2 = 0, issue = 0;
  double busy() const { return overlap(overlap(overlap(tensor, l2), shared), issue); }
};

/// The schedule at hand and what its time is computed from.
struct Model {
  const MatmulProblem product;
  const TargetInfo &target;
  const WarpgroupMatmulSchedule &schedule;
  const TileGrid grid;
  const int64_t steps;

  Model(const MatmulProblem &problem, const TargetInfo &target, const WarpgroupMatmulSchedule &schedule)
      : product(orient(problem, schedule.isSwapped)), target(target), schedule(schedule),
        grid(tileGridOf(problem, schedule)),
        steps(ceilDivide(ceilDivide(product.k, schedule.tileK), schedule.splitK)) {}

  Usage stepUsage() const;
  Usage epilogueUsage() const;
  double exposedEpilogue() const;
  double fill() const;
  double memoryBytes(int64_t group, RasterAxis axis) const;
  KernelCycles estimate() const;

private:
  double elementBytes() const { return product.lhsBits / 8.0; }
  double warps() const {
    return double(warpgroupWarps) * (schedule.roles == WarpgroupRoles::Cooperative ? schedule.consumers : 1);
  }
};
} // namespace

Usage Model::stepUsage() const {
  Usage usage;
  double depthBytes = schedule.tileK * elementBytes();
  usage.tensor = 2.0 * schedule.tileM * schedule.tileN * schedule.tileK / wgmmaRate(product, target);

  double rowBlocks = double(schedule.tileM) / wgmmaRows;
  double written = (schedule.tileM + schedule.tileN) * depthBytes;
  double read = rowBlocks * (wgmmaRows + schedule.tileN) * depthBytes;
  usage.shared = (written + read) / target.sharedBytesPerClock;

  // What lies out of bounds is not fetched.
  double rows = double(product.m) / grid.m, columns = double(product.n) / grid.n;
  double fetched = (rows / schedule.clusterN + columns / schedule.clusterM) * depthBytes;
  usage.l2 =
      std::max(fetched / target.l2BytesPerClock, (rows + columns) * depthBytes / target.l2PortBytesPerClock);

  double wgmmas = rowBlocks * depthBytes / wgmmaBytesK * warpgroupWarps;
  double promoted = product.promotionInterval
                        ? double(schedule.tileM) * schedule.tileN * schedule.tileK / product.promotionInterval
                        : 0;
  usage.issue = (wgmmas * instructionsPerWgmma + warps() * instructionsPerStep +
                 promoted / warpThreads * instructionsPerPromotion) /
                target.issueSlots;
  return usage;
}

Usage Model::epilogueUsage() const {
  Usage usage;
  double results = double(schedule.tileM) * schedule.tileN;
  double bytes = results * (product.resultBits + product.epilogueReadBits) / 8;
  usage.shared = 2 * bytes / target.sharedBytesPerClock; // In and out again.
  usage.l2 = bytes / target.l2BytesPerClock;
  double instructions = instructionsPerResult + (product.epilogueReadBits ? instructionsPerRead : 0);
  usage.issue = results / warpThreads * instructions / target.issueSlots;
  if (schedule.splitK > 1) // Each block writes its sums, and adds those of its share of the tile.
    usage.l2 += 2 * results * partialSumBytes / target.l2BytesPerClock;
  return usage;
}

/// What the block's next product waits for, or its end.
double Model::exposedEpilogue() const {
  Usage usage = epilogueUsage();
  double parts = double(schedule.epilogueParts);
  // A persistent block does not wait until its results are written, but for the buffer between parts.
  double waited = schedule.isPersistent ? usage.l2 * (parts - 1) / parts : usage.l2;
  double barriers = barriersPerEpilogue + barriersPerEpiloguePart * (parts - 1);
  double reduction = schedule.splitK > 1 ? 2.0 * target.l2LatencyClocks : 0;
  return barriers * target.barrierClocks + overlap(std::max(usage.shared, usage.issue), waited) + reduction;
}

/// From a block's first copy to its first product.
double Model::fill() const {
  double clusterBarriers = schedule.clusterM * schedule.clusterN > 1 ? 2.0 * target.clusterLatencyClocks : 0;
  return target.memoryLatencyClocks + target.barrierClocks + stepUsage().l2 + clusterBarriers;
}

/// Bytes read and written, where tiles are numbered through groups of `group` along `axis`. A group's operand
/// along `axis`, its panel, is read once if the cache keeps it beside what the blocks at work read of the
/// other, else in each wave; the other operand is read for each group.
double Model::memoryBytes(int64_t group, RasterAxis axis) const {
  Places work = placesOf(grid, 1, target, schedule);
  bool alongM = axis == RasterAxis::M;
  double extent = double(alongM ? grid.m : grid.n), other = double(alongM ? grid.n : grid.m);
  double panelTile = double(alongM ? schedule.tileM : schedule.tileN) * product.k * elementBytes();
  double otherTile = double(alongM ? schedule.tileN : schedule.tileM) * product.k * elementBytes();
  double panels = double(alongM ? product.m : product.n) * product.k * elementBytes();
  double others = double(alongM ? product.n : product.m) * product.k * elementBytes();

  double atWork = double(std::min(work.units, work.places)), cache = reusedL2Share * target.l2Bytes;
  double columnsAtWork = std::min(other, std::ceil(atWork / group));
  double wavesOfGroup = std::ceil(group * other / atWork);
  bool keepsPanel = group * panelTile + columnsAtWork * otherTile <= cache;
  bool keepsOther = group * panelTile + others <= cache;
  double operands =
      panels * (keepsPanel ? 1 : wavesOfGroup) + others * (keepsOther ? 1 : std::ceil(extent / group));
  double results = double(product.m) * product.n * (product.resultBits + product.epilogueReadBits) / 8;
  return product.batch * (operands + results);
}

KernelCycles Model::estimate() const {
  Places work = placesOf(grid, product.batch, target, schedule);
  double rounds = double(ceilDivide(work.units, work.places));
  double blocks = std::min<double>(schedule.residentBlocks, ceilDivide(work.units, target.multiprocessors));
  Usage step = stepUsage(), epilogue = epilogueUsage();

  // A stage is filled again only after a copy's latency, and where a neighbour in the cluster has freed it,
  // too; without a producer, the consumer waits for itself.
  bool isClustered = schedule.clusterM * schedule.clusterN > 1;
  double refill = target.copyLatencyClocks + (isClustered ? target.clusterLatencyClocks : 0);
  double wait = schedule.stages > 1 ? refill / (schedule.stages - 1.0) : 0;
  double alone =
      overlap(step.busy(), wait) + (schedule.roles == WarpgroupRoles::None ? target.barrierClocks : 0);
  double loop = steps * std::max(overlap(blocks * step.busy(), wait), alone), exposed = exposedEpilogue();
  double start = target.blockClocks + fill();

  KernelCycles cycles;
  double tiles = rounds * blocks, time;
  if (schedule.roles == WarpgroupRoles::Pingpong) {
    double turn = std::max(loop + target.barrierClocks, (loop + blocks * exposed) / 2);
    time = start + rounds * turn + exposed;
    cycles.latency = start + rounds * target.barrierClocks;
    cycles.epilogue = exposed + rounds * (turn - loop - target.barrierClocks);
  } else {
    // What a block does once a tile beside multiplying; other blocks multiply meanwhile.
    double perTile = exposed + (schedule.isPersistent ? 0 : start);
    double round = blocks > 1 ? std::max(loop, perTile + steps * alone) : loop + perTile;
    double last = loop + start + blocks * exposed;
    time = (rounds - 1) * round + last;
    cycles.epilogue = blocks > 1 ? blocks * exposed : rounds * exposed;
    cycles.latency = start + (rounds - 1) * (round - loop) - (cycles.epilogue - blocks * exposed);
  }
  cycles.latency += rounds * (loop - steps * blocks * step.busy());
  cycles.tensor = tiles * steps * step.tensor;
  cycles.shared = tiles * (steps * step.shared + epilogue.shared);
  cycles.l2 = tiles * (steps * step.l2 + epilogue.l2);
  cycles.issue = tiles * (steps * step.issue + epilogue.issue);
  cycles.memory =
      memoryBytes(schedule.rasterGroup, schedule.rasterAxis) / target.memoryBytesPerSecond * target.clockHz;
  cycles.launch = target.launchSeconds * target.clockHz;
  cycles.waves = double(work.units) / work.places;
  cycles.total = cycles.launch + overlap(time, cycles.memory);
  return cycles;
}

void cost::chooseRaster(const MatmulProblem &problem, const TargetInfo &target,
                        WarpgroupMatmulSchedule &schedule) {
  Model model(problem, target, schedule);
  double best = std::numeric_limits<double>::infinity();
  for (RasterAxis axis : {RasterAxis::M, RasterAxis::N})
    for (int64_t group : {1, 2, 4, 8, 16, 32}) {
      // Blocks of a cluster are neighbours.
      if (group % (axis == RasterAxis::M ? schedule.clusterM : schedule.clusterN) != 0)
        continue;
      double bytes = model.memoryBytes(group, axis);
      if (bytes >= best)
        continue;
      best = bytes;
      schedule.rasterGroup = group;
      schedule.rasterAxis = axis;
    }
}

KernelCycles cost::estimateWarpgroupMatmulCycles(const MatmulProblem &problem, const TargetInfo &target,
                                                 const WarpgroupMatmulSchedule &schedule) {
  return Model(problem, target, schedule).estimate();
}
