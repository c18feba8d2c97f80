//===-- MathTrigonometry.cpp - Circular functions as arithmetic -----------===//
//
// Range reduction by fused multiply-adds, then short polynomials.
//
//===----------------------------------------------------------------------===//

#include "MathFunctions.h"

#include <numbers>

using namespace mlir;
using namespace ashlar;

namespace {
/// An angle as a number of quarter turns and a rest in [-pi/4, pi/4], with sine and cosine of the rest.
struct ReducedAngle {
  Value quarters;
  Value sine;
  Value cosine;
};
} // namespace

/// With k the nearest integer to x / (pi/2), the rest is x - k * pi/2; pi/2 in three parts keeps it exact.
/// The polynomials are Taylor series, long enough for the rounding of f32 on that interval.
static ReducedAngle reduce(FunctionBuilder &f, Value x) {
  Value k = f.roundEven(f.mul(x, f.number(2.0 / std::numbers::pi)));
  Value minusK = f.neg(k), rest = x;
  for (double part : {0x1.921fb6p+0, -0x1.777a5cp-25, -0x1.ee59dap-50})
    rest = f.fma(minusK, f.number(part), rest);
  Value square = f.mul(rest, rest);
  Value sine = f.fma(f.polynomial(square, {1.0 / 362880, -1.0 / 5040, 1.0 / 120, -1.0 / 6}),
                     f.mul(square, rest), rest);
  Value cosine = f.polynomial(square, {-1.0 / 3628800, 1.0 / 40320, -1.0 / 720, 1.0 / 24, -0.5, 1.0});
  return {f.toInteger(k), sine, cosine};
}

/// The sine of an angle that many quarter turns further.
static Value sineOf(FunctionBuilder &f, const ReducedAngle &angle, int64_t furtherQuarters) {
  Value quarters = angle.quarters;
  if (furtherQuarters != 0)
    quarters = f.addInteger(quarters, f.integer(furtherQuarters));
  Value isOdd = f.isNonzero(f.andInteger(quarters, f.integer(1)));
  Value isLowerHalf = f.isNonzero(f.andInteger(quarters, f.integer(2)));
  Value magnitude = f.select(isOdd, angle.cosine, angle.sine);
  return f.select(isLowerHalf, f.neg(magnitude), magnitude);
}

/// Odd functions of a zero are that zero, whose sign the reduction loses.
static Value keepZero(FunctionBuilder &f, Value x, Value result) {
  return f.select(f.equal(x, f.number(0.0)), x, result);
}

Value ashlar::buildSin(FunctionBuilder &f, Value x) { return keepZero(f, x, sineOf(f, reduce(f, x), 0)); }

Value ashlar::buildCos(FunctionBuilder &f, Value x) { return sineOf(f, reduce(f, x), 1); }

/// The quotient has period pi: on odd quarters it is -cosine / sine.
Value ashlar::buildTan(FunctionBuilder &f, Value x) {
  ReducedAngle angle = reduce(f, x);
  Value isOdd = f.isNonzero(f.andInteger(angle.quarters, f.integer(1)));
  Value numerator = f.select(isOdd, f.neg(angle.cosine), angle.sine);
  return keepZero(f, x, f.div(numerator, f.select(isOdd, angle.sine, angle.cosine)));
}

/// The angle of numerator / denominator, both at least zero. The quotient of the smaller by the larger lies
/// in [0, 1]; above tan(pi/8) it turns by -pi/4 first, so that the polynomial of degree nine suffices.
static Value firstQuadrantAngle(FunctionBuilder &f, Value numerator, Value denominator) {
  Value small = f.min(numerator, denominator), large = f.max(numerator, denominator);
  Value zero = f.number(0.0), one = f.number(1.0);
  // Both zero and both infinite are angles too: 0 and pi/4.
  Value isEqual = f.equal(small, large);
  Value quotient = f.select(isEqual, f.select(f.equal(small, zero), zero, one), f.div(small, large));
  Value isSteep = f.less(f.number(0.41421356), quotient);
  Value turned = f.div(f.sub(quotient, one), f.add(quotient, one));
  Value tangent = f.select(isSteep, turned, quotient);
  Value square = f.mul(tangent, tangent);
  Value series =
      f.polynomial(square, {8.05374449538e-2, -1.38776856032e-1, 1.99777106478e-1, -3.33329491539e-1});
  Value angle = f.fma(f.mul(series, square), tangent, tangent);
  angle = f.add(angle, f.select(isSteep, f.number(std::numbers::pi / 4), zero));
  return f.select(f.less(denominator, numerator), f.sub(f.number(std::numbers::pi / 2), angle), angle);
}

Value ashlar::buildAtan(FunctionBuilder &f, Value y) {
  return f.copySign(firstQuadrantAngle(f, f.abs(y), f.number(1.0)), y);
}

Value ashlar::buildAtan2(FunctionBuilder &f, Value y, Value x) {
  Value angle = firstQuadrantAngle(f, f.abs(y), f.abs(x));
  Value isLeft = f.isNegative(f.bits(x)); // The sign bit: -0 lies on the left.
  angle = f.select(isLeft, f.sub(f.number(std::numbers::pi), angle), angle);
  return f.copySign(angle, y);
}
