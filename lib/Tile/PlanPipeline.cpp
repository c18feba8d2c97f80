//===-- PlanPipeline.cpp - the number of stages of a loop's copies -----------===//
//
// Finds the copies that can run ahead of their use and as many stages as shared memory holds; moves nothing.
//
//===-----------------------------------------------------------------------===//
#include "PipelinePlan.h"
#include "SharedMemory.h"
#include "ashlar/Tile/Passes.h"
#include "mlir/IR/Builders.h"

namespace ashlar::tile {
#define GEN_PASS_DEF_PLANPIPELINEPASS
#include "ashlar/Tile/Passes.h.inc"
} // namespace ashlar::tile

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

namespace {

/// A loop whose copies can run ahead, and how many stages it is to have.
struct LoopPlan {
  scf::ForOp loop;
  SmallVector<CopyOp> copies;
  SmallVector<AllocOp> allocs;
  int64_t stages = 1;

  int64_t bytesPerStage() const {
    int64_t bytes = 0;
    for (AllocOp alloc : allocs)
      bytes += getStageSize(AllocOp(alloc).getBuffer().getType());
    return bytes;
  }
};

} // namespace

static bool isAsyncWidth(CopyOp copy) {
  int64_t bits = copy.getVectorWidth().value_or(1) *
                 storageBits(copy.getDestination().getType().getElementType());
  return bits == 32 || bits == 64 || bits == 128;
}

//===-- How many stages ------------------------------------------------------------===//

static LoopPlan planLoop(scf::ForOp loop, int64_t stages) {
  LoopPlan plan{loop, {}, {}, stages};
  if (std::optional<llvm::APInt> trips = loop.getStaticTripCount())
    plan.stages = std::min<int64_t>(stages, trips->getLimitedValue(stages));
  if (plan.stages < 2)
    return plan;
  loop.walk([&](CopyOp copy) {
    if (copy->getParentOfType<scf::ForOp>() != loop)
      return;
    StringRef reason = whyNotAhead(copy, loop);
    if (reason.empty() && !isAsyncWidth(copy))
      reason = "its vectors are not 4, 8 or 16 bytes, so cp.async cannot move them";
    if (!reason.empty()) {
      copy.emitRemark("is not pipelined: ") << reason;
      return;
    }
    plan.copies.push_back(copy);
    plan.allocs.push_back(findFilledAlloc(copy));
  });
  return plan;
}

/// Bytes of shared memory of the kernel once `plans` are expanded.
static int64_t planBytes(ArrayRef<SharedBuffer> lifetimes, const Positions &positions,
                         ArrayRef<LoopPlan> plans) {
  SmallVector<SharedBuffer> buffers(lifetimes);
  for (const LoopPlan &plan : plans)
    for (SharedBuffer &buffer : buffers)
      if (plan.stages > 1 && llvm::is_contained(plan.allocs, buffer.alloc)) {
        buffer.size = getStageSize(buffer.alloc.getBuffer().getType()) * plan.stages;
        buffer.begin = positions.begin(plan.loop);
        buffer.end = positions.end(plan.loop);
      }
  return planSharedMemory(buffers).size;
}

/// Takes away stages, one by one where they cost most, until the kernel fits (or nothing is left to take).
static LogicalResult fitStages(KernelOp kernel, MutableArrayRef<LoopPlan> plans, int64_t available) {
  Positions positions(kernel);
  FailureOr<SmallVector<SharedBuffer>> lifetimes = computeLifetimes(kernel, positions);
  if (failed(lifetimes))
    return failure();
  SmallVector<int64_t> wanted = llvm::map_to_vector(plans, [](const LoopPlan &plan) { return plan.stages; });
  auto cost = [](const LoopPlan &plan) { return plan.stages > 1 ? plan.stages * plan.bytesPerStage() : 0; };
  while (planBytes(*lifetimes, positions, plans) > available) {
    LoopPlan *largest =
        llvm::max_element(plans, [&](const LoopPlan &a, const LoopPlan &b) { return cost(a) < cost(b); });
    if (largest == plans.end() || cost(*largest) == 0)
      break;
    --largest->stages;
  }
  for (auto [plan, stages] : llvm::zip_equal(plans, wanted))
    if (plan.stages < stages)
      plan.loop.emitRemark("has ") << plan.stages << " stages instead of " << stages << ": a stage takes "
                                   << plan.bytesPerStage() << " bytes of shared memory, and a block has "
                                   << available;
  return success();
}

namespace {

struct PlanPipelinePass : tile::impl::PlanPipelinePassBase<PlanPipelinePass> {
  using PlanPipelinePassBase::PlanPipelinePassBase;

  void runOnOperation() override {
    KernelOp kernel = getOperation();
    DictionaryAttr schedule = kernel.getScheduleAttr();
    auto stages = schedule ? schedule.getAs<IntegerAttr>("stages") : IntegerAttr();
    if (!stages || stages.getInt() < 2)
      return;
    SmallVector<LoopPlan> plans;
    kernel.walk([&](scf::ForOp loop) {
      if (LoopPlan plan = planLoop(loop, std::min(stages.getInt(), maxStages)); !plan.copies.empty())
        plans.push_back(std::move(plan));
    });
    if (failed(fitStages(kernel, plans, maxSharedMemoryBytes)))
      return signalPassFailure();
    for (LoopPlan &plan : plans) {
      if (plan.stages < 2)
        continue;
      Builder builder(kernel);
      plan.loop->setAttr(stagesAttrName, builder.getI64IntegerAttr(plan.stages));
      for (CopyOp copy : plan.copies)
        copy->setAttr(pipelinedAttrName, builder.getUnitAttr());
    }
  }
};

} // namespace
