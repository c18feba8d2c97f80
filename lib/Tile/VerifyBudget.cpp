//===-- VerifyBudget.cpp - registers and shared memory against the limits ----===//
//
// Refuses, before code generation, a kernel that a multiprocessor could not hold or that would spill.
//
//===-----------------------------------------------------------------------===//
#include "RegisterEstimate.h"
#include "ashlar/Tile/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"

namespace ashlar::tile {
#define GEN_PASS_DEF_VERIFYBUDGETPASS
#include "ashlar/Tile/Passes.h.inc"
} // namespace ashlar::tile

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

static constexpr llvm::StringLiteral estimateAttrName = "tile.register_estimate";

/// The hardware gives registers to threads in units of 8.
static constexpr int64_t registerUnit = 8;

static LogicalResult refuseRegisters(KernelOp kernel, const RegisterEstimate &estimate, int64_t available) {
  InFlightDiagnostic diagnostic = kernel.emitOpError("needs about ")
                                  << estimate.registers << " registers per thread, but "
                                  << kernel.getThreads() << " threads have " << available
                                  << " each; choose a smaller tile or more warps";
  if (estimate.peak) {
    auto loop = estimate.peak->getParentOfType<scf::ForOp>();
    diagnostic.attachNote(estimate.peak->getLoc())
        << "most are needed here, at " << estimate.peak->getName() << (loop ? " in a loop" : "");
    if (loop)
      diagnostic.attachNote(loop.getLoc()) << "the loop";
  }
  for (LiveTile tile : ArrayRef(estimate.live).take_front(4))
    diagnostic.attachNote(tile.value.getLoc())
        << tile.registers << " registers for a tile " << tile.value.getType();
  return diagnostic;
}

namespace {

struct VerifyBudgetPass : tile::impl::VerifyBudgetPassBase<VerifyBudgetPass> {
  using VerifyBudgetPassBase::VerifyBudgetPassBase;

  void runOnOperation() override {
    KernelOp kernel = getOperation();
    RegisterEstimate estimate = estimateRegisters(kernel);
    kernel->setDiscardableAttr(estimateAttrName, Builder(kernel).getI64IntegerAttr(estimate.registers));
    int64_t shared = registersPerMultiprocessor / kernel.getThreads() / registerUnit * registerUnit;
    // Roles hand registers to each other; tiles live where there are the most.
    for (auto role : kernel.getBody().getOps<RoleOp>())
      shared = std::max<int64_t>(shared, role.getRegisters().value_or(0));
    int64_t available = std::min<int64_t>(maxRegistersPerThread, shared);
    if (estimate.registers > available && failed(refuseRegisters(kernel, estimate, available)))
      return signalPassFailure();
    if (failed(verifySharedMemory(kernel)))
      signalPassFailure();
  }

  LogicalResult verifySharedMemory(KernelOp kernel) {
    std::optional<int64_t> bytes = kernel.getSharedBytes();
    bool hasBuffers = kernel.walk([](AllocOp) { return WalkResult::interrupt(); }).wasInterrupted();
    if (!bytes && hasBuffers)
      return kernel.emitOpError(
          "has shared buffers without a plan; run ashlar-tile-plan-shared-memory first");
    int64_t available = maxSharedMemoryBytes;
    if (bytes.value_or(0) > available)
      return kernel.emitOpError("needs ") << *bytes << " bytes of shared memory, but a block has "
                                          << available << "; choose a smaller tile or fewer stages";
    return success();
  }
};

} // namespace
