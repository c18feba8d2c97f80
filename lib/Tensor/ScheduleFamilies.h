//===-- ScheduleFamilies.h - schedules by main operation --------*- C++ -*-===//
//
// One function for each family of main operations: describes the kernel to the cost model and writes the best
// schedule as the attribute that the family's lowering reads. Fails, with a diagnostic, where none fits the
// target.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TENSOR_SCHEDULEFAMILIES_H
#define ASHLAR_LIB_TENSOR_SCHEDULEFAMILIES_H

#include "ashlar/CostModel/MatmulSchedule.h"
#include "dialects/Ashlar/Ashlar.h"

namespace ashlar {

mlir::FailureOr<mlir::DictionaryAttr> scheduleAttention(ash::KernelOp kernel, ash::AttentionOp op,
                                                        const TargetInfo &target);

mlir::FailureOr<mlir::DictionaryAttr> scheduleConvolution(ash::KernelOp kernel, ash::ConvOp op,
                                                          const TargetInfo &target);
mlir::FailureOr<mlir::DictionaryAttr> scheduleQuantizedMatmul(ash::KernelOp kernel, ash::QuantizedMatmulOp op,
                                                              const TargetInfo &target);

/// A product's schedule as an attribute.
mlir::DictionaryAttr writeMatmulSchedule(mlir::Builder builder, const cost::MatmulProblem &problem,
                                         const cost::MatmulSchedule &schedule);

/// The diagnostic for an operation that no schedule fits.
mlir::InFlightDiagnostic emitNoSchedule(mlir::Operation *op, const TargetInfo &target);

} // namespace ashlar

#endif // ASHLAR_LIB_TENSOR_SCHEDULEFAMILIES_H
