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

/// Whether a store, and not a copy by a tensor map, fills the buffer or another name of it.
static bool isStoredTo(Value buffer) {
  return llvm::any_of(buffer.getUsers(), [](Operation *user) {
    return isa<StoreOp>(user) || (isa<TransposeOp>(user) && isStoredTo(user->getResult(0)));
  });
}

/// Products by warp groups read shared memory past what threads have written there, unless a proxy fence stands
/// between, which nothing makes yet. What the copy engine has written they may read.
static LogicalResult checkOperands(MmaOp mma, bool hasRoles) {
  if (mma.getKind() != MmaKind::Wgmma)
    return success();
  if (!hasRoles)
    return mma.emitOpError("needs operands that the copy engine moves, and a schedule with roles for that; add "
                           "roles = \"cooperative\"");
  for (Value operand : {mma.getA(), mma.getB()}) {
    while (auto transpose = operand.getDefiningOp<TransposeOp>())
      operand = transpose.getBuffer();
    if (isa<BufferType>(operand.getType()) && isStoredTo(operand))
      return mma.emitOpError("reads an operand that the kernel computes; only inputs can be moved by the copy engine. "
                             "Choose mma = \"mma_sync\"");
  }
  return success();
}

namespace {

struct PlanTensorCopiesPass : tile::impl::PlanTensorCopiesPassBase<PlanTensorCopiesPass> {
  void runOnOperation() override {
    KernelOp kernel = getOperation();
    DictionaryAttr schedule = kernel.getScheduleAttr();
    bool hasRoles = schedule && schedule.getAs<StringAttr>("roles");
    WalkResult products = kernel.walk([&](MmaOp mma) { return WalkResult(checkOperands(mma, hasRoles)); });
    if (products.wasInterrupted())
      return signalPassFailure();
    if (!hasRoles)
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
