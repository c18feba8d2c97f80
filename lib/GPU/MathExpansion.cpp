//===-- MathExpansion.cpp - Functions as polynomials ----------------------===//
//
// What the special-function unit does not compute: 16-bit functions go through f32, the rest becomes
// polynomials. Both exits thereby run the same arithmetic, and neither needs a mathematical library.
//
//===----------------------------------------------------------------------===//

#include "ThreadProgram.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <numbers>

using namespace mlir;
using namespace ashlar;

static bool isSixteenBitFloat(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isF16() || element.isBF16();
}

/// Questions about the encoding of a float, which f32 would answer for another type.
static bool isClassification(Operation *op) {
  return isa<math::IsNaNOp, math::IsInfOp, math::IsFiniteOp, math::IsNormalOp>(op);
}

/// `type` with f32 elements where it has 16-bit floats.
static Type widened(Type type) {
  if (!isSixteenBitFloat(type))
    return type;
  Type f32 = Float32Type::get(type.getContext());
  if (auto shaped = dyn_cast<ShapedType>(type))
    return shaped.clone(f32);
  return f32;
}

/// A scalar or splat constant of `type`.
static Value constant(ImplicitLocOpBuilder &builder, Type type, TypedAttr element) {
  if (auto shaped = dyn_cast<ShapedType>(type))
    element = DenseElementsAttr::get(shaped, Attribute(element));
  return arith::ConstantOp::create(builder, element);
}

static Value constant(ImplicitLocOpBuilder &builder, Type type, double value) {
  return constant(builder, type, builder.getFloatAttr(getElementTypeOrSelf(type), value));
}

static Value integerConstant(ImplicitLocOpBuilder &builder, Type type, int64_t value) {
  return constant(builder, type, builder.getIntegerAttr(getElementTypeOrSelf(type), value));
}

namespace {
/// A function of 16-bit floats is that of f32, rounded. Approximations lie below the rounding, hence `afn`.
struct ComputeInF32 : RewritePattern {
  ComputeInF32(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/8, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isa_and_present<math::MathDialect>(op->getDialect()))
      return rewriter.notifyMatchFailure(op, "is not a function");
    if (isa<math::AbsFOp, math::CopySignOp, math::ClampFOp, math::FmaOp>(op) || isClassification(op))
      return rewriter.notifyMatchFailure(op, "exists for 16 bits");
    if (llvm::none_of(op->getOperandTypes(), isSixteenBitFloat))
      return rewriter.notifyMatchFailure(op, "has no 16-bit operand");

    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(
          isSixteenBitFloat(operand.getType())
              ? arith::ExtFOp::create(rewriter, op->getLoc(), widened(operand.getType()), operand)
              : operand);
    SmallVector<Type> types = llvm::map_to_vector(op->getResultTypes(), widened);
    Operation *wide =
        rewriter.create(op->getLoc(), op->getName().getIdentifier(), operands, types, op->getAttrs());
    if (auto fast = dyn_cast<arith::ArithFastMathInterface>(wide)) {
      arith::FastMathFlags flags = fast.getFastMathFlagsAttr().getValue() | arith::FastMathFlags::afn;
      wide->setAttr(fast.getFastMathAttrName(), arith::FastMathFlagsAttr::get(op->getContext(), flags));
    }
    SmallVector<Value> results;
    for (auto [result, type] : llvm::zip_equal(wide->getResults(), op->getResultTypes()))
      results.push_back(isSixteenBitFloat(type)
                            ? arith::TruncFOp::create(rewriter, op->getLoc(), type, result)
                            : Value(result));
    rewriter.replaceOp(op, results);
    return success();
  }
};
} // namespace

/// sin(x + quarters * pi/2). With k the nearest integer to x / (pi/2), the rest r = x - k * pi/2 lies in
/// [-pi/4, pi/4]; pi/2 in three parts keeps r exact to f32 for |x| up to about 10^5, beyond which the
/// quadrant is lost gradually. The polynomials are the Taylor series, long enough for the rounding of f32 on
/// that interval.
static Value buildSine(ImplicitLocOpBuilder &builder, Value x, int64_t quarters) {
  Type type = x.getType();
  auto number = [&](double value) { return constant(builder, type, value); };
  auto fma = [&](Value a, Value b, Value c) -> Value { return math::FmaOp::create(builder, a, b, c); };
  auto polynomial = [&](Value square, std::initializer_list<double> coefficients) {
    Value sum = number(*coefficients.begin());
    for (double coefficient : llvm::drop_begin(coefficients))
      sum = fma(sum, square, number(coefficient));
    return sum;
  };

  Value turns = arith::MulFOp::create(builder, x, number(2.0 / std::numbers::pi));
  Value k = math::RoundEvenOp::create(builder, turns);
  Value minusK = arith::NegFOp::create(builder, k);
  Value r = x;
  for (double part : {0x1.921fb6p+0, -0x1.777a5cp-25, -0x1.ee59dap-50})
    r = fma(minusK, number(part), r);

  Value square = arith::MulFOp::create(builder, r, r);
  Value cube = arith::MulFOp::create(builder, square, r);
  Value sine = fma(polynomial(square, {1.0 / 362880, -1.0 / 5040, 1.0 / 120, -1.0 / 6}), cube, r);
  Value cosine = polynomial(square, {-1.0 / 3628800, 1.0 / 40320, -1.0 / 720, 1.0 / 24, -0.5, 1.0});

  Type integers = builder.getI32Type();
  if (auto shaped = dyn_cast<ShapedType>(type))
    integers = shaped.clone(integers);
  Value quadrant = arith::FPToSIOp::create(builder, integers, k);
  if (quarters != 0)
    quadrant = arith::AddIOp::create(builder, quadrant, integerConstant(builder, integers, quarters));
  auto bitIsSet = [&](int64_t bit) -> Value {
    Value masked = arith::AndIOp::create(builder, quadrant, integerConstant(builder, integers, bit));
    return arith::CmpIOp::create(builder, arith::CmpIPredicate::ne, masked,
                                 integerConstant(builder, integers, 0));
  };
  Value magnitude = arith::SelectOp::create(builder, bitIsSet(1), cosine, sine);
  return arith::SelectOp::create(builder, bitIsSet(2), arith::NegFOp::create(builder, magnitude), magnitude);
}

namespace {
struct ExpandTrigonometry : RewritePattern {
  ExpandTrigonometry(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/5, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isa<math::SinOp, math::CosOp, math::SincosOp, math::TanOp>(op))
      return rewriter.notifyMatchFailure(op, "is not a trigonometric function");
    Value x = op->getOperand(0);
    if (!getElementTypeOrSelf(x).isF32())
      return rewriter.notifyMatchFailure(op, "is not a function of f32");
    ImplicitLocOpBuilder builder(op->getLoc(), rewriter);
    if (isa<math::SinOp>(op))
      rewriter.replaceOp(op, buildSine(builder, x, 0));
    else if (isa<math::CosOp>(op))
      rewriter.replaceOp(op, buildSine(builder, x, 1));
    else if (isa<math::SincosOp>(op))
      rewriter.replaceOp(op, {buildSine(builder, x, 0), buildSine(builder, x, 1)});
    else
      rewriter.replaceOpWithNewOp<arith::DivFOp>(op, buildSine(builder, x, 0), buildSine(builder, x, 1));
    return success();
  }
};

/// Classes of floats as comparisons of the magnitude; comparisons are false where an operand is no number.
struct ExpandClassification : RewritePattern {
  ExpandClassification(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/5, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isClassification(op))
      return rewriter.notifyMatchFailure(op, "does not ask for a class of floats");
    ImplicitLocOpBuilder builder(op->getLoc(), rewriter);
    Value x = op->getOperand(0);
    auto compare = [&](arith::CmpFPredicate predicate, Value a, Value b) -> Value {
      return arith::CmpFOp::create(builder, predicate, a, b);
    };
    if (isa<math::IsNaNOp>(op)) {
      rewriter.replaceOp(op, compare(arith::CmpFPredicate::UNO, x, x));
      return success();
    }
    auto type = cast<FloatType>(getElementTypeOrSelf(x));
    Value magnitude = math::AbsFOp::create(builder, x);
    auto limit = [&](const APFloat &value) {
      return constant(builder, x.getType(), cast<TypedAttr>(builder.getFloatAttr(type, value)));
    };
    Value infinity = limit(APFloat::getInf(type.getFloatSemantics()));
    if (isa<math::IsInfOp>(op)) {
      rewriter.replaceOp(op, compare(arith::CmpFPredicate::OEQ, magnitude, infinity));
      return success();
    }
    Value answer = compare(arith::CmpFPredicate::OLT, magnitude, infinity);
    if (isa<math::IsNormalOp>(op)) {
      Value smallest = limit(APFloat::getSmallestNormalized(type.getFloatSemantics()));
      answer =
          arith::AndIOp::create(builder, answer, compare(arith::CmpFPredicate::OGE, magnitude, smallest));
    }
    rewriter.replaceOp(op, answer);
    return success();
  }
};

/// Integer powers by squaring, one step a bit of the exponent. A negative exponent asks for the reciprocal: 1
/// and -1 are their own, and that of any other number rounds to 0.
struct ExpandIntegerPower : OpRewritePattern<math::IPowIOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::IPowIOp op, PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder builder(op.getLoc(), rewriter);
    Type type = op.getType();
    Value base = op.getLhs(), exponent = op.getRhs();
    Value zero = integerConstant(builder, type, 0), one = integerConstant(builder, type, 1);
    auto compare = [&](arith::CmpIPredicate predicate, Value a, Value b) -> Value {
      return arith::CmpIOp::create(builder, predicate, a, b);
    };
    auto select = [&](Value condition, Value a, Value b) -> Value {
      return arith::SelectOp::create(builder, condition, a, b);
    };
    Value power = one, square = base;
    for (unsigned bit = 0, width = getElementTypeOrSelf(type).getIntOrFloatBitWidth(); bit < width; ++bit) {
      Value shifted = arith::ShRUIOp::create(builder, exponent, integerConstant(builder, type, bit));
      Value set = compare(arith::CmpIPredicate::ne, arith::AndIOp::create(builder, shifted, one), zero);
      power = select(set, arith::MulIOp::create(builder, power, square), power);
      square = arith::MulIOp::create(builder, square, square);
    }
    // The bits of a negative exponent raise -1 to the right parity already.
    Value minusOne = integerConstant(builder, type, -1);
    Value isUnit = arith::OrIOp::create(builder, compare(arith::CmpIPredicate::eq, base, one),
                                        compare(arith::CmpIPredicate::eq, base, minusOne));
    Value isNegative = compare(arith::CmpIPredicate::slt, exponent, zero);
    rewriter.replaceOp(op, select(isNegative, select(isUnit, power, zero), power));
    return success();
  }
};

/// log10 x = ln x * log10 e.
struct ExpandLog10 : OpRewritePattern<math::Log10Op> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::Log10Op op, PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return rewriter.notifyMatchFailure(op, "is not a function of f32");
    ImplicitLocOpBuilder builder(op.getLoc(), rewriter);
    Value natural = math::LogOp::create(builder, op.getOperand());
    rewriter.replaceOpWithNewOp<arith::MulFOp>(op, natural,
                                               constant(builder, op.getType(), std::numbers::log10e));
    return success();
  }
};
} // namespace

void ashlar::populateMathExpansionPatterns(RewritePatternSet &patterns) {
  patterns.add<ComputeInF32, ExpandTrigonometry, ExpandClassification, ExpandIntegerPower, ExpandLog10>(
      patterns.getContext());

  constexpr StringRef polynomials[] = {"math.acos", "math.asin",  "math.atan", "math.atan2",
                                       "math.cbrt", "math.erf",   "math.erfc", "math.expm1",
                                       "math.log",  "math.log1p", "math.log2", "math.tanh"};
  populateMathPolynomialApproximationPatterns(
      patterns, [&](StringRef name) { return llvm::is_contained(polynomials, name); });
  math::populateExpansionPatterns(
      patterns, {"acosh", "asinh", "atanh", "clampf", "cosh", "fpowi", "powf", "round", "sinh"});
}
