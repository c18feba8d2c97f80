// The main loop of a matrix product: no spills, no local memory, no remarks, and no instruction that only moves data.
// REQUIRES: ptxas
// RUN: %python %S/Inputs/matmul_main_loop.py f16 > %t.f16.mlir
// RUN: %python %S/Inputs/matmul_main_loop.py bf16 > %t.bf16.mlir
// RUN: ashlar-opt %t.f16.mlir -ashlar-convert-gpu-to-llvm -ashlar-emit-ptx="target=sm_80 assemble=true print=true" -o /dev/null | FileCheck %s --check-prefixes=CHECK,F16
// RUN: ashlar-opt %t.f16.mlir -ashlar-convert-gpu-to-llvm -ashlar-emit-ptx="target=sm_90a assemble=true print=true" -o /dev/null | FileCheck %s --check-prefixes=CHECK,F16
// RUN: ashlar-opt %t.bf16.mlir -ashlar-convert-gpu-to-llvm -ashlar-emit-ptx="target=sm_80 assemble=true print=true" -o /dev/null | FileCheck %s --check-prefixes=CHECK,BF16
// RUN: ashlar-opt %t.bf16.mlir -ashlar-convert-gpu-to-llvm -ashlar-emit-ptx="target=sm_90a assemble=true print=true" -o /dev/null | FileCheck %s --check-prefixes=CHECK,BF16

// CHECK: .visible .entry matmul(
// CHECK-COUNT-16: cp.async.cg.shared.global
// CHECK: cp.async.wait_group 1;
// CHECK-NEXT: bar.sync 0;
// Shared memory is addressed with 32 bits, with the offsets folded into the instruction.
// CHECK: ldmatrix.sync.aligned.m8n8.x4.shared.b16 {{{.*}}}, [%r{{[0-9]+}}];
// CHECK: ldmatrix.sync.aligned.m8n8.x4.shared.b16 {{{.*}}}, [%r{{[0-9]+}}+1024];
// F16: mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32
// BF16: mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32
// Between the products of one slice nothing but products and loads of fragments happens.
// CHECK-NOT: {{mov|cvt|prmt|ld.local|st.local}}
// CHECK: bar.sync 0;
// CHECK: st.global.v2.b32
// CHECK: // matmul: {{1[0-9][0-9]|20[0-9]|21[0-9]|220}} registers, 0 bytes stack, 0 bytes spill stores, 0 bytes spill loads, 0 bytes shared, 1 barriers
// CHECK-NOT: //
