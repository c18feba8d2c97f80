//===-- AssignSchedules.cpp - a schedule for every kernel -------------------===//
//
// The pass: describes each kernel to the cost model and writes its answer down.
//
//===------------------------------------------------------------------------===//
#include "KernelDescription.h"
#include "ScheduleFamilies.h"
#include "ashlar/CostModel/LoopSchedule.h"
#include "ashlar/CostModel/MatmulSchedule.h"
#include "ashlar/Tensor/Passes.h"
#include "ashlar/Tensor/RowPrograms.h"
#include "mlir/IR/Builders.h"

namespace ashlar {
#define GEN_PASS_DEF_ASSIGNSCHEDULESPASS
#include "ashlar/Tensor/Passes.h.inc"
} // namespace ashlar

using namespace mlir;
using namespace ashlar;

DictionaryAttr ashlar::writeMatmulSchedule(Builder builder, const cost::MatmulProblem &problem,
                                           const cost::MatmulSchedule &schedule) {
  bool isScalar = problem.multiplier == cost::Multiplier::Scalar;
  ArrayAttr grid = builder.getI64ArrayAttr({schedule.gridM, schedule.gridN});
  return builder.getDictionaryAttr({
      {builder.getStringAttr("tile"),
       builder.getI64ArrayAttr({schedule.tileM, schedule.tileN, schedule.tileK})},
      {builder.getStringAttr(isScalar ? "thread_grid" : "warps"), grid},
      {builder.getStringAttr("threads"), builder.getI64IntegerAttr(schedule.threads)},
      {builder.getStringAttr("stages"), builder.getI64IntegerAttr(schedule.stages)},
      {builder.getStringAttr("mma"), builder.getStringAttr(isScalar ? "fma" : "mma_sync")},
  });
}

InFlightDiagnostic ashlar::emitNoSchedule(Operation *op, const TargetInfo &target) {
  return op->emitError() << "no schedule of '" << op->getName() << "' fits "
                         << StringRef(target.name.data(), target.name.size())
                         << "; every tile needs more registers or shared memory than it has";
}

static FailureOr<DictionaryAttr> chooseMatmul(ash::KernelOp kernel, Operation *main,
                                              const TargetInfo &target) {
  auto op = cast<ash::MatmulOp>(main);
  for (const cost::MatmulProblem &reading : describeReadings(describeMatmul(kernel, op), op.getRhs(),
                                                             op.getRhsColumnDim(), op.getRhsReductionDim()))
    if (std::vector<cost::MatmulSchedule> ranked = cost::rankMatmulSchedules(reading, target);
        !ranked.empty())
      return writeMatmulSchedule(Builder(kernel.getContext()), reading, ranked.front());
  return emitNoSchedule(main, target), failure();
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

static FailureOr<DictionaryAttr> chooseLoops(ash::KernelOp kernel, Operation *main,
                                             const TargetInfo &target) {
  if (failed(checkWholeBytes(kernel)))
    return failure();
  auto pack = dyn_cast_or_null<ash::PackOp>(main);
  cost::LoopNest nest = pack ? describePack(pack) : describeLoops(kernel, main);
  cost::LoopSchedule schedule = matchRowProgram(kernel) ? cost::chooseRowSchedule(nest, target)
                                                        : cost::chooseLoopSchedule(nest, target);
  Builder builder(kernel.getContext());
  return builder.getDictionaryAttr({
      {builder.getStringAttr("tile"), builder.getI64ArrayAttr({schedule.tile.data(), schedule.tile.size()})},
      {builder.getStringAttr("threads"), builder.getI64IntegerAttr(schedule.threads)},
  });
}

/// By the kernel's main operation; what needs no family of its own is a loop nest.
static FailureOr<DictionaryAttr> chooseSchedule(ash::KernelOp kernel, const TargetInfo &target) {
  Operation *main = findMainOf(kernel);
  if (isa_and_nonnull<ash::MatmulOp>(main))
    return chooseMatmul(kernel, main, target);
  if (auto attention = dyn_cast_or_null<ash::AttentionOp>(main))
    return scheduleAttention(kernel, attention, target);
  if (auto conv = dyn_cast_or_null<ash::ConvOp>(main))
    return scheduleConvolution(kernel, conv, target);
  if (auto product = dyn_cast_or_null<ash::QuantizedMatmulOp>(main))
    return scheduleQuantizedMatmul(kernel, product, target);
  if (!main || isa<linalg::LinalgOp, ash::PackOp>(main))
    return chooseLoops(kernel, main, target);
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
    WalkResult result = getOperation().walk([&](ash::KernelOp kernel) {
      if (kernel.getSchedule())
        return WalkResult::advance();
      FailureOr<DictionaryAttr> schedule = chooseSchedule(kernel, *info);
      if (failed(schedule))
        return WalkResult::interrupt();
      kernel.setScheduleAttr(*schedule);
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
