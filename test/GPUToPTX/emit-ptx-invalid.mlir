// RUN: ashlar-opt %s -ashlar-emit-ptx -split-input-file -verify-diagnostics
// RUN: not ashlar-opt %s -ashlar-emit-ptx=target=sm_91 -split-input-file 2>&1 | FileCheck %s

// CHECK: cannot be compiled: unknown target 'sm_91'; the targets are sm_80, sm_86, sm_89, sm_90a

// expected-error @+1 {{cannot be translated to LLVM IR: it must hold llvm, nvvm and ptx operations only}}
gpu.module @not_lowered {
  llvm.func @kernel(%x: f32, %out: !llvm.ptr<1>) attributes {gpu.kernel, nvvm.kernel} {
    // expected-error @+1 {{cannot be converted to LLVM IR: missing `LLVMTranslationDialectInterface` registration for dialect for op: arith.addf}}
    %y = arith.addf %x, %x : f32
    llvm.store %y, %out : f32, !llvm.ptr<1>
    llvm.return
  }
}

// -----

// What the backend cannot select is an error here, not the end of the process.
// expected-error @+1 {{cannot be compiled for sm_80}}
gpu.module @not_selectable {
  llvm.func @kernel(%a: !llvm.ptr<1>) attributes {gpu.kernel, nvvm.kernel} {
    nvvm.wgmma.fence.aligned
    llvm.return
  }
}
