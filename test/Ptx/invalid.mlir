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
