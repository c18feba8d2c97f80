// RUN: ashlar-opt %s -ashlar-convert-tensor-to-tile -split-input-file | FileCheck %s

#schedule = {tile = [128, 128, 32], warps = [2, 2], threads = 128 : i64, stages = 3 : i64, mma = "mma_sync"}

// Copies come in memory's order and together; the weight is transposed in shared memory. 2 x 8 blocks, n fastest.
// CHECK-DAG: #[[$GRID:.+]] = affine_map<() -> (16, 1, 1)>
// CHECK-LABEL: tile.kernel @projection
// CHECK-SAME: grid #[[$GRID]] threads 128
// CHECK-DAG: %[[BLOCK:.+]] = tile.block_id x
// CHECK-DAG: %[[BN:.+]] = arith.remui %[[BLOCK]], %c8
// CHECK-DAG: %[[BM:.+]] = arith.divui %[[BLOCK]], %c8
// CHECK-DAG: %[[M:.+]] = arith.muli %[[BM]], %c128
// CHECK-DAG: %[[N:.+]] = arith.muli %[[BN]], %c128
// CHECK-DAG: %[[ZERO:.+]] = arith.constant dense<0.000000e+00> : tensor<128x128xf32>
// CHECK-DAG: %[[VA:.+]] = tile.view %arg0
// CHECK-DAG: %[[VB:.+]] = tile.view %arg1
// CHECK: %[[SUM:.+]] = scf.for %[[K:.+]] = %c0 to %c512 step %c32 iter_args(%[[ACC:.+]] = %[[ZERO]])
// CHECK-NEXT: tile.copy %[[VA]][%[[M]], %[[K]]] -> %[[SA:.+]] {in_bounds = array<i1: true, true>}
// CHECK-NEXT: tile.copy %[[VB]][%[[N]], %[[K]]] -> %[[SB:.+]] {in_bounds = array<i1: true, true>}
// CHECK-DAG: %[[A:.+]] = tile.load %[[SA]]{{.*}} -> tensor<128x32xf16>
// CHECK-DAG: %[[SBT:.+]] = tile.transpose %[[SB]] [1, 0]
// CHECK-DAG: %[[B:.+]] = tile.load %[[SBT]]{{.*}} -> tensor<32x128xf16>
// CHECK: tile.mma mma_sync %[[A]], %[[B]], %[[ACC]]
// CHECK: %[[C:.+]] = arith.truncf %[[SUM]]
// CHECK: tile.store %[[C]], %{{.+}}[%[[M]], %[[N]]] {in_bounds = array<i1: true, true>}
// CHECK-LABEL: func.func @weight
// CHECK: tile.launch @projection(%arg0, %arg1)
func.func @weight(%x: tensor<256x512xf16>, %w: tensor<1024x512xf16>) -> tensor<256x1024xf16> {
  %y = ashlar.kernel @projection (%a = %x : tensor<256x512xf16>, %b = %w : tensor<1024x512xf16>) schedule(#schedule)
      -> tensor<256x1024xf16> {
    %0 = ashlar.matmul %a, transpose %b : tensor<256x512xf16>, tensor<1024x512xf16> -> tensor<256x1024xf16>
    ashlar.yield %0 : tensor<256x1024xf16>
  }
  return %y : tensor<256x1024xf16>
}

// -----
#schedule = {tile = [128, 128, 32], warps = [2, 2], threads = 128 : i64, stages = 3 : i64, mma = "mma_sync"}
#bmn = affine_map<(b, m, n) -> (b, m, n)>
#n = affine_map<(b, m, n) -> (n)>

// A dynamic dimension that is not the first is collapsed outside; sizes that are no multiple are not in bounds; what
// depends on n alone is computed on a tile of n.
// CHECK-DAG: #[[$GRID:.+]] = affine_map<()[s0, s1] -> ((s0 ceildiv 128) * 32, 1, 1)>
// CHECK-DAG: #[[$ROWS:.+]] = affine_map<(d0, d1)[s0, s1] -> (d0 + s0 * s1, d1)>
// CHECK-LABEL: tile.kernel @matmul
// CHECK-SAME: %arg0: !tile.buffer<?x510xf16, global>
// CHECK-SAME: %arg5: index, %arg6: index) grid #[[$GRID]]
// CHECK: tile.view %arg0[%arg5, %[[BATCH:.+]]] sizes(%arg5) map #[[$ROWS]]
// CHECK: tile.copy
// CHECK-NOT: in_bounds
// CHECK: %[[BIAS:.+]] = tile.load {{.*}} -> tensor<128xf32>
// CHECK: %[[RESIDUAL:.+]] = tile.load {{.*}} -> tensor<128x128xf16>
// CHECK: math.exp %[[BIAS]] : tensor<128xf32>
// CHECK: tile.view %arg4[%arg5, %[[BATCH]]] sizes(%arg5)
// CHECK: tile.store
// CHECK-LABEL: func.func @dynamic_rows_with_bias
// CHECK: %[[ROWS:.+]] = tensor.dim %arg0
// CHECK: tensor.collapse_shape %arg0 {{\[\[}}0, 1], [2]]
// CHECK: tile.launch {{.*}} dimensions(%[[ROWS]],
// CHECK: tensor.expand_shape {{.*}} output_shape [4, %[[ROWS]], 1021]
func.func @dynamic_rows_with_bias(%x: tensor<4x?x510xf16>, %w: tensor<510x1021xf16>, %bias: tensor<1021xf32>,
                                  %residual: tensor<4x?x1021xf16>) -> tensor<4x?x1021xf16> {
  %y = ashlar.kernel (%a = %x : tensor<4x?x510xf16>, %b = %w : tensor<510x1021xf16>, %c = %bias : tensor<1021xf32>,
                      %r = %residual : tensor<4x?x1021xf16>) schedule(#schedule) -> tensor<4x?x1021xf16> {
    %0 = ashlar.matmul %a, %b : tensor<4x?x510xf16>, tensor<510x1021xf16> -> tensor<4x?x1021xf32>
    %c1 = arith.constant 1 : index
    %d = tensor.dim %a, %c1 : tensor<4x?x510xf16>
    %e = tensor.empty(%d) : tensor<4x?x1021xf16>
    %1 = linalg.generic {indexing_maps = [#bmn, #n, #bmn, #bmn], iterator_types = ["parallel", "parallel", "parallel"]}
        ins(%0, %c, %r : tensor<4x?x1021xf32>, tensor<1021xf32>, tensor<4x?x1021xf16>) outs(%e : tensor<4x?x1021xf16>) {
      ^bb0(%p: f32, %q: f32, %s: f16, %o: f16):
        %s32 = arith.extf %s : f16 to f32
        %scale = math.exp %q : f32
        %t = arith.mulf %p, %scale : f32
        %u = arith.addf %t, %s32 : f32
        %v = arith.truncf %u : f32 to f16
        linalg.yield %v : f16
    } -> tensor<4x?x1021xf16>
    ashlar.yield %1 : tensor<4x?x1021xf16>
  }
  return %y : tensor<4x?x1021xf16>
}

// -----
#schedule = {tile = [32, 32, 16], thread_grid = [8, 8], threads = 64 : i64, stages = 1 : i64, mma = "fma"}

// A is stored [k, m]: copied as it lies, transposed in shared memory. The prologue acts on the loaded tile.
// CHECK-LABEL: tile.kernel @matmul
// CHECK: scf.for
// CHECK: tile.copy {{.*}} -> <16x32xf32, shared>
// CHECK: %[[A:.+]] = tile.load {{.*}} -> tensor<32x16xf32>
// CHECK: %[[SCALED:.+]] = arith.mulf %[[A]]
// CHECK: tile.mma fma %[[SCALED]]
func.func @transposed_lhs_with_prologue(%x: tensor<60x50xf32>, %w: tensor<60x40xf32>) -> tensor<50x40xf32> {
  %y = ashlar.kernel (%a = %x : tensor<60x50xf32>, %b = %w : tensor<60x40xf32>) schedule(#schedule)
      -> tensor<50x40xf32> {
    %two = arith.constant dense<2.0> : tensor<60x50xf32>
    %s = arith.mulf %a, %two : tensor<60x50xf32>
    %0 = ashlar.matmul transpose %s, %b : tensor<60x50xf32>, tensor<60x40xf32> -> tensor<50x40xf32>
    ashlar.yield %0 : tensor<50x40xf32>
  }
  return %y : tensor<50x40xf32>
}

// -----
#schedule = {tile = [32, 32, 32], warps = [1, 1], threads = 32 : i64, stages = 1 : i64, mma = "mma_sync"}

// The result is stored through the reshape and the transposition that follow.
// CHECK-DAG: #[[$STORE:.+]] = affine_map<(d0, d1)[s0] -> (s0, d1 floordiv 32, d0, d1 mod 32)>
// CHECK-LABEL: tile.kernel @matmul
// CHECK: %[[OUT:.+]] = tile.view %arg2{{.*}} map #[[$STORE]]
// CHECK: tile.store %{{.+}}, %[[OUT]]
func.func @split_heads(%x: tensor<2x64x64xi8>, %w: tensor<64x128xi8>) -> tensor<2x4x64x32xi32> {
  %y = ashlar.kernel (%a = %x : tensor<2x64x64xi8>, %b = %w : tensor<64x128xi8>) schedule(#schedule)
      -> tensor<2x4x64x32xi32> {
    %0 = ashlar.matmul %a, %b : tensor<2x64x64xi8>, tensor<64x128xi8> -> tensor<2x64x128xi32>
    %1 = tensor.expand_shape %0 [[0], [1], [2, 3]] output_shape [2, 64, 4, 32]
        : tensor<2x64x128xi32> into tensor<2x64x4x32xi32>
    %e = tensor.empty() : tensor<2x4x64x32xi32>
    %2 = linalg.transpose ins(%1 : tensor<2x64x4x32xi32>) outs(%e : tensor<2x4x64x32xi32>) permutation = [0, 2, 1, 3]
    ashlar.yield %2 : tensor<2x4x64x32xi32>
  }
  return %y : tensor<2x4x64x32xi32>
}
