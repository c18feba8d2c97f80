//===-- TileArithmetic.cpp - arithmetic on tiles, tersely -------------------===//
//
// Thin wrappers that find the result's type.
//
//===-----------------------------------------------------------------------===//
#include "TileArithmetic.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace ashlar;

static RankedTensorType tileType(Value tile) { return cast<RankedTensorType>(tile.getType()); }

Value TileArithmetic::constant(ArrayRef<int64_t> shape, Type element, double number) {
  TypedAttr scalar = isa<FloatType>(element) ? TypedAttr(builder_.getFloatAttr(element, number))
                                             : builder_.getIntegerAttr(element, static_cast<int64_t>(number));
  return arith::ConstantOp::create(
      builder_, loc_, DenseElementsAttr::get(RankedTensorType::get(shape, element), Attribute(scalar)));
}

Value TileArithmetic::splatIndex(ArrayRef<int64_t> shape, Value index) {
  Type i32 = builder_.getI32Type();
  Value number = arith::IndexCastOp::create(builder_, loc_, i32, index);
  return tile::SplatOp::create(builder_, loc_, RankedTensorType::get(shape, i32), number);
}

Value TileArithmetic::broadcast(Value tile, int64_t dim, int64_t size) {
  SmallVector<int64_t> shape(tileType(tile).getShape());
  shape.insert(shape.begin() + dim, size);
  return tile::BroadcastOp::create(builder_, loc_, tileType(tile).clone(shape), tile, dim);
}

Value TileArithmetic::reduce(tile::ReduceKind kind, Value tile, int64_t dim) {
  SmallVector<int64_t> shape(tileType(tile).getShape());
  shape.erase(shape.begin() + dim);
  return tile::ReduceOp::create(builder_, loc_, tileType(tile).clone(shape), kind, tile, dim);
}

Value TileArithmetic::add(Value a, Value b) {
  if (isa<IntegerType>(getElementTypeOrSelf(a)))
    return arith::AddIOp::create(builder_, loc_, a, b);
  return arith::AddFOp::create(builder_, loc_, a, b);
}

Value TileArithmetic::subtract(Value a, Value b) {
  if (isa<IntegerType>(getElementTypeOrSelf(a)))
    return arith::SubIOp::create(builder_, loc_, a, b);
  return arith::SubFOp::create(builder_, loc_, a, b);
}

Value TileArithmetic::multiply(Value a, Value b) {
  if (isa<IntegerType>(getElementTypeOrSelf(a)))
    return arith::MulIOp::create(builder_, loc_, a, b);
  return arith::MulFOp::create(builder_, loc_, a, b);
}

Value TileArithmetic::scale(Value a, double factor) {
  return factor == 1.0 ? a
                       : multiply(a, constant(tileType(a).getShape(), tileType(a).getElementType(), factor));
}

Value TileArithmetic::multiplyAdd(Value a, Value b, Value c) {
  return math::FmaOp::create(builder_, loc_, a, b, c);
}

Value TileArithmetic::divide(Value a, Value b) { return arith::DivFOp::create(builder_, loc_, a, b); }

Value TileArithmetic::maximum(Value a, Value b) { return arith::MaximumFOp::create(builder_, loc_, a, b); }

Value TileArithmetic::select(Value condition, Value a, Value b) {
  return arith::SelectOp::create(builder_, loc_, condition, a, b);
}

Value TileArithmetic::equals(Value a, double number) {
  Value other = constant(tileType(a).getShape(), tileType(a).getElementType(), number);
  return arith::CmpFOp::create(builder_, loc_, arith::CmpFPredicate::OEQ, a, other);
}

Value TileArithmetic::convertFloat(Value tile, Type element) {
  unsigned from = tileType(tile).getElementTypeBitWidth(), to = element.getIntOrFloatBitWidth();
  Type type = tileType(tile).clone(element);
  if (tile.getType() == type)
    return tile;
  if (from < to)
    return arith::ExtFOp::create(builder_, loc_, type, tile);
  if (from > to)
    return arith::TruncFOp::create(builder_, loc_, type, tile);
  return convertFloat(convertFloat(tile, builder_.getF32Type()), element); // Between f16 and bf16.
}
