//===-- FunctionBuilder.h - Writing functions as formulas -------*- C++ -*-===//
//
// Short names for the arithmetic that functions expand into, on scalars or vectors of f32 alike. Private to
// lib/GPU.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_GPU_FUNCTIONBUILDER_H
#define ASHLAR_LIB_GPU_FUNCTIONBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace ashlar {

class FunctionBuilder {
public:
  /// Builds at the place of `builder`, on values of `type`: f32 or a vector of f32.
  FunctionBuilder(mlir::ImplicitLocOpBuilder &builder, mlir::Type type) : builder(builder), type(type) {}

  mlir::Value number(double value);
  mlir::Value integer(int64_t value);

  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value sub(mlir::Value a, mlir::Value b);
  mlir::Value mul(mlir::Value a, mlir::Value b);
  mlir::Value div(mlir::Value a, mlir::Value b);
  mlir::Value neg(mlir::Value a);
  /// a * b + c, rounded once.
  mlir::Value fma(mlir::Value a, mlir::Value b, mlir::Value c);
  /// The larger and the smaller; no number if one of them is none.
  mlir::Value max(mlir::Value a, mlir::Value b);
  mlir::Value min(mlir::Value a, mlir::Value b);
  mlir::Value abs(mlir::Value a);
  mlir::Value sqrt(mlir::Value a);
  mlir::Value trunc(mlir::Value a);
  mlir::Value roundEven(mlir::Value a);
  mlir::Value exp(mlir::Value a);
  mlir::Value exp2(mlir::Value a);
  mlir::Value expm1(mlir::Value a);
  mlir::Value log(mlir::Value a);
  mlir::Value log1p(mlir::Value a);
  mlir::Value copySign(mlir::Value magnitude, mlir::Value sign);
  /// The polynomial of `x` whose coefficients are given from the highest power down.
  mlir::Value polynomial(mlir::Value x, std::initializer_list<double> coefficients);

  mlir::Value compare(mlir::arith::CmpFPredicate predicate, mlir::Value a, mlir::Value b);
  mlir::Value less(mlir::Value a, mlir::Value b) { return compare(mlir::arith::CmpFPredicate::OLT, a, b); }
  mlir::Value equal(mlir::Value a, mlir::Value b) { return compare(mlir::arith::CmpFPredicate::OEQ, a, b); }
  mlir::Value select(mlir::Value condition, mlir::Value a, mlir::Value b);
  mlir::Value both(mlir::Value a, mlir::Value b);
  mlir::Value either(mlir::Value a, mlir::Value b);

  /// The bits of a float as an i32, and back.
  mlir::Value bits(mlir::Value a);
  mlir::Value fromBits(mlir::Value a);
  /// Conversion of whole numbers.
  mlir::Value toInteger(mlir::Value a);
  mlir::Value fromInteger(mlir::Value a);
  mlir::Value addInteger(mlir::Value a, mlir::Value b);
  mlir::Value subInteger(mlir::Value a, mlir::Value b);
  mlir::Value andInteger(mlir::Value a, mlir::Value b);
  /// Arithmetic shift to the right.
  mlir::Value shiftRight(mlir::Value a, int64_t count);
  mlir::Value isNonzero(mlir::Value a);
  mlir::Value isNegative(mlir::Value a);

private:
  mlir::Type integerType();

  mlir::ImplicitLocOpBuilder &builder;
  mlir::Type type;
};

/// A scalar or splat constant of `type`.
mlir::Value buildConstant(mlir::ImplicitLocOpBuilder &builder, mlir::Type type, mlir::TypedAttr element);

} // namespace ashlar

#endif // ASHLAR_LIB_GPU_FUNCTIONBUILDER_H
