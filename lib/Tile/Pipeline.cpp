//===-- Pipeline.cpp - expand planned pipelines ------------------------------===//
//
// A loop with `tile.stages` becomes a prologue of asynchronous copies and a loop that is always S-1
// iterations ahead with them. The order in the loop (wait, copy ahead, compute) lets one barrier do for both
// directions.
//
//===-----------------------------------------------------------------------===//
#include "PipelinePlan.h"
#include "SharedMemory.h"
#include "ashlar/Tile/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace ashlar::tile {
#define GEN_PASS_DEF_PIPELINEPASS
#include "ashlar/Tile/Passes.h.inc"
} // namespace ashlar::tile

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

namespace {

/// The expansion of one loop.
class Expansion {
public:
  Expansion(scf::ForOp loop, int64_t stages);
  void run();

private:
  void stageBuffers();
  void emitPrologue();
  void emitLoop();
  /// The copies of the iteration with this induction variable into `stage`, where `predicate` (if any) holds.
  void copyAhead(Value variable, Value stage, Value predicate);
  Value cloneInto(Value value, IRMapping &mapping);
  Value makeConstant(Type type, int64_t value) {
    return arith::ConstantOp::create(builder, loop.getLoc(), builder.getIntegerAttr(type, value));
  }
  Value makeIndex(int64_t value) { return makeConstant(builder.getIndexType(), value); }
  /// The induction variable `iterations` after `variable`.
  Value advance(Value variable, int64_t iterations);
  Value isBelowBound(Value variable);

  scf::ForOp loop;
  int64_t stages;
  OpBuilder builder;
  SmallVector<CopyOp> copies;
  SmallVector<AllocOp> allocs, staged;
};

} // namespace

Expansion::Expansion(scf::ForOp loop, int64_t stages) : loop(loop), stages(stages), builder(loop) {
  for (CopyOp copy : loop.getBody()->getOps<CopyOp>())
    if (copy->hasAttr(pipelinedAttrName))
      copies.push_back(copy);
}

void Expansion::stageBuffers() {
  for (CopyOp copy : copies) {
    AllocOp alloc = findFilledAlloc(copy);
    allocs.push_back(alloc);
    BufferType type = makeStagedType(alloc.getBuffer().getType(), stages);
    staged.push_back(AllocOp::create(builder, alloc.getLoc(), type, IntegerAttr()));
  }
}

Value Expansion::advance(Value variable, int64_t iterations) {
  if (iterations == 0)
    return variable;
  std::optional<int64_t> start = getConstantIntValue(variable), step = getConstantIntValue(loop.getStep());
  if (start && step)
    return makeConstant(variable.getType(), *start + *step * iterations);
  Value count = makeConstant(variable.getType(), step ? *step * iterations : iterations);
  Value distance = step ? count : arith::MulIOp::create(builder, loop.getLoc(), loop.getStep(), count);
  return arith::AddIOp::create(builder, loop.getLoc(), variable, distance);
}

Value Expansion::isBelowBound(Value variable) {
  arith::CmpIPredicate less = loop.getUnsignedCmp() ? arith::CmpIPredicate::ult : arith::CmpIPredicate::slt;
  return arith::CmpIOp::create(builder, loop.getLoc(), less, variable, loop.getUpperBound());
}

Value Expansion::cloneInto(Value value, IRMapping &mapping) {
  if (mapping.contains(value) || loop.isDefinedOutsideOfLoop(value))
    return mapping.lookupOrDefault(value);
  Operation *op = value.getDefiningOp();
  for (Value operand : op->getOperands())
    cloneInto(operand, mapping);
  builder.clone(*op, mapping);
  return mapping.lookup(value);
}

void Expansion::copyAhead(Value variable, Value stage, Value predicate) {
  IRMapping mapping;
  mapping.map(loop.getInductionVar(), variable);
  for (auto [alloc, buffer] : llvm::zip_equal(allocs, staged))
    mapping.map(alloc.getBuffer(), StageOp::create(builder, alloc.getLoc(), alloc.getBuffer().getType(),
                                                   buffer.getBuffer(), stage)
                                       .getResult());
  for (CopyOp copy : copies) {
    for (Value operand : copy->getOperands())
      cloneInto(operand, mapping);
    auto ahead = cast<CopyOp>(builder.clone(*copy, mapping));
    ahead.setAsync(true);
    ahead->removeAttr(pipelinedAttrName);
    if (!predicate)
      continue;
    Value both = predicate;
    for (Value own : ahead.getPredicate()) {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPoint(ahead);
      both = arith::AndIOp::create(builder, copy.getLoc(), both, own);
    }
    ahead.getPredicateMutable().assign(both);
  }
}

void Expansion::emitPrologue() {
  std::optional<APInt> trips = loop.getStaticTripCount();
  for (int64_t iteration = 0; iteration + 1 < stages; ++iteration) {
    if (!trips || trips->ugt(iteration)) {
      Value variable = advance(loop.getLowerBound(), iteration);
      Value predicate = trips ? Value() : isBelowBound(variable);
      copyAhead(variable, makeIndex(iteration), predicate);
    }
    AsyncCommitOp::create(builder, loop.getLoc());
  }
}

void Expansion::emitLoop() {
  Location loc = loop.getLoc();
  SmallVector<Value> inits(loop.getInitArgs());
  inits.push_back(makeIndex(0));
  // Constants stand outside the loop.
  Value zero = inits.back(), one = makeIndex(1), last = makeIndex(stages - 1), count = makeIndex(stages);
  auto steady = scf::ForOp::create(builder, loc, loop.getLowerBound(), loop.getUpperBound(), loop.getStep(),
                                   inits, nullptr, loop.getUnsignedCmp());
  for (NamedAttribute attribute : loop->getDiscardableAttrs())
    if (attribute.getName() != stagesAttrName)
      steady->setDiscardableAttr(attribute.getName(), attribute.getValue());
  Block *body = steady.getBody();
  if (!body->empty())
    body->back().erase();
  Value read = body->getArguments().back();

  builder.setInsertionPointToEnd(body);
  AsyncWaitOp::create(builder, loc, stages - 2);
  Value variable = advance(steady.getInductionVar(), stages - 1);
  Value isFirst = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, read, zero);
  Value previous = arith::SubIOp::create(builder, loc, read, one);
  Value write = arith::SelectOp::create(builder, loc, isFirst, last, previous);
  copyAhead(variable, write, isBelowBound(variable));
  AsyncCommitOp::create(builder, loc);
  SmallVector<Value> readBuffers;
  for (auto [alloc, buffer] : llvm::zip_equal(allocs, staged))
    readBuffers.push_back(
        StageOp::create(builder, alloc.getLoc(), alloc.getBuffer().getType(), buffer.getBuffer(), read));

  // The old body, on its stage, without the copies.
  for (auto [old, fresh] : llvm::zip(loop.getBody()->getArguments(), body->getArguments()))
    old.replaceAllUsesWith(fresh);
  for (CopyOp copy : copies)
    copy.erase();
  for (auto [alloc, buffer] : llvm::zip_equal(allocs, readBuffers))
    alloc.getBuffer().replaceAllUsesWith(buffer);
  for (AllocOp alloc : allocs)
    alloc.erase();
  body->getOperations().splice(body->end(), loop.getBody()->getOperations());
  builder.setInsertionPoint(body->getTerminator());
  Value next = arith::AddIOp::create(builder, loc, read, one);
  Value wraps = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, next, count);
  next = arith::SelectOp::create(builder, loc, wraps, zero, next);
  body->getTerminator()->insertOperands(body->getTerminator()->getNumOperands(), next);
  // What only the copies needed.
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(*body)))
    if (isOpTriviallyDead(&op) && isPure(&op))
      op.erase();

  loop.replaceAllUsesWith(steady.getResults().drop_back());
  builder.setInsertionPoint(loop);
  AsyncWaitOp::create(builder, loc, 0);
  loop.erase();
}

void Expansion::run() {
  stageBuffers();
  emitPrologue();
  emitLoop();
}

/// Marks that ashlar-tile-plan-pipeline has not made may stand on copies that cannot run ahead.
static LogicalResult verifyMarks(scf::ForOp loop) {
  for (CopyOp copy : loop.getBody()->getOps<CopyOp>())
    if (StringRef reason = whyNotAhead(copy, loop); copy->hasAttr(pipelinedAttrName) && !reason.empty())
      return copy.emitOpError("is marked with ") << pipelinedAttrName << ", but " << reason;
  return success();
}

namespace {

struct PipelinePass : tile::impl::PipelinePassBase<PipelinePass> {
  void runOnOperation() override {
    SmallVector<scf::ForOp> loops;
    getOperation().walk([&](scf::ForOp loop) {
      if (loop->hasAttr(stagesAttrName))
        loops.push_back(loop);
    });
    for (scf::ForOp loop : loops) {
      auto stages = loop->getAttrOfType<IntegerAttr>(stagesAttrName);
      if (!stages || stages.getInt() < 2 || stages.getInt() > maxStages) {
        loop.emitError() << stagesAttrName << " has to be an integer in [2, " << maxStages
                         << "]; run ashlar-tile-plan-pipeline";
        return signalPassFailure();
      }
      if (failed(verifyMarks(loop)))
        return signalPassFailure();
      Expansion(loop, stages.getInt()).run();
    }
  }
};

} // namespace
