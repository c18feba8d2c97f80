//===-- WarpgroupProduct.h - A product as warp groups multiply it -----------===//
//
// What the enumeration of legal schedules and the estimate of their time both need.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_COSTMODEL_WARPGROUPPRODUCT_H
#define ASHLAR_LIB_COSTMODEL_WARPGROUPPRODUCT_H

#include "Warpgroup.h"
#include "ashlar/CostModel/WarpgroupMatmulSchedule.h"

#include <utility>

namespace ashlar::cost {

/// The problem, or its transpose where operands are exchanged.
inline MatmulProblem orient(MatmulProblem problem, bool isSwapped) {
  if (!isSwapped)
    return problem;
  std::swap(problem.m, problem.n);
  std::swap(problem.lhsBits, problem.rhsBits);
  std::swap(problem.isLhsKMajor, problem.isRhsKMajor);
  return problem;
}

/// Operations per clock and multiprocessor; 0 for what wgmma does not multiply.
inline double wgmmaRate(const MatmulProblem &problem, const TargetInfo &target) {
  switch (problem.multiplier) {
  case Multiplier::TensorHalf:
    return target.warpgroupMma.half;
  case Multiplier::TensorTf32:
    return target.warpgroupMma.tf32;
  case Multiplier::TensorFp8:
    return target.warpgroupMma.fp8;
  case Multiplier::TensorInt8:
    return target.warpgroupMma.int8;
  case Multiplier::Scalar:
    return 0;
  }
  return 0;
}

/// Accumulators of a consumer's thread; twice as many where sums are promoted.
inline int64_t accumulatorsPerThread(const MatmulProblem &problem, const WarpgroupMatmulSchedule &schedule) {
  int64_t rows =
      schedule.roles == WarpgroupRoles::Cooperative ? schedule.tileM / schedule.consumers : schedule.tileM;
  return rows * schedule.tileN / warpgroupThreads * (problem.promotionInterval ? 2 : 1);
}

/// What there is to do and who can do it at once.
struct Places {
  int64_t units = 0;  ///< Tiles, each as often as blocks share it.
  int64_t places = 0; ///< Blocks that the device holds at once, in whole clusters.
};
inline Places placesOf(TileGrid grid, int64_t batch, const TargetInfo &target,
                       const WarpgroupMatmulSchedule &schedule) {
  return {grid.m * grid.n * batch * schedule.splitK,
          alignDown(target.multiprocessors, schedule.clusterM * schedule.clusterN) * schedule.residentBlocks};
}

/// Chooses the order of tiles that reads least of device memory.
void chooseRaster(const MatmulProblem &problem, const TargetInfo &target, WarpgroupMatmulSchedule &schedule);

} // namespace ashlar::cost

#endif // ASHLAR_LIB_COSTMODEL_WARPGROUPPRODUCT_H
