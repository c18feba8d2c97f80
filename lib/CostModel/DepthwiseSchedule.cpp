//===-- DepthwiseSchedule.cpp - tiles for convolutions of single channels ---===//
//
// Tries every tile of powers of two.
//
//===------------------------------------------------------------------------===//
#include "ashlar/CostModel/DepthwiseSchedule.h"

#include <algorithm>
#include <tuple>

using namespace ashlar;
using namespace ashlar::cost;

/// Outputs of a block: a thread keeps its sums in registers.
static constexpr int64_t threadsPerBlock = 128, mostOutputs = threadsPerBlock * 32;
/// What global memory moves at once.
static constexpr int64_t sectorBytes = 32;

static int64_t ceilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Positions of the input in shared memory along one dimension, as the lowering stages them.
static int64_t haloOf(const DepthwiseProblem &problem, size_t dim, int64_t tile) {
  int64_t reach = (problem.filter[dim] - 1) * problem.dilations[dim], stride = problem.strides[dim];
  return stride * (tile + reach / stride);
}

/// Fills in bytes and cost; false if the tile does not fit.
static bool evaluate(const DepthwiseProblem &problem, const TargetInfo &target, DepthwiseSchedule &schedule) {
  int64_t channels = schedule.tile.back(), taps = 1;
  double staged = double(channels), outputs = double(channels), blocks = double(problem.batch);
  double useful = double(problem.channels) * problem.batch;
  for (size_t dim = 0; dim < problem.output.size(); ++dim) {
    int64_t size = schedule.tile[dim];
    staged *= haloOf(problem, dim, size);
    outputs *= size;
    blocks *= ceilDivide(problem.output[dim], size);
    useful *= problem.output[dim];
    taps *= problem.filter[dim];
  }
  blocks *= ceilDivide(problem.channels, channels);
  double bytes = (staged + double(taps * channels)) * problem.bits / 8;
  // A third of what there is: several blocks at once hide latencies.
  if (outputs > mostOutputs || bytes > target.sharedBytesPerMultiprocessor / 3.0)
    return false;
  schedule.sharedBytes = unsigned(bytes);
  // Neighbouring elements: channels, or positions of the last dimension and what a window adds to them.
  double run =
      double(problem.isChannelsLast ? channels : schedule.tile[problem.output.size() - 1]) * problem.bits / 8;
  double narrow = std::max(1.0, sectorBytes / run);
  double perOutput = narrow * (staged + outputs) * blocks / useful;
  // Filling a block takes a while; with less work a block the share is greater. Idle processors do nothing.
  double startup = 1 + 512.0 / outputs, idle = std::max(1.0, 2 * target.multiprocessors / blocks);
  schedule.cost = perOutput * startup * std::min(idle, 8.0);
  return true;
}

/// The tile's sizes from `dim` on, in every combination.
static void tryAll(const DepthwiseProblem &problem, const TargetInfo &target, DepthwiseSchedule &candidate,
                   std::optional<DepthwiseSchedule> &best) {
  size_t dim = candidate.tile.size();
  if (dim > problem.output.size()) {
    if (evaluate(problem, target, candidate) &&
        (!best || std::tie(candidate.cost, candidate.tile) < std::tie(best->cost, best->tile)))
      best = candidate;
    return;
  }
  int64_t extent = dim < problem.output.size() ? problem.output[dim] : problem.channels;
  for (int64_t size = 1; size < 2 * extent && size <= mostOutputs; size *= 2) {
    candidate.tile.push_back(size);
    tryAll(problem, target, candidate, best);
    candidate.tile.pop_back();
  }
}

std::optional<DepthwiseSchedule> cost::chooseDepthwiseSchedule(const DepthwiseProblem &problem,
                                                               const TargetInfo &target) {
  std::optional<DepthwiseSchedule> best;
  DepthwiseSchedule candidate;
  candidate.threads = threadsPerBlock;
  tryAll(problem, target, candidate, best);
  return best;
}
