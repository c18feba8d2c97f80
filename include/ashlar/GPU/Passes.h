//===-- Passes.h - Passes on one thread's program ---------------*- C++ -*-===//
//
// Creation and registration of the passes declared in Passes.td.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_GPU_PASSES_H
#define ASHLAR_GPU_PASSES_H

#include "dialects/Ptx/Ptx.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/Pass.h"

namespace ashlar {

/// Attribute of a `gpu.module` or `gpu.func`: the width of `index` on the device, an integer 32 or 64.
inline constexpr llvm::StringLiteral indexBitwidthAttrName = "ashlar.index_bitwidth";

/// Index arithmetic of 32 bits is right for tensors of at most so many elements: what a tile reaches beyond
/// the last element must not wrap around.
inline constexpr int64_t maxElements32Bit = (int64_t(1) << 31) - (int64_t(1) << 24);

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "ashlar/GPU/Passes.h.inc"

} // namespace ashlar

#endif // ASHLAR_GPU_PASSES_H
