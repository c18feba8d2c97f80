// RUN: ashlar-opt %s -ashlar-tile-pipeline -canonicalize -cse -ashlar-tile-plan-shared-memory -ashlar-tile-plan-barriers -ashlar-tile-verify-barriers -split-input-file -verify-diagnostics | FileCheck %s
// RUN: ashlar-opt %s -ashlar-tile-pipeline -ashlar-tile-plan-shared-memory -ashlar-tile-plan-barriers -ashlar-tile-verify-barriers -split-input-file -verify-diagnostics | FileCheck %s

#id = affine_map<(i, j) -> (i, j)>
!global = !tile.buffer<?x64xf16, global>
!view = !tile.view<?x64xf16>
!shared = !tile.buffer<64x64xf16, shared>
!tile = tensor<64x64xf16>

// The main loop of a matrix product: one barrier an iteration, none besides it.
// CHECK-LABEL: tile.kernel @matmul_loop
// CHECK-NOT: tile.barrier
// CHECK: scf.for
// CHECK-NEXT: tile.async_wait 1
// CHECK: tile.barrier
// CHECK: tile.copy async
// CHECK: tile.copy async
// CHECK: tile.load
// CHECK-NOT: tile.barrier
// CHECK: tile.return
tile.kernel @matmul_loop(%a: !global, %b: !global, %out: !global, %rows: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %va = tile.view %a sizes(%rows) map #id : !global -> !view
  %vb = tile.view %b sizes(%rows) map #id : !global -> !view
  %vo = tile.view %out sizes(%rows) map #id : !global -> !view
  %sa = tile.alloc : !shared
  %sb = tile.alloc : !shared
  %zero = arith.constant dense<0.0> : !tile
  %sum = scf.for %k = %c0 to %rows step %c64 iter_args(%c = %zero) -> (!tile) {
    tile.copy %va[%k, %c0] -> %sa {tile.pipelined} : !view -> !shared
    tile.copy %vb[%k, %c0] -> %sb {tile.pipelined} : !view -> !shared
    %x = tile.load %sa[%c0, %c0] : !shared -> !tile
    %y = tile.load %sb[%c0, %c0] : !shared -> !tile
    %p = arith.mulf %x, %y : !tile
    %d = arith.addf %c, %p : !tile
    scf.yield %d : !tile
  } {tile.stages = 3 : i64}
  tile.store %sum, %vo[%c0, %c0] : !tile, !view
  tile.return
}

// Attention: Q is loaded once (K's stages then use its memory), K and V are staged, P goes through a buffer of its own
// in every iteration.
// CHECK-LABEL: tile.kernel @attention_loop
// CHECK: tile.copy %{{.*}} -> %{{[^ ]*}} {{.*}}: <?x64xf16> -> <64x64xf16, shared>
// CHECK-NEXT: tile.barrier
// CHECK-NEXT: tile.load
// CHECK: tile.barrier
// CHECK-NEXT: tile.copy async
// CHECK-NOT: tile.barrier
// CHECK: scf.for
// CHECK-NEXT: tile.async_wait 0
// CHECK: tile.barrier
// CHECK: tile.copy async
// CHECK: tile.copy async
// CHECK: tile.load
// CHECK: tile.store
// CHECK-NEXT: tile.barrier
// CHECK-NEXT: tile.load
// CHECK-NOT: tile.barrier
// CHECK: tile.return
tile.kernel @attention_loop(%q: !global, %k: !global, %v: !global, %out: !global, %rows: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %vq = tile.view %q sizes(%rows) map #id : !global -> !view
  %vk = tile.view %k sizes(%rows) map #id : !global -> !view
  %vv = tile.view %v sizes(%rows) map #id : !global -> !view
  %vo = tile.view %out sizes(%rows) map #id : !global -> !view
  %sq = tile.alloc : !shared
  %sk = tile.alloc : !shared
  %sv = tile.alloc : !shared
  %sp = tile.alloc : !shared
  tile.copy %vq[%c0, %c0] -> %sq : !view -> !shared
  %tq = tile.load %sq[%c0, %c0] : !shared -> !tile
  %o = scf.for %j = %c0 to %rows step %c64 iter_args(%c = %tq) -> (!tile) {
    tile.copy %vk[%j, %c0] -> %sk {tile.pipelined} : !view -> !shared
    tile.copy %vv[%j, %c0] -> %sv {tile.pipelined} : !view -> !shared
    %x = tile.load %sk[%c0, %c0] : !shared -> !tile
    %s = arith.mulf %tq, %x : !tile
    tile.store %s, %sp[%c0, %c0] : !tile, !shared
    %p = tile.load %sp[%c0, %c0] : !shared -> !tile
    %y = tile.load %sv[%c0, %c0] : !shared -> !tile
    %z = arith.mulf %p, %y : !tile
    %d = arith.addf %c, %z : !tile
    scf.yield %d : !tile
  } {tile.stages = 2 : i64}
  tile.store %o, %vo[%c0, %c0] : !tile, !view
  tile.return
}

// A pipelined loop in a loop: the next prologue overwrites stages that the last iterations have read.
// CHECK-LABEL: tile.kernel @nested
// CHECK: scf.for
// CHECK: tile.barrier
// CHECK: tile.copy async
// CHECK: tile.copy async
// CHECK: tile.copy async
// CHECK: scf.for
// CHECK-NEXT: tile.async_wait 2
// CHECK: tile.barrier
// CHECK: tile.copy async
// CHECK-NOT: tile.barrier
// CHECK: tile.async_wait 0
// CHECK-NOT: tile.barrier
// CHECK: tile.return
tile.kernel @nested(%a: !global, %out: !global, %rows: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %va = tile.view %a sizes(%rows) map #id : !global -> !view
  %vo = tile.view %out sizes(%rows) map #id : !global -> !view
  %sa = tile.alloc : !shared
  scf.for %i = %c0 to %rows step %c64 {
    %zero = arith.constant dense<0.0> : !tile
    %sum = scf.for %k = %c0 to %i step %c64 iter_args(%c = %zero) -> (!tile) {
      tile.copy %va[%k, %c0] -> %sa {tile.pipelined} : !view -> !shared
      %x = tile.load %sa[%c0, %c0] : !shared -> !tile
      %d = arith.addf %c, %x : !tile
      scf.yield %d : !tile
    } {tile.stages = 4 : i64}
    tile.store %sum, %vo[%i, %c0] : !tile, !view
  }
  tile.return
}
