//===-- WarpgroupAttentionSchedule.h - Attention by warp groups -*- C++ -*-===//
//
// A pure function from (problem, target) to a ranked list of schedules for attention whose blocks are made of
// warp groups, in the manner of FlashAttention-3: a producer copies keys and values by TMA, each consumer
// keeps 64 rows of scores and output in registers, and one consumer's softmax runs under the products of the
// other, and under its own next ones.
//
// For 64 rows and a tile of N keys, with heads of d and values of v, a consumer takes, of
//
//   tensor   64 x N x (d + v) multiply-adds
//   special  64 x N exponentials
//   issue    9/2 instructions for each two scores of a thread (subtraction and scaling, maximum, sum,
//   exponent,
//            half a conversion), and one for each of v / 2 outputs that are rescaled
//   shared   queries and keys, d / 16 times 16 + N / 4 clocks; values, N / 16 times v / 4, probabilities
//   being in
//            registers; and the tiles, written by TMA once a block
//   l2       keys and values, once a block
//
// The products and the softmax run at the same time as far as a schedule lets them: how much of the shorter
// one shows is an estimate, and stands in WarpgroupAttentionCycles.cpp.
//
// docs/CostModel.md has the constants and what the model ignores.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_COSTMODEL_WARPGROUPATTENTIONSCHEDULE_H
#define ASHLAR_COSTMODEL_WARPGROUPATTENTIONSCHEDULE_H

#include "ashlar/CostModel/AttentionSchedule.h"

#include <string>

namespace ashlar::cost {

struct WarpgroupAttentionSchedule {
  int64_t queryTile = 0; ///< Rows of a block: 64 for each consumer.
  int64_t keyTile = 0;   ///< Keys of a tile.
  int64_t consumers = 1; ///< Warp groups that multiply; beside them there is a producer.
  int64_t stages = 1;    ///< Tiles of keys in shared memory at once, and as many of values.
  int64_t packing = 1;   ///< Query heads of one group that share the rows of a tile; divides queryTile.
  /// Consumers take turns: while one multiplies, the others weigh. A barrier orders them.
  bool isPingpong = false;
  /// A consumer starts the scores of the next tile before it weighs those at hand.
  bool isOverlapped = false;
  /// Probabilities go to the second product by shared memory, which spares registers.
  bool sharesProbabilities = false;
  bool isPersistent = false; ///< As many blocks as fit at once, each with several tiles of rows in turn.
  int64_t splitKeys = 1;     ///< Blocks that share a row's keys; a second kernel joins what they found.

  int64_t threads = 0; ///< Of the consumers. The producer adds a warp group.
  unsigned sharedBytes = 0;
  unsigned registersPerThread = 0; ///< An estimate from above of what a consumer needs.
  unsigned consumerRegisters = 0;  ///< What setmaxnreg gives to a consumer,
  unsigned producerRegisters = 0;  ///< and to the producer.
  unsigned residentBlocks = 0;     ///< Per multiprocessor.
  KernelCycles cycles = {};
};

/// Every legal schedule, best first; ties are broken by the schedule itself. Empty if the target or the
/// problem lacks what whyNoWarpgroupAttention says, or if nothing fits.
std::vector<WarpgroupAttentionSchedule> rankWarpgroupAttentionSchedules(const AttentionProblem &problem,
                                                                        const TargetInfo &target);

/// Why no schedule is legal, in a clause; empty if some may be.
std::string whyNoWarpgroupAttention(const AttentionProblem &problem, const TargetInfo &target);

/// Bytes of shared memory: queries, for which the output stands in later, stages of keys and values,
/// probabilities where they are shared, barriers, and what aligning the first tile may cost.
int64_t warpgroupAttentionSharedBytes(const AttentionProblem &problem,
                                      const WarpgroupAttentionSchedule &schedule);

/// The model's clocks of a legal schedule.
KernelCycles estimateWarpgroupAttentionCycles(const AttentionProblem &problem, const TargetInfo &target,
                                              const WarpgroupAttentionSchedule &schedule);

} // namespace ashlar::cost

#endif // ASHLAR_COSTMODEL_WARPGROUPATTENTIONSCHEDULE_H
