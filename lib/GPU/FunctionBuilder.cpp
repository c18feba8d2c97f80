//===-- FunctionBuilder.cpp - Writing functions as formulas ---------------===//
//
// Thin: each member creates one operation.
//
//===----------------------------------------------------------------------===//

#include "FunctionBuilder.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace ashlar;

Value ashlar::buildConstant(ImplicitLocOpBuilder &builder, Type type, TypedAttr element) {
  if (auto shaped = dyn_cast<ShapedType>(type))
    element = DenseElementsAttr::get(shaped, Attribute(element));
  return arith::ConstantOp::create(builder, element);
}

Type FunctionBuilder::integerType() {
  Type i32 = builder.getI32Type();
  if (auto shaped = dyn_cast<ShapedType>(type))
    return shaped.clone(i32);
  return i32;
}

Value FunctionBuilder::number(double value) {
  return buildConstant(builder, type, builder.getF32FloatAttr(value));
}
Value FunctionBuilder::integer(int64_t value) {
  return buildConstant(builder, integerType(), builder.getI32IntegerAttr(static_cast<int32_t>(value)));
}

Value FunctionBuilder::add(Value a, Value b) { return arith::AddFOp::create(builder, a, b); }
Value FunctionBuilder::sub(Value a, Value b) { return arith::SubFOp::create(builder, a, b); }
Value FunctionBuilder::mul(Value a, Value b) { return arith::MulFOp::create(builder, a, b); }
Value FunctionBuilder::div(Value a, Value b) { return arith::DivFOp::create(builder, a, b); }
Value FunctionBuilder::neg(Value a) { return arith::NegFOp::create(builder, a); }
Value FunctionBuilder::fma(Value a, Value b, Value c) { return math::FmaOp::create(builder, a, b, c); }
Value FunctionBuilder::max(Value a, Value b) { return arith::MaximumFOp::create(builder, a, b); }
Value FunctionBuilder::min(Value a, Value b) { return arith::MinimumFOp::create(builder, a, b); }
Value FunctionBuilder::abs(Value a) { return math::AbsFOp::create(builder, a); }
Value FunctionBuilder::sqrt(Value a) { return math::SqrtOp::create(builder, a); }
Value FunctionBuilder::trunc(Value a) { return math::TruncOp::create(builder, a); }
Value FunctionBuilder::roundEven(Value a) { return math::RoundEvenOp::create(builder, a); }
Value FunctionBuilder::exp(Value a) { return math::ExpOp::create(builder, a); }
Value FunctionBuilder::exp2(Value a) { return math::Exp2Op::create(builder, a); }
Value FunctionBuilder::expm1(Value a) { return math::ExpM1Op::create(builder, a); }
Value FunctionBuilder::log(Value a) { return math::LogOp::create(builder, a); }
Value FunctionBuilder::log1p(Value a) { return math::Log1pOp::create(builder, a); }
Value FunctionBuilder::copySign(Value magnitude, Value sign) {
  return math::CopySignOp::create(builder, magnitude, sign);
}

Value FunctionBuilder::polynomial(Value x, std::initializer_list<double> coefficients) {
  Value sum = number(*coefficients.begin());
  for (double coefficient : llvm::drop_begin(coefficients))
    sum = fma(sum, x, number(coefficient));
  return sum;
}

Value FunctionBuilder::compare(arith::CmpFPredicate predicate, Value a, Value b) {
  return arith::CmpFOp::create(builder, predicate, a, b);
}
Value FunctionBuilder::select(Value condition, Value a, Value b) {
  return arith::SelectOp::create(builder, condition, a, b);
}
Value FunctionBuilder::both(Value a, Value b) { return arith::AndIOp::create(builder, a, b); }
Value FunctionBuilder::either(Value a, Value b) { return arith::OrIOp::create(builder, a, b); }

Value FunctionBuilder::bits(Value a) { return arith::BitcastOp::create(builder, integerType(), a); }
Value FunctionBuilder::fromBits(Value a) { return arith::BitcastOp::create(builder, type, a); }
Value FunctionBuilder::toInteger(Value a) { return arith::FPToSIOp::create(builder, integerType(), a); }
Value FunctionBuilder::fromInteger(Value a) { return arith::SIToFPOp::create(builder, type, a); }
Value FunctionBuilder::addInteger(Value a, Value b) { return arith::AddIOp::create(builder, a, b); }
Value FunctionBuilder::subInteger(Value a, Value b) { return arith::SubIOp::create(builder, a, b); }
Value FunctionBuilder::andInteger(Value a, Value b) { return arith::AndIOp::create(builder, a, b); }
Value FunctionBuilder::shiftRight(Value a, int64_t count) {
  return arith::ShRSIOp::create(builder, a, integer(count));
}
Value FunctionBuilder::isNonzero(Value a) {
  return arith::CmpIOp::create(builder, arith::CmpIPredicate::ne, a, integer(0));
}
Value FunctionBuilder::isNegative(Value a) {
  return arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, a, integer(0));
}
