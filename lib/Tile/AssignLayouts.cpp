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

namespace {
struct AssignLayouts : ashlar::tile::impl::AssignLayoutsPassBase<AssignLayouts> {
  void runOnOperation() override {
    KernelOp kernel = getOperation();
    separateCheapTiles(kernel);
    LayoutClasses classes(kernel);
    if (failed(classes.build()))
      return signalPassFailure();
    LayoutRewriter(kernel, classes).run();
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
