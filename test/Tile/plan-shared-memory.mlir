// RUN: ashlar-opt %s -ashlar-tile-plan-shared-memory=max-shared-memory-bytes=16384 -split-input-file -verify-diagnostics | FileCheck %s

#id = affine_map<(i, j) -> (i, j)>
!global = !tile.buffer<64x64xf32, global>
!view = !tile.view<64x64xf32>
!small = !tile.buffer<16x16xf32, shared>
!large = !tile.buffer<32x32xf32, shared>

// Used one after the other: the same memory.
// CHECK-LABEL: tile.kernel @one_after_the_other
// CHECK-SAME: shared_bytes = 4096 : i64
// CHECK: tile.alloc {offset = 0 : i64} : <16x16xf32, shared>
// CHECK: tile.alloc {offset = 0 : i64} : <32x32xf32, shared>
tile.kernel @one_after_the_other(%a: !global) grid affine_map<() -> (1, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %v = tile.view %a map #id : !global -> !view
  %s = tile.alloc : !small
  %t = tile.alloc : !large
  tile.copy %v[%c0, %c0] -> %s : !view -> !small
  %x = tile.load %s[%c0, %c0] : !small -> tensor<16x16xf32>
  tile.copy %v[%c0, %c0] -> %t : !view -> !large
  %y = tile.load %t[%c0, %c0] : !large -> tensor<32x32xf32>
  tile.return
}

// The first buffer is read again in every iteration, so it lives through the loop. The two of the loop body do not meet.
// CHECK-LABEL: tile.kernel @loop_extends
// CHECK-SAME: shared_bytes = 5120 : i64
// CHECK: tile.alloc {offset = 4096 : i64} : <16x16xf32, shared>
// CHECK: tile.alloc {offset = 0 : i64} : <32x32xf32, shared>
// CHECK: tile.alloc {offset = 0 : i64} : <16x16xf32, shared>
tile.kernel @loop_extends(%a: !global, %n: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v = tile.view %a map #id : !global -> !view
  %s = tile.alloc : !small
  tile.copy %v[%c0, %c0] -> %s : !view -> !small
  scf.for %i = %c0 to %n step %c1 {
    %x = tile.load %s[%c0, %c0] : !small -> tensor<16x16xf32>
    %t = tile.alloc : !large
    tile.copy %v[%i, %c0] -> %t : !view -> !large
    %y = tile.load %t[%c0, %c0] : !large -> tensor<32x32xf32>
    %u = tile.alloc : !small
    tile.store %x, %u[%c0, %c0] : tensor<16x16xf32>, !small
    %z = tile.load %u[%c0, %c0] : !small -> tensor<16x16xf32>
  }
  tile.return
}

// The branches of a condition never run both.
// CHECK-LABEL: tile.kernel @branches
// CHECK-SAME: shared_bytes = 1024 : i64
tile.kernel @branches(%a: !global, %n: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %v = tile.view %a map #id : !global -> !view
  %s = tile.alloc : !small
  %t = tile.alloc : !small
  %c = arith.cmpi eq, %n, %c0 : index
  scf.if %c {
    tile.copy %v[%c0, %c0] -> %s : !view -> !small
    %x = tile.load %s[%c0, %c0] : !small -> tensor<16x16xf32>
  } else {
    tile.copy %v[%c0, %c0] -> %t : !view -> !small
    %y = tile.load %t[%c0, %c0] : !small -> tensor<16x16xf32>
  }
  tile.return
}

// An asynchronous copy writes until its wait, whoever uses the buffer before.
// CHECK-LABEL: tile.kernel @async_lives_to_its_wait
// CHECK-SAME: shared_bytes = 2048 : i64
tile.kernel @async_lives_to_its_wait(%a: !global) grid affine_map<() -> (1, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %v = tile.view %a map #id : !global -> !view
  %s = tile.alloc : !small
  %t = tile.alloc : !small
  tile.copy async %v[%c0, %c0] -> %s : !view -> !small
  tile.async_commit
  tile.copy %v[%c0, %c0] -> %t : !view -> !small
  %y = tile.load %t[%c0, %c0] : !small -> tensor<16x16xf32>
  tile.async_wait 0
  tile.return
}

// A swizzle of 128-byte rows starts again after 1024 bytes; 4-bit elements are packed; an unused buffer takes part.
// CHECK-LABEL: tile.kernel @alignment
// CHECK-SAME: shared_bytes = 2096 : i64
// CHECK: tile.alloc {offset = 2048 : i64} : <3x32xi4, shared>
// CHECK: tile.alloc {offset = 0 : i64} : <16x64xf16, shared
tile.kernel @alignment(%a: !tile.buffer<64x64xf16, global>) grid affine_map<() -> (1, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %v = tile.view %a map #id : !tile.buffer<64x64xf16, global> -> !tile.view<64x64xf16>
  %s = tile.alloc : !tile.buffer<3x32xi4, shared>
  %t = tile.alloc : !tile.buffer<16x64xf16, shared, #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3>>
  %u = tile.alloc : !tile.buffer<1xf32, shared>
  %w = tile.load %s[%c0, %c0] : !tile.buffer<3x32xi4, shared> -> tensor<3x32xi4>
  tile.copy %v[%c0, %c0] -> %t : !tile.view<64x64xf16> -> !tile.buffer<16x64xf16, shared, #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3>>
  %x = tile.load %s[%c0, %c0] : !tile.buffer<3x32xi4, shared> -> tensor<3x32xi4>
  tile.return
}

// CHECK-LABEL: tile.kernel @no_buffers
// CHECK-SAME: shared_bytes = 0 : i64
tile.kernel @no_buffers() grid affine_map<() -> (1, 1, 1)> threads 32 { tile.return }

// -----

// expected-error @+1 {{needs 24576 bytes of shared memory, but a block has 16384; choose a smaller tile or fewer stages}}
tile.kernel @too_large() grid affine_map<() -> (1, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  // expected-note @+1 {{8192 bytes for '!tile.buffer<64x32xf32, shared>'}}
  %s = tile.alloc : !tile.buffer<64x32xf32, shared>
  // expected-note @+1 {{16384 bytes for '!tile.buffer<2x64x32xf32, shared>'}}
  %t = tile.alloc : !tile.buffer<2x64x32xf32, shared>
  %x = tile.load %s[%c0, %c0] : !tile.buffer<64x32xf32, shared> -> tensor<64x32xf32>
  %y = tile.load %t[%c0, %c0, %c0] : !tile.buffer<2x64x32xf32, shared> -> tensor<2x64x32xf32>
  tile.store %x, %s[%c0, %c0] : tensor<64x32xf32>, !tile.buffer<64x32xf32, shared>
  tile.return
}

// -----

tile.kernel @carried_buffer(%n: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %s = tile.alloc : !tile.buffer<64xf32, shared>
  // expected-error @+1 {{carries a shared buffer, whose lifetime is then unknown; use the result of tile.alloc, tile.stage or tile.transpose directly}}
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%t = %s) -> (!tile.buffer<64xf32, shared>) {
    scf.yield %t : !tile.buffer<64xf32, shared>
  }
  tile.return
}
