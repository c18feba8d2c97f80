// RUN: ashlar-opt %s --ashlar-convert-gpu-to-host | FileCheck %s

// What sm_90 added: tensor maps by address, copies by them, memory barriers, clusters.

gpu.module @kernels {
  llvm.mlir.global external @ashlar_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>

  llvm.func @load(%out: !llvm.ptr<1>, %map: !llvm.ptr {llvm.align = 64 : i64, llvm.byval = !llvm.array<128 x i8>})
      attributes {gpu.kernel, nvvm.kernel, nvvm.reqntid = array<i32: 384, 1, 1>, nvvm.minctasm = 1 : i32,
                  nvvm.cluster_dim = array<i32: 2>} {
    %shared = llvm.mlir.addressof @ashlar_shared : !llvm.ptr<3>
    %c1 = llvm.mlir.constant(1 : i32) : i32
    %c2 = llvm.mlir.constant(2 : i16) : i16
    %barrier = llvm.getelementptr %shared[4096] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8
    %rank = nvvm.read.ptx.sreg.cluster.ctarank : i32
    nvvm.mbarrier.init %barrier, %c1 : !llvm.ptr<3>, i32
    nvvm.fence.mbarrier.init
    nvvm.mbarrier.arrive.expect_tx %barrier, %c1 : !llvm.ptr<3>, i32
    %destination = llvm.addrspacecast %shared : !llvm.ptr<3> to !llvm.ptr<7>
    nvvm.cp.async.bulk.tensor.shared.cluster.global %destination, %map, %barrier, box[%c1, %rank] multicast_mask = %c2 : !llvm.ptr<7>, !llvm.ptr
    nvvm.mbarrier.try_wait.parity %barrier, %c1, %c1 : !llvm.ptr<3>, i32, i32
    %there = nvvm.mapa %shared, %rank : !llvm.ptr<3> -> !llvm.ptr<7>
    %value = llvm.load %there : !llvm.ptr<7> -> i32
    llvm.store %value, %out : i32, !llvm.ptr<1>
    nvvm.griddepcontrol wait
    llvm.return
  }

  llvm.func @window(%map: !llvm.ptr {llvm.byval = !llvm.array<128 x i8>}, %offset: i16, %hint: i64) attributes {gpu.kernel, nvvm.kernel} {
    %shared = llvm.mlir.addressof @ashlar_shared : !llvm.ptr<3>
    %destination = llvm.addrspacecast %shared : !llvm.ptr<3> to !llvm.ptr<7>
    %c0 = llvm.mlir.constant(0 : i32) : i32
    nvvm.cp.async.bulk.tensor.shared.cluster.global %destination, %map, %shared, box[%c0, %c0, %c0, %c0] im2col[%offset, %offset] l2_cache_hint = %hint {mode = #nvvm.tma_load_mode<im2col>} : !llvm.ptr<7>, !llvm.ptr
    nvvm.cp.async.bulk.tensor.reduce %map, %shared, box[%c0] {redKind = #nvvm.tma_redux_kind<add>} : !llvm.ptr, !llvm.ptr<3>
    nvvm.cp.async.bulk.wait_group 1 {read}
    llvm.return
  }
}

// The rank is 72 bytes into the context.
// CHECK-LABEL: llvm.func internal @load.thread(
// CHECK-SAME: %[[THREAD:[^:]*]]: !llvm.ptr, %{{.*}}: !llvm.ptr, %[[MAP:[^:]*]]: !llvm.ptr)
// CHECK: %[[FIELD:.*]] = llvm.getelementptr %[[THREAD]][72]
// CHECK-NEXT: %[[RANK:.*]] = llvm.load %[[FIELD]] invariant
// Expect bytes (1) and arrive (2).
// CHECK: %[[ARRIVE:.*]] = llvm.mlir.constant(3 : i32)
// CHECK: llvm.call %{{.*}}(%[[THREAD]], %{{.*}}, %[[ARRIVE]], %{{.*}}, %{{.*}}, %{{.*}}) : !llvm.ptr, (!llvm.ptr, !llvm.ptr, i32, i32, i32, i32) -> i64
// The coordinates go through the stack; two of them in tiled mode.
// CHECK: %[[SECOND:.*]] = llvm.getelementptr %[[AREA:.*]][4]
// CHECK-NEXT: llvm.store %[[RANK]], %[[SECOND]]
// CHECK: %[[MASK:.*]] = llvm.zext %{{.*}} : i16 to i32
// CHECK: %[[FLAGS:.*]] = llvm.mlir.constant(2 : i32)
// CHECK: llvm.call %{{.*}}(%[[THREAD]], %{{.*}}, %[[MAP]], %[[AREA]], %[[FLAGS]], %{{.*}}, %[[MASK]], %{{.*}})
// A read (4) of 4 bytes somewhere in the cluster (3).
// CHECK: llvm.mlir.constant(519 : i32)
// CHECK: llvm.call @ashlar_access

// The map is handed over by its address, unread.
// CHECK-LABEL: llvm.func @load(
// CHECK: %[[PLACE:.*]] = llvm.getelementptr %{{.*}}[1]
// CHECK-NEXT: %[[ADDRESS:.*]] = llvm.load %[[PLACE]]
// CHECK-NEXT: llvm.call @load.thread(%{{.*}}, %{{.*}}, %[[ADDRESS]])

// Four coordinates, im2col mode (8); one coordinate, an addition (16).
// CHECK-LABEL: llvm.func internal @window.thread(
// CHECK: llvm.zext %{{.*}} : i16 to i32
// CHECK: llvm.mlir.constant(12 : i32)
// CHECK: llvm.mlir.constant(17 : i32)

// A cluster of 2 x 1 x 1, and 65536 registers for 384 threads: 168 each.
// CHECK-LABEL: llvm.mlir.global internal constant @ashlar_kernels()
// CHECK: llvm.mlir.constant(384 : i32)
// CHECK: llvm.mlir.constant(2 : i32)
// CHECK: llvm.mlir.constant(168 : i32)
