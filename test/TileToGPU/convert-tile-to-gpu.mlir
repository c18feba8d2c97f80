// RUN: ashlar-opt %s --ashlar-convert-tile-to-gpu --canonicalize --cse | FileCheck %s

// The module that holds the kernels, with the symbol of dynamic shared memory.
// CHECK: gpu.module @kernels {
// CHECK: llvm.mlir.global external @ashlar_shared() {addr_space = 3 : i32, alignment = 1024 : i64}

#rows = #tile.distribution<"thread = [32:4@0], value = [4:1@0]">
#accumulator = #tile.distribution<"thread = [4:2@1, 8:1@0], value = [2:1@1, 2:8@0, 2:8@1]">
#operand_a = #tile.distribution<"thread = [4:2@1, 8:1@0], value = [2:1@1, 2:8@0, 2:8@1]">
#operand_b = #tile.distribution<"thread = [4:2@0, 8:1@1], value = [2:1@0, 2:8@0, 2:8@1]">
#row = #tile.distribution<"thread = [4:0, 8:1@0], value = [2:8@0]">
#swizzled = #tile.buffer_layout<[32, 1], swizzle = 2 : 3 : 3>
#transposed = #tile.buffer_layout<[1, 32], swizzle = 2 : 3 : 3>

// CHECK-LABEL: gpu.func @double_exact(%{{.*}}: !llvm.ptr<1>, %{{.*}}: !llvm.ptr<1>) kernel
// CHECK-SAME: nvvm.reqntid = array<i32: 32, 1, 1>
// CHECK-NOT: scf.if
// CHECK: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xf32>
// CHECK: arith.addf %{{.*}} : vector<1x4xf32>
// CHECK: llvm.store %{{.*}} {alignment = 16 : i64} : vector<4xf32>, !llvm.ptr<1>
tile.kernel @double_exact(%in: !tile.buffer<256xf32, global>, %out: !tile.buffer<256xf32, global>)
    grid affine_map<() -> (2, 1, 1)> threads 32 {
  %c128 = arith.constant 128 : index
  %block = tile.block_id x
  %start = arith.muli %block, %c128 : index
  %from = tile.view %in map affine_map<(i) -> (i)> : <256xf32, global> -> <256xf32>
  %to = tile.view %out map affine_map<(i) -> (i)> : <256xf32, global> -> <256xf32>
  %t = tile.load %from[%start] {in_bounds = array<i1: true>} : !tile.view<256xf32> -> tensor<128xf32, #rows>
  %d = arith.addf %t, %t : tensor<128xf32, #rows>
  tile.store %d, %to[%start] {in_bounds = array<i1: true>} : tensor<128xf32, #rows>, !tile.view<256xf32>
  tile.return
}

// An extent that is even but no multiple of four: vectors of two, each under its own condition.
// CHECK-LABEL: gpu.func @double_predicated
// CHECK: %[[INSIDE:.*]] = arith.cmpi ult, %{{.*}}, %c250
// CHECK: scf.if %[[INSIDE]] -> (vector<2xf32>)
// CHECK: llvm.load %{{.*}} {alignment = 8 : i64} : !llvm.ptr<1> -> vector<2xf32>
tile.kernel @double_predicated(%in: !tile.buffer<250xf32, global>, %out: !tile.buffer<250xf32, global>)
    grid affine_map<() -> (2, 1, 1)> threads 32 {
  %c128 = arith.constant 128 : index
  %block = tile.block_id x
  %start = arith.muli %block, %c128 : index
  %from = tile.view %in map affine_map<(i) -> (i)> : <250xf32, global> -> <250xf32>
  %to = tile.view %out map affine_map<(i) -> (i)> : <250xf32, global> -> <250xf32>
  %t = tile.load %from[%start] : !tile.view<250xf32> -> tensor<128xf32, #rows>
  tile.store %t, %to[%start] : tensor<128xf32, #rows>, !tile.view<250xf32>
  tile.return
}

// CHECK-LABEL: gpu.func @product
// Copies: sixteen bytes each, the swizzle as one XOR, and a zero fill only where the bounds are not known.
// CHECK: arith.xori
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg :
// CHECK: %[[BYTES:.*]] = arith.select %{{.*}}, %c16_i32, %c0_i32 : i32
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg, %[[BYTES]]
// CHECK: nvvm.cp.async.commit.group
// CHECK: nvvm.cp.async.wait.group 0
// CHECK: nvvm.barrier
// Fragments: four matrices at once, the second operand's rows are its columns.
// CHECK: scf.for
// CHECK-COUNT-2: nvvm.ldmatrix %{{.*}} num = 4 : i32
// CHECK-COUNT-2: nvvm.mma.sync
// The maximum of a row: registers first, then the four lanes that share it.
// CHECK: arith.maximumf
// CHECK: nvvm.shfl.sync bfly %{{.*}}, %{{.*}}, %c1_i32
// CHECK: nvvm.shfl.sync bfly %{{.*}}, %{{.*}}, %c2_i32
// CHECK: math.exp2 %{{.*}} : vector<2x4xf32>
tile.kernel @product(%a: !tile.buffer<16x32xf16, global>, %b: !tile.buffer<15x32xf16, global>,
                     %c: !tile.buffer<16x16xf32, global>)
    grid affine_map<() -> (1, 1, 1)> threads 32 attributes {shared_bytes = 2048 : i64} {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %c32 = arith.constant 32 : index
  %va = tile.view %a map affine_map<(m, k) -> (m, k)> : <16x32xf16, global> -> <16x32xf16>
  %vb = tile.view %b map affine_map<(n, k) -> (n, k)> : <15x32xf16, global> -> <15x32xf16>
  %vc = tile.view %c map affine_map<(m, n) -> (m, n)> : <16x16xf32, global> -> <16x16xf32>
  %sa = tile.alloc {offset = 0 : i64} : <16x32xf16, shared, #swizzled>
  %sb = tile.alloc {offset = 1024 : i64} : <16x32xf16, shared, #swizzled>
  %tb = tile.transpose %sb [1, 0] : <16x32xf16, shared, #swizzled> -> <32x16xf16, shared, #transposed>
  tile.copy async %va[%c0, %c0] -> %sa {in_bounds = array<i1: true, true>, vector_width = 8 : i64, vector_dim = 1 : i64}
    : <16x32xf16> -> <16x32xf16, shared, #swizzled>
  tile.copy async %vb[%c0, %c0] -> %sb {in_bounds = array<i1: false, true>, vector_width = 8 : i64, vector_dim = 1 : i64}
    : <15x32xf16> -> <16x32xf16, shared, #swizzled>
  tile.async_commit
  tile.async_wait 0
  tile.barrier
  %zero = arith.constant dense<0.0> : tensor<16x16xf32, #accumulator>
  %r = scf.for %k = %c0 to %c32 step %c16 iter_args(%sum = %zero) -> tensor<16x16xf32, #accumulator> {
    %fa = tile.load %sa[%c0, %k] : !tile.buffer<16x32xf16, shared, #swizzled> -> tensor<16x16xf16, #operand_a>
    %fb = tile.load %tb[%k, %c0] : !tile.buffer<32x16xf16, shared, #transposed> -> tensor<16x16xf16, #operand_b>
    %d = tile.mma mma_sync %fa, %fb, %sum
      : tensor<16x16xf16, #operand_a>, tensor<16x16xf16, #operand_b> -> tensor<16x16xf32, #accumulator>
    scf.yield %d : tensor<16x16xf32, #accumulator>
  }
  %max = tile.reduce max %r along 1 : tensor<16x16xf32, #accumulator> -> tensor<16xf32, #row>
  %maxes = tile.broadcast %max along 1 : tensor<16xf32, #row> -> tensor<16x16xf32, #accumulator>
  %s = arith.subf %r, %maxes : tensor<16x16xf32, #accumulator>
  %e = math.exp2 %s : tensor<16x16xf32, #accumulator>
  tile.store %e, %vc[%c0, %c0] : tensor<16x16xf32, #accumulator>, !tile.view<16x16xf32>
  tile.return
}

// Four-bit integers: a byte holds two, the low nibble first; their sign is made before they become numbers.
#pairs = #tile.distribution<"thread = [32:4@0], value = [4:1@0]">
// CHECK-LABEL: gpu.func @nibbles
// CHECK: %[[STORED:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> vector<2xi8>
// CHECK: %[[HIGH:.*]] = arith.shrui %[[STORED]], %{{.*}} : vector<2xi8>
// CHECK: vector.interleave %[[STORED]], %[[HIGH]] : vector<2xi8> -> vector<4xi8>
// CHECK: arith.shli
// CHECK: arith.shrsi
// CHECK: arith.sitofp %{{.*}} : vector<1x4xi8> to vector<1x4xf32>
tile.kernel @nibbles(%in: !tile.buffer<128xi4, global>, %out: !tile.buffer<128xf32, global>)
    grid affine_map<() -> (1, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %from = tile.view %in map affine_map<(i) -> (i)> : <128xi4, global> -> <128xi4>
  %to = tile.view %out map affine_map<(i) -> (i)> : <128xf32, global> -> <128xf32>
  %t = tile.load %from[%c0] {in_bounds = array<i1: true>} : !tile.view<128xi4> -> tensor<128xi4, #pairs>
  %f = arith.sitofp %t : tensor<128xi4, #pairs> to tensor<128xf32, #pairs>
  tile.store %f, %to[%c0] {in_bounds = array<i1: true>} : tensor<128xf32, #pairs>, !tile.view<128xf32>
  tile.return
}

// Index arithmetic has 64 bits in the kernel of a large static tensor only; for dynamic extents the launch plan checks that
// 32 suffice.
// CHECK-LABEL: gpu.func @dynamic_extent
// CHECK-SAME: ashlar.index_bitwidth = 32 : i64
tile.kernel @dynamic_extent(%in: !tile.buffer<?x4xf32, global>, %n: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 32 {
  tile.return
}
// CHECK-LABEL: gpu.func @large_extent
// CHECK-SAME: ashlar.index_bitwidth = 64 : i64
tile.kernel @large_extent(%in: !tile.buffer<1073741824x2xf32, global>) grid affine_map<() -> (1, 1, 1)> threads 32 {
  tile.return
}
