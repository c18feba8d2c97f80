//===-- Passes.td - from one block's program to one thread's -*- tablegen -*-===//
#ifndef ASHLAR_TILETOGPU_PASSES
#define ASHLAR_TILETOGPU_PASSES

include "mlir/Pass/PassBase.td"

def ConvertTileToGPUPass : Pass<"ashlar-convert-tile-to-gpu", "::mlir::ModuleOp"> {
  let summary = "Turn every tile.kernel into a gpu.func, one thread's program";
  let description = [{
    Tiles become vectors of the registers that their distribution gives to a thread, buffers become pointers,
    copies, loads and stores become addressed vector accesses, `ldmatrix` and `cp.async`, and matrix products
    `mma.sync` or fused multiply-adds.

    Before:
    ```mlir
    tile.kernel @double(%in: !tile.buffer<256xf32, global>, %out: !tile.buffer<256xf32, global>)
        grid affine_map<() -> (2, 1, 1)> threads 32 {
      …
      %t = tile.load %view[%start] : !tile.view<256xf32> -> tensor<128xf32, #rows>
      %d = arith.addf %t, %t : tensor<128xf32, #rows>
      tile.store %d, %out_view[%start] : …
    ```
    After:
    ```mlir
    gpu.module @kernels {
      llvm.mlir.global external @ashlar_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>
      gpu.func @double(%in: !llvm.ptr<1>, %out: !llvm.ptr<1>) kernel attributes {nvvm.reqntid = array<i32: 32, 1, 1>} {
        %thread = gpu.thread_id x
        …
        %0 = llvm.load %address {alignment = 16} : !llvm.ptr<1> -> vector<4xf32>
    ```

    Needs: every tile has a distribution, every shared buffer an offset, and the barriers are there
    (`ashlar-tile-assign-layouts`, `-plan-shared-memory`, `-plan-barriers`). Leaves: `tile.launch` in the functions,
    which now names `@kernels::@name`. Each gpu.func keeps `ashlar.grid`, `ashlar.shared_bytes` and
    `ashlar.schedule`.
  }];
  let dependentDialects = [
    "::mlir::gpu::GPUDialect", "::mlir::NVVM::NVVMDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::vector::VectorDialect", "::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect",
    "::mlir::math::MathDialect", "::ashlar::ptx::PtxDialect"
  ];
}

#endif
