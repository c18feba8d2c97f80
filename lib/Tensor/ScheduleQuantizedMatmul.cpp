//===-- ScheduleQuantizedMatmul.cpp - a schedule for quantised weights ------===//
//
// A product with a quantised weight is a matrix product whose right operand is narrow in memory.
//
//===------------------------------------------------------------------------===//
#include "KernelDescription.h"
#include "ScheduleFamilies.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace ashlar;

/// How the weight's integers are multiplied with activations of i8: as i8, or as floats, which hold what i8
/// cannot.
static cost::Multiplier multiplierOf(ash::QuantizedMatmulOp op) {
  if (op.getInputType().getElementType().isF32())
    return cost::Multiplier::Scalar;
  bool isInt8 =
      op.isIntegerInput() && (op.getWeightType().getElementTypeBitWidth() < 8 || !op.getZeroPoints());
  return isInt8 ? cost::Multiplier::TensorInt8 : cost::Multiplier::TensorHalf;
}

/// Schedules for one way to multiply. With activations of i8, a step along K must stay within a group.
static std::vector<cost::MatmulSchedule> rank(const cost::MatmulProblem &problem, ash::QuantizedMatmulOp op,
                                              const TargetInfo &target) {
  std::vector<cost::MatmulSchedule> ranked = cost::rankMatmulSchedules(problem, target);
  bool isGrouped = op.getScalesType().getRank() == 2;
  auto crossesGroups = [&](const cost::MatmulSchedule &schedule) {
    return op.getGroupSize() % schedule.tileK != 0;
  };
  if (!isGrouped || problem.multiplier == cost::Multiplier::Scalar)
    return ranked;
  std::vector<cost::MatmulSchedule> aligned;
  std::remove_copy_if(ranked.begin(), ranked.end(), std::back_inserter(aligned), crossesGroups);
  // Elsewhere it only saves loads of scales.
  return aligned.empty() && !op.isIntegerInput() ? ranked : aligned;
}

FailureOr<ScheduleChoice> ashlar::scheduleQuantizedMatmul(ash::KernelOp kernel, ash::QuantizedMatmulOp op,
                                                          const ScheduleRequest &request) {
  cost::MatmulProblem problem;
  ArrayRef<int64_t> leading = op.getInputType().getShape().drop_back();
  for (int64_t size : leading)
    problem.m *= likelyExtent(size);
  problem.n = op.getOutputSize();
  problem.k = op.getReductionSize();
  describeOperands(problem, kernel, op, op.getInputType(), op.getWeightType(), op.getResultType());
  SmallVector<cost::Multiplier> multipliers = {multiplierOf(op)};
  if (multipliers.front() == cost::Multiplier::TensorInt8)
    multipliers.push_back(cost::Multiplier::TensorHalf);
  if (multipliers.back() != cost::Multiplier::Scalar)
    multipliers.push_back(cost::Multiplier::Scalar);
  for (cost::Multiplier multiplier : multipliers) {
    problem.multiplier = multiplier;
    bool isGrouped = op.getScalesType().getRank() == 2, isInt8 = multiplier == cost::Multiplier::TensorInt8;
    problem.stepRegistersPerElement = op.isIntegerInput() && (isGrouped || !isInt8);
    for (const cost::MatmulProblem &reading : describeReadings(problem, op.getWeight(), 0, 1))
      if (std::vector<cost::MatmulSchedule> ranked = rank(reading, op, request.target); !ranked.empty()) {
        ScheduleChooser chooser(request, nameOf(reading, op, request.target));
        chooser.add<cost::MatmulSchedule>(ranked, [&](const cost::MatmulSchedule &schedule) {
          return writeMatmulSchedule(Builder(kernel.getContext()), reading, schedule);
        });
        return chooser.choose();
      }
  }
  return emitNoSchedule(op, request.target), failure();
}
