//===-- LowerReferenceToLoops.cpp - Structured operations to loops --------===//
//
// Loops in the order in which operations list them, blocked where operands run along different ones. This is
// all the tuning the reference gets: enough for a check not to take longer than what it checks.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Reference/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;

namespace ashlar {
#define GEN_PASS_DEF_LOWERREFERENCETOLOOPSPASS
#include "ashlar/Reference/Passes.h.inc"
} // namespace ashlar

/// 64 x 64 floats are half of a first-level cache.
static constexpr int64_t blockSize = 64;

/// Whether both sides are row-major, so that upstream turns the copy into a memcpy.
static bool isContiguous(memref::CopyOp copy) {
  auto isRowMajor = [](Value memory) {
    auto type = dyn_cast<MemRefType>(memory.getType());
    return type && type.getLayout().isIdentity();
  };
  return isRowMajor(copy.getSource()) && isRowMajor(copy.getTarget());
}

/// The loops to block: those along which some operand of two or more dimensions is contiguous, if there are
/// several. Empty where an operand's index is no plain loop variable, since blocks of a convolution's input
/// overlap.
static SmallVector<int64_t> chooseBlockSizes(linalg::LinalgOp op) {
  llvm::SmallBitVector fastest(op.getNumLoops());
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    if (!map.isProjectedPermutation())
      return {};
    if (map.getNumResults() >= 2)
      fastest.set(map.getDimPosition(map.getNumResults() - 1));
  }
  if (fastest.count() < 2)
    return {};
  SmallVector<int64_t> sizes(op.getNumLoops(), 0); // 0 stands for a loop that is not blocked.
  for (unsigned loop : fastest.set_bits())
    sizes[loop] = blockSize;
  return sizes;
}

/// The operation itself, or the one that computes a block of it.
static FailureOr<linalg::LinalgOp> blockLoops(IRRewriter &rewriter, linalg::LinalgOp op) {
  SmallVector<int64_t> sizes = chooseBlockSizes(op);
  if (sizes.empty())
    return op;
  FailureOr<linalg::TiledLinalgOp> tiled =
      linalg::tileLinalgOp(rewriter, op, linalg::LinalgTilingOptions().setTileSizes(sizes));
  if (failed(tiled))
    return failure();
  rewriter.eraseOp(op);
  return tiled->op;
}

namespace {
struct LowerReferenceToLoops : ashlar::impl::LowerReferenceToLoopsPassBase<LowerReferenceToLoops> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation()->walk([&](memref::CopyOp copy) {
      if (isContiguous(copy))
        return;
      rewriter.setInsertionPoint(copy);
      rewriter.replaceOpWithNewOp<linalg::CopyOp>(copy, copy.getSource(), copy.getTarget());
    });
    SmallVector<linalg::LinalgOp> operations;
    getOperation()->walk([&](linalg::LinalgOp op) { operations.push_back(op); });
    for (linalg::LinalgOp op : operations) {
      rewriter.setInsertionPoint(op);
      FailureOr<linalg::LinalgOp> block = blockLoops(rewriter, op);
      if (succeeded(block)) {
        rewriter.setInsertionPoint(*block);
        if (succeeded(linalg::linalgOpToLoops(rewriter, *block))) {
          rewriter.eraseOp(*block);
          continue;
        }
      }
      op->emitOpError("could not be lowered to loops for the reference");
      return signalPassFailure();
    }
  }
};
} // namespace
