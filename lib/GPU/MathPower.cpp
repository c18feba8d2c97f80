//===-- MathPower.cpp - Powers as arithmetic ------------------------------===//
//
// x^y = 2^(y log2 x) loses as many bits as the exponent has, so the logarithm is kept in two floats.
//
//===----------------------------------------------------------------------===//

#include "MathFunctions.h"

#include <limits>
#include <numbers>

using namespace mlir;
using namespace ashlar;

namespace {
/// An unevaluated sum: `low` holds what `high` has lost to rounding.
struct Sum {
  Value high;
  Value low;
};
} // namespace

/// log2 of a finite number above zero, to about 2^-30. The number is m * 2^e with m in [sqrt(1/2), sqrt(2)),
/// and ln m = 2 (s + s^3/3 + s^5/5 + ...) with s = (m - 1) / (m + 1).
static Sum logarithm(FunctionBuilder &f, Value magnitude) {
  Value isSubnormal = f.less(magnitude, f.number(0x1p-126));
  Value scaled = f.select(isSubnormal, f.mul(magnitude, f.number(0x1p24)), magnitude);
  constexpr int64_t bitsOfRootHalf = 0x3f3504f3, exponentMask = 0xff800000;
  Value bits = f.bits(scaled);
  Value exponentBits = f.andInteger(f.subInteger(bits, f.integer(bitsOfRootHalf)), f.integer(exponentMask));
  Value m = f.fromBits(f.subInteger(bits, exponentBits));
  Value exponent = f.fromInteger(f.shiftRight(exponentBits, 23));
  exponent = f.select(isSubnormal, f.sub(exponent, f.number(24.0)), exponent);

  // m - 1 is exact; m + 1 is not, and neither is the quotient: their errors go into sLow.
  Value one = f.number(1.0);
  Value numerator = f.sub(m, one), denominator = f.add(m, one);
  Value denominatorLow = f.sub(m, f.sub(denominator, one));
  Value reciprocal = f.div(one, denominator);
  Value s = f.mul(numerator, reciprocal), minusS = f.neg(s);
  Value error = f.fma(minusS, denominatorLow, f.fma(minusS, denominator, numerator));
  Value sLow = f.mul(error, reciprocal);

  constexpr double factor = 2.0 * std::numbers::log2e;
  constexpr float factorHigh = factor;
  Value square = f.mul(s, s), c = f.number(factorHigh);
  Value high = f.mul(s, c);
  Value low = f.fma(s, c, f.neg(high));
  low = f.fma(s, f.number(factor - factorHigh), low);
  low = f.fma(sLow, c, low);
  Value series = f.polynomial(square, {factor / 9, factor / 7, factor / 5, factor / 3});
  low = f.fma(f.mul(series, square), s, low);
  Value sum = f.add(exponent, high);
  Value rest = f.add(f.add(f.sub(exponent, sum), high), low);
  Value total = f.add(sum, rest);
  return {total, f.add(f.sub(sum, total), rest)};
}

/// |x|^y, for any x and y that are numbers.
static Value powerOfMagnitude(FunctionBuilder &f, Value magnitude, Value y) {
  Value infinity = f.number(std::numeric_limits<double>::infinity()), zero = f.number(0.0);
  Sum log = logarithm(f, magnitude);
  Value isOrdinary = f.both(f.less(zero, magnitude), f.less(magnitude, infinity));
  // The logarithm of infinity, and of what is no number, is itself; that of zero is -infinity.
  Value special = f.select(f.equal(magnitude, zero), f.neg(infinity), magnitude);
  Value logHigh = f.select(isOrdinary, log.high, special);
  Value high = f.mul(y, logHigh);
  Value low = f.fma(y, log.low, f.fma(y, logHigh, f.neg(high)));
  // Where the power overflows or vanishes, the correction is meaningless and may be no number.
  low = f.select(f.less(f.abs(high), f.number(160.0)), low, zero);
  return f.mul(f.exp2(high), f.fma(low, f.number(std::numbers::ln2), f.number(1.0)));
}

Value ashlar::buildPow(FunctionBuilder &f, Value x, Value y) {
  Value magnitude = f.abs(x), zero = f.number(0.0), one = f.number(1.0);
  Value infinity = f.number(std::numeric_limits<double>::infinity());
  Value power = powerOfMagnitude(f, magnitude, y);

  Value isWhole = f.equal(y, f.trunc(y));
  Value half = f.mul(y, f.number(0.5));
  Value isOdd = f.both(isWhole, f.compare(arith::CmpFPredicate::ONE, half, f.trunc(half)));
  Value hasSign = f.isNegative(f.bits(x));
  power = f.select(f.both(hasSign, isOdd), f.neg(power), power);
  // A root of a negative number is none.
  Value isNegative = f.both(f.less(x, zero), f.less(magnitude, infinity));
  Value isRoot = f.both(isNegative, f.compare(arith::CmpFPredicate::ONE, y, f.trunc(y)));
  power = f.select(isRoot, f.number(std::numeric_limits<double>::quiet_NaN()), power);
  // One, whatever the other operand: x^0, 1^y, and (-1)^inf.
  Value isOne = f.either(f.equal(y, zero), f.equal(x, one));
  isOne = f.either(isOne, f.both(f.equal(magnitude, one), f.equal(f.abs(y), infinity)));
  return f.select(isOne, one, power);
}

Value ashlar::buildLog10(FunctionBuilder &f, Value x) {
  return f.mul(f.log(x), f.number(std::numbers::log10e));
}
