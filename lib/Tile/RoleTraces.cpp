//===-- RoleTraces.cpp - the steps of a kernel's roles ------------------------===//
//
// Executes what of a role computes stages, parities and predicates, and skips the rest.
//
//===-----------------------------------------------------------------------===//
#include "RoleTraces.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;
using phases::Step;

RoleTraces::RoleTraces(const RoleProtocol &protocol, ArrayRef<int64_t> trips)
    : protocol(protocol), trips(trips) {
  for (const BarrierElement &barrier : protocol.barriers)
    program.barriers.push_back({barrier.arrivals, barrier.ring});
  program.slots = protocol.slots;
  program.rings = protocol.rings;
  program.roles.resize(protocol.roles.size());
}

FailureOr<phases::Program> RoleTraces::trace() {
  for (auto [number, given] : llvm::enumerate(protocol.roles)) {
    RoleOp op = given;
    role = &program.roles[number];
    role->warps = op.getSingleThread() ? 1 : op.getThreads() / 32;
    // The role's tile.barrier is one more memory barrier, at which everybody arrives and waits.
    meetingBarrier = program.barriers.size();
    program.barriers.push_back({role->warps, program.rings++});
    meetings = products = retired = 0;
    productOf.clear();
    iterations.push_back(around);
    if (failed(traceBlock(op.getBody().front())))
      return failure();
  }
  return program;
}

phases::Event &RoleTraces::add(Operation *op, Step step, int64_t amount) {
  phases::Event event{step};
  event.origin = origins.size();
  event.amount = amount;
  origins.push_back({op, static_cast<uint32_t>(iterations.size() - 1)});
  return role->events.emplace_back(event);
}

FailureOr<int64_t> RoleTraces::evaluate(Operation *op, Value value, StringRef what) {
  if (std::optional<int64_t> number = evaluator.evaluate(value))
    return *number;
  return op->emitOpError("cannot be followed: its ")
         << what
         << " is not computed from constants and what loops count and carry; other roles depend on it, so it "
         << "has to be";
}

FailureOr<bool> RoleTraces::holds(Operation *op, ValueRange predicate) {
  if (predicate.empty())
    return true;
  FailureOr<int64_t> value = evaluate(op, predicate.front(), "predicate");
  if (failed(value))
    return failure();
  return *value != 0;
}

//===-- Control flow ---------------------------------------------------------------===//

LogicalResult RoleTraces::traceBlock(Block &block) {
  auto found = protocol.relevant.find(&block);
  if (found == protocol.relevant.end())
    return success();
  for (Operation *op : found->second)
    if (failed(traceOp(op)))
      return failure();
  return success();
}

LogicalResult RoleTraces::traceOp(Operation *op) {
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](scf::ForOp loop) { return traceLoop(loop); })
      .Case([&](scf::IfOp branch) { return traceIf(branch); })
      .Case([&](MbarrierExpectOp expect) {
        return traceBarrier(expect, expect.getBarriers(), expect.getStage(), Step::Expect, expect.getBytes());
      })
      .Case([&](MbarrierArriveOp arrive) { return traceArrive(arrive); })
      .Case([&](MbarrierWaitOp wait) { return traceWait(wait); })
      .Case([&](TensorCopyOp copy) { return traceCopy(copy); })
      .Case([&](MmaOp product) { return traceProduct(product); })
      .Case([&](MmaWaitOp wait) { return traceProductWait(wait), success(); })
      .Case([&](BarrierOp barrier) { return traceMeeting(barrier), success(); })
      .Default([&](Operation *other) -> LogicalResult {
        if (other->getNumRegions() != 0)
          return other->emitOpError(
              "stands around what other roles depend on and cannot be followed; use loops that "
              "count");
        return failed(checkUses(other, other->getOperands())) ? failure()
                                                              : traceReads(other, /*byProduct=*/false);
      });
}

/// Gives whatever of the bounds and the step is not known a value with which the loop has its trip count.
int64_t RoleTraces::bindTrips(scf::ForOp loop) {
  unsigned number = protocol.groupOf.lookup(loop);
  int64_t wanted = trips[number];
  std::optional<int64_t> lower = evaluator.evaluate(loop.getLowerBound()),
                         upper = evaluator.evaluate(loop.getUpperBound()),
                         step = evaluator.evaluate(loop.getStep());
  auto bind = [&](std::optional<int64_t> &bound, Value value, int64_t chosen) {
    evaluator.set(value, chosen);
    bound = chosen;
  };
  bool isCut = protocol.groups[number].trips && *protocol.groups[number].trips != wanted;
  if (!step)
    bind(step, loop.getStep(),
         lower && upper
             ? std::max<int64_t>(1, llvm::divideCeil(*upper - *lower, std::max<int64_t>(wanted, 1)))
             : 1);
  if (!lower)
    bind(lower, loop.getLowerBound(), upper ? std::max<int64_t>(0, *upper - wanted * *step) : 0);
  if (!upper || isCut)
    bind(upper, loop.getUpperBound(), *lower + wanted * *step);
  return *upper > *lower ? llvm::divideCeil(*upper - *lower, *step) : 0;
}

/// All at once: what is yielded may be what is assigned to.
void RoleTraces::assign(const Pairs &pairs) {
  SmallVector<std::pair<std::optional<int64_t>, std::optional<int64_t>>> values;
  for (auto [to, from] : pairs) {
    auto product = productOf.find(from);
    values.push_back({isa<ShapedType>(from.getType()) ? std::nullopt : evaluator.evaluate(from),
                      product == productOf.end() ? std::nullopt : std::optional(product->second)});
  }
  for (auto [pair, value] : llvm::zip_equal(pairs, values)) {
    if (value.first)
      evaluator.set(pair.first, *value.first);
    else
      evaluator.forget(pair.first);
    if (value.second)
      productOf[pair.first] = *value.second;
    else
      productOf.erase(pair.first);
  }
}

LogicalResult RoleTraces::traceLoop(scf::ForOp loop) {
  int64_t count = bindTrips(loop);
  int64_t lower = *evaluator.evaluate(loop.getLowerBound()), step = *evaluator.evaluate(loop.getStep());
  auto pairsFrom = [](ValueRange to, ValueRange from) {
    Pairs pairs;
    for (auto [a, b] : llvm::zip_equal(to, from))
      pairs.push_back({a, b});
    return pairs;
  };
  assign(pairsFrom(loop.getRegionIterArgs(), loop.getInitArgs()));
  Operation *yield = loop.getBody()->getTerminator();
  around.push_back(0);
  for (int64_t i = 0; i < count; ++i) {
    around.back() = i;
    iterations.push_back(around);
    evaluator.set(loop.getInductionVar(), lower + i * step);
    if (failed(traceBlock(*loop.getBody())))
      return failure();
    assign(pairsFrom(loop.getRegionIterArgs(), yield->getOperands()));
  }
  around.pop_back();
  iterations.push_back(around);
  assign(pairsFrom(loop.getResults(), loop.getRegionIterArgs()));
  return success();
}

/// Reads of a branch that may be taken count as if it were; anything else has to be decided.
LogicalResult RoleTraces::traceIf(scf::IfOp branch) {
  std::optional<int64_t> condition = evaluator.evaluate(branch.getCondition());
  auto decides = [](Operation *op) {
    auto product = dyn_cast<MmaOp>(op);
    return isa<MbarrierExpectOp, MbarrierArriveOp, MbarrierWaitOp, TensorCopyOp, MmaWaitOp, BarrierOp>(op) ||
           (product && product.getAsync());
  };
  bool isDecisive =
      branch
          ->walk([&](Operation *op) { return decides(op) ? WalkResult::interrupt() : WalkResult::advance(); })
          .wasInterrupted();
  if (!condition && isDecisive)
    return evaluate(branch, branch.getCondition(), "condition");
  for (auto [i, region] : llvm::enumerate(branch->getRegions())) {
    if (region.empty() || (condition && (*condition != 0) != (i == 0)))
      continue;
    if (failed(traceBlock(region.front())))
      return failure();
    Pairs pairs;
    for (auto [to, from] :
         llvm::zip_equal(branch.getResults(), region.front().getTerminator()->getOperands()))
      pairs.push_back({to, from});
    assign(pairs);
  }
  if (!condition)
    for (Value result : branch.getResults())
      evaluator.forget(result);
  return success();
}

//===-- Barriers and copies ----------------------------------------------------------===//

LogicalResult RoleTraces::traceBarrier(Operation *op, Value barriers, Value stage, Step step,
                                       int64_t amount) {
  FailureOr<int64_t> element = evaluate(op, stage, "stage");
  if (failed(element))
    return failure();
  int64_t elements = cast<BufferType>(barriers.getType()).getShape().front();
  if (*element < 0 || *element >= elements)
    return op->emitOpError("comes to stage ") << *element << " of " << elements;
  add(op, step, amount).barrier = protocol.firstBarrier.lookup(barriers) + *element;
  return success();
}

LogicalResult RoleTraces::traceArrive(MbarrierArriveOp arrive) {
  FailureOr<bool> isTaken = holds(arrive, arrive.getPredicate());
  if (failed(isTaken) || !*isTaken)
    return isTaken;
  return traceBarrier(arrive, arrive.getBarriers(), arrive.getStage(), Step::Arrive, 0);
}

LogicalResult RoleTraces::traceWait(MbarrierWaitOp wait) {
  FailureOr<bool> isTaken = holds(wait, wait.getPredicate());
  if (failed(isTaken) || !*isTaken)
    return isTaken;
  FailureOr<int64_t> parity = evaluate(wait, wait.getParity(), "parity");
  if (failed(parity))
    return failure();
  if (*parity != 0 && *parity != 1)
    return wait.emitOpError("comes to the parity ") << *parity << "; parities are 0 and 1";
  return traceBarrier(wait, wait.getBarriers(), wait.getStage(), Step::Wait, *parity);
}

FailureOr<uint32_t> RoleTraces::slotOf(Operation *op, StagedBuffer buffer) {
  unsigned first = protocol.firstSlot.lookup(buffer.alloc);
  if (!buffer.stage)
    return first;
  FailureOr<int64_t> stage = evaluate(op, buffer.stage, "stage");
  if (failed(stage))
    return failure();
  int64_t stages = cast<BufferType>(buffer.alloc.getType()).getShape().front();
  if (*stage < 0 || *stage >= stages)
    return op->emitOpError("comes to stage ") << *stage << " of " << stages;
  return first + *stage;
}

LogicalResult RoleTraces::traceCopy(TensorCopyOp copy) {
  FailureOr<uint32_t> slot = slotOf(copy, findStagedBuffer(copy.getDestination()));
  if (failed(slot) || failed(traceBarrier(copy, copy.getSignal(), copy.getStage(), Step::Copy,
                                          copy.getDestination().getType().getSizeInBytes())))
    return failure();
  role->events.back().slot = *slot;
  return success();
}

void RoleTraces::traceMeeting(Operation *op) {
  add(op, Step::Arrive).barrier = meetingBarrier;
  add(op, Step::Wait, meetings++ % 2).barrier = meetingBarrier;
}

//===-- Reads and products -----------------------------------------------------------===//

LogicalResult RoleTraces::traceReads(Operation *op, bool byProduct) {
  for (Value operand : op->getOperands()) {
    if (!isa<BufferType>(operand.getType()))
      continue;
    StagedBuffer buffer = findStagedBuffer(operand);
    if (!protocol.firstSlot.contains(buffer.alloc))
      continue;
    FailureOr<uint32_t> slot = slotOf(op, buffer);
    if (failed(slot))
      return failure();
    add(op, Step::Read, byProduct).slot = *slot;
  }
  return success();
}

LogicalResult RoleTraces::checkUses(Operation *op, ValueRange tiles) {
  for (Value tile : tiles)
    if (productOf.contains(tile))
      return op->emitOpError(
          "needs a sum whose product may still be under way; use the result of a tile.mma_wait that "
          "retires it");
  return success();
}

/// The sum that it adds to may be under way, its other operands may not.
LogicalResult RoleTraces::traceProduct(MmaOp product) {
  if (failed(checkUses(product, {product.getA(), product.getB()})))
    return failure();
  if (!product.getAsync())
    return traceReads(product, /*byProduct=*/false);
  add(product, Step::Start);
  productOf[product.getResult()] = products++;
  return traceReads(product, /*byProduct=*/true);
}

/// Hands on what it retires; what it leaves under way stays so under another name.
void RoleTraces::traceProductWait(MmaWaitOp wait) {
  int64_t pending = wait.getPending();
  add(wait, Step::Retire, pending);
  retired = std::max(retired, products - pending);
  for (auto [to, from] : llvm::zip_equal(wait.getResults(), wait.getTiles())) {
    auto product = productOf.find(from);
    if (product != productOf.end() && product->second >= retired)
      productOf[to] = int64_t(product->second);
    else
      productOf.erase(to);
  }
}
