// RUN: ashlar-opt %s -ashlar-tile-plan-shared-memory -ashlar-tile-plan-barriers -ashlar-tile-verify-barriers -split-input-file -verify-diagnostics | FileCheck %s
// The multi-stage loops of pipeline.mlir with their barriers are in plan-barriers-staged.mlir.

#id = affine_map<(i, j) -> (i, j)>
!global = !tile.buffer<64x64xf32, global>
!view = !tile.view<64x64xf32>
!shared = !tile.buffer<16x16xf32, shared>
!tile = tensor<16x16xf32>

// CHECK-LABEL: tile.kernel @straight
// CHECK: tile.copy
// CHECK-NEXT: tile.copy
// CHECK-NEXT: tile.barrier
// CHECK-NEXT: tile.load
// CHECK-NEXT: tile.load
// CHECK-NEXT: tile.barrier
// CHECK-NEXT: tile.store
// CHECK-NOT: tile.barrier
tile.kernel @straight(%a: !global) grid affine_map<() -> (1, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %v = tile.view %a map #id : !global -> !view
  %s = tile.alloc : !shared
  %t = tile.alloc : !shared
  tile.copy %v[%c0, %c0] -> %s : !view -> !shared
  tile.copy %v[%c0, %c0] -> %t : !view -> !shared
  %x = tile.load %s[%c0, %c0] : !shared -> !tile
  %y = tile.load %t[%c0, %c0] : !shared -> !tile
  tile.store %x, %t[%c0, %c0] : !tile, !shared
  tile.return
}

// Two buffers that share memory depend on each other: the first is read before the second is written.
// CHECK-LABEL: tile.kernel @reused_memory
// CHECK: tile.copy
// CHECK-NEXT: tile.barrier
// CHECK-NEXT: tile.load
// CHECK-NEXT: tile.barrier
// CHECK-NEXT: tile.copy
// CHECK-NEXT: tile.barrier
// CHECK-NEXT: tile.load
tile.kernel @reused_memory(%a: !global) grid affine_map<() -> (1, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %v = tile.view %a map #id : !global -> !view
  %s = tile.alloc : !shared
  %t = tile.alloc : !shared
  tile.copy %v[%c0, %c0] -> %s : !view -> !shared
  %x = tile.load %s[%c0, %c0] : !shared -> !tile
  tile.copy %v[%c0, %c0] -> %t : !view -> !shared
  %y = tile.load %t[%c0, %c0] : !shared -> !tile
  tile.return
}

// A loop without stages: one barrier before the copies overwrite what the last iteration read, one before the loads.
// CHECK-LABEL: tile.kernel @single_stage_loop
// CHECK: scf.for
// CHECK-NEXT: tile.barrier
// CHECK-NEXT: tile.copy
// CHECK-NEXT: tile.copy
// CHECK-NEXT: tile.barrier
// CHECK-NEXT: tile.load
// CHECK-NEXT: tile.load
// CHECK-NOT: tile.barrier
tile.kernel @single_stage_loop(%a: !global, %n: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v = tile.view %a map #id : !global -> !view
  %s = tile.alloc : !shared
  %t = tile.alloc : !shared
  scf.for %i = %c0 to %n step %c1 {
    tile.copy %v[%i, %c0] -> %s : !view -> !shared
    tile.copy %v[%i, %c0] -> %t : !view -> !shared
    %x = tile.load %s[%c0, %c0] : !shared -> !tile
    %y = tile.load %t[%c0, %c0] : !shared -> !tile
  }
  tile.return
}

// What the loop only reads is waited for once, before it; a loop in a loop as well.
// CHECK-LABEL: tile.kernel @barrier_before_the_loops
// CHECK: tile.copy
// CHECK-NEXT: tile.barrier
// CHECK-NEXT: scf.for
// CHECK-NEXT: scf.for
// CHECK-NEXT: tile.load
// CHECK-NOT: tile.barrier
tile.kernel @barrier_before_the_loops(%a: !global, %n: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v = tile.view %a map #id : !global -> !view
  %s = tile.alloc : !shared
  tile.copy %v[%c0, %c0] -> %s : !view -> !shared
  scf.for %i = %c0 to %n step %c1 {
    scf.for %j = %c0 to %n step %c1 {
      %x = tile.load %s[%c0, %c0] : !shared -> !tile
    }
  }
  tile.return
}

// The outer loop's copy, the inner loop's reads: both barriers stand in the outer loop.
// CHECK-LABEL: tile.kernel @barriers_in_the_outer_loop
// CHECK: scf.for
// CHECK-NEXT: tile.barrier
// CHECK-NEXT: tile.copy
// CHECK-NEXT: tile.barrier
// CHECK-NEXT: scf.for
// CHECK-NEXT: tile.load
// CHECK-NOT: tile.barrier
tile.kernel @barriers_in_the_outer_loop(%a: !global, %n: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v = tile.view %a map #id : !global -> !view
  %s = tile.alloc : !shared
  scf.for %i = %c0 to %n step %c1 {
    tile.copy %v[%i, %c0] -> %s : !view -> !shared
    scf.for %j = %c0 to %n step %c1 {
      %x = tile.load %s[%c0, %c0] : !shared -> !tile
    }
  }
  tile.return
}

// A branch may or may not have written: the read after it needs a barrier. The branch that reads has its own, and so
// has the one that writes, into the same memory.
// CHECK-LABEL: tile.kernel @branches
// CHECK: tile.copy
// CHECK: scf.if
// CHECK-NEXT: tile.barrier
// CHECK-NEXT: tile.load
// CHECK: } else {
// CHECK-NEXT: tile.barrier
// CHECK-NEXT: tile.copy
// CHECK-NEXT: }
// CHECK-NEXT: tile.barrier
// CHECK-NEXT: tile.load
tile.kernel @branches(%a: !global, %n: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %v = tile.view %a map #id : !global -> !view
  %s = tile.alloc : !shared
  %t = tile.alloc : !shared
  tile.copy %v[%c0, %c0] -> %s : !view -> !shared
  %c = arith.cmpi eq, %n, %c0 : index
  scf.if %c {
    %x = tile.load %s[%c0, %c0] : !shared -> !tile
  } else {
    tile.copy %v[%c0, %c0] -> %t : !view -> !shared
  }
  %y = tile.load %t[%c0, %c0] : !shared -> !tile
  tile.return
}

// Global memory: a workspace that is written and read back needs a barrier; two stores of other rows do not.
// CHECK-LABEL: tile.kernel @workspace
// CHECK: scf.for
// CHECK-NEXT: tile.load
// CHECK-NEXT: tile.store
// CHECK: tile.barrier
// CHECK-NEXT: scf.for
// CHECK-NOT: tile.barrier
// CHECK: tile.return
tile.kernel @workspace(%in: !global, %work: !global, %out: !global) grid affine_map<() -> (1, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %c64 = arith.constant 64 : index
  %v = tile.view %in map #id : !global -> !view
  %w = tile.view %work map #id : !global -> !view
  %flipped = tile.view %work map affine_map<(i, j) -> (j, i)> : !global -> !view
  %o = tile.view %out map #id : !global -> !view
  scf.for %i = %c0 to %c64 step %c16 {
    %x = tile.load %v[%i, %c0] : !view -> !tile
    tile.store %x, %w[%i, %c0] : !tile, !view
  }
  scf.for %i = %c0 to %c64 step %c16 {
    scf.for %j = %c0 to %c64 step %c16 {
      %x = tile.load %flipped[%i, %c0] : !view -> !tile
      %row = arith.addi %i, %c0 : index
      tile.store %x, %o[%row, %j] : !tile, !view
    }
  }
  tile.return
}

// Half a tile further each time: the iterations overlap.
// CHECK-LABEL: tile.kernel @overlapping_stores
// CHECK: scf.for
// CHECK: tile.barrier
// CHECK-NEXT: tile.store
tile.kernel @overlapping_stores(%out: !global) grid affine_map<() -> (1, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c48 = arith.constant 48 : index
  %o = tile.view %out map #id : !global -> !view
  %x = arith.constant dense<1.0> : !tile
  scf.for %i = %c0 to %c48 step %c8 {
    tile.store %x, %o[%i, %c0] : !tile, !view
  }
  tile.return
}

// -----

!shared = !tile.buffer<16x16xf32, shared>
tile.kernel @while_loop(%a: !tile.buffer<64x64xf32, global>, %n: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %s = tile.alloc : !shared
  // expected-error @+1 {{accesses memory under control flow that the planning of barriers does not follow; use scf.for and scf.if}}
  scf.while (%i = %c0) : (index) -> index {
    %more = arith.cmpi slt, %i, %n : index
    scf.condition(%more) %i : index
  } do {
  ^bb0(%i: index):
    %x = tile.load %s[%c0, %c0] : !shared -> tensor<16x16xf32>
    scf.yield %i : index
  }
  tile.return
}
