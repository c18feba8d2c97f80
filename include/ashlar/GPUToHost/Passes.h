//===-- Passes.h - From the LLVM-level kernel module to host code ---------===//

#ifndef ASHLAR_GPUTOHOST_PASSES_H
#define ASHLAR_GPUTOHOST_PASSES_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace ashlar {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "ashlar/GPUToHost/Passes.h.inc"

} // namespace ashlar

#endif
