//===-- Passes.td - From the LLVM-level kernel module to host code --------===//
//
// The passes of the edge GPUToHost.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_GPUTOHOST_PASSES_TD
#define ASHLAR_GPUTOHOST_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertGPUToHostPass : Pass<"ashlar-convert-gpu-to-host", "::mlir::ModuleOp"> {
  let summary = "Turn LLVM-level kernel modules into host code that runs on the simulator";
  let description = [{
    Replaces every `gpu.module` of the LLVM level (LLVM dialect, `nvvm` and `ptx` operations) by LLVM-dialect
    code for the host, one thread of the grid a call. The interface to the simulator is
    ashlar/Simulator/SimulatorABI.h.

    - A kernel `@name` becomes an internal function with the thread's context as first parameter, and an
      exported `@name(%arguments: !llvm.ptr)` that fetches context and arguments and calls it.
    - `nvvm` and `ptx` operations become calls through the simulator's table, loads from the thread's context,
      or plain LLVM operations. Matrix instructions are collected into lists first, so that the lanes of a
      warp meet once for many of them.
    - Loads, stores and atomics in global (1), shared (3) and generic memory first call `@ashlar_access`,
      which announces the access when the simulator checks or counts, and else costs a test of a register.
    - Address spaces disappear. A pointer to shared memory is a host pointer; as an integer it is the offset
      in shared memory, so that address arithmetic means what it means on a GPU.
    - A constant `@ashlar_simulator_module` describes kernels, variables and the operations that reports may
      name.

    Before:
    ```mlir
    gpu.module @kernels {
      llvm.func @fill(%out: !llvm.ptr<1>) attributes {gpu.kernel, nvvm.kernel} {
        %x = nvvm.read.ptx.sreg.tid.x : i32
        %to = llvm.getelementptr %out[%x] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i32
        llvm.store %x, %to : i32, !llvm.ptr<1>
        llvm.return
      }
    }
    ```
    After (abridged):
    ```mlir
    llvm.func internal @fill.thread(%thread: !llvm.ptr, %out: !llvm.ptr) {
      %x = llvm.load %thread invariant : !llvm.ptr -> i32
      %to = llvm.getelementptr %out[%x] : (!llvm.ptr, i32) -> !llvm.ptr, i32
      %checked = llvm.call @ashlar_access(%thread, %hooks, %to, %bytes, %flags, %site)
      llvm.store %x, %checked {alignment = 1 : i64} : i32, !llvm.ptr
      llvm.return
    }
    ```

    Precondition: the module went through `ashlar-convert-gpu-to-llvm`. Operations without a host form (inline
    assembly, other dialects, memory intrinsics on device memory) are errors at their location.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // ASHLAR_GPUTOHOST_PASSES_TD
