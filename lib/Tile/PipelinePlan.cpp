//===-- PipelinePlan.cpp - whether a copy can run ahead -------------------===//
//
// The conditions under which a loop's copy may be issued iterations before its data is used. The planner asks, and the
// expansion asks again: the marks may come from elsewhere.
//
//===----------------------------------------------------------------------===//
#include "PipelinePlan.h"
#include "MemoryAccess.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

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

AllocOp ashlar::tile::findFilledAlloc(CopyOp copy) {
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

StringRef ashlar::tile::whyNotAhead(CopyOp copy, scf::ForOp loop) {
  if (copy->getBlock() != loop.getBody())
    return "it stands under a condition";
  AllocOp alloc = findFilledAlloc(copy);
  if (!alloc)
    return "it fills one stage of a buffer that has stages already";
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
