//===-- AttentionSchedule.h - Which tiles for an attention ------*- C++ -*-===//
//
// A pure function from (problem, target) to a ranked list of schedules, as MatmulSchedule.h has it for
// products: list what fits registers and shared memory, give each a time by a model of a few resources, sort.
// For each tile of keys a block
//
//   multiplies   queries x keys x (head size + value size) multiply-adds
//   weighs       queries x keys exponentials, and some ordinary arithmetic around each
//   shares       keys and values through shared memory, read once by every warp
//   fetches      keys and values from the L2 cache
//
// Plain C++, no state.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_COSTMODEL_ATTENTIONSCHEDULE_H
#define ASHLAR_COSTMODEL_ATTENTIONSCHEDULE_H

#include "ashlar/CostModel/MatmulSchedule.h"

namespace ashlar::cost {

/// Sizes at least 1; for a dynamic size, a likely one.
struct AttentionProblem {
  int64_t batch = 1, queryHeads = 1, keyHeads = 1;
  int64_t queries = 1, keys = 1;
  int64_t headSize = 1, valueSize = 1;
  unsigned bits = 16;            ///< Of an element of queries, keys and values.
  unsigned maskBits = 0;         ///< Of an element of a mask that differs from row to row; 0 without one.
  unsigned maskVectorBits = 128; ///< The widest vector to which its rows are aligned.
  bool isCausal = false;
  Multiplier multiplier = Multiplier::TensorHalf; ///< Or Scalar.
};

struct AttentionSchedule {
  int64_t queryTile = 0, keyTile = 0; ///< Rows and keys of a tile.
  int64_t valueTile = 0;              ///< Columns of a block's output; the value size, but for long heads.
  int64_t packing = 1;                ///< Query heads of one group that share the rows of a tile.
  int64_t gridM = 1, gridN = 1;       ///< Warps along rows and keys; threads for Multiplier::Scalar.
  int64_t threads = 0;
  int64_t stages = 1; ///< Tiles of keys and values in shared memory at once.

  unsigned sharedBytes = 0;
  unsigned registersPerThread = 0; ///< An estimate.
  unsigned residentBlocks = 0;     ///< Per multiprocessor.
  KernelCycles cycles = {};        ///< The model's time; the less in total the better.
};

/// Every legal schedule, best first; ties are broken by the schedule itself. Empty if nothing fits.
std::vector<AttentionSchedule> rankAttentionSchedules(const AttentionProblem &problem,
                                                      const TargetInfo &target);

} // namespace ashlar::cost

#endif // ASHLAR_COSTMODEL_ATTENTIONSCHEDULE_H
