//===-- Combinations.cpp - reductions that may run in any order -------------===//
//
// Matches the body of a linalg operation.
//
//===------------------------------------------------------------------------===//
#include "ashlar/Tensor/Combinations.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

Operation *ashlar::matchCombination(linalg::LinalgOp op, unsigned result) {
  Block *body = op.getBlock();
  BlockArgument accumulator = body->getArgument(op.getNumDpsInputs() + result);
  Operation *combiner = body->getTerminator()->getOperand(result).getDefiningOp();
  bool isCombination =
      isa_and_nonnull<arith::AddFOp, arith::AddIOp, arith::MulFOp, arith::MulIOp, arith::MaximumFOp,
                      arith::MaxNumFOp, arith::MaxSIOp, arith::MinimumFOp, arith::MinNumFOp, arith::MinSIOp>(
          combiner) &&
      accumulator.hasOneUse() && *accumulator.user_begin() == combiner && combiner->getResult(0).hasOneUse();
  // Threads exchange partial results in registers of 32 bits.
  Type type = accumulator.getType();
  bool fitsRegister =
      type.isIntOrFloat() && type.getIntOrFloatBitWidth() >= 8 && type.getIntOrFloatBitWidth() <= 32;
  return isCombination && fitsRegister ? combiner : nullptr;
}
