//===-- Passes.h - from one block's program to one thread's ----------------===//
#ifndef ASHLAR_TILETOGPU_PASSES_H
#define ASHLAR_TILETOGPU_PASSES_H

#include "dialects/Ptx/Ptx.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/Pass.h"

namespace ashlar {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "ashlar/TileToGPU/Passes.h.inc"
} // namespace ashlar

#endif // ASHLAR_TILETOGPU_PASSES_H
