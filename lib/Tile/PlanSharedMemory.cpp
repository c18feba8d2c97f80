//===-- PlanSharedMemory.cpp - offsets of the shared buffers -----------------===//
//
// Lifetimes from SharedMemory.h, offsets from the allocation planner, a diagnostic where they do not fit.
//
//===-----------------------------------------------------------------------===//
#include "SharedMemory.h"
#include "ashlar/Tile/Passes.h"
#include "mlir/IR/Builders.h"

namespace ashlar::tile {
#define GEN_PASS_DEF_PLANSHAREDMEMORYPASS
#include "ashlar/Tile/Passes.h.inc"
} // namespace ashlar::tile

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

static LogicalResult refuse(KernelOp kernel, ArrayRef<SharedBuffer> buffers, int64_t needed,
                            int64_t available) {
  InFlightDiagnostic diagnostic = kernel.emitOpError("needs ")
                                  << needed << " bytes of shared memory, but a block has " << available
                                  << "; choose a smaller tile or fewer stages";
  SmallVector<SharedBuffer> bySize(buffers);
  llvm::sort(bySize, [](const SharedBuffer &a, const SharedBuffer &b) {
    return std::pair(-a.size, a.begin) < std::pair(-b.size, b.begin);
  });
  for (SharedBuffer buffer : ArrayRef(bySize).take_front(4))
    diagnostic.attachNote(buffer.alloc.getLoc())
        << buffer.size << " bytes for " << buffer.alloc.getBuffer().getType();
  return diagnostic;
}

namespace {

struct PlanSharedMemoryPass : tile::impl::PlanSharedMemoryPassBase<PlanSharedMemoryPass> {
  using PlanSharedMemoryPassBase::PlanSharedMemoryPassBase;

  void runOnOperation() override {
    KernelOp kernel = getOperation();
    Builder builder(kernel);
    FailureOr<SmallVector<SharedBuffer>> buffers = computeLifetimes(kernel, Positions(kernel));
    if (failed(buffers))
      return signalPassFailure();
    AllocationPlan plan = planSharedMemory(*buffers);
    if (plan.size > maxSharedMemoryBytes && failed(refuse(kernel, *buffers, plan.size, maxSharedMemoryBytes)))
      return signalPassFailure();
    for (auto [buffer, offset] : llvm::zip_equal(*buffers, plan.offsets))
      buffer.alloc.setOffsetAttr(builder.getI64IntegerAttr(offset));
    kernel.setSharedBytesAttr(builder.getI64IntegerAttr(plan.size));
  }
};

} // namespace
