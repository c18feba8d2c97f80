// RUN: ashlar-opt %s -ashlar-convert-gpu-to-llvm -canonicalize -cse -split-input-file | FileCheck %s

// CHECK-LABEL: gpu.module @attributes
gpu.module @attributes {
  // Shared memory and code that is LLVM already pass through.
  // CHECK: llvm.mlir.global external @ashlar_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>
  llvm.mlir.global external @ashlar_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>

  // CHECK: llvm.func @defaults(%{{.*}}: !llvm.ptr<1> {llvm.align = 16 : i64, llvm.noalias}, %{{.*}}: i32)
  // CHECK-SAME: attributes {gpu.kernel, nvvm.kernel, nvvm.minctasm = 1 : i32, nvvm.reqntid = array<i32: 128, 1, 1>}
  gpu.func @defaults(%data: !llvm.ptr<1> {llvm.align = 16 : i64, llvm.noalias}, %rows: i32) kernel
      attributes {known_block_size = array<i32: 128, 1, 1>} {
    // CHECK: llvm.return
    gpu.return
  }

  // CHECK: llvm.func @chosen
  // CHECK-SAME: nvvm.minctasm = 2 : i32, nvvm.reqntid = array<i32: 64, 1, 1>}
  gpu.func @chosen() kernel attributes {nvvm.reqntid = array<i32: 64, 1, 1>, nvvm.minctasm = 2 : i32} {
    gpu.return
  }
}

// -----

gpu.module @ids {
  // CHECK-LABEL: llvm.func @narrow_index
  gpu.func @narrow_index(%out: !llvm.ptr<1>) kernel attributes {known_block_size = array<i32: 32, 1, 1>} {
    // CHECK-DAG: %[[THREAD:.*]] = nvvm.read.ptx.sreg.tid.x range <i32, 0, 32> : i32
    // CHECK-DAG: %[[BLOCK:.*]] = nvvm.read.ptx.sreg.ctaid.y : i32
    // CHECK: %[[SUM:.*]] = llvm.add %[[THREAD]], %[[BLOCK]] : i32
    // CHECK: llvm.store %[[SUM]]
    %thread = gpu.thread_id x
    %block = gpu.block_id y
    %sum = arith.addi %thread, %block : index
    %value = arith.index_cast %sum : index to i32
    llvm.store %value, %out : i32, !llvm.ptr<1>
    // CHECK: nvvm.barrier
    gpu.barrier
    gpu.return
  }
}

// -----

gpu.module @wide attributes {ashlar.index_bitwidth = 64 : i32} {
  // CHECK-LABEL: llvm.func @wide_index
  gpu.func @wide_index(%out: !llvm.ptr<1>, %pitch: i64) kernel {
    // CHECK: %[[THREAD:.*]] = nvvm.read.ptx.sreg.tid.x : i32
    // CHECK: %[[WIDE:.*]] = llvm.sext %[[THREAD]] : i32 to i64
    // CHECK: llvm.mul %[[WIDE]], %{{.*}} : i64
    %thread = gpu.thread_id x
    %p = arith.index_cast %pitch : i64 to index
    %product = arith.muli %thread, %p : index
    %value = arith.index_cast %product : index to i64
    llvm.store %value, %out : i64, !llvm.ptr<1>
    gpu.return
  }
}

// -----

gpu.module @tiles {
  // Register tiles are carried through loops as arrays of rows; arithmetic is done row by row.
  // CHECK-LABEL: llvm.func @accumulate
  gpu.func @accumulate(%in: !llvm.ptr<1>, %out: !llvm.ptr<1>, %count: i32) kernel {
    %zero = arith.constant 0 : i32
    %one = arith.constant 1 : i32
    %start = arith.constant dense<0.0> : vector<2x4xf32>
    // CHECK: llvm.br ^[[LOOP:bb[0-9]+]](%{{.*}} : i32, !llvm.array<2 x vector<4xf32>>)
    // CHECK: ^[[LOOP]](%{{.*}}: i32, %[[TILE:.*]]: !llvm.array<2 x vector<4xf32>>):
    // CHECK: llvm.icmp "slt"
    // CHECK: %[[PART:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> vector<4xf32>
    // CHECK: llvm.extractvalue %[[TILE]][0] : !llvm.array<2 x vector<4xf32>>
    // CHECK: llvm.fadd %{{.*}}, %[[PART]] : vector<4xf32>
    // CHECK: llvm.extractvalue %[[TILE]][1] : !llvm.array<2 x vector<4xf32>>
    // CHECK: llvm.fadd %{{.*}}, %[[PART]] : vector<4xf32>
    %sum = scf.for %i = %zero to %count step %one iter_args(%tile = %start) -> vector<2x4xf32> : i32 {
      %from = llvm.getelementptr %in[%i] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, !llvm.array<4 x f32>
      %row = llvm.load %from : !llvm.ptr<1> -> vector<4xf32>
      %part = vector.broadcast %row : vector<4xf32> to vector<2x4xf32>
      %next = arith.addf %tile, %part : vector<2x4xf32>
      scf.yield %next : vector<2x4xf32>
    }
    %last = vector.extract %sum[1] : vector<4xf32> from vector<2x4xf32>
    llvm.store %last, %out : vector<4xf32>, !llvm.ptr<1>
    gpu.return
  }

  // CHECK-LABEL: llvm.func @shuffle
  gpu.func @shuffle(%out: !llvm.ptr<1>, %x: f32) kernel {
    // CHECK: nvvm.shfl.sync bfly
    %distance = arith.constant 1 : i32
    %width = arith.constant 32 : i32
    %other, %valid = gpu.shuffle xor %x, %distance, %width : f32
    llvm.store %other, %out : f32, !llvm.ptr<1>
    gpu.return
  }

  // Rows of 16-bit elements become words without any instruction but casts.
  // CHECK-LABEL: llvm.func @fragment
  gpu.func @fragment(%word0: i32, %word1: i32, %out: !llvm.ptr<1>) kernel {
    // CHECK: llvm.bitcast %{{.*}} : vector<2xi32> to vector<4xf16>
    %words = vector.from_elements %word0, %word1 : vector<2xi32>
    %row = vector.bitcast %words : vector<2xi32> to vector<4xf16>
    llvm.store %row, %out : vector<4xf16>, !llvm.ptr<1>
    gpu.return
  }
}

// Each function has the width of its own.
// CHECK: gpu.module @mixed
gpu.module @mixed {
  // CHECK-LABEL: llvm.func @narrow
  // CHECK-SAME: %{{.*}}: i32
  gpu.func @narrow(%n: index, %out: !llvm.ptr<1>) kernel attributes {known_block_size = array<i32: 32, 1, 1>} {
    // CHECK: llvm.add %{{.*}}, %{{.*}} : i32
    %sum = arith.addi %n, %n : index
    %wide = arith.index_cast %sum : index to i64
    llvm.store %wide, %out : i64, !llvm.ptr<1>
    gpu.return
  }
  // CHECK-LABEL: llvm.func @wide
  // CHECK-SAME: %{{.*}}: i64
  gpu.func @wide(%n: index, %out: !llvm.ptr<1>) kernel
      attributes {known_block_size = array<i32: 32, 1, 1>, ashlar.index_bitwidth = 64 : i64} {
    // CHECK: llvm.add %{{.*}}, %{{.*}} : i64
    %sum = arith.addi %n, %n : index
    %wide = arith.index_cast %sum : index to i64
    llvm.store %wide, %out : i64, !llvm.ptr<1>
    gpu.return
  }
}
