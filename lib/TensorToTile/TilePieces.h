//===-- TilePieces.h - tensors put together from pieces ---------*- C++ -*-===//
#ifndef ASHLAR_LIB_TENSORTOTILE_TILEPIECES_H
#define ASHLAR_LIB_TENSORTOTILE_TILEPIECES_H

#include "ashlar/TensorToTile/TileEvaluator.h"
#include "llvm/ADT/Twine.h"

namespace ashlar {

/// Says why an operation cannot be computed inside of a kernel, and fails.
mlir::FailureOr<PartialTile> refuseInKernel(mlir::Operation *op, const llvm::Twine &reason);

} // namespace ashlar

#endif // ASHLAR_LIB_TENSORTOTILE_TILEPIECES_H
