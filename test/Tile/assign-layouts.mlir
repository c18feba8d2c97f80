// RUN: ashlar-opt %s -ashlar-tile-assign-layouts -split-input-file | FileCheck %s
// RUN: ashlar-opt %s -ashlar-tile-assign-layouts -ashlar-tile-assign-layouts -split-input-file | FileCheck %s

#mn = affine_map<(m, n) -> (m, n)>
#nm = affine_map<(m, n) -> (n, m)>
!A = !tile.buffer<256x512xf16, global>
!B = !tile.buffer<1024x512xf16, global>
!C = !tile.buffer<256x1024xf16, global>
!shared = !tile.buffer<128x32xf16, shared>
!turned = !tile.buffer<32x128xf16, shared, #tile.buffer_layout<[1, 32]>>

// The accumulator's fragment reaches the loop, its start, the bias and the epilogue; the f16 result, whose fragment
// would fill half a sector, goes through shared memory.
// CHECK-LABEL: tile.kernel @matmul
// CHECK: tile.load {{.*}} : !tile.view<1024xf16> -> tensor<128xf16, #tile.distribution<"thread = [4:2@0, 16:0, 2:64@0], value = [2:1@0, 8:8@0]">>
// CHECK: tile.alloc : <128x32xf16, shared, #tile.buffer_layout<[32, 1], swizzle = 2 : 3 : 3>>
// CHECK: tile.alloc : <128x32xf16, shared, #tile.buffer_layout<[32, 1], swizzle = 2 : 3 : 3>>
// CHECK: arith.constant dense<0.000000e+00> : tensor<128x128xf32, #[[ACC:.*]]>
// CHECK: scf.for {{.*}} -> (tensor<128x128xf32, #tile.distribution<"thread = [4:2@1, 8:1@0, 2:64@0, 2:64@1], value = [2:1@1, 8:8@0, 8:8@1]">>)
// CHECK-COUNT-2: tile.copy {{.*}} {in_bounds = array<i1: true, true>, vector_dim = 1 : i64, vector_width = 8 : i64}
// CHECK: tile.load {{.*}} -> tensor<128x32xf16, #tile.distribution<"thread = [4:2@1, 8:1@0, 2:64@0, 2:0], value = [2:1@1, 2:8@0, 2:8@1, 4:16@0, 2:16@1]">>
// CHECK: tile.transpose {{.*}} -> <32x128xf16, shared, #tile.buffer_layout<[1, 32], swizzle = 2 : 3 : 3>>
// CHECK: tile.load {{.*}} -> tensor<32x128xf16, #tile.distribution<"thread = [4:2@0, 8:1@1, 2:0, 2:64@1], value = [2:1@0, 2:8@0, 8:8@1, 2:16@0]">>
// CHECK-NOT: tile.convert_layout
// CHECK: tile.broadcast {{.*}} -> tensor<128x128xf32, #tile.distribution<"thread = [4:2@1, 8:1@0, 2:64@0, 2:64@1], value = [2:1@1, 8:8@0, 8:8@1]">>
// CHECK: %[[THROUGH:.*]] = tile.alloc : <128x128xf16, shared, #tile.buffer_layout<[128, 1], swizzle = 3 : 3 : 4>>
// CHECK: tile.store {{.*}}, %[[THROUGH]]
// CHECK: tile.load %[[THROUGH]]{{.*}} -> tensor<128x128xf16, #tile.distribution<"thread = [16:8@1, 8:1@0], value = [8:1@1, 16:8@0]">>
tile.kernel @matmul(%A: !A, %B: !B, %bias: !tile.buffer<1024xf16, global>, %C: !C)
    grid affine_map<() -> (8, 2, 1)> threads 128 attributes {schedule = {warps = [2, 2], stages = 3 : i64}} {
  %c0 = arith.constant 0 : index
  %c32 = arith.constant 32 : index
  %c128 = arith.constant 128 : index
  %c512 = arith.constant 512 : index
  %bx = tile.block_id x
  %by = tile.block_id y
  %n = arith.muli %bx, %c128 : index
  %m = arith.muli %by, %c128 : index
  %va = tile.view %A map #mn : !A -> !tile.view<256x512xf16>
  %vb = tile.view %B map #mn : !B -> !tile.view<1024x512xf16>
  %vc = tile.view %C map #mn : !C -> !tile.view<256x1024xf16>
  %vbias = tile.view %bias map affine_map<(n) -> (n)> : !tile.buffer<1024xf16, global> -> !tile.view<1024xf16>
  %bv = tile.load %vbias[%n] : !tile.view<1024xf16> -> tensor<128xf16>
  %sa = tile.alloc : !shared
  %sb = tile.alloc : !shared
  %zero = arith.constant dense<0.0> : tensor<128x128xf32>
  %acc = scf.for %k = %c0 to %c512 step %c32 iter_args(%c = %zero) -> (tensor<128x128xf32>) {
    tile.copy %va[%m, %k] -> %sa {in_bounds = array<i1: true, true>} : !tile.view<256x512xf16> -> !shared
    tile.copy %vb[%n, %k] -> %sb {in_bounds = array<i1: true, true>} : !tile.view<1024x512xf16> -> !shared
    %a = tile.load %sa[%c0, %c0] : !shared -> tensor<128x32xf16>
    %tb = tile.transpose %sb [1, 0] : !shared -> !turned
    %b = tile.load %tb[%c0, %c0] : !turned -> tensor<32x128xf16>
    %d = tile.mma mma_sync %a, %b, %c : tensor<128x32xf16>, tensor<32x128xf16> -> tensor<128x128xf32>
    scf.yield %d : tensor<128x128xf32>
  }
  %be = arith.extf %bv : tensor<128xf16> to tensor<128xf32>
  %bb = tile.broadcast %be along 0 : tensor<128xf32> -> tensor<128x128xf32>
  %s = arith.addf %acc, %bb : tensor<128x128xf32>
  %r = arith.maximumf %s, %zero : tensor<128x128xf32>
  %o = arith.truncf %r : tensor<128x128xf32> to tensor<128x128xf16>
  tile.store %o, %vc[%m, %n] {in_bounds = array<i1: true, true>} : tensor<128x128xf16>, !tile.view<256x1024xf16>
  tile.return
}

// -----

#id = affine_map<(m, k) -> (m, k)>
#windows = affine_map<(m, k) -> (m floordiv 3136, (m floordiv 56) mod 56 + k floordiv 192 - 1,
                                 m mod 56 + (k floordiv 64) mod 3 - 1, k mod 64)>
!image = !tile.buffer<8x56x56x64xf16, global>

// Both operands are contiguous along k: the filter's tile, seen as KxN, is stored by columns. No schedule: the grid
// of warps is chosen.
// CHECK-LABEL: tile.kernel @convolution
// CHECK-DAG: tile.alloc : <128x32xf16, shared, #tile.buffer_layout<[32, 1], swizzle = 2 : 3 : 3>>
// CHECK-DAG: tile.alloc : <32x64xf16, shared, #tile.buffer_layout<[1, 32], swizzle = 2 : 3 : 3>>
// CHECK: tile.copy {{.*}} {vector_dim = 1 : i64, vector_width = 8 : i64} : <25088x576xf16>
// CHECK: tile.copy {{.*}} {vector_dim = 0 : i64, vector_width = 8 : i64} : <576x64xf16>
tile.kernel @convolution(%X: !image, %W: !tile.buffer<64x576xf16, global>, %Y: !tile.buffer<25088x64xf32, global>)
    grid affine_map<() -> (1, 196, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %c32 = arith.constant 32 : index
  %c128 = arith.constant 128 : index
  %c576 = arith.constant 576 : index
  %by = tile.block_id y
  %m = arith.muli %by, %c128 : index
  %va = tile.view %X map #windows : !image -> !tile.view<25088x576xf16>
  %vb = tile.view %W map affine_map<(k, n) -> (n, k)> : !tile.buffer<64x576xf16, global> -> !tile.view<576x64xf16>
  %vc = tile.view %Y map #id : !tile.buffer<25088x64xf32, global> -> !tile.view<25088x64xf32>
  %sa = tile.alloc : !tile.buffer<128x32xf16, shared>
  %sb = tile.alloc : !tile.buffer<32x64xf16, shared>
  %zero = arith.constant dense<0.0> : tensor<128x64xf32>
  %acc = scf.for %k = %c0 to %c576 step %c32 iter_args(%c = %zero) -> (tensor<128x64xf32>) {
    tile.copy %va[%m, %k] -> %sa : !tile.view<25088x576xf16> -> !tile.buffer<128x32xf16, shared>
    tile.copy %vb[%k, %c0] -> %sb : !tile.view<576x64xf16> -> !tile.buffer<32x64xf16, shared>
    %a = tile.load %sa[%c0, %c0] : !tile.buffer<128x32xf16, shared> -> tensor<128x32xf16>
    %b = tile.load %sb[%c0, %c0] : !tile.buffer<32x64xf16, shared> -> tensor<32x64xf16>
    %d = tile.mma mma_sync %a, %b, %c : tensor<128x32xf16>, tensor<32x64xf16> -> tensor<128x64xf32>
    scf.yield %d : tensor<128x64xf32>
  }
  // A fragment's row of f32 is a whole sector: stored as it is.
  // CHECK: tile.store {{.*}} : tensor<128x64xf32, #tile.distribution<"thread = [4:2@1, 8:1@0, 4:32@0], value = [2:1@1, 4:8@0, 8:8@1]">>, !tile.view
  tile.store %acc, %vc[%m, %c0] : tensor<128x64xf32>, !tile.view<25088x64xf32>
  tile.return
}
