//===-- SpecializeRoles.cpp - the program dealt out to producer and consumers ===//
//
// Everything behind the first barrier becomes two roles: the consumers keep the program without what the
// producer does; the producer gets a copy of its loops with nothing but its own operations and the scalars
// they need.
//
//===-----------------------------------------------------------------------===//
#include "Roles.h"
#include "ashlar/Tile/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include <algorithm>

namespace ashlar::tile {
#define GEN_PASS_DEF_SPECIALIZEROLESPASS
#include "ashlar/Tile/Passes.h.inc"
} // namespace ashlar::tile

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

static bool hasRole(Operation *op, StringRef role) {
  auto name = op->getAttrOfType<StringAttr>(roleAttrName);
  return name && name.getValue() == role;
}

static bool isTile(Type type) { return isa<RankedTensorType>(type); }

//===-- The producer's part --------------------------------------------------------===//

static bool hasProducerPart(Operation *op) {
  return op->walk([](Operation *inner) {
             return hasRole(inner, producerRole) ? WalkResult::interrupt() : WalkResult::advance();
           })
      .wasInterrupted();
}

namespace {

/// Copies the producer's operations, and the scalars that they are computed from.
class ProducerClone {
public:
  explicit ProducerClone(OpBuilder &builder) : builder(builder) {}
  LogicalResult cloneRange(Block::iterator begin, Block::iterator end);

private:
  LogicalResult cloneLoop(scf::ForOp loop);

  OpBuilder &builder;
  IRMapping mapping;
};

} // namespace

/// The loop without the tiles that it carries.
LogicalResult ProducerClone::cloneLoop(scf::ForOp loop) {
  SmallVector<unsigned> kept;
  SmallVector<Value> inits;
  for (auto [i, init] : llvm::enumerate(loop.getInitArgs()))
    if (!isTile(init.getType())) {
      kept.push_back(i);
      inits.push_back(mapping.lookupOrDefault(init));
    }
  auto fresh = scf::ForOp::create(builder, loop.getLoc(), mapping.lookupOrDefault(loop.getLowerBound()),
                                  mapping.lookupOrDefault(loop.getUpperBound()),
                                  mapping.lookupOrDefault(loop.getStep()), inits, nullptr, loop.getUnsignedCmp());
  if (!fresh.getBody()->empty())
    fresh.getBody()->back().erase();
  mapping.map(loop.getInductionVar(), fresh.getInductionVar());
  for (auto [i, number] : llvm::enumerate(kept)) {
    mapping.map(loop.getRegionIterArg(number), fresh.getRegionIterArg(i));
    mapping.map(loop.getResult(number), fresh.getResult(i));
  }
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(fresh.getBody());
  Block *body = loop.getBody();
  if (failed(cloneRange(body->begin(), std::prev(body->end()))))
    return failure();
  SmallVector<Value> yielded;
  for (unsigned number : kept)
    yielded.push_back(mapping.lookupOrDefault(body->getTerminator()->getOperand(number)));
  scf::YieldOp::create(builder, loop.getLoc(), yielded);
  return success();
}

LogicalResult ProducerClone::cloneRange(Block::iterator begin, Block::iterator end) {
  for (Operation &op : llvm::make_range(begin, end)) {
    if (auto loop = dyn_cast<scf::ForOp>(op); loop && hasProducerPart(loop)) {
      if (failed(cloneLoop(loop)))
        return failure();
      continue;
    }
    bool handlesTiles = llvm::any_of(op.getResultTypes(), isTile) || llvm::any_of(op.getOperandTypes(), isTile);
    if (hasRole(&op, producerRole) || (!handlesTiles && isMemoryEffectFree(&op))) {
      builder.clone(op, mapping)->removeAttr(roleAttrName);
      continue;
    }
    if (hasProducerPart(&op))
      return op.emitOpError("holds operations of the producer; only loops can be dealt out");
    // What a consumer computes and the producer's loops depend on, they must not.
    for (Value result : op.getResults())
      for (Operation *user : result.getUsers())
        if (hasRole(user, producerRole))
          return user->emitOpError("depends on what a consumer computes");
  }
  return success();
}

//===-- Roles -----------------------------------------------------------------------===//

namespace {
struct RoleRegisters {
  std::optional<int64_t> producer, consumer;
};
} // namespace

/// What the producer hands over to the consumers.
static RoleRegisters chooseRegisters(int64_t consumers, int64_t registersPerMultiprocessor) {
  constexpr int64_t least = 24, most = 240;
  int64_t consumer = std::min(most, (registersPerMultiprocessor / warpGroupThreads - least) / consumers / 8 * 8);
  return {least, consumer};
}

static LogicalResult specialize(KernelOp kernel, int64_t registersPerMultiprocessor) {
  Block &body = kernel.getBody().front();
  auto barrier = llvm::find_if(body, llvm::IsaPred<BarrierOp>);
  if (barrier == body.end() || kernel.getThreads() % warpGroupThreads != 0)
    return kernel.emitOpError("cannot be dealt out to roles: its pipelines have not been expanded, or its threads "
                              "are not whole warp groups");
  int64_t consumers = kernel.getThreads() / warpGroupThreads;
  // With one group of consumers a thread has all that it can address from the start.
  RoleRegisters registers;
  if (consumers > 1)
    registers = chooseRegisters(consumers, registersPerMultiprocessor);
  Location loc = kernel.getLoc();
  OpBuilder builder(kernel.getContext());
  kernel.setThreads(kernel.getThreads() + warpGroupThreads);
  builder.setInsertionPoint(body.getTerminator());
  auto addRole = [&](StringRef name, int64_t groups, int64_t first, std::optional<int64_t> count, bool single) {
    return RoleOp::create(builder, loc, builder.getStringAttr(name),
                          builder.getI64IntegerAttr(groups * warpGroupThreads),
                          builder.getI64IntegerAttr(first * warpGroupThreads),
                          count ? builder.getI64IntegerAttr(*count) : IntegerAttr(),
                          single ? builder.getUnitAttr() : UnitAttr());
  };
  RoleOp consumer = addRole(consumerRole, consumers, 0, registers.consumer, /*single=*/false);
  RoleOp producer = addRole(producerRole, 1, consumers, registers.producer, /*single=*/true);
  Block *producerBody = builder.createBlock(&producer.getBody());
  Block::iterator begin = std::next(barrier), end = consumer->getIterator();
  builder.setInsertionPointToEnd(producerBody);
  if (failed(ProducerClone(builder).cloneRange(begin, end)))
    return failure();
  Block *consumerBody = builder.createBlock(&consumer.getBody());
  consumerBody->getOperations().splice(consumerBody->end(), body.getOperations(), begin, end);
  consumer.walk([](Operation *op) {
    if (hasRole(op, producerRole))
      op->erase();
    else
      op->removeAttr(roleAttrName);
  });
  return success();
}

namespace {

struct SpecializeRolesPass : tile::impl::SpecializeRolesPassBase<SpecializeRolesPass> {
  using SpecializeRolesPassBase::SpecializeRolesPassBase;

  void runOnOperation() override {
    KernelOp kernel = getOperation();
    if (hasProducerPart(kernel) && failed(specialize(kernel, registersPerMultiprocessor)))
      signalPassFailure();
  }
};

} // namespace
