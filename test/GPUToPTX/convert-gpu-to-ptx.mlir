// RUN: ashlar-opt %s -ashlar-convert-gpu-to-ptx | FileCheck %s

gpu.module @kernels {
  // CHECK-LABEL: llvm.func @arithmetic
  llvm.func @arithmetic(%x: f32, %a: i32, %b: i32, %c: i32) -> f32 {
    // CHECK: llvm.inline_asm "ex2.approx.ftz.f32 $0, $1;", "=f,f" %{{.*}} : (f32) -> f32
    %0 = ptx.ex2 %x : f32
    // CHECK: llvm.inline_asm "lg2.approx.ftz.f32 $0, $1;", "=f,f"
    %1 = ptx.lg2 %0 : f32
    // CHECK: llvm.inline_asm "tanh.approx.f32 $0, $1;", "=f,f"
    %2 = ptx.tanh %1 : f32
    // CHECK: llvm.inline_asm "rcp.approx.ftz.f32 $0, $1;", "=f,f"
    %3 = ptx.rcp %2 : f32
    // CHECK: llvm.inline_asm "rsqrt.approx.ftz.f32 $0, $1;", "=f,f"
    %4 = ptx.rsqrt %3 : f32
    // CHECK: llvm.inline_asm "sqrt.approx.ftz.f32 $0, $1;", "=f,f"
    %5 = ptx.sqrt %4 : f32
    // CHECK: llvm.inline_asm "lop3.b32 $0, $1, $2, $3, 234;", "=r,r,r,r" %{{.*}}, %{{.*}}, %{{.*}} : (i32, i32, i32) -> i32
    %6 = ptx.lop3 %a, %b, %c lut = 0xEA : i32
    // CHECK: llvm.inline_asm "prmt.b32 $0, $1, $2, $3;", "=r,r,r,r"
    %7 = ptx.prmt %6, %b, %c : i32
    %8 = llvm.bitcast %7 : i32 to f32
    %9 = llvm.fadd %5, %8 : f32
    llvm.return %9 : f32
  }

  // Shared addresses are 32 bits wide; copies stay in order with memory.
  // CHECK-LABEL: llvm.func @copies
  llvm.func @copies(%to: !llvm.ptr<3>, %from: !llvm.ptr<1>, %n: i32, %policy: i64) {
    // CHECK: %[[TO:.*]] = llvm.ptrtoint %{{.*}} : !llvm.ptr<3> to i32
    // CHECK: llvm.inline_asm has_side_effects "cp.async.ca.shared.global [$0], [$1], 8;", "r,l,~{memory}" %[[TO]], %{{.*}} : (i32, !llvm.ptr<1>) -> ()
    ptx.cp_async %to, %from, 8
    // CHECK: "cp.async.cg.shared.global.L2::cache_hint.L2::128B [$0], [$1], 16, $2, $3;", "r,l,r,l,~{memory}"
    ptx.cp_async %to, %from, 16 source_bytes(%n) policy(%policy) bypass_l1 {prefetch_bytes = 128 : i32}
    llvm.return
  }

  // Results in several registers come back as a struct.
  // CHECK-LABEL: llvm.func @loads
  llvm.func @loads(%from: !llvm.ptr<1>, %policy: i64) -> vector<4xi32> {
    // CHECK: %[[WORDS:.*]] = llvm.inline_asm has_side_effects "ld.global.nc.L1::no_allocate.L2::cache_hint.v4.b32 {$0, $1, $2, $3}, [$4], $5;", "=r,=r,=r,=r,l,l,~{memory}"
    // CHECK-SAME: (!llvm.ptr<1>, i64) -> !llvm.struct<(i32, i32, i32, i32)>
    // CHECK-COUNT-4: llvm.extractvalue %[[WORDS]]
    // CHECK-COUNT-4: llvm.insertelement
    %0 = ptx.ld_global %from policy(%policy) {non_coherent, no_allocate} : vector<4xi32>
    // CHECK: "ld.global.b32 $0, [$1];", "=r,l,~{memory}"
    %1 = ptx.ld_global %from : i32
    // CHECK: "ld.global.v2.b32 {$0, $1}, [$2];", "=r,=r,l,~{memory}"
    %2 = ptx.ld_global %from : vector<2xi32>
    llvm.store %1, %from : i32, !llvm.ptr<1>
    llvm.store %2, %from : vector<2xi32>, !llvm.ptr<1>
    llvm.return %0 : vector<4xi32>
  }
}
