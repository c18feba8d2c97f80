//===-- Reductions.cpp - bodies that combine --------------------------------===//
//
// The combinations that tile.reduce knows, with their neutral elements.
//
//===-----------------------------------------------------------------------===//
#include "ashlar/TensorToTile/Reductions.h"
#include "ashlar/Tensor/Combinations.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace ashlar;

static tile::ReduceKind kindOf(Operation *op) {
  return llvm::TypeSwitch<Operation *, tile::ReduceKind>(op)
      .Case<arith::AddFOp, arith::AddIOp>([](auto) { return tile::ReduceKind::Add; })
      .Case<arith::MulFOp, arith::MulIOp>([](auto) { return tile::ReduceKind::Mul; })
      .Case<arith::MaximumFOp, arith::MaxNumFOp, arith::MaxSIOp>([](auto) { return tile::ReduceKind::Max; })
      .Default([](Operation *) { return tile::ReduceKind::Min; });
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
  return builder.getIntegerAttr(type,
                                isMax ? APInt::getSignedMinValue(width) : APInt::getSignedMaxValue(width));
}

std::optional<Combination> ashlar::matchReduction(linalg::LinalgOp op, unsigned result) {
  Operation *combiner = matchCombination(op, result);
  if (!combiner)
    return std::nullopt;
  tile::ReduceKind kind = kindOf(combiner);
  return Combination{combiner, kind, neutralElement(kind, combiner->getResult(0).getType())};
}
