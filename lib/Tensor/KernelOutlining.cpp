//===-- KernelOutlining.cpp - from a group to an ashlar.kernel --------------===//
//
// Members move into the region; constants and what only moves elements is repeated there; the rest becomes
// inputs.
//
//===------------------------------------------------------------------------===//
#include "KernelGroups.h"
#include "dialects/Ashlar/Ashlar.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace ashlar;

namespace {
/// Copies the group's operations to the end of a kernel's block, asking for what they use.
class Outliner {
public:
  Outliner(KernelGroup &group) : group_(group) {
    for (Operation &op : *group.members.front()->getBlock())
      if (group.members.contains(&op))
        order_.push_back(&op);
  }
  void outline(StringRef name);

private:
  void collect(Operation *op);
  void collectValue(Value value);

  KernelGroup &group_;
  SmallVector<Operation *> order_;    // Members as they stand.
  llvm::SetVector<Operation *> body_; // Everything to be copied, in an order that respects uses.
  llvm::SetVector<Value> inputs_;
};
} // namespace

void Outliner::collectValue(Value value) {
  Operation *op = value.getDefiningOp();
  if (op && (group_.members.contains(op) || isRepeatable(op) ||
             (isa<tensor::ExtractOp>(op) && !isa<IndexType>(value.getType()))))
    return collect(op);
  inputs_.insert(value);
}

void Outliner::collect(Operation *op) {
  if (body_.contains(op))
    return;
  for (Value operand : op->getOperands())
    if (isa<ash::UnpackOp>(op)) // Is read through the buffer of what is packed.
      inputs_.insert(operand);
    else
      collectValue(operand);
  SetVector<Value> captured;
  getUsedValuesDefinedAbove(op->getRegions(), captured);
  for (Value value : captured)
    collectValue(value);
  body_.insert(op);
}

void Outliner::outline(StringRef name) {
  SmallVector<Value> results;
  for (Operation *op : order_) {
    collect(op);
    for (Value result : op->getResults())
      if (llvm::any_of(result.getUsers(), [&](Operation *user) { return !group_.members.contains(user); }))
        results.push_back(result);
  }
  if (results.empty())
    return;
  OpBuilder builder(order_.back());
  SmallVector<Location> locations = llvm::map_to_vector(order_, [](Operation *op) { return op->getLoc(); });
  Location loc = group_.main ? group_.main->getLoc() : order_.back()->getLoc();
  auto kernel =
      ash::KernelOp::create(builder, loc, TypeRange(ValueRange(results)), inputs_.getArrayRef(), name);
  IRMapping mapping;
  mapping.map(inputs_.getArrayRef(), kernel.getBlock()->getArguments());
  builder.setInsertionPointToEnd(kernel.getBlock());
  for (Operation *op : body_)
    builder.clone(*op, mapping);
  ash::YieldOp::create(builder, loc,
                       llvm::map_to_vector(results, [&](Value v) { return mapping.lookup(v); }));
  for (auto [result, replacement] : llvm::zip(results, kernel.getResults()))
    result.replaceUsesWithIf(replacement,
                             [&](OpOperand &use) { return !group_.members.contains(use.getOwner()); });
  for (Operation *op : llvm::reverse(order_))
    op->erase();
}

void ashlar::outlineKernel(KernelGroup &group, StringRef namePrefix) {
  Outliner(group).outline((namePrefix + "_" + group.kind).str());
}
