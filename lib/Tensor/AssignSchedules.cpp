//===-- AssignSchedules.cpp - a schedule for every kernel -------------------===//
//
// The pass: describes each kernel to the cost model and writes its answer down.
//
//===------------------------------------------------------------------------===//
#include "KernelDescription.h"
#include "ScheduleFamilies.h"
#include "ashlar/CostModel/LoopSchedule.h"
#include "ashlar/Tensor/Passes.h"
#include "ashlar/Tensor/RowPrograms.h"
#include "mlir/IR/Builders.h"

namespace ashlar {
#define GEN_PASS_DEF_ASSIGNSCHEDULESPASS
#include "ashlar/Tensor/Passes.h.inc"
} // namespace ashlar

using namespace mlir;
using namespace ashlar;

InFlightDiagnostic ashlar::emitNoSchedule(Operation *op, const TargetInfo &target) {
  return op->emitError() << "no schedule of '" << op->getName() << "' fits "
                         << StringRef(target.name.data(), target.name.size())
                         << "; every tile needs more registers or shared memory than it has";
}

/// Stores move whole bytes: where memory ends in the middle of one, no kernel can make the last element.
static LogicalResult checkWholeBytes(ash::KernelOp kernel) {
  for (Value value : kernel.getYield().getValues()) {
    auto pack = value.getDefiningOp<ash::PackOp>();
    auto type = cast<RankedTensorType>(pack ? pack.getInput().getType() : value.getType());
    if (type.getElementType().isInteger(4) && type.hasStaticShape() && type.getNumElements() % 2 != 0)
      return emitError(value.getLoc())
             << "an odd number of four-bit elements, " << type.getNumElements()
             << ", cannot be stored, since two share a byte; pad the tensor by an element, or make it of i8";
  }
  return success();
}

static FailureOr<ScheduleChoice> chooseLoops(ash::KernelOp kernel, Operation *main,
                                             const TargetInfo &target) {
  if (failed(checkWholeBytes(kernel)))
    return failure();
  auto pack = dyn_cast_or_null<ash::PackOp>(main);
  cost::LoopNest nest = pack ? describePack(pack) : describeLoops(kernel, main);
  cost::LoopSchedule schedule = matchRowProgram(kernel) ? cost::chooseRowSchedule(nest, target)
                                                        : cost::chooseLoopSchedule(nest, target);
  Builder builder(kernel.getContext());
  DictionaryAttr attribute = builder.getDictionaryAttr({
      {builder.getStringAttr("tile"), builder.getI64ArrayAttr({schedule.tile.data(), schedule.tile.size()})},
      {builder.getStringAttr("threads"), builder.getI64IntegerAttr(schedule.threads)},
  });
  return ScheduleChoice{attribute, {}, {}};
}

/// By the kernel's main operation; what needs no family of its own is a loop nest.
static FailureOr<ScheduleChoice> chooseSchedule(ash::KernelOp kernel, const ScheduleRequest &request) {
  Operation *main = findMainOf(kernel);
  if (auto matmul = dyn_cast_or_null<ash::MatmulOp>(main))
    return scheduleMatmul(kernel, matmul, request);
  if (auto attention = dyn_cast_or_null<ash::AttentionOp>(main))
    return scheduleAttention(kernel, attention, request);
  if (auto conv = dyn_cast_or_null<ash::ConvOp>(main))
    return scheduleConvolution(kernel, conv, request);
  if (auto product = dyn_cast_or_null<ash::QuantizedMatmulOp>(main))
    return scheduleQuantizedMatmul(kernel, product, request);
  if (!main || isa<linalg::LinalgOp, ash::PackOp>(main))
    return chooseLoops(kernel, main, request.target);
  main->emitError() << "no schedule is known for '" << main->getName()
                    << "'; write the kernel's schedule by hand, or express the operation with linalg";
  return failure();
}

namespace {
struct AssignSchedulesPass : ashlar::impl::AssignSchedulesPassBase<AssignSchedulesPass> {
  using AssignSchedulesPassBase::AssignSchedulesPassBase;
  void runOnOperation() override {
    std::string error;
    const TargetInfo *info = lookupTarget(target.getValue(), &error);
    if (!info) {
      getOperation().emitError() << error;
      return signalPassFailure();
    }
    ScheduleRequest request{*info, warpgroups, alternatives, explain};
    WalkResult result = getOperation().walk([&](ash::KernelOp kernel) {
      return kernel.getSchedule() || succeeded(assign(kernel, request)) ? WalkResult::advance()
                                                                        : WalkResult::interrupt();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

private:
  static LogicalResult assign(ash::KernelOp kernel, const ScheduleRequest &request) {
    FailureOr<ScheduleChoice> choice = chooseSchedule(kernel, request);
    if (failed(choice))
      return failure();
    kernel.setScheduleAttr(choice->best);
    if (!choice->alternatives.empty())
      kernel.setAlternativesAttr(ArrayAttr::get(kernel.getContext(), choice->alternatives));
    if (!choice->explanation.empty())
      kernel.emitRemark() << choice->explanation;
    return success();
  }
};
} // namespace
