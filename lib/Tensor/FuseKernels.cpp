//===-- FuseKernels.cpp - a function as a sequence of kernels ---------------===//
//
// The pass: normal form, groups, regions.
//
//===------------------------------------------------------------------------===//
#include "KernelGroups.h"
#include "NormalForm.h"
#include "ashlar/Tensor/Passes.h"
#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/RegionUtils.h"

namespace ashlar {
#define GEN_PASS_DEF_FUSEKERNELSPASS
#include "ashlar/Tensor/Passes.h.inc"
} // namespace ashlar

using namespace mlir;
using namespace ashlar;

/// A kernel of one operation need not keep the rank of its tensors: fewer loops make wider tiles.
static void collapseLoneOperation(KernelGroup &group) {
  if (group.members.size() != 1)
    return;
  if (auto generic = dyn_cast<linalg::GenericOp>(group.members.front())) {
    linalg::LinalgOp collapsed = collapseLoops(generic);
    if (group.main)
      group.main = collapsed;
    group.members.clear();
    group.members.insert(collapsed);
  }
}

/// What rewritings rely on from the start.
static LogicalResult checkForm(func::FuncOp function) {
  if (!function.getBody().hasOneBlock())
    return function.emitError(
        "has control flow between blocks, which a launch plan cannot express; inline or unroll it");
  Operation *end = function.getBody().front().getTerminator();
  if (!isa<func::ReturnOp>(end))
    return end->emitError() << "'" << end->getName()
                            << "' ends the function, which cannot be planned; end it with func.return";
  WalkResult plain = function.walk([](Operation *op) {
    for (Type type : llvm::concat<const Type>(op->getOperandTypes(), op->getResultTypes())) {
      auto ranked = dyn_cast<RankedTensorType>(type);
      if (!isa<TensorType>(type) || (ranked && !ranked.getEncoding()))
        continue;
      op->emitError() << "'" << op->getName() << "' has a tensor "
                      << (ranked ? "with an encoding, " : "without a rank, ") << type
                      << ", of which kernels do not know how it lies in memory; use an ordinary one";
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return failure(plain.wasInterrupted());
}

/// Whether tensors of the type can lie in memory.
static bool hasMemory(Type type) {
  Type element = getElementTypeOrSelf(type);
  if (auto integer = dyn_cast<IntegerType>(element))
    return integer.isSignless() && integer.getWidth() <= 64;
  return !isa<TensorType>(type) || element.isF16() || element.isBF16() || element.isF32() || element.isF64();
}

/// Inside of a kernel a value of any type may stand in registers; what it reads and makes is in memory.
static LogicalResult checkMemory(func::FuncOp function) {
  WalkResult result = function.walk([](ash::KernelOp kernel) {
    for (Type type : llvm::concat<const Type>(kernel.getOperandTypes(), kernel.getResultTypes())) {
      if (hasMemory(type))
        continue;
      kernel.emitError() << "computes with " << type
                         << " in memory, where kernels know signless integers of up to "
                         << "64 bits, f16, bf16, f32 and f64; convert it to one of those";
      return WalkResult::interrupt();
    }
    return WalkResult::skip();
  });
  return failure(result.wasInterrupted());
}

namespace {
struct FuseKernelsPass : ashlar::impl::FuseKernelsPassBase<FuseKernelsPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    if (failed(checkForm(function)) || failed(bringToNormalForm(function)))
      return signalPassFailure();
    FailureOr<SmallVector<KernelGroup>> groups = findKernelGroups(function);
    if (failed(groups))
      return signalPassFailure();
    for (KernelGroup &group : *groups) {
      collapseLoneOperation(group);
      outlineKernel(group, function.getName());
    }
    if (failed(checkMemory(function)))
      return signalPassFailure();
    // A kernel stands where its last operation stood, perhaps after users of its other results.
    sortTopologically(&function.getBody().front());
    // Operations that were repeated inside of all their users.
    IRRewriter rewriter(&getContext());
    (void)runRegionDCE(rewriter, function->getRegions());
  }
};
} // namespace
