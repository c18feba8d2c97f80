//===-- AssignLayouts.cpp - Which thread holds which element --------------===//
//
// The order of the assignment's phases; each has a file of its own. Passes.td describes the whole.
//
//===----------------------------------------------------------------------===//
#include "LayoutRewriter.h"
#include "SharedLayouts.h"
#include "ashlar/Tile/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/CSE.h"

#define DEBUG_TYPE "ashlar-tile-assign-layouts"

namespace ashlar::tile {
#define GEN_PASS_DEF_ASSIGNLAYOUTSPASS
#include "ashlar/Tile/Passes.h.inc"
} // namespace ashlar::tile

using namespace mlir;
using namespace ashlar::tile;

static void eraseDead(KernelOp kernel) {
  SmallVector<Operation *> operations;
  kernel.getBody().walk<WalkOrder::PreOrder>([&](Operation *op) { operations.push_back(op); });
  for (Operation *op : llvm::reverse(operations))
    if (op->getNumRegions() == 0 && isOpTriviallyDead(op))
      op->erase();
}

/// Joins equal tiles again and drops producers that were repeated for all of their uses.
static void cleanUp(KernelOp kernel) {
  eraseDead(kernel);
  IRRewriter rewriter(kernel.getContext());
  DominanceInfo dominance(kernel);
  eliminateCommonSubExpressions(rewriter, dominance, kernel);
  eraseDead(kernel);
}

static int64_t bytesOf(ArrayRef<int64_t> shape, Type element) {
  int64_t elements = 1;
  for (int64_t extent : shape)
    elements *= extent;
  return elements * storageBits(element) / 8;
}

/// Whether results may pass through shared memory on their way out. Where roles run side by side that memory is in
/// nobody else's use, so it has to fit beside the stages of all copies.
static bool canStageResults(KernelOp kernel, int64_t available) {
  DictionaryAttr schedule = kernel.getScheduleAttr();
  if (!schedule || !schedule.get("roles"))
    return true;
  auto stages = schedule.getAs<IntegerAttr>("stages");
  int64_t copied = 0, stored = 0;
  kernel.walk([&](Operation *op) {
    if (auto copy = dyn_cast<CopyOp>(op)) {
      BufferType type = copy.getDestination().getType();
      copied += (stages ? stages.getInt() : 1) * bytesOf(type.getShape(), type.getElementType());
    } else if (auto store = dyn_cast<StoreOp>(op)) {
      auto type = cast<RankedTensorType>(store.getTile().getType());
      stored = std::max(stored, bytesOf(type.getShape(), type.getElementType()));
    }
  });
  constexpr int64_t barriers = 1024;
  return copied + stored + barriers <= available;
}

namespace {
struct AssignLayouts : ashlar::tile::impl::AssignLayoutsPassBase<AssignLayouts> {
  using AssignLayoutsPassBase::AssignLayoutsPassBase;

  void runOnOperation() override {
    KernelOp kernel = getOperation();
    separateCheapTiles(kernel);
    LayoutClasses classes(kernel);
    if (failed(classes.build()))
      return signalPassFailure();
    LayoutRewriter(kernel, classes).run();
    if (canStageResults(kernel, maxSharedMemoryBytes))
      coalesceGlobalAccesses(kernel, classes);
    cleanUp(kernel);
    lowerConversions(kernel);
    cleanUp(kernel);
    if (failed(vectorizeCopies(kernel)))
      return signalPassFailure();
    assignSharedLayouts(kernel);
  }
};
} // namespace
