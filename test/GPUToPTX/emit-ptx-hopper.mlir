// REQUIRES: ptxas
// RUN: ashlar-opt %s -ashlar-convert-gpu-to-llvm -ashlar-emit-ptx="target=sm_90a assemble=true" | FileCheck %s

// The instructions of Hopper's kernels, so that the assembler has seen every one of them: copies by tensor maps,
// memory barriers, products of warp groups, clusters, register hand-over.

// CHECK: ashlar.assembly = {
// CHECK-SAME: spill_store_bytes = 0 : i32
// CHECK-SAME: ashlar.ptx = "
// CHECK-SAME: .param .align 64 .b8 every_instruction_param_2[128]
// CHECK-SAME: wgmma.mma_async.sync.aligned.m64n16k16.f32.bf16.bf16
// CHECK-SAME: wgmma.wait_group.sync.aligned 0
// CHECK-SAME: cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes
gpu.module @kernels {
  gpu.func @every_instruction(%to: !llvm.ptr<1>, %one: i32, %map: !llvm.ptr) kernel
      attributes {ashlar.tensor_maps = [{}], nvvm.reqntid = array<i32: 256, 1, 1>, nvvm.minctasm = 1 : i32, nvvm.cluster_dim = array<i32: 2, 1, 1>} {
    %shared = llvm.mlir.addressof @ashlar_shared : !llvm.ptr<3>
    %barrier = llvm.getelementptr %shared[65536] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8
    %c0 = llvm.mlir.constant(0 : i32) : i32
    %c1 = llvm.mlir.constant(1 : i32) : i32
    %bytes = llvm.mlir.constant(8192 : i32) : i32
    %mask = llvm.mlir.constant(3 : i16) : i16
    %ticks = llvm.mlir.constant(10000000 : i32) : i32
    %tid = nvvm.read.ptx.sreg.tid.x : i32
    %rank = nvvm.read.ptx.sreg.cluster.ctarank : i32
    nvvm.prefetch tensormap, %map : !llvm.ptr
    nvvm.mbarrier.init %barrier, %c1 : !llvm.ptr<3>, i32
    nvvm.fence.mbarrier.init
    nvvm.cluster.arrive.relaxed {aligned}
    nvvm.cluster.wait {aligned}
    nvvm.barrier
    %is_first = llvm.icmp "eq" %tid, %c0 : i32
    scf.if %is_first {
      nvvm.setmaxregister decrease 40
      nvvm.mbarrier.arrive.expect_tx %barrier, %bytes : !llvm.ptr<3>, i32
      %destination = llvm.addrspacecast %shared : !llvm.ptr<3> to !llvm.ptr<7>
      nvvm.cp.async.bulk.tensor.shared.cluster.global %destination, %map, %barrier, box[%c0, %c1] : !llvm.ptr<7>, !llvm.ptr
      nvvm.cp.async.bulk.tensor.shared.cluster.global %destination, %map, %barrier, box[%c0, %c1] multicast_mask = %mask : !llvm.ptr<7>, !llvm.ptr
      %remote = nvvm.mapa %barrier, %rank : !llvm.ptr<3> -> !llvm.ptr<7>
      nvvm.mbarrier.arrive %remote {scope = #nvvm.mem_scope<cluster>} : !llvm.ptr<7>
    } else {
      nvvm.setmaxregister increase 232
      nvvm.mbarrier.try_wait.parity %barrier, %c0, %ticks : !llvm.ptr<3>, i32, i32
      %address = llvm.ptrtoint %shared : !llvm.ptr<3> to i32
      %wide = llvm.zext %address : i32 to i64
      %zero = llvm.mlir.constant(0.0 : f32) : f32
      %c:8 = ptx.wgmma_fence (%zero, %zero, %zero, %zero, %zero, %zero, %zero, %zero) : f32
      %d:8 = ptx.wgmma n 16 bf16 [%wide], bf16 [%wide] transposed_b, accumulate %c0, (%c#0, %c#1, %c#2, %c#3, %c#4, %c#5, %c#6, %c#7) : f32
      %e:8 = ptx.wgmma n 16 bf16 (%tid, %tid, %tid, %tid), bf16 [%wide], accumulate %one, (%d#0, %d#1, %d#2, %d#3, %d#4, %d#5, %d#6, %d#7) : f32
      %f:8 = ptx.wgmma n 16 e4m3 [%wide], e5m2 [%wide], accumulate %one, (%e#0, %e#1, %e#2, %e#3, %e#4, %e#5, %e#6, %e#7) : f32
      %g:8 = ptx.wgmma n 16 tf32 [%wide], tf32 [%wide], accumulate %one, (%f#0, %f#1, %f#2, %f#3, %f#4, %f#5, %f#6, %f#7) : f32
      nvvm.wgmma.commit.group.sync.aligned
      %r:8 = ptx.wgmma_wait 0 (%g#0, %g#1, %g#2, %g#3, %g#4, %g#5, %g#6, %g#7) : f32
      %word = llvm.bitcast %r#7 : f32 to i32
      nvvm.stmatrix %shared, %word, %word, %word, %word {layout = #nvvm.mma_layout<row>, shape = #nvvm.ld_st_matrix_shape<m = 8, n = 8>, eltType = #nvvm.ld_st_matrix_elt_type<b16>} : !llvm.ptr<3>, i32, i32, i32, i32
      nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.shared>, space = #nvvm.shared_space<cta>}
      %two = llvm.mlir.constant(2 : i32) : i32
      %threads = llvm.mlir.constant(128 : i32) : i32
      nvvm.barrier id = %two number_of_threads = %threads
      nvvm.barrier.arrive id = %two number_of_threads = %threads
      %elected = nvvm.elect.sync -> i1
      scf.if %elected {
        nvvm.cp.async.bulk.tensor.global.shared.cta %map, %shared, box[%c0, %c1] : !llvm.ptr, !llvm.ptr<3>
        nvvm.cp.async.bulk.commit.group
        nvvm.cp.async.bulk.wait_group 0 {read}
        nvvm.cp.async.bulk.wait_group 0
      }
      llvm.store %r#0, %to : f32, !llvm.ptr<1>
    }
    gpu.return
  }
  llvm.mlir.global external @ashlar_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>
}
