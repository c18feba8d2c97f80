// RUN: ashlar-opt %s -cse | FileCheck %s

// Pure instructions are merged and removed, memory stays.
// CHECK-LABEL: llvm.func @effects
llvm.func @effects(%x: f32, %to: !llvm.ptr<3>, %from: !llvm.ptr<1>) -> f32 {
  // CHECK-COUNT-1: ptx.ex2
  // CHECK-NOT: ptx.ex2
  %0 = ptx.ex2 %x : f32
  %1 = ptx.ex2 %x : f32
  // CHECK-NOT: ptx.lg2
  %unused = ptx.lg2 %x : f32
  // CHECK-COUNT-2: ptx.cp_async
  ptx.cp_async %to, %from, 16
  ptx.cp_async %to, %from, 16
  %sum = llvm.fadd %0, %1 : f32
  llvm.return %sum : f32
}
