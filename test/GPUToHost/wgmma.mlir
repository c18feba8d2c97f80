// RUN: ashlar-opt %s --ashlar-convert-gpu-to-host | FileCheck %s

// Products of a warp group: registers go through the stack, accumulators first. Fences hand registers over and pass
// them on as they are.

gpu.module @kernels {
  llvm.func @product(%a: i64, %b: i64, %a0: i32, %x: f32, %i: i32, %to: !llvm.ptr<1>) attributes {gpu.kernel, nvvm.kernel} {
    %one = llvm.mlir.constant(1 : i32) : i32
    %c:4 = ptx.wgmma_fence (%x, %x, %x, %x) : f32
    %d:4 = ptx.wgmma n 8 bf16 [%a], bf16 [%b] transposed_b, accumulate %one, (%c#0, %c#1, %c#2, %c#3) : f32
    %e:4 = ptx.wgmma n 8 e4m3 (%a0, %a0, %a0, %i), e5m2 [%b], accumulate %one, (%d#0, %d#1, %d#2, %d#3) : f32
    nvvm.wgmma.commit.group.sync.aligned
    %r:4 = ptx.wgmma_wait 2 (%e#0, %e#1, %e#2, %e#3) : f32
    llvm.store %r#3, %to : f32, !llvm.ptr<1>
    nvvm.wgmma.fence.aligned
    %s:4 = ptx.wgmma n 8 s8 [%a], u8 [%b], accumulate %one, (%i, %i, %i, %i) : i32
    nvvm.wgmma.wait.group.sync.aligned 1
    llvm.store %s#0, %to : i32, !llvm.ptr<1>
    llvm.return
  }
}

// CHECK-LABEL: llvm.func internal @product.thread(
// CHECK-SAME: %[[THREAD:[^:]*]]: !llvm.ptr, %[[A:[^:]*]]: i64, %[[B:[^:]*]]: i64, %[[A0:[^:]*]]: i32, %[[X:[^:]*]]: f32, %[[I:[^:]*]]: i32
// Four accumulators and four registers of A at most.
// CHECK: %[[WORDS:.*]] = llvm.mlir.constant(8 : i32)
// CHECK: %[[AREA:.*]] = llvm.alloca %[[WORDS]] x i32
// CHECK: %[[FENCED:.*]] = llvm.mlir.constant(4 : i32)
// CHECK: llvm.call %{{.*}}(%[[THREAD]], %[[AREA]], %[[FENCED]], %{{.*}})

// bf16 (1) by bf16 (1 << 4), B transposed (2 << 8), 8 columns (8 << 16). What was fenced is used itself.
// CHECK-COUNT-4: llvm.store %[[X]], %{{.*}} {alignment = 4 : i64}
// CHECK: %[[VARIANT:.*]] = llvm.mlir.constant(524817 : i32)
// CHECK: llvm.call %{{.*}}(%[[THREAD]], %[[VARIANT]], %[[A]], %[[B]], %{{.*}}, %[[AREA]], %{{.*}})
// CHECK: %[[D0:.*]] = llvm.load %[[AREA]] {alignment = 4 : i64} : !llvm.ptr -> f32

// e4m3 (9) by e5m2 (10 << 4), A in registers (4 << 8) behind the accumulators.
// CHECK: llvm.store %[[D0]], %[[AREA]]
// CHECK: %[[LAST:.*]] = llvm.getelementptr %[[AREA]][28]
// CHECK: llvm.store %[[I]], %[[LAST]]
// CHECK: %[[NONE:.*]] = llvm.mlir.constant(0 : i64)
// CHECK: %[[VARIANT:.*]] = llvm.mlir.constant(525481 : i32)
// CHECK: llvm.call %{{.*}}(%[[THREAD]], %[[VARIANT]], %[[NONE]], %[[B]], %{{.*}}, %[[AREA]], %{{.*}})

// CHECK: llvm.call %{{.*}}(%[[THREAD]]) : !llvm.ptr, (!llvm.ptr) -> ()
// CHECK: %[[PENDING:.*]] = llvm.mlir.constant(2 : i32)
// CHECK: llvm.call %{{.*}}(%[[THREAD]], %[[PENDING]], %[[AREA]], %{{.*}}, %{{.*}})
// CHECK: %[[R3:.*]] = llvm.load %{{.*}} : !llvm.ptr -> f32
// CHECK: llvm.store %[[R3]], %{{.*}} {alignment = 1 : i64} : f32

// A fence and a wait without registers.
// CHECK: %[[COUNT:.*]] = llvm.mlir.constant(0 : i32)
// CHECK: llvm.call %{{.*}}(%[[THREAD]], %[[AREA]], %[[COUNT]], %{{.*}})
// s8 (3) by u8 (4 << 4)
// CHECK: llvm.mlir.constant(524355 : i32)
// CHECK: %[[S0:.*]] = llvm.load %[[AREA]] {alignment = 4 : i64} : !llvm.ptr -> i32
// CHECK: %[[PENDING:.*]] = llvm.mlir.constant(1 : i32)
// CHECK: %[[COUNT:.*]] = llvm.mlir.constant(0 : i32)
// CHECK: llvm.call %{{.*}}(%[[THREAD]], %[[PENDING]], %[[AREA]], %[[COUNT]], %{{.*}})
// CHECK: llvm.store %[[S0]]
