// RUN: ashlar-opt %s -ashlar-tile-plan-pipeline -split-input-file -verify-diagnostics | FileCheck %s
// RUN: ashlar-opt %s -ashlar-tile-plan-pipeline=max-shared-memory-bytes=40000 -split-input-file 2>&1 | FileCheck %s --check-prefix=SMALL

#id = affine_map<(i, j) -> (i, j)>
!global = !tile.buffer<128x512xf16, global>
!view = !tile.view<128x512xf16>
!shared = !tile.buffer<128x32xf16, shared>

// CHECK-LABEL: tile.kernel @two_copies
// CHECK: tile.copy {{.*}}tile.pipelined
// CHECK: tile.copy {{.*}}tile.pipelined
// CHECK: } {tile.stages = 4 : i64}
// Two buffers of 8192 bytes a stage: 40000 bytes hold two stages of both.
// SMALL: remark: has 2 stages instead of 4: a stage takes 16384 bytes of shared memory, and a block has 40000
// SMALL: } {tile.stages = 2 : i64}
tile.kernel @two_copies(%a: !global, %b: !global) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {stages = 4 : i64}} {
  %c0 = arith.constant 0 : index
  %c32 = arith.constant 32 : index
  %c512 = arith.constant 512 : index
  %va = tile.view %a map #id : !global -> !view
  %sa = tile.alloc : !shared
  %sb = tile.alloc : !shared
  scf.for %k = %c0 to %c512 step %c32 {
    // The view is made in the loop, the buffer is filled transposed: both are recomputed ahead.
    %vb = tile.view %b map #id : !global -> !view
    %flipped = tile.transpose %sb [1, 0] : !shared -> !tile.buffer<32x128xf16, shared, #tile.buffer_layout<[1, 32]>>
    %k2 = arith.addi %k, %c32 : index
    tile.copy %va[%c0, %k] -> %sa {vector_width = 8 : i64} : !view -> !shared
    tile.copy %vb[%c0, %k2] -> %flipped {vector_width = 2 : i64} : !view -> !tile.buffer<32x128xf16, shared, #tile.buffer_layout<[1, 32]>>
    %x = tile.load %sa[%c0, %c0] : !shared -> tensor<128x32xf16>
    %y = tile.load %sb[%c0, %c0] : !shared -> tensor<128x32xf16>
  }
  tile.return
}

// -----

// A schedule of one stage, or none, leaves everything as it is.
// CHECK-LABEL: tile.kernel @one_stage
// CHECK-NOT: tile.{{stages|pipelined}}
// CHECK: tile.return
tile.kernel @one_stage(%a: !tile.buffer<64x64xf32, global>) grid affine_map<() -> (1, 1, 1)> threads 32
    attributes {schedule = {stages = 1 : i64}} {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c64 = arith.constant 64 : index
  %v = tile.view %a map affine_map<(i, j) -> (i, j)> : !tile.buffer<64x64xf32, global> -> !tile.view<64x64xf32>
  %s = tile.alloc : !tile.buffer<8x64xf32, shared>
  scf.for %i = %c0 to %c64 step %c8 {
    tile.copy %v[%i, %c0] -> %s : !tile.view<64x64xf32> -> !tile.buffer<8x64xf32, shared>
    %x = tile.load %s[%c0, %c0] : !tile.buffer<8x64xf32, shared> -> tensor<8x64xf32>
  }
  tile.return
}

// -----

// Three iterations have no use for four stages; a single element of f32 is 4 bytes, enough for cp.async.
// CHECK-LABEL: tile.kernel @short_loop
// CHECK: tile.copy {{.*}}tile.pipelined
// CHECK: } {tile.stages = 3 : i64}
tile.kernel @short_loop(%a: !tile.buffer<?x64xf32, global>, %rows: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 32
    attributes {schedule = {stages = 4 : i64}} {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c24 = arith.constant 24 : index
  %v = tile.view %a sizes(%rows) map affine_map<(i, j) -> (i, j)> : !tile.buffer<?x64xf32, global> -> !tile.view<?x64xf32>
  scf.for %i = %c0 to %c24 step %c8 {
    %s = tile.alloc : !tile.buffer<8x64xf32, shared>
    tile.copy %v[%i, %c0] -> %s : !tile.view<?x64xf32> -> !tile.buffer<8x64xf32, shared>
    %x = tile.load %s[%c0, %c0] : !tile.buffer<8x64xf32, shared> -> tensor<8x64xf32>
  }
  tile.return
}

// -----

// Each copy has another reason to stay where it is.
#id = affine_map<(i, j) -> (i, j)>
!global = !tile.buffer<64x64xf16, global>
!view = !tile.view<64x64xf16>
!shared = !tile.buffer<8x64xf16, shared>
// CHECK-LABEL: tile.kernel @copies_that_stay
// CHECK-NOT: tile.{{stages|pipelined}}
// CHECK: tile.return
tile.kernel @copies_that_stay(%a: !global, %out: !global, %rows: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 32
    attributes {schedule = {stages = 2 : i64}} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %v = tile.view %a map #id : !global -> !view
  %w = tile.view %out map #id : !global -> !view
  %narrow = tile.alloc : !shared
  %conditional = tile.alloc : !shared
  %carried = tile.alloc : !shared
  %written = tile.alloc : !shared
  %twice = tile.alloc : !shared
  %before = tile.alloc : !shared
  %outside = tile.alloc : !shared
  %stages = tile.alloc : !tile.buffer<2x8x64xf16, shared>
  %last = scf.for %i = %c0 to %rows step %c8 iter_args(%j = %c0) -> (index) {
    // expected-remark @+1 {{is not pipelined: its vectors are not 4, 8 or 16 bytes, so cp.async cannot move them}}
    tile.copy %v[%i, %c0] -> %narrow : !view -> !shared
    %odd = arith.cmpi eq, %i, %c8 : index
    scf.if %odd {
      // expected-remark @+1 {{is not pipelined: it stands under a condition}}
      tile.copy %v[%i, %c0] -> %conditional {vector_width = 8 : i64} : !view -> !shared
    }
    // expected-remark @+1 {{is not pipelined: what it copies depends on more than the loop's induction variable}}
    tile.copy %v[%j, %c0] -> %carried {vector_width = 8 : i64} : !view -> !shared
    // expected-remark @+1 {{is not pipelined: the loop writes the memory it copies from}}
    tile.copy %w[%i, %c0] -> %written {vector_width = 8 : i64} : !view -> !shared
    // expected-remark @+1 {{is not pipelined: its buffer has another writer}}
    tile.copy %v[%i, %c0] -> %twice {vector_width = 8 : i64} : !view -> !shared
    %x = tile.load %before[%c0, %c0] : !shared -> tensor<8x64xf16>
    // expected-remark @+1 {{is not pipelined: its buffer is read before it in an iteration}}
    tile.copy %v[%i, %c0] -> %before {vector_width = 8 : i64} : !view -> !shared
    // expected-remark @+1 {{is not pipelined: its buffer is used outside the loop too}}
    tile.copy %v[%i, %c0] -> %outside {vector_width = 8 : i64} : !view -> !shared
    %stage = tile.stage %stages[%c1] : !tile.buffer<2x8x64xf16, shared> -> !shared
    // expected-remark @+1 {{is not pipelined: it fills one stage of a buffer that has stages already}}
    tile.copy %v[%i, %c0] -> %stage {vector_width = 8 : i64} : !view -> !shared
    tile.store %x, %twice[%c0, %c0] : tensor<8x64xf16>, !shared
    tile.store %x, %w[%i, %c0] : tensor<8x64xf16>, !view
    %next = arith.addi %j, %c8 : index
    scf.yield %next : index
  }
  %y = tile.load %outside[%c0, %c0] : !shared -> tensor<8x64xf16>
  tile.return
}
