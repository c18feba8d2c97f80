//===-- KernelCycles.h - A kernel's predicted time, by resource --*- C++ -*-===//
//
// What the schedules by warp groups are ranked by, and what `--explain` shows. Each resource is given the
// clocks for which the busiest multiprocessor keeps it busy during the whole kernel. They work at the same
// time, so the total is close to the greatest of them, plus what nothing hides.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_COSTMODEL_KERNELCYCLES_H
#define ASHLAR_COSTMODEL_KERNELCYCLES_H

#include <span>
#include <string_view>

namespace ashlar::cost {

struct KernelCycles {
  // Resources that work at the same time.
  double tensor = 0;  ///< Tensor cores.
  double shared = 0;  ///< The port of shared memory: copies in, operands out, the epilogue's tile.
  double l2 = 0;      ///< Bytes from and to the L2 cache.
  double memory = 0;  ///< Bytes from and to device memory, of the whole device.
  double issue = 0;   ///< Issue slots.
  double special = 0; ///< Special-function units.

  // What the resources above do not hide.
  double latency = 0;  ///< Filling of pipelines, waits for copies, starts of blocks.
  double epilogue = 0; ///< Of results, where no product runs meanwhile; sums of split reductions.
  double launch = 0;   ///< Of the kernel.

  /// Tiles of the whole problem for each place that works on one; what it lacks to the next integer is idle
  /// time.
  double waves = 0;
  double total = 0; ///< The prediction.
};

/// One of the times that a prediction is made of: a resource, or what is exposed.
struct CycleField {
  std::string_view name; ///< The member's.
  double KernelCycles::*member = nullptr;
};

/// All of them but `total`, in the order of their declaration.
std::span<const CycleField> allCycleFields();

/// The longest of them.
CycleField bottleneckOf(const KernelCycles &cycles);

} // namespace ashlar::cost

#endif // ASHLAR_COSTMODEL_KERNELCYCLES_H
