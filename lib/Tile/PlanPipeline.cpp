//===-- PlanPipeline.cpp - the number of stages of a loop's copies -----------===//
//
// Finds the copies that can run ahead of their use and as many stages as shared memory holds; moves nothing.
//
//===-----------------------------------------------------------------------===//
#include "MemoryAccess.h"
#include "PipelinePlan.h"
#include "SharedMemory.h"
#include "ashlar/Tile/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
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

//===-- Whether a copy can run ahead -----------------------------------------------===//

/// Whether `value` can be computed for a later iteration: from the induction variable and values from
/// outside.
static bool isKnownAhead(Value value, scf::ForOp loop) {
  if (loop.isDefinedOutsideOfLoop(value) || value == loop.getInductionVar())
    return true;
  Operation *op = value.getDefiningOp();
  if (!op || op->getBlock() != loop.getBody() || op->getNumRegions() != 0 || !isPure(op))
    return false;
  return llvm::all_of(op->getOperands(), [&](Value operand) { return isKnownAhead(operand, loop); });
}

/// The alloc that a copy fills as a whole, perhaps transposed; null if it fills a part.
static AllocOp findFilledAlloc(CopyOp copy) {
  Value buffer = copy.getDestination();
  while (auto transpose = buffer.getDefiningOp<TransposeOp>())
    buffer = transpose.getBuffer();
  return buffer.getDefiningOp<AllocOp>();
}

static void collectUsers(Value buffer, SmallVectorImpl<Operation *> &users) {
  for (Operation *user : buffer.getUsers()) {
    users.push_back(user);
    if (isa<StageOp, TransposeOp>(user))
      collectUsers(user->getResult(0), users);
  }
}

static bool writesTo(Operation *op, Value memory) {
  return llvm::any_of(getMemoryAccesses(op), [&](const MemoryAccess &access) {
    return access.isWrite && (!access.memory || access.memory == memory);
  });
}

/// Whether the buffer belongs to the loop and to this copy: then an iteration may have a buffer of its own.
static StringRef whyBufferIsShared(CopyOp copy, AllocOp alloc, scf::ForOp loop) {
  SmallVector<Operation *> users;
  collectUsers(alloc.getBuffer(), users);
  for (Operation *user : users) {
    Operation *inBody = loop.getBody()->findAncestorOpInBlock(*user);
    if (!inBody)
      return "its buffer is used outside the loop too";
    if (user == copy || isa<StageOp, TransposeOp>(user))
      continue;
    if (writesTo(user, alloc.getBuffer()))
      return "its buffer has another writer";
    if (inBody->isBeforeInBlock(copy))
      return "its buffer is read before it in an iteration";
  }
  return {};
}

static bool isAsyncWidth(CopyOp copy) {
  int64_t bits = copy.getVectorWidth().value_or(1) *
                 storageBits(copy.getDestination().getType().getElementType());
  return bits == 32 || bits == 64 || bits == 128;
}

/// Why a copy in `loop` cannot run ahead; empty if it can.
static StringRef whyNotAhead(CopyOp copy, scf::ForOp loop) {
  if (copy->getBlock() != loop.getBody())
    return "it stands under a condition";
  AllocOp alloc = findFilledAlloc(copy);
  if (!alloc)
    return "it fills one stage of a buffer that has stages already";
  if (!isAsyncWidth(copy))
    return "its vectors are not 4, 8 or 16 bytes, so cp.async cannot move them";
  SmallVector<Value> place(copy.getOffsets());
  place.push_back(copy.getView());
  llvm::append_range(place, copy.getPredicate());
  for (Value value : place)
    if (!isKnownAhead(value, loop))
      return "what it copies depends on more than the loop's induction variable";
  Value global = findMemory(copy.getView()).memory;
  WalkResult stores = loop.walk(
      [&](Operation *op) { return writesTo(op, global) ? WalkResult::interrupt() : WalkResult::advance(); });
  if (!global || stores.wasInterrupted())
    return "the loop writes the memory it copies from";
  return whyBufferIsShared(copy, alloc, loop);
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
    if (StringRef reason = whyNotAhead(copy, loop); !reason.empty()) {
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
      if (LoopPlan plan = planLoop(loop, stages.getInt()); !plan.copies.empty())
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
