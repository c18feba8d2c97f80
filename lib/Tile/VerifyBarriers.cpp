//===-- VerifyBarriers.cpp - refuse kernels that lack a barrier or a wait ----===//
//
// The analysis behind ashlar-tile-plan-barriers, as a check.
//
//===-----------------------------------------------------------------------===//
#include "HazardAnalysis.h"
#include "ashlar/Tile/Passes.h"

namespace ashlar::tile {
#define GEN_PASS_DEF_VERIFYBARRIERSPASS
#include "ashlar/Tile/Passes.h.inc"
} // namespace ashlar::tile

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

namespace {

struct VerifyBarriersPass : tile::impl::VerifyBarriersPassBase<VerifyBarriersPass> {
  void runOnOperation() override {
    FailureOr<SmallVector<Hazard>> hazards = findHazards(getOperation());
    if (failed(hazards) || failed(refuseCopiesInFlight(*hazards)))
      return signalPassFailure();
    // One error for each operation, with everything it depends on.
    for (auto hazard = hazards->begin(); hazard != hazards->end();) {
      InFlightDiagnostic diagnostic = hazard->second->emitOpError(
          "depends on earlier operations that no tile.barrier separates from it in every thread");
      llvm::SmallPtrSet<Operation *, 4> named;
      for (Operation *second = hazard->second; hazard != hazards->end() && hazard->second == second; ++hazard)
        if (named.insert(hazard->first).second)
          diagnostic.attachNote(hazard->first->getLoc()) << "an earlier operation";
      signalPassFailure();
    }
  }
};

} // namespace
