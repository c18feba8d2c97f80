//===-- PackedElements.cpp - elements in memory and in registers ------------===//
//
// Bytes to nibbles and back by shifts, truth values by extension.
//
//===-----------------------------------------------------------------------===//
#include "PackedElements.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace ashlar::tile;

Type ashlar::tile::registerElementType(Type element) {
  return element.isInteger(4) ? IntegerType::get(element.getContext(), 8) : element;
}

VectorType ashlar::tile::memoryVectorType(Type element, int64_t count) {
  Type byte = IntegerType::get(element.getContext(), 8);
  if (element.isInteger(4))
    return VectorType::get({count / 2}, byte);
  return VectorType::get({count}, element.isInteger(1) ? byte : element);
}

static Value splat(OpBuilder &builder, Location loc, Value like, int64_t number) {
  auto type = cast<VectorType>(like.getType());
  return arith::ConstantOp::create(
      builder, loc, DenseElementsAttr::get(type, builder.getIntegerAttr(type.getElementType(), number)));
}

Value ashlar::tile::unpackFromMemory(OpBuilder &builder, Location loc, Value stored, Type element) {
  auto type = cast<VectorType>(stored.getType());
  if (element.isInteger(1))
    return arith::TruncIOp::create(builder, loc, VectorType::get(type.getShape(), element), stored);
  if (!element.isInteger(4))
    return stored;
  Value high = arith::ShRUIOp::create(builder, loc, stored, splat(builder, loc, stored, 4));
  return vector::InterleaveOp::create(builder, loc, stored, high);
}

Value ashlar::tile::packForMemory(OpBuilder &builder, Location loc, Value registers, Type element) {
  auto type = cast<VectorType>(registers.getType());
  if (element.isInteger(1))
    return arith::ExtUIOp::create(builder, loc, memoryVectorType(element, type.getNumElements()), registers);
  if (!element.isInteger(4))
    return registers;
  auto halves = vector::DeinterleaveOp::create(builder, loc, registers);
  Value low = arith::AndIOp::create(builder, loc, halves.getRes1(), splat(builder, loc, halves.getRes1(), 15));
  Value high = arith::ShLIOp::create(builder, loc, halves.getRes2(), splat(builder, loc, halves.getRes2(), 4));
  return arith::OrIOp::create(builder, loc, low, high);
}

Value ashlar::tile::extendNibbles(OpBuilder &builder, Location loc, Value registers, bool isUnsigned) {
  if (isUnsigned)
    return arith::AndIOp::create(builder, loc, registers, splat(builder, loc, registers, 15));
  Value four = splat(builder, loc, registers, 4);
  Value shifted = arith::ShLIOp::create(builder, loc, registers, four);
  return arith::ShRSIOp::create(builder, loc, shifted, four);
}
