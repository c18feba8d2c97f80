//===-- Warpgroup.h - Facts that all schedules by warp groups share ---------===//
//
// How a block's registers and shared memory are divided.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_COSTMODEL_WARPGROUP_H
#define ASHLAR_LIB_COSTMODEL_WARPGROUP_H

#include "ashlar/Target/TargetInfo.h"

#include <algorithm>

namespace ashlar::cost {

/// Threads of a warp group, and its warps.
inline constexpr int64_t warpgroupThreads = 128, warpgroupWarps = 4;
/// Rows of one wgmma, and bytes of its operands along K.
inline constexpr int64_t wgmmaRows = 64, wgmmaBytesK = 32;
/// Elements of 16 bits in those.
inline constexpr int64_t halfGranule = 16;
inline constexpr int64_t warpThreads = 32;
/// A tile with a swizzle of 128 bytes starts at a multiple of this.
inline constexpr int64_t tileAlignment = 1024;
/// An mbarrier; each stage has two.
inline constexpr int64_t barrierBytes = 8;

/// Columns of a wgmma at most.
inline constexpr int64_t mostColumns = 256;
/// What TMA asks of the distances of rows, and of boxes.
inline constexpr int64_t tmaBytes = 16;
/// The share of the L2 cache that keeps what is read again. An estimate: it has two partitions, and what both
/// halves of the device read is held in both.
inline constexpr double reusedL2Share = 0.5;
/// Barriers of an epilogue: registers to shared memory, to the copy engine, and back.
inline constexpr double barriersPerEpilogue = 4;
/// Of sums in full precision, where blocks share a reduction.
inline constexpr double partialSumBytes = 4;
/// More registers than these are of no use to a consumer or producer; kernels seen take no more.
inline constexpr int64_t mostConsumerRegisters = 240, mostProducerRegisters = 56;

inline int64_t ceilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }
inline int64_t alignUp(int64_t a, int64_t b) { return ceilDivide(a, b) * b; }
inline int64_t alignDown(int64_t a, int64_t b) { return a / b * b; }

/// What setmaxnreg leaves to a thread of each role.
struct RegisterSplit {
  int64_t consumer = 0, producer = 0;
};

/// The split that gives consumers most, where a multiprocessor holds `blocks` of a producer and `consumers`.
/// A block's registers are those it starts with: equally many for all its threads.
inline RegisterSplit splitRegisters(const TargetInfo &target, int64_t consumers, int64_t blocks) {
  int64_t step = target.registerStep, least = target.minRegistersPerThread;
  int64_t perLane = target.registersPerMultiprocessor / (blocks * warpgroupThreads);
  int64_t atStart = std::min<int64_t>(alignDown(perLane / (consumers + 1), step),
                                      alignDown(target.maxRegistersPerThread, step));
  int64_t pool = atStart * (consumers + 1);
  RegisterSplit split;
  split.consumer = std::min(mostConsumerRegisters, alignDown((pool - least) / consumers, step));
  split.producer = std::min(mostProducerRegisters, pool - consumers * split.consumer);
  return split;
}

} // namespace ashlar::cost

#endif // ASHLAR_LIB_COSTMODEL_WARPGROUP_H
