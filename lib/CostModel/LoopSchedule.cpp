//===-- LoopSchedule.cpp - tile sizes for plain loop nests ------------------===//
//
// Rules, from the loop that walks memory outward.
//
//===------------------------------------------------------------------------===//
#include "ashlar/CostModel/LoopSchedule.h"

#include <algorithm>
#include <bit>
#include <optional>

using namespace ashlar;
using namespace ashlar::cost;

/// Elements of a tile: 16 for each of 128 threads. Fewer do not hide the latency of memory, more take
/// registers.
static constexpr int64_t tileElements = 2048;
/// A tile's width along memory that fills sectors in both directions of a transposition.
static constexpr int64_t transposeWidth = 32;
static constexpr int64_t fewestThreads = 32, mostThreads = 256, elementsPerThread = 8;

static int64_t roundUpToPower(int64_t extent) {
  return int64_t(std::bit_ceil(uint64_t(std::max<int64_t>(extent, 1))));
}

/// The loop among `isCandidate` ones that moves the most bytes along memory.
template <typename Predicate>
static std::optional<size_t> widestLoop(const LoopNest &nest, Predicate isCandidate) {
  std::optional<size_t> best;
  for (size_t loop = 0; loop < nest.loops.size(); ++loop) {
    const LoopInfo &info = nest.loops[loop];
    if (isCandidate(loop) && info.extent > 1 && info.contiguousBytes > 0 &&
        (!best || info.contiguousBytes >= nest.loops[*best].contiguousBytes))
      best = loop;
  }
  return best;
}

static int64_t product(const std::vector<int64_t> &sizes) {
  int64_t result = 1;
  for (int64_t size : sizes)
    result *= size;
  return result;
}

/// Blocks that the parallel loops make.
static int64_t blocksOf(const LoopNest &nest, const std::vector<int64_t> &tile) {
  int64_t blocks = 1;
  for (size_t loop = 0; loop < tile.size(); ++loop)
    if (!nest.loops[loop].isReduction)
      blocks *= (nest.loops[loop].extent + tile[loop] - 1) / tile[loop];
  return blocks;
}

static int64_t threadsFor(int64_t elements) {
  return std::clamp(roundUpToPower(elements / elementsPerThread), fewestThreads, mostThreads / 2);
}

/// Numbers all elements through, where tiles along the loops would be mostly empty or tiny.
static std::optional<LoopSchedule> flatten(const LoopNest &nest, const TargetInfo &target) {
  if (!nest.isFlattenable)
    return std::nullopt;
  int64_t elements = 1, contiguousLoops = 0;
  for (const LoopInfo &loop : nest.loops) {
    elements *= loop.extent;
    contiguousLoops += loop.contiguousBytes > 0 && loop.extent > 1;
  }
  bool isNarrow = nest.loops.back().extent < 2 * transposeWidth && contiguousLoops <= 1;
  if (nest.loops.size() != 1 && !isNarrow)
    return std::nullopt;
  // Small tensors are cut finer, to give every multiprocessor something.
  int64_t size =
      std::clamp(roundUpToPower(elements / (2 * target.multiprocessors)), int64_t(128), tileElements);
  return LoopSchedule{{size}, threadsFor(size)};
}

LoopSchedule cost::chooseLoopSchedule(const LoopNest &nest, const TargetInfo &target) {
  if (std::optional<LoopSchedule> flat = flatten(nest, target))
    return *flat;
  std::vector<int64_t> tile(nest.loops.size(), 1);
  auto mayTile = [&](size_t loop) {
    return tile[loop] == 1 && nest.loops[loop].extent > 1 &&
           (!nest.loops[loop].isReduction || nest.isCombinable);
  };
  // The loop along memory first; a second one of another tensor makes it a transposition.
  std::optional<size_t> widest = widestLoop(nest, mayTile);
  std::optional<size_t> other =
      widestLoop(nest, [&](size_t loop) { return mayTile(loop) && loop != widest; });
  bool isTransposition =
      other && nest.loops[*other].contiguousBytes * 8 > nest.loops[*widest].contiguousBytes;
  if (!isTransposition)
    other.reset();
  if (widest) {
    int64_t most = isTransposition ? transposeWidth : tileElements / 2;
    if (!isTransposition && !nest.loops[*widest].isReduction)
      most = 256;
    tile[*widest] = std::min(roundUpToPower(nest.loops[*widest].extent), most);
  }
  if (isTransposition)
    tile[*other] = std::min(roundUpToPower(nest.loops[*other].extent), transposeWidth);
  // Fill the tile with what is left, inner loops first; leave blocks for all multiprocessors.
  for (size_t loop = nest.loops.size(); loop-- > 0;) {
    while (mayTile(loop) || tile[loop] > 1) {
      bool grows = loop != widest && loop != other && tile[loop] < nest.loops[loop].extent &&
                   product(tile) * 2 <= tileElements;
      if (!grows)
        break;
      std::vector<int64_t> larger = tile;
      larger[loop] *= 2;
      if (!nest.loops[loop].isReduction && blocksOf(nest, larger) < 2 * int64_t(target.multiprocessors))
        break;
      tile = larger;
    }
  }
  return {tile, threadsFor(product(tile))};
}

LoopSchedule cost::chooseRowSchedule(const LoopNest &nest, const TargetInfo &target) {
  // The longest row that a block of the most threads holds with a few tiles of it at once.
  constexpr int64_t longestRow = 4096, rowThreads = 512;
  std::vector<int64_t> tile(nest.loops.size(), 1);
  size_t column = nest.loops.size() - 1;
  int64_t extent = roundUpToPower(nest.loops[column].extent);
  tile[column] = extent <= longestRow ? extent : longestRow / 2;
  // Short rows share a block, as long as there are blocks for all.
  for (size_t loop = column; loop-- > 0;)
    while (!nest.loops[loop].isReduction && tile[loop] < nest.loops[loop].extent &&
           product(tile) * 2 <= tileElements / 2) {
      std::vector<int64_t> larger = tile;
      larger[loop] *= 2;
      if (blocksOf(nest, larger) < 2 * int64_t(target.multiprocessors))
        break;
      tile = larger;
    }
  int64_t threads = std::clamp(roundUpToPower(product(tile) / elementsPerThread), fewestThreads, rowThreads);
  return {tile, threads};
}
