//===-- Passes.h - from tensors to one block's program ----------*- C++ -*-===//
#ifndef ASHLAR_TENSORTOTILE_PASSES_H
#define ASHLAR_TENSORTOTILE_PASSES_H

#include "dialects/Ashlar/Ashlar.h"
#include "dialects/Tile/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/Pass.h"

namespace ashlar {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "ashlar/TensorToTile/Passes.h.inc"

} // namespace ashlar

#endif // ASHLAR_TENSORTOTILE_PASSES_H
