// RUN: ashlar-opt %s -ashlar-tile-assign-layouts -split-input-file | FileCheck %s

// Products of other types and sizes, and what meets their fragments.

#id = affine_map<(m, k) -> (m, k)>
!A = !tile.buffer<64x64xi8, global>
!C = !tile.buffer<64x64xi32, global>

// CHECK-LABEL: tile.kernel @int8
// CHECK: tile.load {{.*}} -> tensor<64x64xi8, #tile.distribution<"thread = [4:4@1, 8:1@0, 2:32@0, 2:0], value = [4:1@1, 2:8@0, 2:16@1, 2:16@0, 2:32@1]">>
// CHECK: tile.load {{.*}} -> tensor<64x64xi8, #tile.distribution<"thread = [4:4@0, 8:1@1, 2:0, 2:32@1], value = [4:1@0, 2:16@0, 4:8@1, 2:32@0]">>
// CHECK: tile.mma mma_sync
tile.kernel @int8(%A: !A, %B: !A, %C: !C) grid affine_map<() -> (1, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %va = tile.view %A map #id : !A -> !tile.view<64x64xi8>
  %vb = tile.view %B map #id : !A -> !tile.view<64x64xi8>
  %vc = tile.view %C map #id : !C -> !tile.view<64x64xi32>
  %zero = arith.constant dense<0> : tensor<64x64xi32>
  %a = tile.load %va[%c0, %c0] : !tile.view<64x64xi8> -> tensor<64x64xi8>
  %b = tile.load %vb[%c0, %c0] : !tile.view<64x64xi8> -> tensor<64x64xi8>
  %d = tile.mma mma_sync %a, %b, %zero : tensor<64x64xi8>, tensor<64x64xi8> -> tensor<64x64xi32>
  tile.store %d, %vc[%c0, %c0] : tensor<64x64xi32>, !tile.view<64x64xi32>
  tile.return
}

// -----

#id = affine_map<(m, k) -> (m, k)>
!G = !tile.buffer<64x64xf32, global>

// The scheduled grid of threads; a wrong one (5 does not divide) falls back to a choice.
// CHECK-LABEL: tile.kernel @fma
// CHECK: tile.mma fma {{.*}} -> tensor<64x64xf32, #tile.distribution<"thread = [8:4@1, 16:4@0], value = [4:1@1, 2:32@1, 4:1@0]">>
// CHECK-LABEL: tile.kernel @fma_unfit
// CHECK: tile.mma fma {{.*}} -> tensor<64x64xf32, #tile.distribution<"thread = [8:4@1, 16:4@0], value = [4:1@1, 2:32@1, 4:1@0]">>
tile.kernel @fma(%A: !G, %C: !G) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {thread_grid = [16, 8]}} {
  %c0 = arith.constant 0 : index
  %va = tile.view %A map #id : !G -> !tile.view<64x64xf32>
  %vc = tile.view %C map #id : !G -> !tile.view<64x64xf32>
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %a = tile.load %va[%c0, %c0] : !tile.view<64x64xf32> -> tensor<64x8xf32>
  %b = tile.load %va[%c0, %c0] : !tile.view<64x64xf32> -> tensor<8x64xf32>
  %d = tile.mma fma %a, %b, %zero : tensor<64x8xf32>, tensor<8x64xf32> -> tensor<64x64xf32>
  tile.store %d, %vc[%c0, %c0] : tensor<64x64xf32>, !tile.view<64x64xf32>
  tile.return
}
tile.kernel @fma_unfit(%A: !G, %C: !G) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {thread_grid = [5, 8]}} {
  %c0 = arith.constant 0 : index
  %va = tile.view %A map #id : !G -> !tile.view<64x64xf32>
  %vc = tile.view %C map #id : !G -> !tile.view<64x64xf32>
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %a = tile.load %va[%c0, %c0] : !tile.view<64x64xf32> -> tensor<64x8xf32>
  %b = tile.load %va[%c0, %c0] : !tile.view<64x64xf32> -> tensor<8x64xf32>
  %d = tile.mma fma %a, %b, %zero : tensor<64x8xf32>, tensor<8x64xf32> -> tensor<64x64xf32>
  tile.store %d, %vc[%c0, %c0] : tensor<64x64xf32>, !tile.view<64x64xf32>
  tile.return
}

// -----

#id = affine_map<(m, k) -> (m, k)>
!G = !tile.buffer<16x16xf16, global>

// One warp's work in a block of four: the others hold copies. Two warps share a row: before the reduction the tile
// moves to where they do not.
// CHECK-LABEL: tile.kernel @spare_warps
// CHECK: tile.mma {{.*}} -> tensor<16x16xf32, #tile.distribution<"thread = [4:2@1, 8:1@0, 2:8@1, 2:0], value = [2:1@1, 2:8@0]">>
// CHECK: %[[THROUGH:.*]] = tile.alloc : <16x16xf32, shared
// CHECK: %[[MOVED:.*]] = tile.load %[[THROUGH]]{{.*}} -> tensor<16x16xf32, #tile.distribution<"thread = [8:2@1, 16:1@0], value = [2:1@1]">>
// CHECK: tile.reduce max %[[MOVED]]
tile.kernel @spare_warps(%A: !G, %C: !tile.buffer<16xf32, global>) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {warps = [1, 2]}} {
  %c0 = arith.constant 0 : index
  %va = tile.view %A map #id : !G -> !tile.view<16x16xf16>
  %vc = tile.view %C map affine_map<(m) -> (m)> : !tile.buffer<16xf32, global> -> !tile.view<16xf32>
  %a = tile.load %va[%c0, %c0] : !tile.view<16x16xf16> -> tensor<16x16xf16>
  %zero = arith.constant dense<0.0> : tensor<16x16xf32>
  %d = tile.mma mma_sync %a, %a, %zero : tensor<16x16xf16>, tensor<16x16xf16> -> tensor<16x16xf32>
  %r = tile.reduce max %d along 1 : tensor<16x16xf32> -> tensor<16xf32>
  tile.store %r, %vc[%c0] : tensor<16xf32>, !tile.view<16xf32>
  tile.return
}

// -----

#id = affine_map<(m, k) -> (m, k)>
!G = !tile.buffer<64x64xf32, global>
!S = !tile.buffer<64x64xf32, shared>

// One tile as operand of four kinds: loaded again for each rather than converted. Of the two results the second is
// converted where they meet.
// CHECK-LABEL: tile.kernel @meeting
// CHECK: tile.alloc : <64x64xf32, shared, #tile.buffer_layout<[64, 1], swizzle = 3 : 2 : 3>>
// CHECK-DAG: tile.load {{.*}}#tile.distribution<"thread = [4:1@0, 8:1@1, 4:0]
// CHECK-DAG: tile.load {{.*}}#tile.distribution<"thread = [4:1@1, 8:1@0, 4:16@0]
// CHECK-DAG: tile.load {{.*}}#tile.distribution<"thread = [8:0, 16:4@0]
// CHECK-DAG: tile.load {{.*}}#tile.distribution<"thread = [8:4@1, 16:0]
// CHECK: tile.mma mma_sync
// CHECK: tile.mma fma
// CHECK: %[[THROUGH:.*]] = tile.alloc
// CHECK: %[[G:.*]] = tile.load %[[THROUGH]]{{.*}} -> tensor<64x64xf32, #tile.distribution<"thread = [4:2@1, 8:1@0, 4:16@0], value = [2:1@1, 2:8@0, 8:8@1]">>
// CHECK: arith.select {{.*}}, %[[G]],
tile.kernel @meeting(%A: !G, %C: !G) grid affine_map<() -> (1, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %va = tile.view %A map #id : !G -> !tile.view<64x64xf32>
  %vc = tile.view %C map #id : !G -> !tile.view<64x64xf32>
  %s = tile.alloc : !S
  tile.copy %va[%c0, %c0] -> %s : !tile.view<64x64xf32> -> !S
  %a = tile.load %s[%c0, %c0] : !S -> tensor<64x64xf32>
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %d = tile.mma mma_sync %a, %a, %zero : tensor<64x64xf32>, tensor<64x64xf32> -> tensor<64x64xf32>
  %p = arith.cmpf ogt, %d, %zero : tensor<64x64xf32>
  %g = tile.mma fma %a, %a, %zero : tensor<64x64xf32>, tensor<64x64xf32> -> tensor<64x64xf32>
  %z = arith.select %p, %g, %zero : tensor<64x64xi1>, tensor<64x64xf32>
  tile.store %z, %vc[%c0, %c0] : tensor<64x64xf32>, !tile.view<64x64xf32>
  tile.return
}
