//===-- Reductions.cpp - bodies that combine --------------------------------===//
//
// The combinations that tile.reduce knows, with their neutral elements.
//
//===-----------------------------------------------------------------------===//
#include "ashlar/TensorToTile/Reductions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace ashlar;

static std::optional<tile::ReduceKind> kindOf(Operation *op) {
  return llvm::TypeSwitch<Operation *, std::optional<tile::ReduceKind>>(op)
      .Case<arith::AddFOp, arith::AddIOp>([](auto) { return tile::ReduceKind::Add; })
      .Case<arith::MulFOp, arith::MulIOp>([](auto) { return tile::ReduceKind::Mul; })
      .Case<arith::MaximumFOp, arith::MaxNumFOp, arith::MaxSIOp>([](auto) { return tile::ReduceKind::Max; })
      .Case<arith::MinimumFOp, arith::MinNumFOp, arith::MinSIOp>([](auto) { return tile::ReduceKind::Min; })
      .Default([](Operation *) { return std::nullopt; });
}

static TypedAttr neutralElement(tile::ReduceKind kind, Type type) {
  Builder builder(type.getContext());
  bool isMax = kind == tile::ReduceKind::Max;
  if (kind == tile::ReduceKind::Add)
    return builder.getZeroAttr(type);
  if (kind == tile::ReduceKind::Mul)
    return builder.getOneAttr(type);
  if (auto floatType = dyn_cast<FloatType>(type))
    return builder.getFloatAttr(type, APFloat::getInf(floatType.getFloatSemantics(), /*Negative=*/isMax));
  unsigned width = type.getIntOrFloatBitWidth();
  return builder.getIntegerAttr(type, isMax ? APInt::getSignedMinValue(width) : APInt::getSignedMaxValue(width));
}

std::optional<Combination> ashlar::matchCombination(linalg::LinalgOp op, unsigned result) {
  Block *body = op.getBlock();
  BlockArgument accumulator = body->getArgument(op.getNumDpsInputs() + result);
  Operation *combiner = body->getTerminator()->getOperand(result).getDefiningOp();
  if (!combiner || !accumulator.hasOneUse() || *accumulator.user_begin() != combiner ||
      !combiner->getResult(0).hasOneUse())
    return std::nullopt;
  std::optional<tile::ReduceKind> kind = kindOf(combiner);
  if (!kind)
    return std::nullopt;
  return Combination{combiner, *kind, neutralElement(*kind, accumulator.getType())};
}
