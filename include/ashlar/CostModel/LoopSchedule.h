//===-- LoopSchedule.h - Tile sizes for plain loop nests --------*- C++ -*-===//
//
// Kernels without a product are bound by memory: what counts is that neighbouring threads read neighbouring
// elements, that a block has enough work to hide latencies, and that there are enough blocks. A pure function
// from the shape of a loop nest to a tile size for each loop and the number of threads. Tile size 1: the loop
// runs element by element (in a reduction), or is a coordinate of the block. Plain C++, no state.
//
// Threads exchange partial results of a reduction within a warp only, so a warp has whole rows of a tile: a
// block of several warps has several rows.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_COSTMODEL_LOOPSCHEDULE_H
#define ASHLAR_COSTMODEL_LOOPSCHEDULE_H

#include "ashlar/Target/TargetInfo.h"

#include <cstdint>
#include <vector>

namespace ashlar::cost {

struct LoopInfo {
  int64_t extent = 1; ///< For a dynamic one, a likely one.
  bool isReduction = false;
  /// Bytes that the kernel moves through tensors in which this loop walks consecutive elements.
  double contiguousBytes = 0;
};

struct LoopNest {
  std::vector<LoopInfo> loops; ///< Outermost first.
  /// Reductions are sums and the like, so that loops of a reduction may be cut into chunks.
  bool isCombinable = false;
  /// All elements may be numbered through and cut into one-dimensional tiles: no reduction, and every loop
  /// but the first is static.
  bool isFlattenable = false;
  unsigned elementBytes = 1;      ///< Of the widest element that is read or written.
  double registersPerElement = 0; ///< 32-bit registers for each point: what the tensors' elements take.
  bool mustFlatten = false;       ///< Nothing else will do: neighbours in memory must stay together.
};

struct LoopSchedule {
  std::vector<int64_t> tile; ///< One for each loop; a single one for flattened loops.
  int64_t threads = 128;
};

/// For a kernel of one operation.
LoopSchedule chooseLoopSchedule(const LoopNest &nest, const TargetInfo &target);

/// For a kernel that reduces rows and computes on them again: the loops of a reduction are the columns. Rows
/// that fit are held in registers from the first to the last use.
LoopSchedule chooseRowSchedule(const LoopNest &nest, const TargetInfo &target);

} // namespace ashlar::cost

#endif // ASHLAR_COSTMODEL_LOOPSCHEDULE_H
