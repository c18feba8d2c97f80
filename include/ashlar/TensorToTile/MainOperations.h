//===-- MainOperations.h - Lowerings by main operation ----------*- C++ -*-===//
//
// A kernel's main operation decides its loops. Each family has one function, in a file of its own, that gets
// a KernelBuilder positioned in the empty kernel and the main operation, and has to
//
//   1. call `distributeBlocks` once,
//   2. compute the main operation's tile,
//   3. `bind` it in a TileEvaluator over the block's space and call `storeResults`.
//
// To add a family: write `lowerX`, declare it here, add a row to the table in MainOperations.cpp.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_TENSORTOTILE_MAINOPERATIONS_H
#define ASHLAR_TENSORTOTILE_MAINOPERATIONS_H

#include "ashlar/TensorToTile/TileEvaluator.h"

namespace ashlar {

/// Matrix products: one output tile a block, K in a loop, both operands through shared memory.
/// Schedule: `tile` [M, N, K], `threads`, `mma` ("mma_sync" or "fma").
mlir::LogicalResult lowerMatmul(KernelBuilder &kernel, mlir::Operation *op);

/// Attention: one block for some queries, keys and values in a loop. Schedule: `tile` [queries, keys],
/// `packing` (query heads that share a tile's rows), `threads`, `mma`, and `warps` [n, 1] for mma_sync, so
/// that a row stays in a warp; `value_tile`, if a block makes only so many columns of the output.
mlir::LogicalResult lowerAttention(KernelBuilder &kernel, mlir::Operation *op);

/// Convolutions. With the schedule of a matrix product, as one of windows and filters, a group at a time.
/// Where groups have one input channel, also directly. Schedule: `tile` [spatial sizes..., input channels],
/// `threads`, no `mma`.
mlir::LogicalResult lowerConvolution(KernelBuilder &kernel, mlir::Operation *op);

/// Products with quantised weights. Schedule: that of a matrix product; for activations of i8 on tensor
/// cores, K divides a group of weights.
mlir::LogicalResult lowerQuantizedMatmul(KernelBuilder &kernel, mlir::Operation *op);

/// A linalg operation that reduces. Schedule: `tile` [rows, columns], `threads`.
mlir::LogicalResult lowerReduction(KernelBuilder &kernel, mlir::Operation *op);

/// Several reductions along rows, or one with a result of the rows' shape (RowPrograms.h). Schedule: `tile`,
/// an entry for each loop of `op`, the first reduction; `threads`.
mlir::LogicalResult lowerRows(KernelBuilder &kernel, mlir::Operation *op);

/// `ashlar.pack`: elements in packed order, whatever words they end up in. Schedule: `tile` [elements],
/// `threads`.
mlir::LogicalResult lowerPack(KernelBuilder &kernel, mlir::Operation *op);

/// Nothing but evaluable operations; `op` is the one that makes the first result. Schedule: `tile` [rows,
/// columns], `threads`.
mlir::LogicalResult lowerPointwise(KernelBuilder &kernel, mlir::Operation *op);

/// What kernels with a certain main operation are lowered by, and called by default.
struct MainOperation {
  mlir::Operation *op;
  llvm::StringRef name;
  mlir::LogicalResult (*lower)(KernelBuilder &, mlir::Operation *);
};

/// The main operation of a kernel. Fails, with a diagnostic, if there are several or one that has no
/// lowering.
mlir::FailureOr<MainOperation> findMainOperation(ash::KernelOp kernel);

} // namespace ashlar

#endif // ASHLAR_TENSORTOTILE_MAINOPERATIONS_H
