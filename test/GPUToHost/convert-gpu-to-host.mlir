// RUN: ashlar-opt %s --ashlar-convert-gpu-to-host | FileCheck %s

// Context, announced accesses and the exported entry of the smallest kernel.

gpu.module @kernels {
  llvm.func @vector_add(%a: !llvm.ptr<1>, %b: !llvm.ptr<1>, %c: !llvm.ptr<1>, %count: i32)
      attributes {gpu.kernel, nvvm.kernel, nvvm.reqntid = array<i32: 128>} {
    %block = nvvm.read.ptx.sreg.ctaid.x : i32
    %size = nvvm.read.ptx.sreg.ntid.x : i32
    %thread = nvvm.read.ptx.sreg.tid.x : i32
    %start = llvm.mul %block, %size : i32
    %i = llvm.add %start, %thread : i32
    %inside = llvm.icmp "ult" %i, %count : i32
    llvm.cond_br %inside, ^add, ^done
  ^add:
    %from_a = llvm.getelementptr %a[%i] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
    %from_b = llvm.getelementptr %b[%i] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
    %to = llvm.getelementptr %c[%i] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
    %x = llvm.load %from_a : !llvm.ptr<1> -> f32
    %y = llvm.load %from_b : !llvm.ptr<1> -> f32
    %sum = llvm.fadd %x, %y : f32
    llvm.store %sum, %to : f32, !llvm.ptr<1>
    llvm.br ^done
  ^done:
    llvm.return
  }
}

// CHECK-NOT: gpu.module
// CHECK-NOT: nvvm.
// CHECK-NOT: ptr<1>

// CHECK: llvm.mlir.global external @ashlar_simulator_api() {{.*}}: !llvm.ptr

// CHECK-LABEL: llvm.func internal @ashlar_access(
// CHECK-SAME: %[[CONTEXT:.*]]: !llvm.ptr, %[[HOOKS:.*]]: i1, %[[ADDRESS:.*]]: !llvm.ptr
// CHECK-SAME: always_inline
// CHECK: llvm.cond_br %[[HOOKS]] weights([1, 1000]), ^[[ANNOUNCE:.*]], ^[[DONE:.*]](%[[ADDRESS]] : !llvm.ptr)

// CHECK-LABEL: llvm.func internal @vector_add.thread(
// CHECK-SAME: %[[THREAD:[^:]*]]: !llvm.ptr, %[[A:[^:]*]]: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: i32)
// CHECK: %[[FLAG:.*]] = llvm.load %{{.*}} invariant : !llvm.ptr -> i32
// CHECK: %[[ON:.*]] = llvm.icmp "ne" %[[FLAG]]
// The index of the block is 12 bytes into the context.
// CHECK: %[[FIELD:.*]] = llvm.getelementptr %[[THREAD]][12]
// CHECK-NEXT: llvm.load %[[FIELD]] invariant : !llvm.ptr -> i32
// CHECK: %[[FROM:.*]] = llvm.getelementptr %[[A]]
// A read (4) of 4 bytes that must be aligned to 4 (2 << 8).
// CHECK: %[[BYTES:.*]] = llvm.mlir.constant(4 : i32)
// CHECK-NEXT: %[[FLAGS:.*]] = llvm.mlir.constant(516 : i32)
// CHECK-NEXT: %[[SITE:.*]] = llvm.mlir.constant(0 : i32)
// CHECK-NEXT: %[[CHECKED:.*]] = llvm.call @ashlar_access(%[[THREAD]], %[[ON]], %[[FROM]], %[[BYTES]], %[[FLAGS]], %[[SITE]])
// CHECK-NEXT: llvm.load %[[CHECKED]] {alignment = 1 : i64} : !llvm.ptr -> f32

// CHECK-LABEL: llvm.func @vector_add(
// CHECK-SAME: %[[ARGUMENTS:.*]]: !llvm.ptr)
// CHECK: %[[SELF:.*]] = llvm.call %{{.*}}() : !llvm.ptr, () -> !llvm.ptr
// CHECK: %[[THIRD:.*]] = llvm.getelementptr %[[ARGUMENTS]][3]
// CHECK-NEXT: %[[POINTER:.*]] = llvm.load %[[THIRD]]
// CHECK-NEXT: %[[COUNT:.*]] = llvm.load %[[POINTER]] {alignment = 1 : i64} : !llvm.ptr -> i32
// CHECK-NEXT: llvm.call @vector_add.thread(%[[SELF]], {{.*}}, %[[COUNT]])

// Three accesses: two loads and a store.
// CHECK: llvm.mlir.global internal constant @ashlar_sites(dense<{{.*}}> : tensor<6xi32>)
// CHECK: llvm.mlir.global internal constant @ashlar_strings("convert-gpu-to-host.mlir:{{[0-9]+:[0-9]+}}\00llvm.load\00
// CHECK: llvm.mlir.global external constant @ashlar_simulator_module()
