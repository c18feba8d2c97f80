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

static constexpr int64_t warpSize = 32;
/// Bytes that a thread moves by one instruction at most.
static constexpr int64_t vectorBytes = 16;
/// A tile's width along memory that fills sectors in both directions of a transposition.
static constexpr int64_t transposeWidth = 32;

static int64_t roundUpToPower(int64_t extent) {
  return int64_t(std::bit_ceil(uint64_t(std::max<int64_t>(extent, 1))));
}
static int64_t roundDownToPower(int64_t number) {
  return int64_t(std::bit_floor(uint64_t(std::max<int64_t>(number, 1))));
}
static int64_t ceilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }

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
      blocks *= ceilDivide(nest.loops[loop].extent, tile[loop]);
  return blocks;
}

/// Elements that a thread holds of every tile: 16 hide the latency of memory; fewer where many tensors would
/// fill the registers.
static int64_t elementsPerThread(const LoopNest &nest) {
  constexpr double registersForTiles = 64;
  return std::clamp(roundDownToPower(int64_t(registersForTiles / std::max(nest.registersPerElement, 0.25))),
                    int64_t(1), int64_t(16));
}

static int64_t vectorWidth(const LoopNest &nest) {
  return std::max<int64_t>(vectorBytes / nest.elementBytes, 1);
}

/// Doubles the tiles of the parallel loops that `mayGrow`, inner ones first, while the tile has at most
/// `elements` elements and every multiprocessor has two blocks.
template <typename Predicate>
static void growTile(const LoopNest &nest, const TargetInfo &target, int64_t elements,
                     std::vector<int64_t> &tile, Predicate mayGrow) {
  for (size_t loop = nest.loops.size(); loop-- > 0;)
    while (!nest.loops[loop].isReduction && mayGrow(loop) && tile[loop] < nest.loops[loop].extent &&
           product(tile) * 2 <= elements) {
      std::vector<int64_t> larger = tile;
      larger[loop] *= 2;
      if (blocksOf(nest, larger) < 2 * int64_t(target.multiprocessors))
        break;
      tile = larger;
    }
}

//===-- No reduction ----------------------------------------------------------===//

static int64_t threadsFor(const LoopNest &nest, int64_t elements) {
  return std::clamp(roundUpToPower(elements / elementsPerThread(nest)), warpSize, int64_t(128));
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
  if (nest.loops.size() != 1 && !isNarrow && !nest.mustFlatten)
    return std::nullopt;
  // Small tensors are cut finer, to give every multiprocessor something.
  int64_t size = std::clamp(roundUpToPower(elements / (2 * target.multiprocessors)), int64_t(128),
                            128 * elementsPerThread(nest));
  return LoopSchedule{{size}, threadsFor(nest, size)};
}

static LoopSchedule chooseParallel(const LoopNest &nest, const TargetInfo &target) {
  std::vector<int64_t> tile(nest.loops.size(), 1);
  // The loop along memory first; a second one of another tensor makes it a transposition.
  std::optional<size_t> widest = widestLoop(nest, [](size_t) { return true; });
  std::optional<size_t> other = widestLoop(nest, [&](size_t loop) { return loop != widest; });
  if (other && nest.loops[*other].contiguousBytes * 8 <= nest.loops[*widest].contiguousBytes)
    other.reset();
  int64_t elements = 128 * elementsPerThread(nest);
  if (widest)
    tile[*widest] =
        std::min({roundUpToPower(nest.loops[*widest].extent), elements, other ? transposeWidth : 256});
  if (other)
    tile[*other] =
        std::min({roundUpToPower(nest.loops[*other].extent), elements / tile[*widest], transposeWidth});
  growTile(nest, target, elements, tile, [&](size_t loop) { return loop != widest && loop != other; });
  return {tile, threadsFor(nest, product(tile))};
}

//===-- Reductions ------------------------------------------------------------===//

/// Rows along memory: `column` is the loop to be cut into chunks of at most `longest`. A warp has one row, or
/// several short ones; up to four warps share a block.
static LoopSchedule chooseAlongRows(const LoopNest &nest, const TargetInfo &target, size_t column,
                                    int64_t longest) {
  std::vector<int64_t> tile(nest.loops.size(), 1);
  tile[column] = std::min(roundUpToPower(nest.loops[column].extent), longest);
  int64_t lanes = std::clamp(tile[column] / vectorWidth(nest), int64_t(1), warpSize);
  int64_t rowsPerWarp = warpSize / lanes, mostRows = 4 * rowsPerWarp;
  growTile(nest, target, tile[column] * mostRows, tile, [](size_t) { return true; });
  int64_t rows = product(tile) / tile[column];
  return {tile, warpSize * std::max<int64_t>(rows / rowsPerWarp, 1)};
}

/// Columns: memory runs along the parallel loop `across`, neighbouring lanes take neighbouring elements of
/// it, and what lanes are left take several rows of the reduction's longest loop.
static LoopSchedule chooseAcrossRows(const LoopNest &nest, const TargetInfo &target, size_t across) {
  constexpr int64_t rowsPerLane = 4, widestSpan = 256, leastSpan = 32;
  std::vector<int64_t> tile(nest.loops.size(), 1);
  int64_t extent = roundUpToPower(nest.loops[across].extent);
  tile[across] = std::min(extent, widestSpan / nest.elementBytes);
  // Narrower, down to a sector, for the sake of more blocks.
  while (tile[across] * nest.elementBytes > leastSpan &&
         blocksOf(nest, tile) < 2 * int64_t(target.multiprocessors))
    tile[across] /= 2;
  std::optional<size_t> along;
  for (size_t loop = 0; loop < nest.loops.size(); ++loop)
    if (nest.loops[loop].isReduction && (!along || nest.loops[loop].extent > nest.loops[*along].extent))
      along = loop;
  int64_t lanes = std::clamp(tile[across] / vectorWidth(nest), int64_t(1), warpSize);
  if (nest.isCombinable && along)
    tile[*along] = std::min(roundUpToPower(nest.loops[*along].extent), warpSize / lanes * rowsPerLane);
  return {tile, warpSize};
}

/// Any body: the parallel loops are tiled, the reduction runs element by element.
static LoopSchedule chooseSequential(const LoopNest &nest, const TargetInfo &target) {
  std::vector<int64_t> tile(nest.loops.size(), 1);
  growTile(nest, target, 128 * std::min<int64_t>(elementsPerThread(nest), 4), tile,
           [](size_t) { return true; });
  return {tile, threadsFor(nest, product(tile))};
}

LoopSchedule cost::chooseLoopSchedule(const LoopNest &nest, const TargetInfo &target) {
  bool reduces =
      std::any_of(nest.loops.begin(), nest.loops.end(), [](const LoopInfo &l) { return l.isReduction; });
  if (!reduces) {
    std::optional<LoopSchedule> flat = flatten(nest, target);
    return flat ? *flat : chooseParallel(nest, target);
  }
  std::optional<size_t> widest = widestLoop(nest, [](size_t) { return true; });
  if (!widest || (nest.loops[*widest].isReduction && !nest.isCombinable))
    return chooseSequential(nest, target);
  if (!nest.loops[*widest].isReduction)
    return chooseAcrossRows(nest, target, *widest);
  return chooseAlongRows(nest, target, *widest, warpSize * elementsPerThread(nest) * 2);
}

LoopSchedule cost::chooseRowSchedule(const LoopNest &nest, const TargetInfo &target) {
  // A lane holds up to 32 elements of the row, a few times over.
  return chooseAlongRows(nest, target, nest.loops.size() - 1, warpSize * 32);
}
