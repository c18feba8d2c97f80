// RUN: ashlar-opt %s | ashlar-opt | FileCheck %s
// RUN: ashlar-opt %s --mlir-print-op-generic | ashlar-opt | FileCheck %s

// CHECK-LABEL: llvm.func @approximations
llvm.func @approximations(%x: f32) -> f32 {
  // CHECK: ptx.ex2 %{{.*}} : f32
  %0 = ptx.ex2 %x : f32
  // CHECK: ptx.lg2 %{{.*}} : f32
  %1 = ptx.lg2 %0 : f32
  // CHECK: ptx.tanh %{{.*}} : f32
  %2 = ptx.tanh %1 : f32
  // CHECK: ptx.rcp %{{.*}} : f32
  %3 = ptx.rcp %2 : f32
  // CHECK: ptx.rsqrt %{{.*}} : f32
  %4 = ptx.rsqrt %3 : f32
  // CHECK: ptx.sqrt %{{.*}} : f32
  %5 = ptx.sqrt %4 : f32
  // CHECK: ptx.div %{{.*}}, %{{.*}} : f32
  %6 = ptx.div %5, %x : f32
  llvm.return %5 : f32
}

// CHECK-LABEL: llvm.func @bits
llvm.func @bits(%a: i32, %b: i32, %c: i32) -> i32 {
  // CHECK: ptx.lop3 %{{.*}}, %{{.*}}, %{{.*}} lut = 234 : i32
  %0 = ptx.lop3 %a, %b, %c lut = 0xEA : i32
  // CHECK: ptx.prmt %{{.*}}, %{{.*}}, %{{.*}} : i32
  %1 = ptx.prmt %0, %b, %c : i32
  llvm.return %1 : i32
}

// CHECK-LABEL: llvm.func @copies
llvm.func @copies(%to: !llvm.ptr<3>, %from: !llvm.ptr<1>, %n: i32, %policy: i64) {
  // CHECK: ptx.cp_async %{{.*}}, %{{.*}}, 4{{$}}
  ptx.cp_async %to, %from, 4
  // CHECK: ptx.cp_async %{{.*}}, %{{.*}}, 16 source_bytes(%{{.*}}) policy(%{{.*}}) bypass_l1 {prefetch_bytes = 128 : i32}
  ptx.cp_async %to, %from, 16 source_bytes(%n) policy(%policy) bypass_l1 {prefetch_bytes = 128 : i32}
  llvm.return
}

// CHECK-LABEL: llvm.func @loads
llvm.func @loads(%from: !llvm.ptr<1>, %policy: i64) -> vector<4xi32> {
  // CHECK: ptx.ld_global %{{.*}} : i32
  %0 = ptx.ld_global %from : i32
  // CHECK: ptx.ld_global %{{.*}} policy(%{{.*}}) {no_allocate, non_coherent, prefetch_bytes = 256 : i32} : vector<4xi32>
  %1 = ptx.ld_global %from policy(%policy) {no_allocate, non_coherent, prefetch_bytes = 256 : i32} : vector<4xi32>
  llvm.return %1 : vector<4xi32>
}

// CHECK-LABEL: llvm.func @products
llvm.func @products(%a: i64, %b: i64, %w: i32, %one: i32, %c0: f32, %c1: f32, %c2: f32, %c3: f32) {
  // CHECK: %[[C:.*]]:4 = ptx.wgmma_fence(%{{.*}}) : f32
  %c:4 = ptx.wgmma_fence (%c0, %c1, %c2, %c3) : f32
  // CHECK: %[[D:.*]]:4 = ptx.wgmma n 8 bf16{{ ?}}[%{{.*}}] transposed_a, bf16{{ ?}}[%{{.*}}] transposed_b, accumulate %{{.*}}, (%[[C]]#0, %[[C]]#1, %[[C]]#2, %[[C]]#3) : f32
  %d:4 = ptx.wgmma n 8 bf16 [%a] transposed_a, bf16 [%b] transposed_b, accumulate %one, (%c#0, %c#1, %c#2, %c#3) : f32
  // CHECK: ptx.wgmma n 8 e4m3 (%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}), e5m2[%{{.*}}], accumulate %{{.*}}, (%[[D]]#0, %[[D]]#1, %[[D]]#2, %[[D]]#3) : f32
  %e:4 = ptx.wgmma n 8 e4m3 (%w, %w, %w, %w), e5m2 [%b], accumulate %one, (%d#0, %d#1, %d#2, %d#3) : f32
  // CHECK: ptx.wgmma_wait 1(%{{.*}}, %{{.*}}) : f32, i32
  %x:2 = ptx.wgmma_wait 1 (%e#0, %w) : f32, i32
  llvm.return
}
