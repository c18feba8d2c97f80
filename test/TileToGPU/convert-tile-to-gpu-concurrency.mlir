// RUN: ashlar-opt %s --ashlar-convert-tile-to-gpu --canonicalize --cse | FileCheck %s

// Roles, memory barriers, copies by tensor maps, and products of warp groups.

#group = #tile.distribution<"thread = [4:2@1, 8:1@0, 4:16@0], value = [2:1@1, 2:8@0]">
#wide = #tile.distribution<"thread = [4:2@1, 8:1@0, 4:16@0], value = [2:1@1, 2:8@0, 8:8@1]">
#flat = #tile.distribution<"thread = [128:1@0], value = []">
#rows = #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3>
#across = #tile.buffer_layout<[1, 64], swizzle = 3 : 3 : 3>
#panels = #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3, panel = 64 : 1024>
#map = #tile.tensor_map<coordinates = (m, k)[h] -> (k, m, h), extents = () -> (256, 512, 4), strides = () -> (512, 262144),
                        offset = 0, box = [64, 16, 1], swizzle = 128>
!B = !tile.buffer<2xi64, shared>

// A role is a branch; who works alone gives registers back, the others ask for more. A barrier inside of a role is
// one of its own threads. Each warp of the consumers arrives once, a single thread as it is.
// CHECK-LABEL: gpu.func @roles
// CHECK: %[[THREAD:.*]] = gpu.thread_id
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[THREAD]], %c0
// CHECK: scf.if %[[FIRST]] {
// CHECK:   nvvm.mbarrier.init %[[FULL:.*]], %c4_i32
// CHECK:   nvvm.mbarrier.init %{{.*}}, %c4_i32
// CHECK:   nvvm.fence.mbarrier.init
// CHECK: }
// CHECK: nvvm.barrier{{$}}
// CHECK: %[[CONSUMES:.*]] = arith.cmpi ult, %[[THREAD]], %c128
// CHECK: scf.if %[[CONSUMES]] {
// CHECK:   nvvm.setmaxregister  increase 240
// CHECK:   nvvm.mbarrier.try_wait.parity %[[FULL]], %c1_i32, %{{.*}}
// CHECK:   nvvm.barrier id = %c1_i32 number_of_threads = %c128_i32
// CHECK:   nvvm.bar.warp.sync
// CHECK:   %[[LEADS:.*]] = arith.cmpi eq, %{{.*}}, %c0
// CHECK:   scf.if %[[LEADS]] {
// CHECK:     nvvm.mbarrier.arrive %[[FULL]]
// CHECK: %[[NUMBER:.*]] = arith.subi %[[THREAD]], %c128
// CHECK: %[[PRODUCES:.*]] = arith.cmpi ult, %[[NUMBER]], %c128
// CHECK: scf.if %[[PRODUCES]] {
// CHECK:   nvvm.setmaxregister  decrease 24
// CHECK:   %[[ALONE:.*]] = arith.cmpi eq, %[[THREAD]], %c128
// CHECK:   scf.if %[[ALONE]] {
// CHECK:     nvvm.mbarrier.arrive.expect_tx %[[FULL]], %c2048_i32
// CHECK-NOT: nvvm.bar.warp.sync
// CHECK:     scf.if %{{.*}} {
// CHECK:       nvvm.mbarrier.arrive %[[FULL]]
tile.kernel @roles(%n: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 256 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %full = tile.alloc {offset = 0 : i64} : !B
  tile.mbarrier_init %full arrivals 4 : !B
  tile.barrier
  tile.role "consumer" threads 128 from 0 registers 240 {
    tile.mbarrier_wait %full[%c0] parity %c1 : !B
    tile.barrier
    tile.mbarrier_arrive %full[%c0] : !B
  }
  tile.role "producer" threads 128 from 128 registers 24 single_thread {
    tile.mbarrier_expect %full[%c0] bytes 2048 : !B
    %blocks = tile.block_count x
    %more = arith.cmpi ult, %blocks, %n : index
    tile.mbarrier_arrive %full[%c0] if %more : !B
  }
  tile.return
}

// Four panels are four copies, 64 elements of the tensor and 2048 bytes of shared memory apart. The tensor map is an
// argument of the kernel, which says how it is to be made; two copies by the same map share it.
// CHECK-LABEL: gpu.func @copies
// CHECK-SAME: (%{{.*}}: !llvm.ptr<1>, %[[MAP:[a-z0-9]+]]: !llvm.ptr) kernel
// CHECK-SAME: ashlar.tensor_maps = [{box = array<i64: 64, 16, 1>, buffer = 0 : i64, element = f16,
// CHECK-SAME: offset = 0 : i64, strides = #{{[a-z0-9]+}}, swizzle = 128 : i64}]
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %[[MAP]], %{{.*}}, box[%c64_i32, %c128_i32, %[[HEAD:.*]]]
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %[[MAP]], %{{.*}}, box[%c128_i32, %c128_i32, %[[HEAD]]]
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %[[MAP]], %{{.*}}, box[%c192_i32, %c128_i32, %[[HEAD]]]
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %[[MAP]], %{{.*}}, box[%c256_i32, %c128_i32, %[[HEAD]]]
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %[[MAP]], %{{.*}}, box[%c0_i32, %c0_i32, %[[HEAD]]]
// CHECK-NOT: nvvm.cp.async.bulk
tile.kernel @copies(%A: !tile.buffer<4x512x256xf16, global>) grid affine_map<() -> (4, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c128 = arith.constant 128 : index
  %h = tile.block_id x
  %v = tile.view %A[%h] map affine_map<(m, k)[h] -> (h, m, k)> : <4x512x256xf16, global> -> <512x256xf16>
  %full = tile.alloc {offset = 0 : i64} : !B
  %s = tile.alloc {offset = 1024 : i64} : <16x256xf16, shared, #panels>
  %t = tile.alloc {offset = 16384 : i64} : <16x64xf16, shared, #rows>
  tile.role "producer" threads 32 from 0 single_thread {
    tile.tensor_copy %v[%c128, %c64] -> %s signal %full[%c0] map #map : <512x256xf16> -> <16x256xf16, shared, #panels>, !B
    tile.tensor_copy %v[%c0, %c0] -> %t signal %full[%c0] map #map : <512x256xf16> -> <16x64xf16, shared, #rows>, !B
  }
  tile.return
}
