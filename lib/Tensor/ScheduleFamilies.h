//===-- ScheduleFamilies.h - schedules by main operation --------*- C++ -*-===//
//
// One function for each family of main operations: describes the kernel to the cost model and writes the best
// schedules as attributes that the family's lowering reads. Fails, with a diagnostic, where none fits the
// target.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TENSOR_SCHEDULEFAMILIES_H
#define ASHLAR_LIB_TENSOR_SCHEDULEFAMILIES_H

#include "ScheduleChoice.h"
#include "dialects/Ashlar/Ashlar.h"

namespace ashlar {

mlir::FailureOr<ScheduleChoice> scheduleAttention(ash::KernelOp kernel, ash::AttentionOp op,
                                                  const ScheduleRequest &request);
mlir::FailureOr<ScheduleChoice> scheduleConvolution(ash::KernelOp kernel, ash::ConvOp op,
                                                    const ScheduleRequest &request);
mlir::FailureOr<ScheduleChoice> scheduleMatmul(ash::KernelOp kernel, ash::MatmulOp op,
                                               const ScheduleRequest &request);
mlir::FailureOr<ScheduleChoice> scheduleQuantizedMatmul(ash::KernelOp kernel, ash::QuantizedMatmulOp op,
                                                        const ScheduleRequest &request);

/// A product's schedule as an attribute.
mlir::DictionaryAttr writeMatmulSchedule(mlir::Builder builder, const cost::MatmulProblem &problem,
                                         const cost::MatmulSchedule &schedule);

/// Schedules by warp groups, as ashlar-tensor-assign-schedules documents them.
mlir::DictionaryAttr writeWarpgroupMatmulSchedule(mlir::MLIRContext *context,
                                                  const cost::WarpgroupMatmulSchedule &schedule);
mlir::DictionaryAttr writeWarpgroupAttentionSchedule(mlir::MLIRContext *context,
                                                     const cost::WarpgroupAttentionSchedule &schedule);

/// Why TMA cannot copy a product's operand, in a clause; empty if it can.
mlir::StringRef whyNotCopied(mlir::Value operand);

/// The problem in a few words, and for what it is scheduled.
std::string nameOf(const cost::MatmulProblem &problem, mlir::Operation *op, const TargetInfo &target);

/// The diagnostic for an operation that no schedule fits.
mlir::InFlightDiagnostic emitNoSchedule(mlir::Operation *op, const TargetInfo &target);

} // namespace ashlar

#endif // ASHLAR_LIB_TENSOR_SCHEDULEFAMILIES_H
