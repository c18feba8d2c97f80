//===-- RoleProtocol.cpp - what a kernel's roles share ------------------------===//
//
// Finds the operations by which roles depend on each other, and which of their loops run in step.
//
//===-----------------------------------------------------------------------===//
#include "RoleProtocol.h"
#include "IndexEvaluator.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

StagedBuffer tile::findStagedBuffer(Value buffer) {
  StagedBuffer found{buffer, nullptr};
  while (Operation *op = found.alloc.getDefiningOp()) {
    if (auto stage = dyn_cast<StageOp>(op))
      found = {stage.getBuffer(), stage.getIndex()};
    else if (auto transpose = dyn_cast<TransposeOp>(op))
      found.alloc = transpose.getBuffer();
    else
      break;
  }
  return found;
}

//===-- Barriers, buffers, sums ------------------------------------------------------===//

LogicalResult RoleProtocol::collectBarriers(KernelOp kernel) {
  kernel.walk([&](MbarrierInitOp init) {
    auto alloc = init.getBarriers().getDefiningOp<AllocOp>();
    if (!alloc || firstBarrier.contains(init.getBarriers()))
      return;
    int64_t elements = init.getBarriers().getType().getShape().front();
    firstBarrier[init.getBarriers()] = barriers.size();
    mostStages = std::max(mostStages, elements);
    for (int64_t i = 0; i < elements; ++i)
      barriers.push_back({alloc, i, static_cast<int64_t>(init.getArrivals()), rings});
    ++rings;
  });
  auto check = [&](Operation *op, Value used) -> WalkResult {
    if (firstBarrier.contains(used))
      return WalkResult::advance();
    op->emitOpError(
          "uses memory barriers that nothing initialises; let a tile.mbarrier_init stand in front of the "
          "roles")
            .attachNote(used.getLoc())
        << "the memory barriers";
    return WalkResult::interrupt();
  };
  for (RoleOp role : roles) {
    WalkResult result = role.walk([&](Operation *op) -> WalkResult {
      if (isa<MbarrierExpectOp, MbarrierArriveOp, MbarrierWaitOp>(op))
        return check(op, op->getOperand(0));
      if (auto copy = dyn_cast<TensorCopyOp>(op))
        return check(op, copy.getSignal());
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return failure();
  }
  return success();
}

void RoleProtocol::collectSlots(KernelOp kernel) {
  kernel.walk([&](TensorCopyOp copy) {
    StagedBuffer buffer = findStagedBuffer(copy.getDestination());
    if (!firstSlot.try_emplace(buffer.alloc, slots).second)
      return;
    slots += buffer.stage ? cast<BufferType>(buffer.alloc.getType()).getShape().front() : 1;
  });
}

bool RoleProtocol::touchesSlot(Operation *op) const {
  if (isa<StageOp, TransposeOp, TensorCopyOp>(op))
    return false;
  return llvm::any_of(op->getOperands(), [&](Value operand) {
    return isa<BufferType>(operand.getType()) && firstSlot.contains(findStagedBuffer(operand).alloc);
  });
}

/// From the products on, through waits and loops; a wait may leave its product under way.
void RoleProtocol::collectSumsUnderWay(KernelOp kernel) {
  SmallVector<Value> open;
  auto reach = [&](Value value) {
    if (sumsUnderWay.insert(value).second)
      open.push_back(value);
  };
  kernel.walk([&](MmaOp product) {
    if (product.getAsync())
      reach(product.getResult());
  });
  while (!open.empty())
    for (OpOperand &use : open.pop_back_val().getUses()) {
      Operation *user = use.getOwner();
      if (auto wait = dyn_cast<MmaWaitOp>(user)) {
        reach(wait.getResult(use.getOperandNumber()));
      } else if (auto loop = dyn_cast<scf::ForOp>(user)) {
        reach(loop.getTiedLoopRegionIterArg(&use));
        reach(loop.getTiedLoopResult(&use));
      } else if (isa<scf::YieldOp>(user)) {
        reach(user->getParentOp()->getResult(use.getOperandNumber()));
        if (auto around = dyn_cast<scf::ForOp>(user->getParentOp()))
          reach(around.getRegionIterArg(use.getOperandNumber()));
      }
    }
}

//===-- Operations -------------------------------------------------------------------===//

bool RoleProtocol::isStep(Operation *op) const {
  if (isa<MbarrierExpectOp, MbarrierArriveOp, MbarrierWaitOp, TensorCopyOp, MmaWaitOp, BarrierOp>(op))
    return true;
  if (auto product = dyn_cast<MmaOp>(op); product && product.getAsync())
    return true;
  if (touchesSlot(op))
    return true;
  return !isa<scf::ForOp, scf::YieldOp>(op) &&
         llvm::any_of(op->getOperands(), [&](Value operand) { return sumsUnderWay.contains(operand); });
}

void RoleProtocol::collectRelevant(RoleOp role) {
  llvm::SetVector<Operation *> found;
  role.walk([&](Operation *op) {
    if (op == role || !isStep(op))
      return;
    for (Operation *at = op; at != role && found.insert(at); at = at->getParentOp())
      ;
  });
  // In the order of the text: a walk from outside inwards.
  role.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (found.contains(op))
      relevant[op->getBlock()].push_back(op);
  });
}

//===-- Loops ------------------------------------------------------------------------===//

/// How a value is computed, the same for values that are computed alike.
static void describe(Value value, raw_ostream &text) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    Operation *parent = argument.getOwner()->getParentOp();
    auto loop = dyn_cast<scf::ForOp>(parent);
    if (isa<KernelOp>(parent)) {
      text << "argument " << argument.getArgNumber();
    } else if (loop && argument == loop.getInductionVar()) {
      text << "of (";
      for (Value bound : {loop.getLowerBound(), loop.getUpperBound(), loop.getStep()}) {
        describe(bound, text);
        text << ", ";
      }
      text << ')';
    } else {
      text << value.getAsOpaquePointer();
    }
    return;
  }
  Operation *op = value.getDefiningOp();
  if (op->getNumRegions() != 0) {
    text << value.getAsOpaquePointer();
    return;
  }
  text << op->getName() << op->getAttrDictionary() << op->getPropertiesAsAttribute() << '(';
  for (Value operand : op->getOperands()) {
    describe(operand, text);
    text << ", ";
  }
  text << ')' << cast<OpResult>(value).getResultNumber();
}

static std::optional<int64_t> countTrips(std::optional<int64_t> lower, std::optional<int64_t> upper,
                                         std::optional<int64_t> step) {
  if (!lower || !upper || !step || *step <= 0)
    return std::nullopt;
  return *upper > *lower ? llvm::divideCeil(*upper - *lower, *step) : 0;
}

void RoleProtocol::groupLoops(RoleOp role) {
  role.walk<WalkOrder::PreOrder>([&](scf::ForOp loop) {
    if (!relevant.contains(loop.getBody()))
      return;
    std::string bounds;
    llvm::raw_string_ostream text(bounds);
    for (Value bound : {loop.getLowerBound(), loop.getUpperBound(), loop.getStep()}) {
      describe(bound, text);
      text << ", ";
    }
    auto [found, isNew] = groupByBounds.try_emplace(bounds, groups.size());
    if (isNew) {
      IndexEvaluator constants;
      auto lower = constants.evaluate(loop.getLowerBound()), upper = constants.evaluate(loop.getUpperBound()),
           step = constants.evaluate(loop.getStep());
      LoopGroup &group = groups.emplace_back();
      group.trips = countTrips(lower, upper, step);
      // Indices of blocks and the like are not negative, and steps at least 1.
      if (upper)
        group.mostTrips = countTrips(lower.value_or(0), upper, step.value_or(1)).value_or(INT64_MAX);
    }
    groups[found->second].loops.push_back(loop);
    groupOf[loop] = found->second;
  });
}

int64_t RoleProtocol::estimateSteps(Block *block, ArrayRef<int64_t> trips) const {
  auto found = relevant.find(block);
  if (found == relevant.end())
    return 0;
  int64_t steps = 0;
  for (Operation *op : found->second) {
    auto group = groupOf.find(op);
    int64_t times = group == groupOf.end() ? 1 : trips[group->second];
    ++steps;
    for (Region &region : op->getRegions())
      for (Block &inner : region)
        steps += times * estimateSteps(&inner, trips);
  }
  return steps;
}

int64_t RoleProtocol::estimateSteps(ArrayRef<int64_t> trips) const {
  int64_t steps = 0;
  for (RoleOp role : roles)
    steps += estimateSteps(&role.getBody().front(), trips) * (role.getSingleThread() ? 1 : 2);
  return steps;
}

FailureOr<RoleProtocol> RoleProtocol::create(KernelOp kernel) {
  RoleProtocol protocol;
  protocol.roles = llvm::to_vector(kernel.getBody().getOps<RoleOp>());
  if (failed(protocol.collectBarriers(kernel)))
    return failure();
  protocol.collectSlots(kernel);
  protocol.collectSumsUnderWay(kernel);
  for (RoleOp role : protocol.roles) {
    protocol.collectRelevant(role);
    protocol.groupLoops(role);
  }
  return protocol;
}
