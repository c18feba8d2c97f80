// RUN: ashlar-opt %s | ashlar-opt | FileCheck %s
// RUN: ashlar-opt %s --mlir-print-op-generic | ashlar-opt | FileCheck %s
//
// Every operation, type and attribute, and every optional part of their syntax.

#rows = #tile.distribution<"thread = [4:0, 8:1@0], value = [2:8@0]">
#accumulator = #tile.distribution<"thread = [4:2@1, 8:1@0], value = [2:1@1, 2:8@0, 2:8@1]">
#swizzled = #tile.buffer_layout<[32, 1], swizzle = 2 : 3 : 3>
#padded = #tile.buffer_layout<[72, 1]>
#staged = #tile.buffer_layout<[512, 32, 1], swizzle = 2 : 3 : 3>
#transposed = #tile.buffer_layout<[1, 32], swizzle = 2 : 3 : 3>
#row64 = #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3>
#panels = #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3, panel = 64 : 1024>
#map = #tile.tensor_map<coordinates = (m, k)[head] -> (k, m, head), extents = ()[s0] -> (64, s0 floordiv 4, 4),
                        strides = ()[s0] -> (128, s0 * 32), offset = 16, box = [64, 16, 1], swizzle = 128>
#group = #tile.distribution<"thread = [4:2@1, 8:1@0, 4:16@0], value = [2:1@1, 2:8@0, 2:8@1]">

// CHECK: #[[GRID:.*]] = affine_map<()[s0] -> (s0 ceildiv 16, 1, 1)>
// CHECK: #[[REQUIREMENTS:.*]] = affine_set<()[s0] : (s0 - 32 == 0)>
// CHECK-LABEL: tile.kernel @grid(%{{.*}}: !tile.buffer<?x64xf32, global>, %{{.*}}: !tile.buffer<?x64xf32, global>, %{{.*}}: index)
// CHECK-SAME: grid #[[GRID]] threads 128
// CHECK-SAME: attributes {schedule = {stages = 3 : i64}, shared_bytes = 2048 : i64}
tile.kernel @grid(%in: !tile.buffer<?x64xf32, global>, %out: !tile.buffer<?x64xf32, global>, %rows: index)
    grid affine_map<()[s0] -> (s0 ceildiv 16, 1, 1)> threads 128
    attributes {schedule = {stages = 3 : i64}, shared_bytes = 2048 : i64} {
  // CHECK: tile.block_id x
  %x = tile.block_id x
  // CHECK: tile.block_id y
  %y = tile.block_id y
  // CHECK: tile.block_id z
  %z = tile.block_id z
  // CHECK: tile.block_count x
  %blocks = tile.block_count x
  // CHECK: tile.view %{{.*}}[%{{.*}}] sizes(%{{.*}}) map #{{.*}} : <?x64xf32, global> -> <?x8x8xf32>
  %v = tile.view %in[%rows] sizes(%rows) map affine_map<(m, i, j)[s] -> (s - 1 - m, i * 8 + j)>
    : <?x64xf32, global> -> <?x8x8xf32>
  // CHECK: tile.return
  tile.return
}

// CHECK-LABEL: tile.kernel @no_arguments() grid #{{.*}} threads 32
tile.kernel @no_arguments() grid affine_map<() -> (1, 1, 1)> threads 32 {
  tile.return
}

// CHECK-LABEL: func.func @launches
func.func @launches(%x: tensor<?x64xf32>, %rows: index) -> tensor<?x64xf32> {
  // CHECK: tile.launch @grid(%{{.*}}) dimensions(%{{.*}}) result_dimensions(%{{.*}}) : (tensor<?x64xf32>) -> tensor<?x64xf32>
  %y = tile.launch @grid(%x) dimensions(%rows) result_dimensions(%rows) : (tensor<?x64xf32>) -> tensor<?x64xf32>
  // CHECK: tile.launch @grid(%{{.*}}) {{.*}} requires #[[REQUIREMENTS]] : (tensor<?x64xf32>) -> tensor<?x64xf32>
  %z = tile.launch @grid(%y) dimensions(%rows) result_dimensions(%rows) requires affine_set<()[s0] : (s0 - 32 == 0)>
    : (tensor<?x64xf32>) -> tensor<?x64xf32>
  // CHECK: tile.launch @no_arguments() : () -> ()
  tile.launch @no_arguments() : () -> ()
  // CHECK: tile.launch @works() {workspace = [tensor<8xi32>]} : () -> ()
  tile.launch @works() {workspace = [tensor<8xi32>]} : () -> ()
  return %y : tensor<?x64xf32>
}
tile.kernel @works(%space: !tile.buffer<8xi32, global>) grid affine_map<() -> (1, 1, 1)> threads 32 {
  tile.return
}

// CHECK-LABEL: tile.kernel @memory
tile.kernel @memory(%in: !tile.buffer<64x64xf16, global>) grid affine_map<() -> (1, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %true = arith.constant true
  %v = tile.view %in map affine_map<(m, n) -> (m, n)> : <64x64xf16, global> -> <64x64xf16>
  // CHECK: tile.alloc {offset = 128 : i64} : <16x32xf16, shared, #tile.buffer_layout<[32, 1], swizzle = 2 : 3 : 3>>
  %single = tile.alloc {offset = 128 : i64} : <16x32xf16, shared, #swizzled>
  // CHECK: tile.alloc : <3x16x32xf16, shared, #{{.*}}>
  %stages = tile.alloc : <3x16x32xf16, shared, #staged>
  // CHECK: tile.stage %{{.*}}[%{{.*}}] : <3x16x32xf16, shared, #{{.*}}> -> <16x32xf16, shared, #{{.*}}>
  %stage = tile.stage %stages[%c0] : <3x16x32xf16, shared, #staged> -> <16x32xf16, shared, #swizzled>
  // CHECK: tile.transpose %{{.*}} [1, 0] : <16x32xf16, shared, #{{.*}}> -> <32x16xf16, shared, #tile.buffer_layout<[1, 32], swizzle = 2 : 3 : 3>>
  %turned = tile.transpose %stage [1, 0] : <16x32xf16, shared, #swizzled> -> <32x16xf16, shared, #transposed>
  // CHECK: tile.copy %{{.*}}[%{{.*}}, %{{.*}}] -> %{{.*}} : <64x64xf16> -> <16x32xf16, shared, #{{.*}}>
  tile.copy %v[%c0, %c0] -> %single : <64x64xf16> -> <16x32xf16, shared, #swizzled>
  // CHECK: tile.copy async %{{.*}} if %{{.*}} {in_bounds = array<i1: true, false>, vector_dim = 1 : i64, vector_width = 8 : i64}
  tile.copy async %v[%c0, %c0] -> %stage if %true
    {in_bounds = array<i1: true, false>, vector_dim = 1 : i64, vector_width = 8 : i64}
    : <64x64xf16> -> <16x32xf16, shared, #swizzled>
  // CHECK: tile.async_commit
  tile.async_commit
  // CHECK: tile.async_wait 1
  tile.async_wait 1
  // CHECK: tile.barrier
  tile.barrier
  // CHECK: tile.load %{{.*}}[%{{.*}}, %{{.*}}] : !tile.buffer<16x32xf16, shared, #{{.*}}> -> tensor<16x16xf16, #{{.*}}>
  %a = tile.load %single[%c0, %c0] : !tile.buffer<16x32xf16, shared, #swizzled> -> tensor<16x16xf16, #accumulator>
  // CHECK: tile.load %{{.*}} {in_bounds = array<i1: true, true>} : !tile.view<64x64xf16> -> tensor<64x64xf16>
  %b = tile.load %v[%c0, %c0] {in_bounds = array<i1: true, true>} : !tile.view<64x64xf16> -> tensor<64x64xf16>
  // CHECK: tile.store %{{.*}}, %{{.*}}[%{{.*}}, %{{.*}}] {in_bounds = array<i1: false, true>} : tensor<64x64xf16>, !tile.view<64x64xf16>
  tile.store %b, %v[%c0, %c0] {in_bounds = array<i1: false, true>} : tensor<64x64xf16>, !tile.view<64x64xf16>
  // CHECK: tile.alloc : <64x64xf16, shared, #tile.buffer_layout<[72, 1]>>
  %padded = tile.alloc : <64x64xf16, shared, #padded>
  // CHECK: tile.store %{{.*}}, %{{.*}}[%{{.*}}, %{{.*}}] : tensor<64x64xf16>, !tile.buffer<64x64xf16, shared, #{{.*}}>
  tile.store %b, %padded[%c0, %c0] : tensor<64x64xf16>, !tile.buffer<64x64xf16, shared, #padded>
  tile.return
}

// CHECK-LABEL: tile.kernel @scalars
tile.kernel @scalars(%in: !tile.buffer<f32, global>) grid affine_map<() -> (1, 1, 1)> threads 32 {
  // CHECK: tile.view %{{.*}} map #{{.*}} : <f32, global> -> <f32>
  %v = tile.view %in map affine_map<() -> ()> : <f32, global> -> <f32>
  // CHECK: tile.load %{{.*}}[] : !tile.view<f32> -> tensor<f32>
  %a = tile.load %v[] : !tile.view<f32> -> tensor<f32>
  tile.return
}

// CHECK-LABEL: tile.kernel @packed
tile.kernel @packed(%in: !tile.buffer<4xi32, global>) grid affine_map<() -> (1, 1, 1)> threads 32 {
  // CHECK: tile.bitcast %{{.*}} : <4xi32, global> -> <32xi4, global>
  %elements = tile.bitcast %in : <4xi32, global> -> <32xi4, global>
  tile.return
}

// CHECK-LABEL: tile.kernel @computes
tile.kernel @computes(%x: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 32 {
  %one = arith.constant 1.0 : f16
  %packed = arith.constant dense<1> : tensor<2x4xi4>
  // CHECK: tile.splat %{{.*}} : f16 -> tensor<16x16xf16>
  %a = tile.splat %one : f16 -> tensor<16x16xf16>
  %zero = arith.constant dense<0.0> : tensor<16x16xf32>
  // CHECK: tile.mma mma_sync %{{.*}}, %{{.*}}, %{{.*}} : tensor<16x16xf16>, tensor<16x16xf16> -> tensor<16x16xf32>
  %d = tile.mma mma_sync %a, %a, %zero : tensor<16x16xf16>, tensor<16x16xf16> -> tensor<16x16xf32>
  // CHECK: tile.mma fma %{{.*}} {unsigned_a, unsigned_b} : tensor<4x8xi8>, tensor<8x4xi8> -> tensor<4x4xi32>
  %i = arith.constant dense<1> : tensor<4x8xi8>
  %j = arith.constant dense<1> : tensor<8x4xi8>
  %s = arith.constant dense<0> : tensor<4x4xi32>
  %p = tile.mma fma %i, %j, %s {unsigned_a, unsigned_b} : tensor<4x8xi8>, tensor<8x4xi8> -> tensor<4x4xi32>
  // CHECK: tile.reduce add %{{.*}} along 0 : tensor<16x16xf32> -> tensor<16xf32>
  %r0 = tile.reduce add %d along 0 : tensor<16x16xf32> -> tensor<16xf32>
  // CHECK: tile.reduce mul
  %r1 = tile.reduce mul %d along 0 : tensor<16x16xf32> -> tensor<16xf32>
  // CHECK: tile.reduce min
  %r2 = tile.reduce min %d along 0 : tensor<16x16xf32> -> tensor<16xf32>
  // CHECK: tile.convert_layout %{{.*}} : tensor<16x16xf32> -> tensor<16x16xf32, #{{.*}}>
  %l = tile.convert_layout %d : tensor<16x16xf32> -> tensor<16x16xf32, #accumulator>
  // CHECK: tile.reduce max %{{.*}} along 1 : tensor<16x16xf32, #{{.*}}> -> tensor<16xf32, #tile.distribution<"thread = [4:0, 8:1@0], value = [2:8@0]">>
  %m = tile.reduce max %l along 1 : tensor<16x16xf32, #accumulator> -> tensor<16xf32, #rows>
  // CHECK: tile.broadcast %{{.*}} along 1 : tensor<16xf32, #{{.*}}> -> tensor<16x16xf32, #{{.*}}>
  %b = tile.broadcast %m along 1 : tensor<16xf32, #rows> -> tensor<16x16xf32, #accumulator>
  // CHECK: tile.iota %{{.*}} along 1 : tensor<16x16xi32>
  %n = tile.iota %x along 1 : tensor<16x16xi32>
  // CHECK: tile.unpack %{{.*}} map #{{.*}} : tensor<2x4xi4> -> tensor<8xi4>
  %u = tile.unpack %packed map affine_map<(i) -> (i floordiv 4, i mod 4)> : tensor<2x4xi4> -> tensor<8xi4>
  tile.return
}

// CHECK-LABEL: tile.kernel @concurrency
tile.kernel @concurrency(%in: !tile.buffer<?x64xf16, global>, %rows: index)
    grid affine_map<()[s0] -> (s0, 1, 1)> threads 256 {
  %c0 = arith.constant 0 : index
  %true = arith.constant true
  %v = tile.view %in[%rows] sizes(%rows) map affine_map<(m, k)[head] -> (m + head, k)> : <?x64xf16, global> -> <?x64xf16>
  %s = tile.alloc : <16x64xf16, shared, #row64>
  %full = tile.alloc : <2xi64, shared>
  // CHECK: tile.mbarrier_init %{{.*}} arrivals 4 : <2xi64, shared>
  tile.mbarrier_init %full arrivals 4 : <2xi64, shared>
  // CHECK: tile.role "producer" threads 128 from 128 registers 40 single_thread {
  tile.role "producer" threads 128 from 128 registers 40 single_thread {
    // CHECK: tile.mbarrier_expect %{{.*}}[%{{.*}}] bytes 2048 : <2xi64, shared>
    tile.mbarrier_expect %full[%c0] bytes 2048 : <2xi64, shared>
    // CHECK: tile.tensor_copy %{{.*}}[%{{.*}}, %{{.*}}] -> %{{.*}} signal %{{.*}}[%{{.*}}] map <coordinates = (d0, d1)[s0] -> (d1, d0, s0), extents = ()[s0] -> (64, s0 floordiv 4, 4), strides = ()[s0] -> (128, s0 * 32), offset = 16, box = [64, 16, 1], swizzle = 128> : <?x64xf16> -> <16x64xf16, shared, #{{.*}}>, <2xi64, shared>
    tile.tensor_copy %v[%c0, %c0] -> %s signal %full[%c0] map #map
      : <?x64xf16> -> <16x64xf16, shared, #row64>, <2xi64, shared>
  }
  // CHECK: tile.role "consumer" threads 128 from 0 {
  tile.role "consumer" threads 128 from 0 {
    // CHECK: tile.mbarrier_wait %{{.*}}[%{{.*}}] parity %{{.*}} : <2xi64, shared>
    tile.mbarrier_wait %full[%c0] parity %c0 : <2xi64, shared>
    // CHECK: tile.mbarrier_wait %{{.*}}[%{{.*}}] parity %{{.*}} if %{{.*}} : <2xi64, shared>
    tile.mbarrier_wait %full[%c0] parity %c0 if %true : <2xi64, shared>
    // CHECK: tile.mbarrier_arrive %{{.*}}[%{{.*}}] : <2xi64, shared>
    tile.mbarrier_arrive %full[%c0] : <2xi64, shared>
    // CHECK: tile.mbarrier_arrive %{{.*}}[%{{.*}}] if %{{.*}} : <2xi64, shared>
    tile.mbarrier_arrive %full[%c0] if %true : <2xi64, shared>
  }
  tile.return
}

// CHECK-LABEL: tile.kernel @products_under_way
tile.kernel @products_under_way() grid affine_map<() -> (1, 1, 1)> threads 128 {
  // CHECK: tile.alloc : <16x256xf16, shared, #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3, panel = 64 : 1024>>
  %b = tile.alloc : <16x256xf16, shared, #panels>
  %a = tile.alloc : <64x16xf16, shared>
  %fragment = arith.constant dense<0.0> : tensor<64x16xf16, #group>
  %zero = arith.constant dense<0.0> : tensor<64x256xf32>
  // CHECK: tile.mma wgmma %{{.*}}, %{{.*}}, %{{.*}} {async} : !tile.buffer<64x16xf16, shared>, !tile.buffer<16x256xf16, shared, #{{.*}}> -> tensor<64x256xf32>
  %c = tile.mma wgmma %a, %b, %zero {async}
    : !tile.buffer<64x16xf16, shared>, !tile.buffer<16x256xf16, shared, #panels> -> tensor<64x256xf32>
  // CHECK: tile.mma wgmma %{{.*}}, %{{.*}}, %{{.*}} : tensor<64x16xf16, #{{.*}}>, !tile.buffer<16x256xf16, shared, #{{.*}}> -> tensor<64x256xf32>
  %d = tile.mma wgmma %fragment, %b, %c
    : tensor<64x16xf16, #group>, !tile.buffer<16x256xf16, shared, #panels> -> tensor<64x256xf32>
  // CHECK: tile.mma_wait 1(%{{.*}}, %{{.*}}) : tensor<64x256xf32>, tensor<64x256xf32> -> tensor<64x256xf32>, tensor<64x256xf32>
  %e:2 = tile.mma_wait 1 (%c, %d)
    : tensor<64x256xf32>, tensor<64x256xf32> -> tensor<64x256xf32>, tensor<64x256xf32>
  // CHECK: tile.mma_wait 0{{$}}
  tile.mma_wait 0
  tile.return
}
