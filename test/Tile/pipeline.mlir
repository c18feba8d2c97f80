// RUN: ashlar-opt %s -ashlar-tile-pipeline -split-input-file -verify-diagnostics | FileCheck %s
// RUN: ashlar-opt %s -ashlar-tile-pipeline -canonicalize -cse -ashlar-tile-plan-shared-memory -ashlar-tile-plan-barriers -ashlar-tile-verify-barriers -split-input-file -verify-diagnostics -o /dev/null

#id = affine_map<(i, j) -> (i, j)>
!global = !tile.buffer<?x512xf16, global>
!view = !tile.view<?x512xf16>
#swizzled = #tile.buffer_layout<[32, 1], swizzle = 2 : 3 : 3>
!shared = !tile.buffer<100x32xf16, shared, #swizzled>

// A stage of 100 rows of 64 bytes is rounded up to the period of the swizzle, 512 bytes: 6656 bytes, 3328 elements.
// CHECK-LABEL: tile.kernel @three_stages
// CHECK: %[[END:.*]] = arith.constant 512 : index
// CHECK: %[[VIEW:.*]] = tile.view
// CHECK: %[[STAGED:.*]] = tile.alloc : <3x100x32xf16, shared, #tile.buffer_layout<[3328, 32, 1], swizzle = 2 : 3 : 3>>
// CHECK-NOT: tile.alloc
// CHECK: %[[S0:.*]] = tile.stage %[[STAGED]][%{{.*}}]
// CHECK: tile.copy async %[[VIEW]][%{{.*}}, %{{.*}}] -> %[[S0]] {vector_width = 8 : i64}
// CHECK: tile.async_commit
// CHECK: %[[K1:.*]] = arith.constant 32 : index
// CHECK: %[[S1:.*]] = tile.stage %[[STAGED]][%{{.*}}]
// CHECK: tile.copy async %[[VIEW]][%{{.*}}, %[[K1]]] -> %[[S1]] {vector_width = 8 : i64}
// CHECK: tile.async_commit
// CHECK: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK: %[[ONE:.*]] = arith.constant 1 : index
// CHECK: %[[TWO:.*]] = arith.constant 2 : index
// CHECK: %[[THREE:.*]] = arith.constant 3 : index
// CHECK: %[[LOOP:.*]]:2 = scf.for %[[K:.*]] = %{{.*}} to %[[END]] step %{{.*}} iter_args(%[[C:.*]] = %{{.*}}, %[[READ:.*]] = %[[ZERO]])
// CHECK:   tile.async_wait 1
// CHECK:   %[[C64:.*]] = arith.constant 64 : index
// CHECK:   %[[AHEAD:.*]] = arith.addi %[[K]], %[[C64]]
// CHECK:   %[[FIRST:.*]] = arith.cmpi eq, %[[READ]], %[[ZERO]]
// CHECK:   %[[PREVIOUS:.*]] = arith.subi %[[READ]], %[[ONE]]
// CHECK:   %[[WRITE:.*]] = arith.select %[[FIRST]], %[[TWO]], %[[PREVIOUS]]
// CHECK:   %[[MORE:.*]] = arith.cmpi slt, %[[AHEAD]], %[[END]]
// CHECK:   %[[INTO:.*]] = tile.stage %[[STAGED]][%[[WRITE]]]
// CHECK:   tile.copy async %[[VIEW]][%{{.*}}, %[[AHEAD]]] -> %[[INTO]] if %[[MORE]] {vector_width = 8 : i64}
// CHECK:   tile.async_commit
// CHECK:   %[[FROM:.*]] = tile.stage %[[STAGED]][%[[READ]]]
// CHECK:   %[[TILE:.*]] = tile.load %[[FROM]]
// CHECK:   %[[SUM:.*]] = arith.addf %[[C]], %[[TILE]]
// CHECK:   %[[NEXT:.*]] = arith.addi %[[READ]], %[[ONE]]
// CHECK:   %[[WRAPS:.*]] = arith.cmpi eq, %[[NEXT]], %[[THREE]]
// CHECK:   %[[WRAPPED:.*]] = arith.select %[[WRAPS]], %[[ZERO]], %[[NEXT]]
// CHECK:   scf.yield %[[SUM]], %[[WRAPPED]]
// CHECK: tile.async_wait 0
// CHECK: tile.store %[[LOOP]]#0
tile.kernel @three_stages(%a: !global, %out: !tile.buffer<100x32xf16, global>, %rows: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %c32 = arith.constant 32 : index
  %c512 = arith.constant 512 : index
  %va = tile.view %a sizes(%rows) map #id : !global -> !view
  %vo = tile.view %out map #id : !tile.buffer<100x32xf16, global> -> !tile.view<100x32xf16>
  %sa = tile.alloc : !shared
  %zero = arith.constant dense<0.0> : tensor<100x32xf16>
  %sum = scf.for %k = %c0 to %c512 step %c32 iter_args(%c = %zero) -> (tensor<100x32xf16>) {
    tile.copy %va[%c0, %k] -> %sa {vector_width = 8 : i64, tile.pipelined} : !view -> !shared
    %x = tile.load %sa[%c0, %c0] : !shared -> tensor<100x32xf16>
    %d = arith.addf %c, %x : tensor<100x32xf16>
    scf.yield %d : tensor<100x32xf16>
  } {tile.stages = 3 : i64}
  tile.store %sum, %vo[%c0, %c0] : tensor<100x32xf16>, !tile.view<100x32xf16>
  tile.return
}

// -----

// The number of iterations is not known, perhaps zero: the prologue is predicated too, together with the copy's own
// predicate. What the copy needs is computed again for the iteration ahead; what only it needed is gone.
// CHECK-LABEL: tile.kernel @dynamic_trip_count
// CHECK-SAME: %[[ROWS:[a-z0-9]+]]: index
// CHECK: %[[STEP:.*]] = arith.constant 8 : index
// CHECK: %[[MORE0:.*]] = arith.cmpi slt, %{{.*}}, %[[ROWS]]
// CHECK: %[[ROW0:.*]] = arith.muli %{{.*}}, %{{.*}}
// CHECK: %[[OWN0:.*]] = arith.cmpi ult, %[[ROW0]], %[[ROWS]]
// CHECK: %[[BOTH0:.*]] = arith.andi %[[MORE0]], %[[OWN0]]
// CHECK: tile.copy async %{{.*}}[%[[ROW0]], %{{.*}}] -> %{{.*}} if %[[BOTH0]]
// CHECK: tile.async_commit
// CHECK: scf.for %[[I:.*]] = %{{.*}} to %[[ROWS]] step %[[STEP]] iter_args
// CHECK:   tile.async_wait 0
// CHECK:   %[[AHEAD:.*]] = arith.addi %[[I]], %{{.*}}
// CHECK:   %[[MORE:.*]] = arith.cmpi slt, %[[AHEAD]], %[[ROWS]]
// CHECK:   %[[ROW:.*]] = arith.muli %[[AHEAD]], %{{.*}}
// CHECK:   %[[OWN:.*]] = arith.cmpi ult, %[[ROW]], %[[ROWS]]
// CHECK:   %[[BOTH:.*]] = arith.andi %[[MORE]], %[[OWN]]
// CHECK:   tile.copy async %{{.*}}[%[[ROW]], %{{.*}}] -> %{{.*}} if %[[BOTH]]
// The copy that could not be pipelined still blocks, on its own buffer.
// CHECK:   tile.copy %{{.*}}[%[[I]], %{{.*}}]
// CHECK-NOT: arith.muli
// CHECK: tile.async_wait 0
tile.kernel @dynamic_trip_count(%a: !tile.buffer<?x64xf32, global>, %rows: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %c8 = arith.constant 8 : index
  %v = tile.view %a sizes(%rows) map affine_map<(i, j) -> (i, j)> : !tile.buffer<?x64xf32, global> -> !tile.view<?x64xf32>
  scf.for %i = %c0 to %rows step %c8 {
    %s = tile.alloc : !tile.buffer<8x64xf32, shared>
    %t = tile.alloc : !tile.buffer<8x64xf32, shared>
    %row = arith.muli %i, %c3 : index
    %inside = arith.cmpi ult, %row, %rows : index
    tile.copy %v[%row, %c0] -> %s if %inside {tile.pipelined} : !tile.view<?x64xf32> -> !tile.buffer<8x64xf32, shared>
    tile.copy %v[%i, %c0] -> %t : !tile.view<?x64xf32> -> !tile.buffer<8x64xf32, shared>
    %x = tile.load %s[%c0, %c0] : !tile.buffer<8x64xf32, shared> -> tensor<8x64xf32>
    %y = tile.load %t[%c0, %c0] : !tile.buffer<8x64xf32, shared> -> tensor<8x64xf32>
  } {tile.stages = 2 : i64}
  tile.return
}

// -----

// Fewer iterations than stages: empty groups keep the count right.
// CHECK-LABEL: tile.kernel @one_iteration
// CHECK-COUNT-1: tile.copy async
// CHECK: tile.async_commit
// CHECK-NOT: tile.copy
// CHECK: tile.async_commit
// CHECK: scf.for
// CHECK: tile.async_wait 1
tile.kernel @one_iteration(%a: !tile.buffer<8x64xf32, global>) grid affine_map<() -> (1, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %v = tile.view %a map affine_map<(i, j) -> (i, j)> : !tile.buffer<8x64xf32, global> -> !tile.view<8x64xf32>
  %s = tile.alloc : !tile.buffer<8x64xf32, shared>
  scf.for %i = %c0 to %c8 step %c8 {
    tile.copy %v[%i, %c0] -> %s {tile.pipelined} : !tile.view<8x64xf32> -> !tile.buffer<8x64xf32, shared>
    %x = tile.load %s[%c0, %c0] : !tile.buffer<8x64xf32, shared> -> tensor<8x64xf32>
  } {tile.stages = 3 : i64}
  tile.return
}

// -----

tile.kernel @wrong_decision() grid affine_map<() -> (1, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  // expected-error @+1 {{tile.stages has to be an integer in [2, 32]; run ashlar-tile-plan-pipeline}}
  scf.for %i = %c0 to %c0 step %c0 {
  } {tile.stages = 1 : i64}
  tile.return
}
