//===-- Passes.td - Passes on one thread's program -----------*- tablegen -*-===//
//
// The passes of the GPU level.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_GPU_PASSES_TD
#define ASHLAR_GPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertGPUToLLVMPass : Pass<"ashlar-convert-gpu-to-llvm", "::mlir::gpu::GPUModuleOp"> {
  let summary = "Convert one thread's program to the LLVM, NVVM and PTX dialects";
  let description = [{
    Turns the kernels of a `gpu.module` into the form that both exits (PTX and simulator) take: `llvm.func`
    whose bodies hold `llvm`, `nvvm` and `ptx` operations only.

    Preconditions: kernels are `gpu.func` whose parameters are `!llvm.ptr<1>`, integers and floats; bodies
    hold `gpu` (ids, barrier, shuffle), `scf`, `cf`, `arith`, `math`, `vector`, `ub`, `llvm`, `nvvm` and `ptx`
    operations; memory is reached through `llvm` pointers. Vectors have any rank; an n-D vector becomes nested
    arrays of 1-D vectors and is only indexed by constants.

    ```mlir
    gpu.func @scale(%data: !llvm.ptr<1>) kernel attributes {known_block_size = array<i32: 128, 1, 1>} {
      %thread = gpu.thread_id x
      %offset = arith.index_cast %thread : index to i32
      %address = llvm.getelementptr %data[%offset] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
      %value = llvm.load %address : !llvm.ptr<1> -> f32
      %result = math.exp2 %value : f32
      llvm.store %result, %address : f32, !llvm.ptr<1>
      gpu.return
    }
    // ==>
    llvm.func @scale(%data: !llvm.ptr<1>) attributes {gpu.kernel, nvvm.kernel, nvvm.minctasm = 1 : i32,
                                                      nvvm.reqntid = array<i32: 128, 1, 1>} {
      %thread = nvvm.read.ptx.sreg.tid.x range <i32, 0, 128> : i32
      %address = llvm.getelementptr %data[%thread] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
      %value = llvm.load %address : !llvm.ptr<1> -> f32
      %result = ptx.ex2 %value : f32
      llvm.store %result, %address : f32, !llvm.ptr<1>
      llvm.return
    }
    ```

    `index` becomes i32, or as wide as the `ashlar.index_bitwidth` attribute (32 or 64) of the function says, or
    that of the module. Kernels keep it. `known_block_size` becomes `nvvm.reqntid`; `nvvm.minctasm` is 1 unless the
    function says otherwise.

    Functions of `math` never become library calls. Exponentials, reciprocal square roots and, under `afn`,
    logarithms, roots, quotients and `tanh` become approximations of the special-function unit; the others
    become polynomials; on f16 and bf16 they are computed in f32, with approximations. What has no lowering
    (for instance a transcendental function of f64) is refused with the name of the operation, its location
    and the reason.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::math::MathDialect", "::mlir::NVVM::NVVMDialect", "::mlir::ub::UBDialect",
    "::mlir::vector::VectorDialect", "::ashlar::ptx::PtxDialect"
  ];
}

#endif // ASHLAR_GPU_PASSES_TD
