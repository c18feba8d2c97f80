//===-- Passes.h - passes on tensors ----------------------------*- C++ -*-===//
#ifndef ASHLAR_TENSOR_PASSES_H
#define ASHLAR_TENSOR_PASSES_H

#include "dialects/Ashlar/Ashlar.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/Pass.h"

namespace ashlar {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "ashlar/Tensor/Passes.h.inc"

} // namespace ashlar

#endif // ASHLAR_TENSOR_PASSES_H
