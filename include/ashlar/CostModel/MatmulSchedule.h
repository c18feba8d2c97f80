//===-- MatmulSchedule.h - Which tile shape for a matrix product -*- C++ -*-===//
//
// A pure function from (problem, target) to a ranked list of schedules. First an enumerator lists what is
// legal: the budget of shared memory and registers is computed exactly, and a schedule that does not fit is
// no candidate. Then each is given a time by a model of four resources; the greatest rules, as they work at
// the same time:
//
//   multiply   multiply-adds of all blocks on a multiprocessor, at the instruction's rate
//   shared     bytes of operand fragments that the warps read from shared memory
//   L2         bytes of operand tiles that the blocks fetch
//   memory     compulsory bytes of the whole problem, once
//
// Blocks come in waves of (multiprocessors x blocks resident at once); the last wave is as long as a full
// one. What a block cannot hide, the filling of its pipeline and its epilogue, is added to each wave.
//
// The figures are cycles of a model, good for ranking and nothing else. Plain C++, no state: same input, same
// answer.
//
// Sources: the idea of ranking search-free by waves and a few bandwidths is that of DeepGEMM's heuristics;
// the hardware figures come from TargetInfo.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_COSTMODEL_MATMULSCHEDULE_H
#define ASHLAR_COSTMODEL_MATMULSCHEDULE_H

#include "ashlar/CostModel/KernelCycles.h"
#include "ashlar/Target/TargetInfo.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace ashlar::cost {

/// What multiplies.
enum class Multiplier {
  TensorHalf, ///< mma.sync or wgmma on f16 or bf16.
  TensorInt8, ///< mma.sync or wgmma on i8.
  Scalar,     ///< Multiply-adds of ordinary lanes, for f32 in full precision.
  TensorTf32, ///< wgmma on f32 rounded to tf32.
  TensorFp8,  ///< wgmma on f8E4M3FN or f8E5M2.
};

/// result[batch, m, n] = sum over k. Sizes at least 1; for a dynamic size, a likely one.
struct MatmulProblem {
  int64_t batch = 1, m = 1, n = 1, k = 1;
  unsigned lhsBits = 16, rhsBits = 16, resultBits = 16; ///< In global memory.
  /// In shared memory; equal to the above unless operands are expanded on the way.
  unsigned sharedLhsBits = 16, sharedRhsBits = 16;
  /// Widest vectors that the alignment of an operand's rows in global memory allows; below 4, copies cannot
  /// be asynchronous.
  unsigned lhsVectorBytes = 16, rhsVectorBytes = 16;
  /// Tiles are to be multiples of these along N and K.
  int64_t multipleOfN = 1, multipleOfK = 1;
  Multiplier multiplier = Multiplier::TensorHalf;
  /// 32-bit registers that the epilogue needs for each element of the result beside the accumulator.
  double epilogueRegistersPerElement = 0;
  /// The same for each step along K: 1 where a step's sum is scaled before it is added to the accumulator.
  double stepRegistersPerElement = 0;

  // For schedules by warp groups only (WarpgroupMatmulSchedule.h).
  /// Neighbours in memory lie along K, not along M or N.
  bool isLhsKMajor = true, isRhsKMajor = true;
  /// What the epilogue reads of other tensors for each element of the result: a residual.
  unsigned epilogueReadBits = 0;
  /// Elements along K after which the tensor cores' sum is added to one of full precision; 0 for never.
  int64_t promotionInterval = 0;
};

struct MatmulSchedule {
  int64_t tileM = 0, tileN = 0, tileK = 0; ///< Elements.
  int64_t gridM = 1, gridN = 1;            ///< Warps along M and N; threads for Multiplier::Scalar.
  int64_t threads = 0;
  int64_t stages = 1; ///< Tiles of K in shared memory at once.

  unsigned sharedBytes = 0;
  unsigned registersPerThread = 0; ///< An estimate from above of what the kernel needs.
  unsigned residentBlocks = 0;     ///< Per multiprocessor.
  KernelCycles cycles = {};        ///< The model's time; the less in total the better.
};

/// Every legal schedule, best first; ties are broken by the schedule itself. Empty only if the target lacks
/// what `multiplier` needs.
std::vector<MatmulSchedule> rankMatmulSchedules(const MatmulProblem &problem, const TargetInfo &target);

/// Bytes of shared memory that a schedule's operand tiles take.
int64_t matmulSharedBytes(const MatmulProblem &problem, const MatmulSchedule &schedule);

/// The model's cycles of a legal schedule.
KernelCycles estimateMatmulCycles(const MatmulProblem &problem, const TargetInfo &target,
                                  const MatmulSchedule &schedule);

} // namespace ashlar::cost

#endif // ASHLAR_COSTMODEL_MATMULSCHEDULE_H
