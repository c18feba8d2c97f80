// RUN: ashlar-opt %s -ashlar-tile-pipeline-products | FileCheck %s

!A = !tile.buffer<64x64xf16, shared, #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3>>
!B = !tile.buffer<4xi64, shared>
!T = tensor<64x64xf32>

// While a product is under way, the stage of the one before is handed back; the last one's behind the loop.
// CHECK-LABEL: tile.kernel @static_trip_count
// CHECK: %[[LOOP:.*]]:3 = scf.for %[[K:.*]] = %[[FIRST:.*]] to %{{.*}} iter_args(%[[SUM:.*]] = %{{.*}}, %[[STAGE:.*]] = %{{.*}}, %[[BEFORE:.*]] = %{{.*}})
// CHECK:   tile.mbarrier_wait %[[FULL:.*]][%[[STAGE]]]
// CHECK:   %[[D:.*]] = tile.mma wgmma %{{.*}}, %{{.*}}, %[[SUM]] {async}
// CHECK:   %[[E:.*]] = tile.mma_wait 1(%[[D]])
// CHECK:   %[[LATER:.*]] = arith.cmpi ne, %[[K]], %[[FIRST]]
// CHECK:   tile.mbarrier_arrive %[[EMPTY:.*]][%[[BEFORE]]] if %[[LATER]]
// CHECK-NOT: tile.mbarrier_arrive
// CHECK:   %[[NEXT:.*]] = arith.addi %[[STAGE]]
// CHECK:   scf.yield %[[E]], %[[NEXT]], %[[STAGE]]
// CHECK: %[[DONE:.*]] = tile.mma_wait 0(%[[LOOP]]#0)
// CHECK: tile.mbarrier_arrive %[[EMPTY]][%[[LOOP]]#2] :
// CHECK: arith.negf %[[DONE]]
tile.kernel @static_trip_count() grid affine_map<() -> (1, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %a = tile.alloc : !A
  %full = tile.alloc : !B
  %empty = tile.alloc : !B
  %zero = arith.constant dense<0.0> : !T
  %sum:2 = scf.for %k = %c0 to %c4 step %c1 iter_args(%c = %zero, %stage = %c0) -> (!T, index) {
    tile.mbarrier_wait %full[%stage] parity %c0 : !B
    %d = tile.mma wgmma %a, %a, %c : !A, !A -> !T
    tile.mbarrier_arrive %empty[%stage] : !B
    %next = arith.addi %stage, %c1 : index
    scf.yield %d, %next : !T, index
  }
  %n = arith.negf %sum#0 : !T
  tile.return
}

// Two rings, and a loop that may not run at all: then nothing is to be handed back.
// CHECK-LABEL: tile.kernel @dynamic_trip_count
// CHECK-SAME: %[[N:.*]]: index
// CHECK: %[[LOOP:.*]]:3 = scf.for %{{.*}} = %[[LOW:.*]] to %[[N]]
// CHECK:   tile.mbarrier_arrive %[[ONE:.*]][%{{.*}}] if
// CHECK:   tile.mbarrier_arrive %[[OTHER:.*]][%{{.*}}] if
// CHECK: tile.mma_wait 0(%[[LOOP]]#0)
// CHECK: %[[RAN:.*]] = arith.cmpi slt, %[[LOW]], %[[N]]
// CHECK: tile.mbarrier_arrive %[[ONE]][%[[LOOP]]#1] if %[[RAN]]
// CHECK: tile.mbarrier_arrive %[[OTHER]][%[[LOOP]]#2] if %[[RAN]]
tile.kernel @dynamic_trip_count(%n: index) grid affine_map<()[s0] -> (1, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = tile.alloc : !A
  %one = tile.alloc : !B
  %other = tile.alloc : !B
  %zero = arith.constant dense<0.0> : !T
  %sum = scf.for %k = %c0 to %n step %c1 iter_args(%c = %zero) -> (!T) {
    %d = tile.mma wgmma %a, %a, %c : !A, !A -> !T
    tile.mbarrier_arrive %one[%k] : !B
    tile.mbarrier_arrive %other[%c0] : !B
    scf.yield %d : !T
  }
  tile.return
}

// CHECK-LABEL: tile.kernel @no_trip
// CHECK: scf.for
// CHECK: }
// CHECK: tile.mma_wait 0
// CHECK-NOT: tile.mbarrier_arrive
// CHECK: tile.return
tile.kernel @no_trip() grid affine_map<() -> (1, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = tile.alloc : !A
  %empty = tile.alloc : !B
  %zero = arith.constant dense<0.0> : !T
  %sum = scf.for %k = %c0 to %c0 step %c1 iter_args(%c = %zero) -> (!T) {
    %d = tile.mma wgmma %a, %a, %c : !A, !A -> !T
    tile.mbarrier_arrive %empty[%k] : !B
    scf.yield %d : !T
  }
  tile.return
}

// What these loops do with tiles needs the product's result, or its operands, at once.
// CHECK-LABEL: tile.kernel @left_alone
// CHECK-NOT: async
// CHECK-NOT: tile.mma_wait
// CHECK: tile.return
tile.kernel @left_alone(%n: index) grid affine_map<()[s0] -> (1, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = tile.alloc : !A
  %s = tile.alloc : <64x64xf32, shared>
  %empty = tile.alloc : !B
  %true = arith.constant true
  %zero = arith.constant dense<0.0> : !T
  %scaled = scf.for %k = %c0 to %n step %c1 iter_args(%c = %zero) -> (!T) {
    %d = tile.mma wgmma %a, %a, %c : !A, !A -> !T
    %e = arith.negf %d : !T
    tile.mbarrier_arrive %empty[%k] : !B
    scf.yield %e : !T
  }
  %fresh = scf.for %k = %c0 to %n step %c1 iter_args(%c = %zero) -> (!T) {
    %d = tile.mma wgmma %a, %a, %zero : !A, !A -> !T
    tile.mbarrier_arrive %empty[%k] : !B
    scf.yield %d : !T
  }
  %two = scf.for %k = %c0 to %n step %c1 iter_args(%c = %zero) -> (!T) {
    %d = tile.mma wgmma %a, %a, %c : !A, !A -> !T
    %e = tile.mma wgmma %a, %a, %d : !A, !A -> !T
    tile.mbarrier_arrive %empty[%k] : !B
    scf.yield %e : !T
  }
  %stored = scf.for %k = %c0 to %n step %c1 iter_args(%c = %zero) -> (!T) {
    %d = tile.mma wgmma %a, %a, %c : !A, !A -> !T
    tile.store %c, %s[%c0, %c0] : !T, !tile.buffer<64x64xf32, shared>
    tile.mbarrier_arrive %empty[%k] : !B
    scf.yield %d : !T
  }
  %early = scf.for %k = %c0 to %n step %c1 iter_args(%c = %zero) -> (!T) {
    tile.mbarrier_arrive %empty[%k] : !B
    %d = tile.mma wgmma %a, %a, %c : !A, !A -> !T
    scf.yield %d : !T
  }
  %sometimes = scf.for %k = %c0 to %n step %c1 iter_args(%c = %zero) -> (!T) {
    %d = tile.mma wgmma %a, %a, %c : !A, !A -> !T
    tile.mbarrier_arrive %empty[%k] if %true : !B
    scf.yield %d : !T
  }
  %swapped:2 = scf.for %k = %c0 to %n step %c1 iter_args(%b = %zero, %c = %zero) -> (!T, !T) {
    %d = tile.mma wgmma %a, %a, %c : !A, !A -> !T
    tile.mbarrier_arrive %empty[%k] : !B
    scf.yield %d, %b : !T, !T
  }
  %kept = scf.for %k = %c0 to %n step %c1 iter_args(%c = %zero) -> (!T) {
    %d = tile.mma wgmma %a, %a, %c : !A, !A -> !T
    scf.yield %d : !T
  }
  tile.return
}
