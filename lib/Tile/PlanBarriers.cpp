//===-- PlanBarriers.cpp - barriers where hazards demand them ----------------===//
//
// Asks for the hazards, places a barrier for one of them, and asks again, until there are none; then takes
// out every barrier that has become superfluous.
//
//===-----------------------------------------------------------------------===//
#include "HazardAnalysis.h"
#include "ashlar/Tile/Passes.h"
#include "mlir/IR/Builders.h"
#include "mlir/Interfaces/LoopLikeInterface.h"

namespace ashlar::tile {
#define GEN_PASS_DEF_PLANBARRIERSPASS
#include "ashlar/Tile/Passes.h.inc"
} // namespace ashlar::tile

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

/// The operation before which a barrier for `hazard` stands: `second`, or the outermost loop around it that
/// `from` is not in. There the barrier is passed once instead of in every iteration.
static Operation *findPlace(const Hazard &hazard) {
  Operation *place = hazard.second;
  for (Operation *parent = place->getParentOp(); !isa<KernelOp>(parent); parent = parent->getParentOp())
    if (isa<LoopLikeOpInterface>(parent) && !parent->isAncestor(hazard.from))
      place = parent;
  return place;
}

static int countLoops(Operation *op) {
  int loops = 0;
  for (Operation *parent = op->getParentOp(); !isa<KernelOp>(parent); parent = parent->getParentOp())
    loops += isa<LoopLikeOpInterface>(parent);
  return loops;
}

/// The place of the hazard that is to be solved first: one that needs a barrier in an inner loop anyway,
/// since it may solve outer ones with it; among those the first in the text.
static Operation *choosePlace(ArrayRef<Hazard> hazards) {
  Operation *best = nullptr;
  for (const Hazard &hazard : hazards) {
    Operation *place = findPlace(hazard);
    if (!best || countLoops(place) > countLoops(best))
      best = place;
  }
  return best;
}

/// Takes out barriers without which there is still no hazard.
static LogicalResult removeSuperfluous(KernelOp kernel, ArrayRef<BarrierOp> barriers) {
  for (BarrierOp barrier : barriers) {
    Operation *next = barrier->getNextNode();
    barrier->remove();
    FailureOr<SmallVector<Hazard>> hazards = findHazards(kernel);
    if (failed(hazards) || !hazards->empty())
      next->getBlock()->getOperations().insert(next->getIterator(), barrier);
    else
      barrier->destroy();
    if (failed(hazards))
      return failure();
  }
  return success();
}

namespace {

struct PlanBarriersPass : tile::impl::PlanBarriersPassBase<PlanBarriersPass> {
  void runOnOperation() override {
    if (failed(plan(getOperation())))
      signalPassFailure();
  }

  static LogicalResult plan(KernelOp kernel) {
    SmallVector<BarrierOp> barriers;
    while (true) {
      FailureOr<SmallVector<Hazard>> hazards = findHazards(kernel);
      if (failed(hazards) || failed(refuseCopiesInFlight(*hazards)))
        return failure();
      if (hazards->empty())
        return removeSuperfluous(kernel, barriers);
      Operation *place = choosePlace(*hazards);
      OpBuilder builder(place);
      barriers.push_back(BarrierOp::create(builder, place->getLoc()));
    }
  }
};

} // namespace
