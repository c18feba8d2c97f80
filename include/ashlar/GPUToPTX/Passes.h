//===-- Passes.h - Passes from kernels to PTX -------------------*- C++ -*-===//
//
// Creation and registration of the passes declared in Passes.td.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_GPUTOPTX_PASSES_H
#define ASHLAR_GPUTOPTX_PASSES_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Pass/Pass.h"

namespace ashlar {

/// Attributes that `ashlar-emit-ptx` gives a `gpu.module`.
inline constexpr llvm::StringLiteral ptxAttrName = "ashlar.ptx";
inline constexpr llvm::StringLiteral assemblyAttrName = "ashlar.assembly";

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "ashlar/GPUToPTX/Passes.h.inc"

} // namespace ashlar

#endif // ASHLAR_GPUTOPTX_PASSES_H
