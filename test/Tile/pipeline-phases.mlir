// RUN: ashlar-opt %s -ashlar-tile-pipeline-phases -split-input-file -verify-diagnostics | FileCheck %s

#id = affine_map<(m, k) -> (m, k)>
#rows = #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3>
#map = #tile.tensor_map<coordinates = (m, k) -> (k, m), extents = () -> (512, 128), strides = () -> (1024), offset = 0,
                        box = [64, 64], swizzle = 128>
!G = !tile.buffer<128x512xf16, global>
!V = !tile.view<128x512xf16>
!S = !tile.buffer<64x64xf16, shared, #rows>

// Two buffers that are filled together are one ring: of two warps' arrivals, and of all their bytes. The producer
// waits for the parity before the phase, the consumers for the phase's own.
// CHECK-LABEL: tile.kernel @one_ring
// CHECK: %[[A:.*]] = tile.alloc : <3x64x64xf16, shared, #tile.buffer_layout<[4096, 64, 1], swizzle = 3 : 3 : 3>>
// CHECK: %[[B:.*]] = tile.alloc : <3x64x64xf16, shared
// CHECK: %[[FULL:.*]] = tile.alloc : <3xi64, shared>
// CHECK: %[[EMPTY:.*]] = tile.alloc : <3xi64, shared>
// CHECK: tile.mbarrier_init %[[FULL]] arrivals 1
// CHECK: tile.mbarrier_init %[[EMPTY]] arrivals 2
// CHECK: tile.barrier
// CHECK: scf.for %[[K:.*]] = {{.*}} iter_args(%[[SUM:.*]] = %{{.*}}, %[[STAGE:.*]] = %[[ZERO:.*]], %[[PARITY:.*]] = %[[ZERO]])
// CHECK:   %[[BEFORE:.*]] = arith.subi %{{.*}}, %[[PARITY]]
// CHECK:   tile.mbarrier_wait %[[EMPTY]][%[[STAGE]]] parity %[[BEFORE]] {tile.role_name = "producer"}
// CHECK:   tile.mbarrier_expect %[[FULL]][%[[STAGE]]] bytes 16384 {tile.role_name = "producer"}
// CHECK:   %[[SA:.*]] = tile.stage %[[A]][%[[STAGE]]]
// CHECK:   tile.tensor_copy %[[V:.*]][%{{.*}}, %[[K]]] -> %[[SA]] signal %[[FULL]][%[[STAGE]]] map {{.*}} {tile.role_name = "producer"}
// CHECK:   %[[SB:.*]] = tile.stage %[[B]][%[[STAGE]]]
// CHECK:   tile.tensor_copy %[[V]][%[[K]], %{{.*}}] -> %[[SB]] signal %[[FULL]][%[[STAGE]]] map {{.*}} {tile.role_name = "producer"}
// CHECK:   tile.mbarrier_wait %[[FULL]][%[[STAGE]]] parity %[[PARITY]] {tile.role_name = "consumer"}
// CHECK:   tile.load %[[SA]]
// CHECK:   tile.load %[[SB]]
// CHECK:   tile.mbarrier_arrive %[[EMPTY]][%[[STAGE]]] {tile.role_name = "consumer"}
// CHECK:   %[[FLIPPED:.*]] = arith.subi %{{.*}}, %[[PARITY]]
// CHECK:   %[[NEXT:.*]] = arith.addi %[[STAGE]]
// CHECK:   %[[WRAPS:.*]] = arith.cmpi eq, %[[NEXT]], %c3
// CHECK:   %[[S:.*]] = arith.select %[[WRAPS]], %{{.*}}, %[[NEXT]]
// CHECK:   %[[P:.*]] = arith.select %[[WRAPS]], %[[FLIPPED]], %[[PARITY]]
// CHECK:   scf.yield %{{.*}}, %[[S]], %[[P]]
tile.kernel @one_ring(%A: !G) grid affine_map<() -> (1, 1, 1)> threads 64 {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c512 = arith.constant 512 : index
  %v = tile.view %A map #id : !G -> !V
  %a = tile.alloc : !S
  %b = tile.alloc : !S
  %zero = arith.constant dense<0.0> : tensor<64x64xf16>
  %sum = scf.for %k = %c0 to %c512 step %c64 iter_args(%c = %zero) -> (tensor<64x64xf16>) {
    tile.copy %v[%c0, %k] -> %a {tile.copy_stages = 3 : i64, tile.tensor_map = #map} : !V -> !S
    tile.copy %v[%k, %c0] -> %b {tile.copy_stages = 3 : i64, tile.tensor_map = #map} : !V -> !S
    %x = tile.load %a[%c0, %c0] : !S -> tensor<64x64xf16>
    %y = tile.load %b[%c0, %c0] : !S -> tensor<64x64xf16>
    %z = arith.addf %x, %y : tensor<64x64xf16>
    %d = arith.addf %c, %z : tensor<64x64xf16>
    scf.yield %d : tensor<64x64xf16>
  }
  tile.return
}

// -----

#id = affine_map<(m, k) -> (m, k)>
#map = #tile.tensor_map<coordinates = (m, k) -> (k, m), extents = () -> (512, 128), strides = () -> (1024), offset = 0,
                        box = [64, 64], swizzle = 0>
!G = !tile.buffer<128x512xf16, global>
!V = !tile.view<128x512xf16>
!S = !tile.buffer<64x64xf16, shared>

// As in attention: Q is filled once, by one stage whose empty phase nobody waits for twice; K and V are read one
// after the other and are rings of their own. Both loops of K and V end before Q is handed back.
// CHECK-LABEL: tile.kernel @three_rings
// CHECK: %[[Q:.*]] = tile.alloc : <1x64x64xf16, shared
// CHECK: %[[QFULL:.*]] = tile.alloc : <1xi64
// CHECK: %[[QEMPTY:.*]] = tile.alloc : <1xi64
// CHECK: %[[K:.*]] = tile.alloc : <2x64x64xf16, shared
// CHECK: %[[KFULL:.*]] = tile.alloc : <2xi64
// CHECK: %[[KEMPTY:.*]] = tile.alloc : <2xi64
// CHECK: %[[V:.*]] = tile.alloc : <2x64x64xf16, shared
// CHECK: %[[VFULL:.*]] = tile.alloc : <2xi64
// CHECK: %[[VEMPTY:.*]] = tile.alloc : <2xi64
// CHECK-COUNT-1: tile.barrier
// CHECK: tile.mbarrier_wait %[[QEMPTY]][%[[ZERO:.*]]] parity
// CHECK: tile.tensor_copy {{.*}} signal %[[QFULL]]
// CHECK: tile.mbarrier_wait %[[QFULL]][%[[ZERO]]] parity %[[ZERO]]
// CHECK: scf.for {{.*}} iter_args(%{{.*}} = %{{.*}}, %[[KS:.*]] = %[[ZERO]], %[[KP:.*]] = %[[ZERO]], %[[VS:.*]] = %[[ZERO]], %[[VP:.*]] = %[[ZERO]])
// CHECK:   tile.mbarrier_wait %[[KEMPTY]][%[[KS]]]
// CHECK:   tile.tensor_copy {{.*}} signal %[[KFULL]][%[[KS]]]
// CHECK:   tile.mbarrier_wait %[[KFULL]][%[[KS]]] parity %[[KP]]
// CHECK:   tile.load
// CHECK:   tile.mbarrier_arrive %[[KEMPTY]][%[[KS]]]
// CHECK:   tile.mbarrier_wait %[[VEMPTY]][%[[VS]]]
// CHECK:   tile.tensor_copy {{.*}} signal %[[VFULL]][%[[VS]]]
// CHECK:   tile.mbarrier_wait %[[VFULL]][%[[VS]]] parity %[[VP]]
// CHECK:   tile.mbarrier_arrive %[[VEMPTY]][%[[VS]]]
// CHECK: }
// CHECK: tile.mbarrier_arrive %[[QEMPTY]][%[[ZERO]]]
tile.kernel @three_rings(%A: !G) grid affine_map<() -> (1, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c512 = arith.constant 512 : index
  %g = tile.view %A map #id : !G -> !V
  %q = tile.alloc : !S
  %k = tile.alloc : !S
  %v = tile.alloc : !S
  %zero = arith.constant dense<0.0> : tensor<64x64xf16>
  tile.copy %g[%c0, %c0] -> %q {tile.copy_stages = 1 : i64, tile.tensor_map = #map} : !V -> !S
  %sum = scf.for %i = %c0 to %c512 step %c64 iter_args(%c = %zero) -> (tensor<64x64xf16>) {
    tile.copy %g[%c0, %i] -> %k {tile.copy_stages = 2 : i64, tile.tensor_map = #map} : !V -> !S
    %x = tile.load %q[%c0, %c0] : !S -> tensor<64x64xf16>
    %y = tile.load %k[%c0, %c0] : !S -> tensor<64x64xf16>
    tile.copy %g[%i, %c0] -> %v {tile.copy_stages = 2 : i64, tile.tensor_map = #map} : !V -> !S
    %z = tile.load %v[%c0, %c0] : !S -> tensor<64x64xf16>
    %s = arith.addf %x, %y : tensor<64x64xf16>
    %d = arith.addf %s, %z : tensor<64x64xf16>
    scf.yield %d : tensor<64x64xf16>
  }
  tile.return
}

// -----

#id = affine_map<(m, k) -> (m, k)>
#map = #tile.tensor_map<coordinates = (m, k) -> (k, m), extents = () -> (512, 128), strides = () -> (1024), offset = 0,
                        box = [64, 64], swizzle = 0>
!G = !tile.buffer<128x512xf16, global>
!V = !tile.view<128x512xf16>
!S = !tile.buffer<64x64xf16, shared>
!T = !tile.buffer<64x64xf16, shared, #tile.buffer_layout<[1, 64]>>

// A block that makes several tiles: the ring goes on where the tile before has left it. The reader looks at the
// stage through a transpose.
// CHECK-LABEL: tile.kernel @carried
// CHECK: %[[STAGED:.*]] = tile.alloc : <4x64x64xf16
// CHECK: scf.for {{.*}} iter_args(%[[S0:.*]] = %{{.*}}, %[[P0:.*]] = %{{.*}}) -> (index, index)
// CHECK:   %[[INNER:.*]]:2 = scf.for {{.*}} iter_args(%[[S:.*]] = %[[S0]], %[[P:.*]] = %[[P0]])
// CHECK:     %[[STAGE:.*]] = tile.stage %[[STAGED]][%[[S]]]
// CHECK:     tile.tensor_copy {{.*}} -> %[[STAGE]]
// CHECK:     %[[TURNED:.*]] = tile.transpose %[[STAGE]] [1, 0]
// CHECK:     tile.load %[[TURNED]]
// CHECK:   scf.yield %[[INNER]]#0, %[[INNER]]#1
tile.kernel @carried(%A: !G, %n: index) grid affine_map<()[s0] -> (1, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v = tile.view %A map #id : !G -> !V
  %s = tile.alloc : !S
  %t = tile.transpose %s [1, 0] : !S -> !T
  scf.for %i = %c0 to %n step %c1 {
    scf.for %k = %c0 to %n step %c1 {
      tile.copy %v[%i, %k] -> %s {tile.copy_stages = 4 : i64, tile.tensor_map = #map} : !V -> !S
      %x = tile.load %t[%c0, %c0] : !T -> tensor<64x64xf16>
    }
  }
  tile.return
}

// With one stage there is nothing to count but the parity.
// CHECK-LABEL: tile.kernel @single_stage
// CHECK: scf.for {{.*}} iter_args(%[[S:.*]] = %{{.*}}, %[[P:.*]] = %{{.*}})
// CHECK:   tile.mbarrier_arrive
// CHECK:   %[[FLIPPED:.*]] = arith.subi %{{.*}}, %[[P]]
// CHECK-NOT: arith.select
// CHECK:   scf.yield %[[S]], %[[FLIPPED]]
tile.kernel @single_stage(%A: !G, %n: index) grid affine_map<()[s0] -> (1, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v = tile.view %A map #id : !G -> !V
  %s = tile.alloc : !S
  scf.for %k = %c0 to %n step %c1 {
    tile.copy %v[%c0, %k] -> %s {tile.copy_stages = 1 : i64, tile.tensor_map = #map} : !V -> !S
    %x = tile.load %s[%c0, %c0] : !S -> tensor<64x64xf16>
  }
  tile.return
}

// Two places fill the same ring, one after the other: the second goes on with the next stage.
// CHECK-LABEL: tile.kernel @two_places
// CHECK: tile.alloc : <2x64x64xf16
// CHECK-NOT: tile.alloc : <{{.*}}x64x64xf16
// CHECK: tile.tensor_copy {{.*}}[%[[FIRST:.*]]] map
// CHECK: tile.mbarrier_arrive %{{.*}}[%[[FIRST]]]
// CHECK: %[[SECOND:.*]] = arith.select
// CHECK: tile.tensor_copy {{.*}}[%[[SECOND]]] map
// CHECK: tile.mbarrier_arrive %{{.*}}[%[[SECOND]]]
tile.kernel @two_places(%A: !G) grid affine_map<() -> (1, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map #id : !G -> !V
  %s = tile.alloc : !S
  tile.copy %v[%c0, %c0] -> %s {tile.copy_stages = 1 : i64, tile.tensor_map = #map} : !V -> !S
  %x = tile.load %s[%c0, %c0] : !S -> tensor<64x64xf16>
  tile.copy %v[%c0, %c0] -> %s {tile.copy_stages = 2 : i64, tile.tensor_map = #map} : !V -> !S
  %y = tile.load %s[%c0, %c0] : !S -> tensor<64x64xf16>
  tile.return
}

// CHECK-LABEL: tile.kernel @without_maps
// CHECK-NOT: tile.mbarrier
// CHECK: tile.copy
tile.kernel @without_maps(%A: !G) grid affine_map<() -> (1, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map #id : !G -> !V
  %s = tile.alloc : !S
  tile.copy %v[%c0, %c0] -> %s : !V -> !S
  tile.return
}

// -----

#id = affine_map<(m, k) -> (m, k)>
#map = #tile.tensor_map<coordinates = (m, k) -> (k, m), extents = () -> (512, 128), strides = () -> (1024), offset = 0,
                        box = [64, 64], swizzle = 0>
!G = !tile.buffer<128x512xf16, global>
!V = !tile.view<128x512xf16>
!S = !tile.buffer<64x64xf16, shared>
tile.kernel @never_read(%A: !G) grid affine_map<() -> (1, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map #id : !G -> !V
  %s = tile.alloc : !S
  // expected-error @+1 {{'tile.copy' op fills a buffer that nothing reads behind it in its block}}
  tile.copy %v[%c0, %c0] -> %s {tile.copy_stages = 1 : i64, tile.tensor_map = #map} : !V -> !S
  tile.return
}

// -----

#id = affine_map<(m, k) -> (m, k)>
#map = #tile.tensor_map<coordinates = (m, k) -> (k, m), extents = () -> (512, 128), strides = () -> (1024), offset = 0,
                        box = [64, 64], swizzle = 0>
!G = !tile.buffer<128x512xf16, global>
!V = !tile.view<128x512xf16>
!S = !tile.buffer<64x64xf16, shared>
tile.kernel @read_before(%A: !G) grid affine_map<() -> (1, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map #id : !G -> !V
  // expected-error @+1 {{'tile.alloc' op is read where no copy has filled it}}
  %s = tile.alloc : !S
  %w = tile.load %s[%c0, %c0] : !S -> tensor<64x64xf16>
  tile.copy %v[%c0, %c0] -> %s {tile.copy_stages = 1 : i64, tile.tensor_map = #map} : !V -> !S
  %x = tile.load %s[%c0, %c0] : !S -> tensor<64x64xf16>
  tile.return
}

// -----

#id = affine_map<(m, k) -> (m, k)>
#map = #tile.tensor_map<coordinates = (m, k) -> (k, m), extents = () -> (512, 128), strides = () -> (1024), offset = 0,
                        box = [64, 64], swizzle = 0>
!G = !tile.buffer<128x512xf16, global>
!V = !tile.view<128x512xf16>
!S = !tile.buffer<64x64xf16, shared>
tile.kernel @branch(%A: !G, %n: index) grid affine_map<()[s0] -> (1, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map #id : !G -> !V
  %s = tile.alloc : !S
  %some = arith.cmpi ne, %n, %c0 : index
  // expected-error @+1 {{'scf.if' op has copies by tensor maps inside; only loops can be pipelined}}
  scf.if %some {
    tile.copy %v[%c0, %c0] -> %s {tile.copy_stages = 1 : i64, tile.tensor_map = #map} : !V -> !S
    %x = tile.load %s[%c0, %c0] : !S -> tensor<64x64xf16>
  }
  tile.return
}

// -----

#id = affine_map<(m, k) -> (m, k)>
#map = #tile.tensor_map<coordinates = (m, k) -> (k, m), extents = () -> (512, 128), strides = () -> (1024), offset = 0,
                        box = [64, 64], swizzle = 0>
!G = !tile.buffer<128x512xf16, global>
!V = !tile.view<128x512xf16>
!S = !tile.buffer<64x64xf16, shared>
tile.kernel @other_company(%A: !G) grid affine_map<() -> (1, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map #id : !G -> !V
  %s = tile.alloc : !S
  %t = tile.alloc : !S
  tile.copy %v[%c0, %c0] -> %s {tile.copy_stages = 1 : i64, tile.tensor_map = #map} : !V -> !S
  %x = tile.load %s[%c0, %c0] : !S -> tensor<64x64xf16>
  // expected-error @+1 {{'tile.copy' op fills a buffer together with others than elsewhere in the kernel}}
  tile.copy %v[%c0, %c0] -> %s {tile.copy_stages = 1 : i64, tile.tensor_map = #map} : !V -> !S
  tile.copy %v[%c0, %c0] -> %t {tile.copy_stages = 1 : i64, tile.tensor_map = #map} : !V -> !S
  %y = tile.load %s[%c0, %c0] : !S -> tensor<64x64xf16>
  %z = tile.load %t[%c0, %c0] : !S -> tensor<64x64xf16>
  tile.return
}

// -----

#id = affine_map<(m, k) -> (m, k)>
#map = #tile.tensor_map<coordinates = (m, k) -> (k, m), extents = () -> (512, 128), strides = () -> (1024), offset = 0,
                        box = [64, 64], swizzle = 0>
!G = !tile.buffer<128x512xf16, global>
!V = !tile.view<128x512xf16>
!S = !tile.buffer<64x64xf16, shared>
tile.kernel @then_alone(%A: !G) grid affine_map<() -> (1, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map #id : !G -> !V
  %s = tile.alloc : !S
  %t = tile.alloc : !S
  tile.copy %v[%c0, %c0] -> %s {tile.copy_stages = 1 : i64, tile.tensor_map = #map} : !V -> !S
  tile.copy %v[%c0, %c0] -> %t {tile.copy_stages = 1 : i64, tile.tensor_map = #map} : !V -> !S
  %y = tile.load %s[%c0, %c0] : !S -> tensor<64x64xf16>
  %z = tile.load %t[%c0, %c0] : !S -> tensor<64x64xf16>
  // expected-error @+1 {{'tile.copy' op fills a buffer together with others than elsewhere in the kernel}}
  tile.copy %v[%c0, %c0] -> %t {tile.copy_stages = 1 : i64, tile.tensor_map = #map} : !V -> !S
  %x = tile.load %t[%c0, %c0] : !S -> tensor<64x64xf16>
  tile.return
}
