// RUN: ashlar-opt %s -ashlar-tile-assign-layouts | FileCheck %s
// RUN: sed -e 's/warps = \[4, 1\]/warps = [2, 2]/' %s | ashlar-opt -ashlar-tile-assign-layouts | FileCheck %s --check-prefix=SPLIT

// Rows stay within a warp: the row statistics are slices of the scores' fragment and of the output's alike, and the
// probabilities are the next product's operand where they are. V is read transposed from rows as they were copied.

#head = affine_map<(m, d)[h] -> (h, m, d)>
!global = !tile.buffer<4x256x64xf16, global>
!view = !tile.view<256x64xf16>
!shared = !tile.buffer<64x64xf16, shared>
!turned = !tile.buffer<64x64xf16, shared, #tile.buffer_layout<[1, 64]>>

// CHECK-LABEL: tile.kernel @attention
// CHECK-COUNT-3: tile.alloc : <64x64xf16, shared, #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3>>
// CHECK: scf.for {{.*}} -> (tensor<64x64xf32, #tile.distribution<"[[TILE:thread = \[4:2@1, 8:1@0, 4:16@0\], value = \[2:1@1, 2:8@0, 8:8@1\]]]">>, tensor<64xf32, #tile.distribution<"[[ROW:thread = \[4:0, 8:1@0, 4:16@0\], value = \[2:8@0\]]]">>
// CHECK-NOT: tile.alloc
// CHECK-NOT: tile.convert_layout
// CHECK: tile.reduce max {{.*}} -> tensor<64xf32, #tile.distribution<"[[ROW]]">>
// CHECK: tile.broadcast {{.*}} -> tensor<64x64xf32, #tile.distribution<"[[TILE]]">>
// CHECK: %[[P:.*]] = arith.truncf
// CHECK: tile.mma mma_sync %[[P]], {{.*}} : tensor<64x64xf16, #tile.distribution<"[[TILE]]">>
// CHECK: scf.yield
// CHECK: tile.store {{.*}} !tile.view<256x64xf16>

// With two warps along the columns reductions and probabilities have to move.
// SPLIT-LABEL: tile.kernel @attention
// SPLIT: scf.for
// SPLIT: tile.alloc : <64x64xf32, shared, #tile.buffer_layout<[64, 1], swizzle = 3 : 2 : 3>>
// SPLIT: tile.reduce max {{.*}} : tensor<64x64xf32, #tile.distribution<"thread = [16:4@1, 8:1@0], value = [4:1@1, 8:8@0]">>
// SPLIT: tile.alloc : <64x64xf16, shared, #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3>>
// SPLIT: scf.yield
tile.kernel @attention(%Q: !global, %K: !global, %V: !global, %O: !global)
    grid affine_map<() -> (4, 4, 1)> threads 128 attributes {schedule = {warps = [4, 1], stages = 2 : i64}} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c256 = arith.constant 256 : index
  %bx = tile.block_id x
  %h = tile.block_id y
  %m = arith.muli %bx, %c64 : index
  %vq = tile.view %Q[%h] map #head : !global -> !view
  %vk = tile.view %K[%h] map #head : !global -> !view
  %vv = tile.view %V[%h] map #head : !global -> !view
  %vo = tile.view %O[%h] map #head : !global -> !view
  %sq = tile.alloc : !shared
  %sk = tile.alloc : !shared
  %sv = tile.alloc : !shared
  tile.copy %vq[%m, %c0] -> %sq : !view -> !shared
  %q = tile.load %sq[%c0, %c0] : !shared -> tensor<64x64xf16>
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %lowest = arith.constant dense<0xFF800000> : tensor<64xf32>
  %zeros = arith.constant dense<0.0> : tensor<64xf32>
  %r:3 = scf.for %n = %c0 to %c256 step %c64 iter_args(%o = %zero, %mx = %lowest, %l = %zeros)
      -> (tensor<64x64xf32>, tensor<64xf32>, tensor<64xf32>) {
    tile.copy %vk[%n, %c0] -> %sk : !view -> !shared
    tile.copy %vv[%n, %c0] -> %sv : !view -> !shared
    %tk = tile.transpose %sk [1, 0] : !shared -> !turned
    %kt = tile.load %tk[%c0, %c0] : !turned -> tensor<64x64xf16>
    %s = tile.mma mma_sync %q, %kt, %zero : tensor<64x64xf16>, tensor<64x64xf16> -> tensor<64x64xf32>
    %rm = tile.reduce max %s along 1 : tensor<64x64xf32> -> tensor<64xf32>
    %mn = arith.maximumf %mx, %rm : tensor<64xf32>
    %mb = tile.broadcast %mn along 1 : tensor<64xf32> -> tensor<64x64xf32>
    %sd = arith.subf %s, %mb : tensor<64x64xf32>
    %p = math.exp2 %sd : tensor<64x64xf32>
    %ps = tile.reduce add %p along 1 : tensor<64x64xf32> -> tensor<64xf32>
    %md = arith.subf %mx, %mn : tensor<64xf32>
    %al = math.exp2 %md : tensor<64xf32>
    %lm = arith.mulf %l, %al : tensor<64xf32>
    %ln = arith.addf %lm, %ps : tensor<64xf32>
    %ab = tile.broadcast %al along 1 : tensor<64xf32> -> tensor<64x64xf32>
    %os = arith.mulf %o, %ab : tensor<64x64xf32>
    %ph = arith.truncf %p : tensor<64x64xf32> to tensor<64x64xf16>
    %v = tile.load %sv[%c0, %c0] : !shared -> tensor<64x64xf16>
    %on = tile.mma mma_sync %ph, %v, %os : tensor<64x64xf16>, tensor<64x64xf16> -> tensor<64x64xf32>
    scf.yield %on, %mn, %ln : tensor<64x64xf32>, tensor<64xf32>, tensor<64xf32>
  }
  %lb = tile.broadcast %r#2 along 1 : tensor<64xf32> -> tensor<64x64xf32>
  %of = arith.divf %r#0, %lb : tensor<64x64xf32>
  %oh = arith.truncf %of : tensor<64x64xf32> to tensor<64x64xf16>
  tile.store %oh, %vo[%m, %c0] : tensor<64x64xf16>, !view
  tile.return
}
