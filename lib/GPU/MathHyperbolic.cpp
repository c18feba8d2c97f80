//===-- MathHyperbolic.cpp - Hyperbolic functions as arithmetic -----------===//
//
// Formulas that neither cancel near zero nor overflow before their result does.
//
//===----------------------------------------------------------------------===//

#include "MathFunctions.h"

#include <limits>
#include <numbers>

using namespace mlir;
using namespace ashlar;

/// exp(|x|) / 2 and exp(-|x|) / 2. The exponential of |x| / 2 is squared, since that of |x| would overflow
/// too early.
static std::pair<Value, Value> halfExponentials(FunctionBuilder &f, Value x) {
  Value half = f.number(0.5);
  Value root = f.exp(f.mul(f.abs(x), half));
  Value growing = f.mul(f.mul(root, half), root);
  Value decaying = f.div(f.div(half, root), root);
  return {growing, decaying};
}

Value ashlar::buildSinh(FunctionBuilder &f, Value x) {
  auto [growing, decaying] = halfExponentials(f, x);
  Value large = f.copySign(f.sub(growing, decaying), x);
  Value square = f.mul(x, x);
  Value small =
      f.fma(f.polynomial(square, {1.0 / 362880, 1.0 / 5040, 1.0 / 120, 1.0 / 6}), f.mul(square, x), x);
  return f.select(f.less(f.abs(x), f.number(1.0)), small, large);
}

Value ashlar::buildCosh(FunctionBuilder &f, Value x) {
  auto [growing, decaying] = halfExponentials(f, x);
  return f.add(growing, decaying);
}

/// Above this, 1 + x^2 is x^2 in f32, and the root of the square is x.
static constexpr double largeArgument = 1e6;

/// ln(x + sqrt(x^2 + 1)) = log1p(x + x^2 / (1 + sqrt(1 + x^2))), and ln 2x for large x.
Value ashlar::buildAsinh(FunctionBuilder &f, Value x) {
  Value magnitude = f.abs(x), one = f.number(1.0);
  Value square = f.mul(magnitude, magnitude);
  Value excess = f.add(magnitude, f.div(square, f.add(one, f.sqrt(f.add(one, square)))));
  Value large = f.add(f.log(magnitude), f.number(std::numbers::ln2));
  Value isLarge = f.less(f.number(largeArgument), magnitude);
  return f.copySign(f.select(isLarge, large, f.log1p(excess)), x);
}

/// ln(x + sqrt(x^2 - 1)) = log1p(t + sqrt(2t + t^2)) with t = x - 1, and ln 2x for large x. Far below 1,
/// where there is no value, the root of 2t + t^2 would be -t.
Value ashlar::buildAcosh(FunctionBuilder &f, Value x) {
  Value one = f.number(1.0), none = f.number(std::numeric_limits<double>::quiet_NaN());
  Value t = f.select(f.less(x, one), none, f.sub(x, one));
  Value excess = f.add(t, f.sqrt(f.mul(t, f.add(t, f.number(2.0)))));
  Value large = f.add(f.log(x), f.number(std::numbers::ln2));
  return f.select(f.less(f.number(largeArgument), x), large, f.log1p(excess));
}

/// ln((1 + x) / (1 - x)) / 2 = log1p(2x / (1 - x)) / 2.
Value ashlar::buildAtanh(FunctionBuilder &f, Value x) {
  Value magnitude = f.abs(x);
  Value excess = f.div(f.add(magnitude, magnitude), f.sub(f.number(1.0), magnitude));
  return f.copySign(f.mul(f.number(0.5), f.log1p(excess)), x);
}
