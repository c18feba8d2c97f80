// RUN: ashlar-opt %s -ashlar-tile-specialize-roles -split-input-file -verify-diagnostics | FileCheck %s
// RUN: ashlar-opt %s -ashlar-tile-specialize-roles=registers-per-multiprocessor=32768 -split-input-file -verify-diagnostics | FileCheck %s --check-prefix=HALF

#map = #tile.tensor_map<coordinates = (m) -> (m), extents = () -> (512), strides = () -> (), offset = 0, box = [64],
                        swizzle = 0>
!G = !tile.buffer<512xf16, global>
!S = !tile.buffer<64xf16, shared>
!B = !tile.buffer<1xi64, shared>

// One group of consumers: nobody hands registers over. The producer repeats the loop, its scalars and its own
// operations, but carries no tiles; of them the consumers keep nothing.
// CHECK-LABEL: tile.kernel @one_group
// CHECK-SAME: threads 256
// CHECK: %[[S:.*]] = tile.alloc
// CHECK: %[[FULL:.*]] = tile.alloc
// CHECK: tile.barrier
// CHECK: tile.role "consumer" threads 128 from 0 {
// CHECK:   scf.for {{.*}} iter_args(%{{.*}} = %{{.*}}, %[[PARITY:.*]] = %{{.*}}) -> (tensor<64xf16>, index)
// CHECK-NOT: tile.mbarrier_expect
// CHECK-NOT: tile.tensor_copy
// CHECK:     tile.mbarrier_wait %[[FULL]][%{{.*}}] parity %[[PARITY]] : <1xi64, shared>
// CHECK:     tile.load
// CHECK:     arith.addf
// CHECK: }
// CHECK: tile.role "producer" threads 128 from 128 single_thread {
// CHECK:   %[[VIEW:.*]] = tile.view
// CHECK:   scf.for %[[I:.*]] = {{.*}} iter_args(%[[OWN:.*]] = %{{.*}}) -> (index)
// CHECK:     %[[AT:.*]] = arith.muli %[[I]]
// CHECK:     tile.mbarrier_expect %[[FULL]][%{{.*}}] bytes 128 : <1xi64, shared>
// CHECK:     tile.tensor_copy %[[VIEW]][%[[AT]]] -> %[[S]] signal %[[FULL]]
// CHECK-NOT: tile.load
// CHECK-NOT: tensor<
// CHECK:     %[[FLIPPED:.*]] = arith.subi %{{.*}}, %[[OWN]]
// CHECK:     scf.yield %[[FLIPPED]] : index
// CHECK: tile.return
tile.kernel @one_group(%A: !G) grid affine_map<() -> (1, 1, 1)> threads 128 {
  %s = tile.alloc : !S
  %full = tile.alloc : !B
  tile.barrier
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant dense<0.0> : tensor<64xf16>
  %v = tile.view %A map affine_map<(m) -> (m)> : !G -> !tile.view<512xf16>
  %sum:2 = scf.for %i = %c0 to %c8 step %c1 iter_args(%c = %zero, %parity = %c0) -> (tensor<64xf16>, index) {
    %at = arith.muli %i, %c8 : index
    tile.mbarrier_expect %full[%c0] bytes 128 {tile.role_name = "producer"} : !B
    tile.tensor_copy %v[%at] -> %s signal %full[%c0] map #map {tile.role_name = "producer"} : !tile.view<512xf16> -> !S, !B
    tile.mbarrier_wait %full[%c0] parity %parity {tile.role_name = "consumer"} : !B
    %x = tile.load %s[%c0] : !S -> tensor<64xf16>
    %d = arith.addf %c, %x : tensor<64xf16>
    %flipped = arith.subi %c1, %parity : index
    scf.yield %d, %flipped : tensor<64xf16>, index
  }
  tile.return
}

// A multiprocessor's registers, less what the producer keeps, shared by two or three groups: 65536 / 128 - 24 = 488.
// CHECK-LABEL: tile.kernel @two_groups
// CHECK-SAME: threads 384
// CHECK: tile.role "consumer" threads 256 from 0 registers 240 {
// CHECK: tile.role "producer" threads 128 from 256 registers 24 single_thread {
// HALF-LABEL: tile.kernel @two_groups
// HALF: tile.role "consumer" threads 256 from 0 registers 112 {
tile.kernel @two_groups(%A: !G) grid affine_map<() -> (1, 1, 1)> threads 256 {
  %full = tile.alloc : !B
  tile.barrier
  %c0 = arith.constant 0 : index
  tile.mbarrier_expect %full[%c0] bytes 128 {tile.role_name = "producer"} : !B
  tile.return
}
// CHECK-LABEL: tile.kernel @three_groups
// CHECK-SAME: threads 512
// CHECK: tile.role "consumer" threads 384 from 0 registers 160 {
// CHECK: tile.role "producer" threads 128 from 384 registers 24 single_thread {
tile.kernel @three_groups(%A: !G) grid affine_map<() -> (1, 1, 1)> threads 384 {
  %full = tile.alloc : !B
  tile.barrier
  %c0 = arith.constant 0 : index
  tile.mbarrier_expect %full[%c0] bytes 128 {tile.role_name = "producer"} : !B
  tile.return
}
// A loop in which the producer has nothing to do is the consumers' alone.
// CHECK-LABEL: tile.kernel @consumers_loop
// CHECK: tile.role "consumer"
// CHECK: scf.for
// CHECK: tile.role "producer"
// CHECK-NOT: scf.for
// CHECK: tile.return
tile.kernel @consumers_loop(%A: !G, %n: index) grid affine_map<()[s0] -> (1, 1, 1)> threads 128 {
  %s = tile.alloc : !S
  %full = tile.alloc : !B
  tile.barrier
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  tile.mbarrier_expect %full[%c0] bytes 128 {tile.role_name = "producer"} : !B
  scf.for %i = %c0 to %n step %c1 {
    %x = tile.load %s[%c0] : !S -> tensor<64xf16>
  }
  tile.return
}

// CHECK-LABEL: tile.kernel @without_producer
// CHECK-SAME: threads 96
// CHECK-NOT: tile.role
// CHECK: tile.return
tile.kernel @without_producer() grid affine_map<() -> (1, 1, 1)> threads 96 {
  tile.barrier
  tile.return
}

// -----

// expected-error @+1 {{'tile.kernel' op cannot be dealt out to roles: its pipelines have not been expanded, or its threads are not whole warp groups}}
tile.kernel @part_of_a_group(%n: index) grid affine_map<()[s0] -> (1, 1, 1)> threads 96 {
  %full = tile.alloc : <1xi64, shared>
  tile.barrier
  tile.mbarrier_expect %full[%n] bytes 128 {tile.role_name = "producer"} : <1xi64, shared>
  tile.return
}

// -----

// expected-error @+1 {{'tile.kernel' op cannot be dealt out to roles}}
tile.kernel @without_barrier(%n: index) grid affine_map<()[s0] -> (1, 1, 1)> threads 128 {
  %full = tile.alloc : <1xi64, shared>
  tile.mbarrier_expect %full[%n] bytes 128 {tile.role_name = "producer"} : <1xi64, shared>
  tile.return
}

// -----

tile.kernel @branch(%n: index) grid affine_map<()[s0] -> (1, 1, 1)> threads 128 {
  %full = tile.alloc : <1xi64, shared>
  tile.barrier
  %some = arith.cmpi ne, %n, %n : index
  // expected-error @+1 {{'scf.if' op holds operations of the producer; only loops can be dealt out}}
  scf.if %some {
    tile.mbarrier_expect %full[%n] bytes 128 {tile.role_name = "producer"} : <1xi64, shared>
  }
  tile.return
}

// -----

tile.kernel @computed_by_consumers(%n: index) grid affine_map<()[s0] -> (1, 1, 1)> threads 128 {
  %full = tile.alloc : <1xi64, shared>
  tile.barrier
  %c0 = arith.constant 0 : index
  %from = tile.alloc : <1xi64, shared>
  // expected-error @+1 {{'tile.mbarrier_expect' op depends on what a consumer computes}}
  tile.mbarrier_expect %from[%c0] bytes 128 {tile.role_name = "producer"} : <1xi64, shared>
  tile.return
}
