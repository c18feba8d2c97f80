//===-- LowerCopiesToLinalg.cpp - Strided copies without a run-time library ===//
//
// Keeps the reference's host code free of calls to upstream's run-time library.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Reference/Passes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace ashlar {
#define GEN_PASS_DEF_LOWERCOPIESTOLINALGPASS
#include "ashlar/Reference/Passes.h.inc"
} // namespace ashlar

/// Whether both sides are row-major, so that the copy becomes a memcpy.
static bool isContiguous(memref::CopyOp copy) {
  auto isRowMajor = [](Value memory) {
    auto type = dyn_cast<MemRefType>(memory.getType());
    return type && type.getLayout().isIdentity();
  };
  return isRowMajor(copy.getSource()) && isRowMajor(copy.getTarget());
}

namespace {
struct LowerCopiesToLinalg : ashlar::impl::LowerCopiesToLinalgPassBase<LowerCopiesToLinalg> {
  void runOnOperation() override {
    getOperation()->walk([](memref::CopyOp copy) {
      if (isContiguous(copy))
        return;
      OpBuilder builder(copy);
      linalg::CopyOp::create(builder, copy.getLoc(), copy.getSource(), copy.getTarget());
      copy.erase();
    });
  }
};
} // namespace
