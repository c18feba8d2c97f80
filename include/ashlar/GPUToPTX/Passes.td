//===-- Passes.td - Passes from kernels to PTX ---------------*- tablegen -*-===//
//
// The passes of the edge GPUToPTX.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_GPUTOPTX_PASSES_TD
#define ASHLAR_GPUTOPTX_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertGPUToPTXPass : Pass<"ashlar-convert-gpu-to-ptx", "::mlir::gpu::GPUModuleOp"> {
  let summary = "Convert ptx operations to inline assembly";
  let description = [{
    Takes the LLVM-level kernel module and leaves LLVM's dialects only: operations with an
    `InlinePtxInterface`, and those of NVVM that LLVM knows as text, become `llvm.inline_asm`. The result can
    be translated to LLVM IR.

    Preconditions: what `ashlar-convert-gpu-to-llvm` leaves behind.

    ```mlir
    %y = ptx.ex2 %x : f32
    // ==>
    %y = llvm.inline_asm "ex2.approx.ftz.f32 $0, $1;", "=f,f" %x : (f32) -> f32
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect"];
}

def EmitPTXPass : Pass<"ashlar-emit-ptx", "::mlir::gpu::GPUModuleOp"> {
  let summary = "Emit the PTX of a kernel module, and what the assembler says of it";
  let description = [{
    Compiles the LLVM-level kernel module to PTX and attaches the text as the attribute `ashlar.ptx`; with
    `assemble` it also runs `ptxas`, if one is found, and attaches `ashlar.assembly`: for every kernel a
    dictionary of its registers (a thread), `stack_bytes`, `spill_store_bytes` and `spill_load_bytes` (a
    thread), `shared_bytes` (static, a block), `barriers`, and under `notes` what the assembler remarked. The
    module itself stays as it is.

    Preconditions: what `ashlar-convert-gpu-to-llvm` leaves behind.

    ```mlir
    gpu.module @kernels { llvm.func @scale(...) attributes {gpu.kernel, nvvm.kernel} {...} }
    // ==> target=sm_80 assemble=true
    gpu.module @kernels attributes {ashlar.ptx = "...",
                                    ashlar.assembly = {notes = [], scale = {registers = 12 : i32, ...}}}
    ```
  }];
  let options = [
    Option<"target", "target", "std::string", "\"sm_80\"",
           "GPU to compile for: sm_80, sm_86, sm_89 or sm_90a">,
    Option<"runAssembler", "assemble", "bool", "false", "Run ptxas, if present, and attach its report">,
    Option<"print", "print", "bool", "false",
           "Print PTX and report to standard output instead of attaching them">
  ];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect"];
}

#endif // ASHLAR_GPUTOPTX_PASSES_TD
