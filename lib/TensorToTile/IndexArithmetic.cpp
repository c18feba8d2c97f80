//===-- IndexArithmetic.cpp - affine expressions as arith operations --------===//
//
// The affine dialect's own expansion guards against negative operands; sizes and coordinates have none.
//
//===-----------------------------------------------------------------------===//
#include "IndexArithmetic.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

Value ashlar::combineIndices(OpBuilder &builder, Location loc, AffineExprKind kind, Value lhs, Value rhs,
                             function_ref<Value()> one) {
  switch (kind) {
  case AffineExprKind::Add:
    return builder.createOrFold<arith::AddIOp>(loc, lhs, rhs);
  case AffineExprKind::Mul:
    return builder.createOrFold<arith::MulIOp>(loc, lhs, rhs);
  case AffineExprKind::Mod:
    return builder.createOrFold<arith::RemUIOp>(loc, lhs, rhs);
  case AffineExprKind::FloorDiv:
    return builder.createOrFold<arith::DivUIOp>(loc, lhs, rhs);
  case AffineExprKind::CeilDiv: {
    // (lhs + (rhs - 1)) / rhs
    Value less = builder.createOrFold<arith::SubIOp>(loc, rhs, one());
    Value sum = builder.createOrFold<arith::AddIOp>(loc, lhs, less);
    return builder.createOrFold<arith::DivUIOp>(loc, sum, rhs);
  }
  default:
    llvm_unreachable("not a binary expression");
  }
}

Value ashlar::expandIndexExpression(OpBuilder &builder, Location loc, AffineExpr expression, ValueRange dims,
                                    ValueRange symbols) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expression))
    return arith::ConstantIndexOp::create(builder, loc, constant.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expression))
    return dims[dim.getPosition()];
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expression))
    return symbols[symbol.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expression);
  Value lhs = expandIndexExpression(builder, loc, binary.getLHS(), dims, symbols);
  Value rhs = expandIndexExpression(builder, loc, binary.getRHS(), dims, symbols);
  return combineIndices(builder, loc, expression.getKind(), lhs, rhs,
                        [&] { return arith::ConstantIndexOp::create(builder, loc, 1); });
}

SmallVector<AffineExpr> ashlar::splitIndex(AffineExpr index, ArrayRef<AffineExpr> sizes) {
  SmallVector<AffineExpr> parts(sizes.size() + 1);
  for (size_t i = sizes.size(); i-- > 0;) {
    parts[i + 1] = index % sizes[i];
    index = index.floorDiv(sizes[i]);
  }
  parts[0] = index;
  return parts;
}
