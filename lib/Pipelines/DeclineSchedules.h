//===-- DeclineSchedules.h - the next schedule where one cannot be built ----===//
#ifndef ASHLAR_LIB_PIPELINES_DECLINESCHEDULES_H
#define ASHLAR_LIB_PIPELINES_DECLINESCHEDULES_H

#include "ashlar/Target/TargetInfo.h"
#include "mlir/IR/BuiltinOps.h"

namespace ashlar {

/// Gives every kernel with `alternatives` the first of its schedules that the pipelines can build, with a remark
/// for each that they refuse. Where they refuse all, the first stays, for its errors to be shown.
void declineSchedules(mlir::ModuleOp module, const TargetInfo &target);

} // namespace ashlar

#endif // ASHLAR_LIB_PIPELINES_DECLINESCHEDULES_H
