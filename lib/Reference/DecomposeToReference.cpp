//===-- DecomposeToReference.cpp - Operations to what they compute --------===//
//
// Replaces operations by their reference decomposition until none is left. The decompositions themselves
// belong to the operations.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Reference/Passes.h"
#include "dialects/Ashlar/Ashlar.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace ashlar {
#define GEN_PASS_DEF_DECOMPOSETOREFERENCEPASS
#include "ashlar/Reference/Passes.h.inc"
} // namespace ashlar

static bool isDecomposable(Operation *op) {
  return isa<ashlar::ash::ReferenceDecompositionInterface, linalg::SoftmaxOp>(op);
}

/// The values that replace the operation's results.
static FailureOr<SmallVector<Value>> decompose(Operation *op) {
  OpBuilder builder(op);
  if (auto decomposable = dyn_cast<ashlar::ash::ReferenceDecompositionInterface>(op))
    return decomposable.decompose(builder);
  return cast<linalg::SoftmaxOp>(op).decomposeOperation(builder);
}

namespace {
struct DecomposeToReference : ashlar::impl::DecomposeToReferencePassBase<DecomposeToReference> {
  void runOnOperation() override {
    // A decomposition may hold operations to decompose again, as a kernel's body does.
    while (true) {
      SmallVector<Operation *> found;
      getOperation()->walk<WalkOrder::PreOrder>([&](Operation *op) {
        if (!isDecomposable(op))
          return WalkResult::advance();
        found.push_back(op);
        return WalkResult::skip();
      });
      if (found.empty())
        return;
      for (Operation *op : found) {
        FailureOr<SmallVector<Value>> values = decompose(op);
        if (failed(values)) {
          op->emitError("has no reference decomposition");
          return signalPassFailure();
        }
        op->replaceAllUsesWith(*values);
        op->erase();
      }
    }
  }
};
} // namespace
