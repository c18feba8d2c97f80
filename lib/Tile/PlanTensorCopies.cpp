//===-- PlanTensorCopies.cpp - which copies the copy engine moves ------------===//
//
// In kernels whose schedule has roles: a tensor map and a number of stages for every copy.
//
//===-----------------------------------------------------------------------===//
#include "PipelinePlan.h"
#include "TensorMaps.h"
#include "ashlar/Tile/Passes.h"
#include "mlir/IR/Builders.h"

namespace ashlar::tile {
#define GEN_PASS_DEF_PLANTENSORCOPIESPASS
#include "ashlar/Tile/Passes.h.inc"
} // namespace ashlar::tile

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

/// Whether the copy's loop is one around other loops that copy: then nothing is gained by more than one stage.
static bool isOuter(CopyOp copy) {
  auto loop = copy->getParentOfType<scf::ForOp>();
  if (!loop)
    return true;
  WalkResult inner = loop.walk([&](CopyOp other) {
    return other->getParentOfType<scf::ForOp>() == loop ? WalkResult::advance() : WalkResult::interrupt();
  });
  return inner.wasInterrupted();
}

static LogicalResult planCopy(CopyOp copy, int64_t stages) {
  auto view = copy.getView().getDefiningOp<ViewOp>();
  std::string reason = "its view is not the result of a tile.view";
  FailureOr<TensorMapAttr> map = failure();
  if (!copy.getPredicate().empty())
    reason = "it has a predicate";
  else if (!findFilledAlloc(copy))
    reason = "it fills a part of a buffer";
  else if (view)
    map = describeTensorMap(view, copy.getDestination().getType(), reason);
  if (failed(map))
    return copy.emitOpError("cannot be moved by a tensor map: ")
           << reason << "; choose a schedule without roles";
  copy->setAttr(tensorMapAttrName, *map);
  copy->setAttr(copyStagesAttrName, OpBuilder(copy).getI64IntegerAttr(isOuter(copy) ? 1 : stages));
  return success();
}

namespace {

struct PlanTensorCopiesPass : tile::impl::PlanTensorCopiesPassBase<PlanTensorCopiesPass> {
  void runOnOperation() override {
    KernelOp kernel = getOperation();
    DictionaryAttr schedule = kernel.getScheduleAttr();
    if (!schedule || !schedule.getAs<StringAttr>("roles"))
      return;
    auto stages = schedule.getAs<IntegerAttr>("stages");
    int64_t count = stages ? stages.getInt() : 1;
    if (count < 1 || count > maxStages) {
      kernel.emitOpError("has a schedule of ") << count << " stages; expected 1 to " << maxStages;
      return signalPassFailure();
    }
    WalkResult result = kernel.walk([&](CopyOp copy) { return WalkResult(planCopy(copy, count)); });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
