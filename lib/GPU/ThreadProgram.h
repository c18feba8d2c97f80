//===-- ThreadProgram.h - The parts of the conversion to LLVM ---*- C++ -*-===//
//
// What ConvertGPUToLLVM.cpp is put together from; private to lib/GPU.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_GPU_THREADPROGRAM_H
#define ASHLAR_LIB_GPU_THREADPROGRAM_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Support/LLVM.h"

namespace ashlar {

/// Cuts elementwise operations on n-D vectors into operations on their 1-D rows, and those that stand for a
/// scalar instruction into scalars, so that the other patterns see rank 0 and 1 only.
void populateElementwiseUnrollingPatterns(mlir::RewritePatternSet &patterns);

/// Scalar f32 functions of the special-function unit become ptx operations (and what their accuracy needs
/// around them).
void populateMathToPtxPatterns(mlir::RewritePatternSet &patterns);

/// Attribute of a function in which nothing may become a call.
inline constexpr llvm::StringLiteral forbidsCallsAttrName = "ashlar.forbids_calls";
/// Marks the functions in which products of warp groups may be under way.
void markFunctionsWithoutCalls(mlir::gpu::GPUModuleOp gpuModule);

/// Whether one of the patterns above will turn this operation into a scalar instruction.
bool lowersToSpecialFunction(mlir::Operation *op);

/// Computes 16-bit functions in f32 and expands what is left into polynomials and simpler functions.
void populateMathExpansionPatterns(mlir::RewritePatternSet &patterns);

/// Refuses what no pattern can lower, before anything is converted: unknown types, functions without a
/// lowering.
mlir::LogicalResult verifyBeforeConversion(mlir::Operation *gpuModule);

/// Refuses what the conversion has left behind.
mlir::LogicalResult verifyAfterConversion(mlir::Operation *gpuModule);

} // namespace ashlar

#endif // ASHLAR_LIB_GPU_THREADPROGRAM_H
