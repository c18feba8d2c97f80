// RUN: ashlar-opt %s --ashlar-convert-tile-to-gpu --canonicalize --cse | FileCheck %s

// Roles, memory barriers, copies by tensor maps, and products of warp groups.

#group = #tile.distribution<"thread = [4:2@1, 8:1@0, 4:16@0], value = [2:1@1, 2:8@0]">
#wide = #tile.distribution<"thread = [4:2@1, 8:1@0, 4:16@0], value = [2:1@1, 2:8@0, 16:8@1]">
#flat = #tile.distribution<"thread = [128:1@0], value = []">
#rows = #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3>
#across = #tile.buffer_layout<[1, 64], swizzle = 3 : 3 : 3>
#panels = #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3, panel = 64 : 1024>
#deep = #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3, panel = 64 : 4096>
#operand = #tile.distribution<"thread = [4:2@1, 8:1@0, 4:16@0], value = [2:1@1, 2:8@0, 4:8@1]">
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

// Descriptors beside the address: swizzle of 128 bytes (bit 62), groups of eight rows 1024 bytes apart (64 << 32).
// Along K the other distance counts as 1 << 16; where rows lie along N it is from panel to panel: 8192 bytes, 512 << 16.
// Each step of 16 along K goes on by 32 bytes in a row; or by 16 rows of 128 bytes.
// CHECK-LABEL: gpu.func @operands_in_shared_memory
// CHECK-DAG: %[[ALONG_K:.*]] = arith.constant 4611686293305360384 : i64
// CHECK-DAG: %[[ALONG_N:.*]] = arith.constant 4611686293338849280 : i64
// CHECK-DAG: %[[RIGHT:.*]] = arith.ori %{{.*}}, %[[ALONG_K]] : i64
// CHECK-DAG: %[[LEFT:.*]] = arith.ori %{{.*}}, %[[ALONG_K]] : i64
// CHECK: ptx.wgmma_fence
// CHECK: %[[P0:.*]]:4 = ptx.wgmma n 8 f16[%{{.*}}], f16[%{{.*}}], accumulate %c1_i32
// CHECK: arith.addi %{{.*}}, %c2_i64
// CHECK: %[[P1:.*]]:4 = ptx.wgmma n 8 f16[%{{.*}}], f16[%{{.*}}], accumulate %c1_i32, (%[[P0]]#0, %[[P0]]#1, %[[P0]]#2, %[[P0]]#3)
// CHECK: arith.addi %{{.*}}, %c4_i64
// CHECK: %[[P2:.*]]:4 = ptx.wgmma n 8 f16[%{{.*}}], f16[%{{.*}}], accumulate %c1_i32, (%[[P1]]#0,
// CHECK: arith.addi %{{.*}}, %c6_i64
// CHECK: %[[P3:.*]]:4 = ptx.wgmma n 8 f16[%{{.*}}], f16[%{{.*}}], accumulate %c1_i32, (%[[P2]]#0,
// CHECK: nvvm.wgmma.commit.group.sync.aligned
// CHECK: ptx.wgmma_wait 0(%[[P3]]#0, %[[P3]]#1, %[[P3]]#2, %[[P3]]#3)
// What is only started is not waited for; a wait without tiles is the instruction.
// CHECK: %[[START:.*]] = arith.ori %{{.*}}, %[[ALONG_N]] : i64
// CHECK: ptx.wgmma_fence
// CHECK: ptx.wgmma n 128 f16[%{{.*}}], f16[%[[START]]] transposed_b, accumulate
// CHECK: %[[SECOND:.*]] = arith.addi %[[START]], %c128_i64
// CHECK: ptx.wgmma n 128 f16[%{{.*}}], f16[%[[SECOND]]] transposed_b, accumulate
// CHECK: nvvm.wgmma.commit.group.sync.aligned
// CHECK-NOT: ptx.wgmma_wait 0
// CHECK: ptx.wgmma_wait 1(
// CHECK: nvvm.wgmma.wait.group.sync.aligned 0
tile.kernel @operands_in_shared_memory() grid affine_map<() -> (1, 1, 1)> threads 128 {
  %a = tile.alloc {offset = 0 : i64} : <64x64xf16, shared, #rows>
  %b = tile.alloc {offset = 8192 : i64} : <8x64xf16, shared, #rows>
  %n = tile.alloc {offset = 16384 : i64} : <64x128xf16, shared, #deep>
  %t = tile.transpose %b [1, 0] : <8x64xf16, shared, #rows> -> <64x8xf16, shared, #across>
  %zero = arith.constant dense<0.0> : tensor<64x8xf32, #group>
  %zeros = arith.constant dense<0.0> : tensor<64x128xf32, #wide>
  %d = tile.mma wgmma %a, %t, %zero
    : !tile.buffer<64x64xf16, shared, #rows>, !tile.buffer<64x8xf16, shared, #across> -> tensor<64x8xf32, #group>
  %e = tile.mma wgmma %a, %n, %zeros {async}
    : !tile.buffer<64x64xf16, shared, #rows>, !tile.buffer<64x128xf16, shared, #deep> -> tensor<64x128xf32, #wide>
  %f = tile.mma_wait 1 (%e) : tensor<64x128xf32, #wide> -> tensor<64x128xf32, #wide>
  tile.mma_wait 0
  tile.return
}

// The left operand in registers: four words of two elements for each step along K, fenced with the sums.
// CHECK-LABEL: gpu.func @operand_in_registers
// CHECK: %[[REGISTERS:.*]]:12 = ptx.wgmma_fence(
// CHECK-SAME: f32, f32, f32, f32, i32, i32, i32, i32, i32, i32, i32, i32
// CHECK: %[[SUM:.*]]:4 = ptx.wgmma n 8 f16 (%[[REGISTERS]]#4, %[[REGISTERS]]#5, %[[REGISTERS]]#6, %[[REGISTERS]]#7), f16[%{{.*}}], accumulate %c1_i32, (%[[REGISTERS]]#0, %[[REGISTERS]]#1, %[[REGISTERS]]#2, %[[REGISTERS]]#3)
// CHECK: ptx.wgmma n 8 f16 (%[[REGISTERS]]#8, %[[REGISTERS]]#9, %[[REGISTERS]]#10, %[[REGISTERS]]#11), f16[%{{.*}}], accumulate %c1_i32, (%[[SUM]]#0,
tile.kernel @operand_in_registers() grid affine_map<() -> (1, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %s = tile.alloc {offset = 0 : i64} : <64x32xf16, shared>
  %b = tile.alloc {offset = 8192 : i64} : <8x32xf16, shared, #tile.buffer_layout<[32, 1], swizzle = 2 : 3 : 3>>
  %t = tile.transpose %b [1, 0] : <8x32xf16, shared, #tile.buffer_layout<[32, 1], swizzle = 2 : 3 : 3>>
    -> <32x8xf16, shared, #tile.buffer_layout<[1, 32], swizzle = 2 : 3 : 3>>
  %zero = arith.constant dense<0.0> : tensor<64x8xf32, #group>
  %a = tile.load %s[%c0, %c0] : !tile.buffer<64x32xf16, shared> -> tensor<64x32xf16, #operand>
  %d = tile.mma wgmma %a, %t, %zero : tensor<64x32xf16, #operand>,
    !tile.buffer<32x8xf16, shared, #tile.buffer_layout<[1, 32], swizzle = 2 : 3 : 3>> -> tensor<64x8xf32, #group>
  tile.return
}

// Two groups share 128 rows: each starts with its own 64, 8192 bytes further on.
// CHECK-LABEL: gpu.func @two_groups
// CHECK: %[[GROUP:.*]] = arith.divui %{{.*}}, %c128
// CHECK: arith.muli %[[GROUP]], %c8192
// CHECK-COUNT-4: ptx.wgmma n 8
// CHECK-NOT: ptx.wgmma n 8
tile.kernel @two_groups() grid affine_map<() -> (1, 1, 1)> threads 256 {
  %a = tile.alloc {offset = 0 : i64} : <128x64xf16, shared, #rows>
  %b = tile.alloc {offset = 16384 : i64} : <8x64xf16, shared, #rows>
  %t = tile.transpose %b [1, 0] : <8x64xf16, shared, #rows> -> <64x8xf16, shared, #across>
  %zero = arith.constant dense<0.0>
    : tensor<128x8xf32, #tile.distribution<"thread = [4:2@1, 8:1@0, 8:16@0], value = [2:1@1, 2:8@0]">>
  %d = tile.mma wgmma %a, %t, %zero
    : !tile.buffer<128x64xf16, shared, #rows>, !tile.buffer<64x8xf16, shared, #across>
    -> tensor<128x8xf32, #tile.distribution<"thread = [4:2@1, 8:1@0, 8:16@0], value = [2:1@1, 2:8@0]">>
  tile.return
}
