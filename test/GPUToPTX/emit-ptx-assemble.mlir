// REQUIRES: ptxas
// RUN: ashlar-opt %s -ashlar-convert-gpu-to-llvm -ashlar-emit-ptx="target=sm_80 assemble=true" | FileCheck %s
// RUN: ashlar-opt %s -ashlar-convert-gpu-to-llvm -ashlar-emit-ptx="target=sm_86 assemble=true" | FileCheck %s
// RUN: ashlar-opt %s -ashlar-convert-gpu-to-llvm -ashlar-emit-ptx="target=sm_89 assemble=true" | FileCheck %s
// RUN: ashlar-opt %s -ashlar-convert-gpu-to-llvm -ashlar-emit-ptx="target=sm_90a assemble=true" | FileCheck %s

// CHECK: gpu.module @kernels attributes {ashlar.assembly = {
// CHECK-SAME: every_instruction = {barriers = 0 : i32, registers = {{[0-9]+}} : i32, shared_bytes = 0 : i32, spill_load_bytes = 0 : i32, spill_store_bytes = 0 : i32, stack_bytes = 0 : i32}
// CHECK-SAME: indexed_by_value = {{{.*}}, stack_bytes = 64 : i32}
// CHECK-SAME: notes = []
// CHECK-SAME: ashlar.ptx = "
gpu.module @kernels {
  // Each ptx operation, so that the assembler has seen every template.
  gpu.func @every_instruction(%from: !llvm.ptr<1>, %to: !llvm.ptr<1>, %policy: i64, %n: i32) kernel {
    %shared = llvm.mlir.addressof @ashlar_shared : !llvm.ptr<3>
    ptx.cp_async %shared, %from, 4
    ptx.cp_async %shared, %from, 8 source_bytes(%n)
    ptx.cp_async %shared, %from, 16 source_bytes(%n) policy(%policy) bypass_l1 {prefetch_bytes = 256 : i32}
    ptx.cp_async %shared, %from, 16 policy(%policy) {prefetch_bytes = 64 : i32}
    nvvm.cp.async.commit.group
    nvvm.cp.async.wait.group 0
    %a = ptx.ld_global %from : i32
    %b = ptx.ld_global %from policy(%policy) {no_allocate, non_coherent} : vector<2xi32>
    %c = ptx.ld_global %from {no_allocate, non_coherent, prefetch_bytes = 128 : i32} : vector<4xi32>
    %b0 = vector.extract %b[0] : i32 from vector<2xi32>
    %c3 = vector.extract %c[3] : i32 from vector<4xi32>
    %d = ptx.lop3 %a, %b0, %c3 lut = 0xEA : i32
    %e = ptx.prmt %d, %a, %c3 : i32
    %f = llvm.bitcast %e : i32 to f32
    %g = ptx.ex2 %f : f32
    %h = ptx.lg2 %g : f32
    %i = ptx.tanh %h : f32
    %j = ptx.rcp %i : f32
    %k = ptx.rsqrt %j : f32
    %l = ptx.sqrt %k : f32
    llvm.store %l, %to : f32, !llvm.ptr<1>
    gpu.return
  }

  // An array that is indexed by a value lives in local memory, which the report shows.
  llvm.func @indexed_by_value(%out: !llvm.ptr<1>, %n: i32) attributes {gpu.kernel, nvvm.kernel} {
    %count = llvm.mlir.constant(16 : i32) : i32
    %array = llvm.alloca %count x i32 : (i32) -> !llvm.ptr
    %slot = llvm.getelementptr %array[%n] : (!llvm.ptr, i32) -> !llvm.ptr, i32
    llvm.store volatile %n, %slot : i32, !llvm.ptr
    %value = llvm.load volatile %array : !llvm.ptr -> i32
    llvm.store %value, %out : i32, !llvm.ptr<1>
    llvm.return
  }

  llvm.mlir.global external @ashlar_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>
}
