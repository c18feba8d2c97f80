//===-- Coordinates.cpp - where in the tile a thread works ------------------===//
//
// Index arithmetic for addresses: thread coordinates from mixed-radix digits, and affine maps with known ranges.
//
//===-----------------------------------------------------------------------===//
#include "Coordinates.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

static std::optional<int64_t> constantOf(Value value) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return constant.getSExtValue();
  return std::nullopt;
}

Value IndexMath::constant(int64_t value) { return arith::ConstantIndexOp::create(builder, loc, value); }

Value IndexMath::add(Value a, Value b) {
  if (constantOf(a) == 0)
    return b;
  return constantOf(b) == 0 ? a : builder.createOrFold<arith::AddIOp>(loc, a, b);
}

Value IndexMath::add(Value a, int64_t b) {
  return b == 0 ? a : builder.createOrFold<arith::AddIOp>(loc, a, constant(b));
}

Value IndexMath::mul(Value a, int64_t b) {
  if (b == 0)
    return constant(0);
  return b == 1 ? a : builder.createOrFold<arith::MulIOp>(loc, a, constant(b));
}

Value IndexMath::div(Value a, int64_t b) {
  return b == 1 ? a : builder.createOrFold<arith::DivUIOp>(loc, a, constant(b));
}

Value IndexMath::rem(Value a, int64_t b) {
  return b == 1 ? constant(0) : builder.createOrFold<arith::RemUIOp>(loc, a, constant(b));
}

Value IndexMath::bitAnd(Value a, int64_t b) { return builder.createOrFold<arith::AndIOp>(loc, a, constant(b)); }

Value IndexMath::bitXor(Value a, Value b) { return builder.createOrFold<arith::XOrIOp>(loc, a, b); }

Value IndexMath::thread() { return gpu::ThreadIdOp::create(builder, loc, gpu::Dimension::x); }
Value IndexMath::lane() { return rem(thread(), 32); }
Value IndexMath::warpStart() { return bitAnd(thread(), ~int64_t(31) & 0x7fffffff); }

Value IndexMath::both(Value a, Value b) {
  if (!a || !b)
    return a ? a : b;
  return builder.createOrFold<arith::AndIOp>(loc, a, b);
}

Value IndexMath::lessThan(Value a, Value b) {
  // Unsigned: a negative coordinate is out of bounds as well.
  return builder.createOrFold<arith::CmpIOp>(loc, arith::CmpIPredicate::ult, a, b);
}

static Value digitOf(IndexMath &math, const layout::ThreadDigit &digit, Value thread, bool isLast) {
  Value quotient = math.div(thread, digit.divisor);
  return isLast ? quotient : math.rem(quotient, digit.mode.size);
}

SmallVector<Value> ashlar::tile::threadCoordinates(IndexMath &math, const layout::Distribution &distribution,
                                                   int64_t rank, Value thread) {
  SmallVector<Value> coordinates(rank, math.constant(0));
  std::vector<layout::ThreadDigit> digits = distribution.threadDigits();
  int64_t threads = distribution.threads();
  for (const layout::ThreadDigit &digit : digits) {
    if (digit.mode.stride == 0)
      continue;
    bool isLast = digit.divisor * digit.mode.size == threads;
    Value step = math.mul(digitOf(math, digit, thread, isLast), digit.mode.stride);
    coordinates[digit.mode.dim] = math.add(coordinates[digit.mode.dim], step);
  }
  return coordinates;
}

Value ashlar::tile::isFirstCopy(IndexMath &math, const layout::Distribution &distribution) {
  Value condition;
  for (const layout::ThreadDigit &digit : distribution.replicatedDigits()) {
    Value value = digitOf(math, digit, math.thread(), /*isLast=*/false);
    Value isZero = arith::CmpIOp::create(math.builder, math.loc, arith::CmpIPredicate::eq, value, math.constant(0));
    condition = math.both(condition, isZero);
  }
  return condition;
}

//===-- Affine expressions ----------------------------------------------------===//

static std::optional<int64_t> sum(std::optional<int64_t> a, std::optional<int64_t> b) {
  int64_t result;
  if (!a || !b || llvm::AddOverflow(*a, *b, result))
    return std::nullopt;
  return result;
}

static std::optional<int64_t> product(std::optional<int64_t> a, int64_t b) {
  int64_t result;
  if (!a || llvm::MulOverflow(*a, b, result))
    return std::nullopt;
  return result;
}

static Interval scaled(Interval range, int64_t factor) {
  if (factor < 0)
    std::swap(range.lower, range.upper);
  return {product(range.lower, factor), product(range.upper, factor)};
}

/// Flooring division; the signs of C++ division do not matter to callers that pass any integer.
static std::optional<int64_t> floorDivide(std::optional<int64_t> a, int64_t b) {
  if (!a)
    return std::nullopt;
  return *a >= 0 ? *a / b : -((-*a + b - 1) / b);
}

Interval ashlar::tile::rangeOf(AffineExpr expr, ArrayRef<Interval> dims, ArrayRef<Interval> symbols) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dims[dim.getPosition()];
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return symbols[symbol.getPosition()];
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return {constant.getValue(), constant.getValue()};
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Interval left = rangeOf(binary.getLHS(), dims, symbols);
  if (expr.getKind() == AffineExprKind::Add) {
    Interval right = rangeOf(binary.getRHS(), dims, symbols);
    return {sum(left.lower, right.lower), sum(left.upper, right.upper)};
  }
  auto constant = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (!constant)
    return {};
  int64_t value = constant.getValue();
  switch (expr.getKind()) {
  case AffineExprKind::Mul:
    return scaled(left, value);
  case AffineExprKind::Mod: {
    bool unchanged = left.lower && *left.lower >= 0 && left.upper && *left.upper < value;
    return unchanged ? left : Interval{0, value - 1};
  }
  case AffineExprKind::FloorDiv:
    return value > 0 ? Interval{floorDivide(left.lower, value), floorDivide(left.upper, value)} : Interval{};
  default:
    return {};
  }
}

Value ashlar::tile::expandExpression(IndexMath &math, AffineExpr expr, ValueRange dims, ValueRange symbols,
                                     ArrayRef<Interval> dimRanges, ArrayRef<Interval> symbolRanges) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dims[dim.getPosition()];
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return symbols[symbol.getPosition()];
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return math.constant(constant.getValue());
  auto binary = cast<AffineBinaryOpExpr>(expr);
  auto expand = [&](AffineExpr part) {
    return expandExpression(math, part, dims, symbols, dimRanges, symbolRanges);
  };
  Value left = expand(binary.getLHS());
  if (expr.getKind() == AffineExprKind::Add)
    return math.add(left, expand(binary.getRHS()));
  auto constant = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (expr.getKind() == AffineExprKind::Mul)
    return constant ? math.mul(left, constant.getValue())
                    : math.builder.createOrFold<arith::MulIOp>(math.loc, left, expand(binary.getRHS()));
  Interval range = rangeOf(binary.getLHS(), dimRanges, symbolRanges);
  if (constant && range.lower && *range.lower >= 0 && expr.getKind() != AffineExprKind::CeilDiv)
    return expr.getKind() == AffineExprKind::Mod ? math.rem(left, constant.getValue())
                                                 : math.div(left, constant.getValue());
  Value right = expand(binary.getRHS());
  switch (expr.getKind()) {
  case AffineExprKind::FloorDiv:
    return arith::FloorDivSIOp::create(math.builder, math.loc, left, right);
  case AffineExprKind::CeilDiv:
    return arith::CeilDivSIOp::create(math.builder, math.loc, left, right);
  default: { // Mod: a - floor(a / b) * b
    Value quotient = arith::FloorDivSIOp::create(math.builder, math.loc, left, right);
    Value multiple = arith::MulIOp::create(math.builder, math.loc, quotient, right);
    return arith::SubIOp::create(math.builder, math.loc, left, multiple);
  }
  }
}
