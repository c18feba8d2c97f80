// RUN: ashlar-opt %s -split-input-file -verify-diagnostics

llvm.func @lop3_c1(%a: i32) {
  // expected-error @+1 {{'ptx.lop3' op C1: the table must lie in [0, 255], but is 256}}
  %0 = ptx.lop3 %a, %a, %a lut = 256 : i32
  llvm.return
}

// -----

llvm.func @lop3_c1_negative(%a: i32) {
  // expected-error @+1 {{'ptx.lop3' op C1: the table must lie in [0, 255], but is -1}}
  %0 = ptx.lop3 %a, %a, %a lut = -1 : i32
  llvm.return
}

// -----

llvm.func @cp_async_c1(%to: !llvm.ptr<3>, %from: !llvm.ptr<1>) {
  // expected-error @+1 {{'ptx.cp_async' op C1: one copy moves 4, 8 or 16 bytes, but this one 12}}
  ptx.cp_async %to, %from, 12
  llvm.return
}

// -----

llvm.func @cp_async_c2(%to: !llvm.ptr<3>, %from: !llvm.ptr<1>) {
  // expected-error @+1 {{'ptx.cp_async' op C2: bypass_l1 needs a copy of 16 bytes, but this one moves 8}}
  ptx.cp_async %to, %from, 8 bypass_l1
  llvm.return
}

// -----

llvm.func @cp_async_c3(%to: !llvm.ptr<3>, %from: !llvm.ptr<1>) {
  // expected-error @+1 {{'ptx.cp_async' op C3: prefetch_bytes must be 64, 128 or 256, but is 32}}
  ptx.cp_async %to, %from, 16 {prefetch_bytes = 32 : i32}
  llvm.return
}

// -----

llvm.func @ld_global_c1(%from: !llvm.ptr<1>) {
  // expected-error @+1 {{'ptx.ld_global' op C1: prefetch_bytes must be 64, 128 or 256, but is 0}}
  %0 = ptx.ld_global %from {prefetch_bytes = 0 : i32} : i32
  llvm.return
}

// -----

llvm.func @shared_address(%from: !llvm.ptr<3>) {
  // expected-error @+2 {{expects different type than prior uses}}
  // expected-note @-2 {{prior use here}}
  %0 = ptx.ld_global %from : i32
  llvm.return
}

// -----

llvm.func @wgmma_c1(%a: i64, %one: i32, %c: f32) {
  // expected-error @+1 {{'ptx.wgmma' op C1: no product has 4 columns of these elements}}
  %d:2 = ptx.wgmma n 4 bf16 [%a], bf16 [%a], accumulate %one, (%c, %c) : f32
  llvm.return
}

// -----

llvm.func @wgmma_c2(%a: i64, %w: i32, %one: i32, %c: f32) {
  // expected-error @+1 {{'ptx.wgmma' op C2: A is one descriptor or four registers}}
  %d:4 = ptx.wgmma n 8 bf16 (%w, %w), bf16 [%a], accumulate %one, (%c, %c, %c, %c) : f32
  llvm.return
}

// -----

llvm.func @wgmma_c3(%a: i64, %one: i32, %c: f32) {
  // expected-error @+1 {{'ptx.wgmma' op C3: 8 columns take 4 accumulators of i32 and as many results}}
  %d:4 = ptx.wgmma n 8 s8 [%a], u8 [%a], accumulate %one, (%c, %c, %c, %c) : f32
  llvm.return
}

// -----

llvm.func @wgmma_c4(%a: i64, %one: i32, %c: f32) {
  // expected-error @+1 {{'ptx.wgmma' op C4: elements of bf16 and f16 cannot be multiplied}}
  %d:4 = ptx.wgmma n 8 bf16 [%a], f16 [%a], accumulate %one, (%c, %c, %c, %c) : f32
  llvm.return
}

// -----

llvm.func @wgmma_c5(%a: i64, %one: i32, %c: f32) {
  // expected-error @+1 {{'ptx.wgmma' op C5: only 16-bit elements in shared memory can be transposed}}
  %d:4 = ptx.wgmma n 8 tf32 [%a], tf32 [%a] transposed_b, accumulate %one, (%c, %c, %c, %c) : f32
  llvm.return
}

// -----

llvm.func @wgmma_wait_c1(%c: f32) {
  // expected-error @+1 {{'ptx.wgmma_wait' op C1: at most 7 groups can stay under way, but this asks for 8}}
  %d = ptx.wgmma_wait 8 (%c) : f32
  llvm.return
}
