//===-- MathFunctions.h - Functions that become arithmetic ------*- C++ -*-===//
//
// The formulas behind MathExpansion.cpp, all on f32 or vectors of f32. Unless said otherwise the error is a
// few units in the last place, and infinities, zeros of both signs and NaN give what C's functions give.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_GPU_MATHFUNCTIONS_H
#define ASHLAR_LIB_GPU_MATHFUNCTIONS_H

#include "FunctionBuilder.h"

namespace ashlar {

// MathTrigonometry.cpp. The sine and its kin are exact to f32 for |x| up to about 10^5; beyond, the quadrant
// is lost.
mlir::Value buildSin(FunctionBuilder &f, mlir::Value x);
mlir::Value buildCos(FunctionBuilder &f, mlir::Value x);
mlir::Value buildTan(FunctionBuilder &f, mlir::Value x);
mlir::Value buildAtan(FunctionBuilder &f, mlir::Value y);
mlir::Value buildAtan2(FunctionBuilder &f, mlir::Value y, mlir::Value x);

// MathHyperbolic.cpp.
mlir::Value buildSinh(FunctionBuilder &f, mlir::Value x);
mlir::Value buildCosh(FunctionBuilder &f, mlir::Value x);
mlir::Value buildAsinh(FunctionBuilder &f, mlir::Value x);
mlir::Value buildAcosh(FunctionBuilder &f, mlir::Value x);
mlir::Value buildAtanh(FunctionBuilder &f, mlir::Value x);

// MathPower.cpp.
mlir::Value buildPow(FunctionBuilder &f, mlir::Value x, mlir::Value y);
mlir::Value buildLog10(FunctionBuilder &f, mlir::Value x);

} // namespace ashlar

#endif // ASHLAR_LIB_GPU_MATHFUNCTIONS_H
