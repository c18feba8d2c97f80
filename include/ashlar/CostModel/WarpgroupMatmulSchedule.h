//===-- WarpgroupMatmulSchedule.h - Products by warp groups -----*- C++ -*-===//
//
// A pure function from (problem, target) to a ranked list of schedules for kernels whose blocks are made of
// warp groups: a producer has tiles copied by TMA, consumers multiply them by wgmma out of shared memory. As
// in MatmulSchedule.h the legal schedules are listed, their budgets computed exactly, and each is given a
// time.
//
// For each step along K a block's tile takes, of
//
//   tensor   tileM x tileN x tileK multiply-adds at the rate of wgmma, N/2 clocks for an m64 nN and 32 bytes
//            along K
//   shared   both tiles, written by TMA; and for every wgmma its 64 rows of A and its N columns of B, read:
//            16 + N/4 clocks, which exceed N/2 where N < 64
//   l2       both tiles, the one that a cluster shares divided by the cluster's extent
//   issue    the instructions around the wgmmas, and the additions of a promotion to full precision
//
// The slowest rules, if there are stages enough to cover a copy's latency. What remains:
//
//   fill       the first copies of a block; a persistent block fills its pipeline only once
//   epilogue   hidden under the other consumer's products (Pingpong), under other blocks' (where several
//   fit), or
//              not at all (Cooperative, but the copies of the next tile run)
//   waves      a multiprocessor's tiles are a whole number
//   memory     bytes of the whole device, by a model of what the L2 cache keeps under the order of tiles
//   split      partial sums written, read and added
//
// docs/CostModel.md has the constants and what the model ignores.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_COSTMODEL_WARPGROUPMATMULSCHEDULE_H
#define ASHLAR_COSTMODEL_WARPGROUPMATMULSCHEDULE_H

#include "ashlar/CostModel/MatmulSchedule.h"

#include <string>

namespace ashlar::cost {

/// How the warp groups of a block share the work.
enum class WarpgroupRoles {
  Cooperative, ///< A producer; all consumers multiply one tile, each its rows.
  Pingpong,    ///< A producer; two consumers take turns, each with a tile of its own.
  None,        ///< One warp group starts the copies and multiplies.
};

/// "cooperative", "pingpong", "none".
std::string_view nameOf(WarpgroupRoles roles);

/// Along what the tiles of a group lie (see WarpgroupMatmulSchedule::rasterGroup).
enum class RasterAxis { M, N };

/// Extents are those of the product as it is multiplied: with `isSwapped`, M runs along the columns of the
/// result.
struct WarpgroupMatmulSchedule {
  int64_t tileM = 0, tileN = 0, tileK = 0; ///< Elements. Pingpong: one consumer's tile.
  WarpgroupRoles roles = WarpgroupRoles::Cooperative;
  int64_t consumers = 1; ///< Warp groups that multiply.
  int64_t stages = 1;    ///< Tiles of K in shared memory at once.
  /// Tiles along M and N whose blocks form a cluster; those along M receive the same tile of B once, by
  /// multicast, those along N that of A. The grid of tiles is padded to whole clusters, with tiles out of
  /// bounds.
  int64_t clusterM = 1, clusterN = 1;
  /// Tiles are numbered through groups of this many along `rasterAxis`, column by column of a group.
  int64_t rasterGroup = 1;
  RasterAxis rasterAxis = RasterAxis::M;
  bool isPersistent = false; ///< As many blocks as fit at once, each with several tiles in turn.
  int64_t splitK = 1;        ///< Blocks that share a tile's reduction.
  bool isSwapped = false;    ///< Multiplies the transposes, in exchanged order.
  /// A persistent block has a buffer for its results, of 1/epilogueParts of a tile's columns. Other blocks
  /// use the stages, which are free by then.
  int64_t epilogueParts = 1;

  int64_t threads = 0; ///< Of the consumers. A producer adds a warp group.
  unsigned sharedBytes = 0;
  unsigned registersPerThread = 0; ///< An estimate from above of what a consumer needs.
  unsigned consumerRegisters = 0;  ///< What setmaxnreg gives to a consumer; 0 with WarpgroupRoles::None.
  unsigned producerRegisters = 0;  ///< The same for the producer.
  unsigned residentBlocks = 0;     ///< Per multiprocessor.
  KernelCycles cycles = {};
};

/// Every legal schedule, best first; ties are broken by the schedule itself. Empty if the target or the
/// problem lacks what whyNoWarpgroupMatmul says.
std::vector<WarpgroupMatmulSchedule> rankWarpgroupMatmulSchedules(const MatmulProblem &problem,
                                                                  const TargetInfo &target);

/// Why no schedule is legal whatever its tile, in a clause; empty if some may be.
std::string whyNoWarpgroupMatmul(const MatmulProblem &problem, const TargetInfo &target);

/// Bytes of shared memory: stages, the epilogue's buffer, barriers, and what aligning the first tile may
/// cost.
int64_t warpgroupMatmulSharedBytes(const MatmulProblem &problem, const WarpgroupMatmulSchedule &schedule);

/// The model's clocks of a legal schedule.
KernelCycles estimateWarpgroupMatmulCycles(const MatmulProblem &problem, const TargetInfo &target,
                                           const WarpgroupMatmulSchedule &schedule);

/// Tiles of the result along M and N, padded to whole clusters.
struct TileGrid {
  int64_t m = 1, n = 1;
};
TileGrid tileGridOf(const MatmulProblem &problem, const WarpgroupMatmulSchedule &schedule);

} // namespace ashlar::cost

#endif // ASHLAR_COSTMODEL_WARPGROUPMATMULSCHEDULE_H
