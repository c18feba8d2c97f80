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

namespace {
struct FuseKernelsPass : ashlar::impl::FuseKernelsPassBase<FuseKernelsPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    if (!function.getBody().hasOneBlock()) {
      function.emitError(
          "has control flow between blocks, which a launch plan cannot express; inline or unroll it");
      return signalPassFailure();
    }
    if (failed(bringToNormalForm(function)))
      return signalPassFailure();
    FailureOr<SmallVector<KernelGroup>> groups = findKernelGroups(function);
    if (failed(groups))
      return signalPassFailure();
    for (KernelGroup &group : *groups) {
      collapseLoneOperation(group);
      outlineKernel(group, function.getName());
    }
    // A kernel stands where its last operation stood, perhaps after users of its other results.
    sortTopologically(&function.getBody().front());
    // Operations that were repeated inside of all their users.
    IRRewriter rewriter(&getContext());
    (void)runRegionDCE(rewriter, function->getRegions());
  }
};
} // namespace
