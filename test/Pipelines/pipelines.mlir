// The registered pipelines, one after the other and as one, end where they say.

// RUN: ashlar-opt %s --ashlar-compile-tensor=target=sm_80 | FileCheck %s --check-prefix=TENSOR
// RUN: ashlar-opt %s --ashlar-compile-tensor --ashlar-compile-tile=target=sm_90a | FileCheck %s --check-prefix=TILE
// RUN: ashlar-opt %s --ashlar-compile-tensor --ashlar-compile-tile --ashlar-compile-gpu -o %t.steps.mlir
// RUN: ashlar-opt %s --ashlar-compile -o %t.once.mlir
// RUN: cmp %t.steps.mlir %t.once.mlir
// RUN: FileCheck %s --check-prefix=GPU --input-file=%t.once.mlir
// RUN: not ashlar-opt %s --ashlar-compile=target=sm_99 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: sm_99
// TENSOR: tile.kernel @product_matmul
// TENSOR-NOT: tile.barrier
// TENSOR: tile.launch @product_matmul
// TILE: tile.kernel @product_matmul
// TILE-SAME: shared_bytes
// TILE: tile.copy async
// TILE: tile.barrier
// GPU: gpu.module @kernels
// GPU: llvm.func @product_matmul
// GPU: nvvm.mma.sync
func.func @product(%a: tensor<96x512xf16>, %b: tensor<512x80xf16>) -> tensor<96x80xf16> {
  %0 = ashlar.matmul %a, %b : tensor<96x512xf16>, tensor<512x80xf16> -> tensor<96x80xf16>
  return %0 : tensor<96x80xf16>
}
