// RUN: ashlar-opt %s --ashlar-convert-gpu-to-host | FileCheck %s

// Shared memory: a field of the context, an offset as an integer. Barriers become calls.

gpu.module @kernels {
  llvm.mlir.global external @ashlar_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>

  // A tile of 32 x 32 in rows of 33, so that rows and columns are free of bank conflicts. Block 32 x 32, one tile.
  llvm.func @transpose(%from: !llvm.ptr<1>, %to: !llvm.ptr<1>) attributes {gpu.kernel, nvvm.kernel} {
    %pitch = llvm.mlir.constant(33 : i32) : i32
    %size = llvm.mlir.constant(32 : i32) : i32
    %shared = llvm.mlir.addressof @ashlar_shared : !llvm.ptr<3>
    %x = nvvm.read.ptx.sreg.tid.x : i32
    %y = nvvm.read.ptx.sreg.tid.y : i32
    %row = llvm.mul %y, %size : i32
    %index = llvm.add %row, %x : i32
    %source = llvm.getelementptr %from[%index] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
    %value = llvm.load %source : !llvm.ptr<1> -> f32
    %shared_row = llvm.mul %y, %pitch : i32
    %shared_index = llvm.add %shared_row, %x : i32
    %slot = llvm.getelementptr %shared[%shared_index] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, f32
    llvm.store %value, %slot : f32, !llvm.ptr<3>
    nvvm.barrier0
    %shared_column = llvm.mul %x, %pitch : i32
    %transposed_index = llvm.add %shared_column, %y : i32
    %other = llvm.getelementptr %shared[%transposed_index] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, f32
    %transposed = llvm.load %other : !llvm.ptr<3> -> f32
    %target = llvm.getelementptr %to[%index] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
    llvm.store %transposed, %target : f32, !llvm.ptr<1>
    llvm.return
  }

  llvm.func @offsets(%to: !llvm.ptr<1>) attributes {gpu.kernel, nvvm.kernel} {
    %shared = llvm.mlir.addressof @ashlar_shared : !llvm.ptr<3>
    %next = llvm.getelementptr %shared[128] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8
    %offset = llvm.ptrtoint %next : !llvm.ptr<3> to i32
    llvm.store %offset, %to : i32, !llvm.ptr<1>
    llvm.return
  }
}

// CHECK-NOT: @ashlar_shared
// CHECK-LABEL: llvm.func internal @transpose.thread(
// CHECK-SAME: %[[THREAD:[^:]*]]: !llvm.ptr
// CHECK: %[[FIELD:.*]] = llvm.getelementptr %[[THREAD]][64]
// CHECK-NEXT: %[[SHARED:.*]] = llvm.load %[[FIELD]] invariant : !llvm.ptr -> !llvm.ptr
// CHECK: llvm.getelementptr %[[SHARED]][%{{.*}}] : (!llvm.ptr, i32) -> !llvm.ptr, f32
// CHECK: llvm.call @ashlar_access
// CHECK: llvm.store
// CHECK: %[[BARRIER:.*]] = llvm.load %{{.*}} invariant : !llvm.ptr -> !llvm.ptr
// CHECK-NEXT: llvm.call %[[BARRIER]](%[[THREAD]], %{{.*}}, %{{.*}}, %{{.*}}) : !llvm.ptr, (!llvm.ptr, i32, i32, i32) -> ()

// CHECK-LABEL: llvm.func internal @offsets.thread(
// CHECK: %[[ADDRESS:.*]] = llvm.ptrtoint %{{.*}} : !llvm.ptr to i64
// CHECK: %[[START:.*]] = llvm.ptrtoint %{{.*}} : !llvm.ptr to i64
// CHECK: %[[OFFSET:.*]] = llvm.sub %[[ADDRESS]], %[[START]] : i64
// CHECK: llvm.trunc %[[OFFSET]] : i64 to i32
