//===-- WarpgroupMatmulSchedule.cpp - which schedules are legal -------------===//
//
// Enumerates the legal schedules of a product by warp groups, with their exact budgets, and sorts them by the
// estimate of WarpgroupMatmulCycles.cpp.
//
//===------------------------------------------------------------------------===//
#include "ashlar/CostModel/WarpgroupMatmulSchedule.h"
#include "WarpgroupProduct.h"

#include <algorithm>
#include <tuple>

using namespace ashlar;
using namespace ashlar::cost;

/// Registers of a consumer beside its accumulators: addresses, descriptors, one slice of the epilogue.
static constexpr int64_t bookkeepingRegisters = 40;
/// Bytes of a row of a tile in shared memory that the widest swizzle spreads over all banks.
static constexpr int64_t widestRowBytes = 128;

std::string_view cost::nameOf(WarpgroupRoles roles) {
  switch (roles) {
  case WarpgroupRoles::Cooperative:
    return "cooperative";
  case WarpgroupRoles::Pingpong:
    return "pingpong";
  case WarpgroupRoles::None:
    return "none";
  }
  return "";
}

//===-- The problem -----------------------------------------------------------===//

std::string cost::whyNoWarpgroupMatmul(const MatmulProblem &problem, const TargetInfo &target) {
  if (!target.hasWgmma || !target.hasTma)
    return "the target has no wgmma";
  if (wgmmaRate(problem, target) == 0)
    return "wgmma does not multiply these elements";
  if (problem.lhsBits != problem.sharedLhsBits || problem.rhsBits != problem.sharedRhsBits ||
      problem.lhsBits != problem.rhsBits)
    return "an operand is converted on its way to shared memory, which TMA cannot do";
  if (std::min<int64_t>(problem.lhsVectorBytes, problem.rhsVectorBytes) < tmaBytes)
    return "rows of an operand are not multiples of 16 bytes apart, as TMA needs them";
  if (problem.lhsBits != 16 && !(problem.isLhsKMajor && problem.isRhsKMajor))
    return "wgmma takes operands of this width only where neighbours in memory lie along K";
  return "";
}

TileGrid cost::tileGridOf(const MatmulProblem &problem, const WarpgroupMatmulSchedule &schedule) {
  MatmulProblem product = orient(problem, schedule.isSwapped);
  return {alignUp(ceilDivide(product.m, schedule.tileM), schedule.clusterM),
          alignUp(ceilDivide(product.n, schedule.tileN), schedule.clusterN)};
}

//===-- Budget ----------------------------------------------------------------===//

int64_t cost::warpgroupMatmulSharedBytes(const MatmulProblem &problem,
                                         const WarpgroupMatmulSchedule &schedule) {
  int64_t stage = alignUp(schedule.tileM * schedule.tileK * problem.lhsBits / 8, tileAlignment) +
                  alignUp(schedule.tileN * schedule.tileK * problem.rhsBits / 8, tileAlignment);
  int64_t result = alignUp(schedule.tileM * schedule.tileN / schedule.epilogueParts * problem.resultBits / 8,
                           tileAlignment);
  int64_t stages = schedule.stages * stage;
  int64_t tiles = schedule.isPersistent ? stages + result : std::max(stages, result);
  return tileAlignment + tiles + 2 * barrierBytes * schedule.stages;
}

/// The registers that a consumer may have where a multiprocessor holds `blocks`.
static RegisterSplit registersFor(const TargetInfo &target, const WarpgroupMatmulSchedule &schedule,
                                  int64_t blocks) {
  if (schedule.roles != WarpgroupRoles::None)
    return splitRegisters(target, schedule.consumers, blocks);
  int64_t perThread = target.registersPerMultiprocessor / (blocks * schedule.threads);
  return {std::min(mostConsumerRegisters, alignDown(perThread, target.registerStep)), 0};
}

/// Fills in the budget; false if the schedule is not legal.
static bool fits(const MatmulProblem &problem, const TargetInfo &target, WarpgroupMatmulSchedule &schedule) {
  int64_t shared = warpgroupMatmulSharedBytes(problem, schedule);
  int64_t registers = accumulatorsPerThread(problem, schedule) + bookkeepingRegisters;
  if (shared > target.sharedBytesPerBlock)
    return false;
  schedule.sharedBytes = unsigned(shared);
  schedule.registersPerThread = unsigned(registers);
  int64_t threads = schedule.threads + (schedule.roles == WarpgroupRoles::None ? 0 : warpgroupThreads);
  int64_t most =
      std::min<int64_t>({target.sharedBytesPerMultiprocessor / (shared + target.sharedBytesReservedPerBlock),
                         target.maxThreadsPerMultiprocessor / threads, target.maxBlocksPerMultiprocessor});
  for (int64_t blocks = most; blocks > 0; --blocks) {
    RegisterSplit split = registersFor(target, schedule, blocks);
    if (split.consumer < registers)
      continue;
    bool hasProducer = schedule.roles != WarpgroupRoles::None;
    schedule.consumerRegisters = hasProducer ? unsigned(split.consumer) : 0;
    schedule.producerRegisters = hasProducer ? unsigned(split.producer) : 0;
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
  Enumerator(const MatmulProblem &problem, const TargetInfo &target) : problem(problem), target(target) {}
  std::vector<WarpgroupMatmulSchedule> run();

private:
  void chooseTileK(WarpgroupMatmulSchedule schedule);
  void chooseRoles(WarpgroupMatmulSchedule schedule);
  void chooseColumns(WarpgroupMatmulSchedule schedule);
  void chooseSharing(WarpgroupMatmulSchedule schedule);
  void chooseStages(WarpgroupMatmulSchedule schedule);
  void addPersistent(WarpgroupMatmulSchedule schedule);
  void add(WarpgroupMatmulSchedule schedule);

  const MatmulProblem &problem;
  const TargetInfo &target;
  MatmulProblem product; ///< `problem` as the schedule at hand multiplies it.
  std::vector<WarpgroupMatmulSchedule> legal;
};
} // namespace

std::vector<WarpgroupMatmulSchedule> Enumerator::run() {
  product = problem;
  chooseTileK({});
  // An instruction has 64 rows, but any multiple of 8 columns.
  if (problem.m < problem.n && problem.m <= mostColumns) {
    WarpgroupMatmulSchedule swapped;
    swapped.isSwapped = true;
    product = orient(problem, true);
    chooseTileK(swapped);
  }
  return std::move(legal);
}

/// Rows of 128 bytes; narrower ones only where K has no more.
void Enumerator::chooseTileK(WarpgroupMatmulSchedule schedule) {
  int64_t rowBytes = widestRowBytes;
  while (rowBytes > wgmmaBytesK && product.k * product.lhsBits / 8 <= rowBytes / 2)
    rowBytes /= 2;
  schedule.tileK = rowBytes * 8 / product.lhsBits;
  if (product.promotionInterval == 0 || product.promotionInterval % schedule.tileK == 0)
    chooseRoles(schedule);
}

void Enumerator::chooseRoles(WarpgroupMatmulSchedule schedule) {
  struct Choice {
    WarpgroupRoles roles;
    int64_t consumers;
  };
  for (auto [roles, consumers] :
       {Choice{WarpgroupRoles::Cooperative, 1}, Choice{WarpgroupRoles::Cooperative, 2},
        Choice{WarpgroupRoles::Cooperative, 3}, Choice{WarpgroupRoles::Pingpong, 2},
        Choice{WarpgroupRoles::None, 1}})
    for (int64_t rows : {wgmmaRows, 2 * wgmmaRows}) {
      schedule.roles = roles;
      schedule.consumers = consumers;
      schedule.threads = consumers * warpgroupThreads;
      schedule.tileM = roles == WarpgroupRoles::Cooperative ? rows * consumers : rows;
      // No consumer may be without rows.
      if (schedule.tileM == wgmmaRows || schedule.tileM - wgmmaRows < product.m)
        chooseColumns(schedule);
    }
}

/// Whether an operand whose neighbours lie along N can be tiled so: a swizzled row holds 64, 32 or 16 of its
/// 16-bit elements. (Along M, tiles are multiples of 64 anyway.)
static bool isMadeOfRows(int64_t extent) { return extent % 64 == 0 || extent == 32 || extent == 16; }

void Enumerator::chooseColumns(WarpgroupMatmulSchedule schedule) {
  int64_t step = product.multiplier == Multiplier::TensorInt8 ? 16 : 8;
  int64_t widest = std::min(mostColumns, alignUp(product.n, step));
  auto choose = [&](int64_t columns) {
    schedule.tileN = columns;
    if (product.isRhsKMajor || isMadeOfRows(columns))
      chooseSharing(schedule);
  };
  for (int64_t columns = 16; columns < widest; columns += 16)
    choose(columns);
  if (!product.isRhsKMajor) // Up to a width that rows can make.
    widest = widest <= 16 ? 16 : widest <= 32 ? 32 : alignUp(widest, 64);
  choose(widest);
}

/// With whom a block shares tiles, or a tile.
void Enumerator::chooseSharing(WarpgroupMatmulSchedule schedule) {
  int64_t steps = ceilDivide(product.k, schedule.tileK);
  chooseStages(schedule);
  for (auto [clusterM, clusterN] : {std::pair(2, 1), std::pair(1, 2)}) {
    WarpgroupMatmulSchedule clustered = schedule;
    clustered.clusterM = clusterM, clustered.clusterN = clusterN;
    // A neighbour that has nothing to do shares nothing.
    if (target.maxClusterBlocks >= 2 && ceilDivide(product.m, schedule.tileM) >= clusterM &&
        ceilDivide(product.n, schedule.tileN) >= clusterN)
      chooseStages(clustered);
  }
  TileGrid grid = tileGridOf(problem, schedule);
  for (int64_t parts : {2, 3, 4, 6, 8, 12, 16, 24, 32}) {
    schedule.splitK = parts;
    // Where tiles keep every multiprocessor busy, splitting only adds sums. Each part has two steps at least.
    if (2 * parts <= steps && problem.batch * grid.m * grid.n * parts <= 2 * target.multiprocessors &&
        schedule.roles != WarpgroupRoles::Pingpong)
      chooseStages(schedule);
  }
}

void Enumerator::chooseStages(WarpgroupMatmulSchedule schedule) {
  int64_t steps = ceilDivide(ceilDivide(product.k, schedule.tileK), schedule.splitK);
  for (int64_t stages : {1, 2, 3, 4, 5, 6, 8, 10, 12}) {
    schedule.stages = stages;
    // A single stage holds the whole of a short K; more stages than steps hold nothing.
    if (schedule.roles != WarpgroupRoles::Pingpong && (stages == 1) == (steps == 1) && stages <= steps)
      add(schedule);
    // But those of a persistent block's next tile.
    if (schedule.roles != WarpgroupRoles::None && schedule.splitK == 1 && stages > 1)
      addPersistent(schedule);
  }
}

void Enumerator::addPersistent(WarpgroupMatmulSchedule schedule) {
  schedule.isPersistent = true;
  for (int64_t parts : {1, 2, 4}) {
    schedule.epilogueParts = parts;
    // stmatrix stores 16 columns at once.
    if (schedule.tileN % (16 * parts) == 0 || parts == 1)
      add(schedule);
  }
}

void Enumerator::add(WarpgroupMatmulSchedule schedule) {
  if (!fits(problem, target, schedule))
    return;
  // A persistent block with one tile is an ordinary one.
  Places work = placesOf(tileGridOf(problem, schedule), problem.batch, target, schedule);
  if (schedule.isPersistent && work.units <= work.places)
    return;
  chooseRaster(problem, target, schedule);
  schedule.cycles = estimateWarpgroupMatmulCycles(problem, target, schedule);
  legal.push_back(schedule);
}

//===-- Ranking ---------------------------------------------------------------===//

static auto orderOf(const WarpgroupMatmulSchedule &s) {
  return std::tuple(s.cycles.total, s.sharedBytes, s.roles, s.consumers, s.tileM, s.tileN, s.tileK, s.stages,
                    s.clusterM, s.clusterN, s.splitK, s.isPersistent, s.isSwapped, s.epilogueParts);
}

std::vector<WarpgroupMatmulSchedule> cost::rankWarpgroupMatmulSchedules(const MatmulProblem &problem,
                                                                        const TargetInfo &target) {
  if (!whyNoWarpgroupMatmul(problem, target).empty())
    return {};
  std::vector<WarpgroupMatmulSchedule> legal = Enumerator(problem, target).run();
  std::sort(legal.begin(), legal.end(), [](const auto &a, const auto &b) { return orderOf(a) < orderOf(b); });
  return legal;
}
