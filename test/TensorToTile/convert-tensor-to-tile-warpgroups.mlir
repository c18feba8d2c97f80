// RUN: ashlar-opt %s -ashlar-convert-tensor-to-tile -canonicalize -cse | FileCheck %s
//
// Products and attention as programs for warp groups.

// Persistent blocks take every so many tiles, numbered through groups of eight rows of tiles whose last one may be smaller.
// Operands stay in shared memory; the one that does not lie along K there is looked at through a transpose.
// CHECK-LABEL: tile.kernel @matmul(
// CHECK-SAME: threads 256
// CHECK: %[[FIRST:.*]] = tile.block_id x
// CHECK: %[[STEP:.*]] = tile.block_count x
// CHECK: scf.for %[[TILE:.*]] = %[[FIRST]] to %{{.*}} step %[[STEP]]
// CHECK:   %[[GROUP:.*]] = arith.divui %[[TILE]], %c32
// CHECK:   %[[START:.*]] = arith.muli %[[GROUP]], %c8
// CHECK:   %[[LEFT:.*]] = arith.subi %{{.*}}, %[[START]]
// CHECK:   arith.minui %[[LEFT]], %c8
// CHECK:   scf.for %[[K:.*]] = {{.*}} iter_args(%[[SUM:.*]] =
// CHECK:     tile.copy %{{.*}}[%{{.*}}, %[[K]]] -> %[[A:.*]] {in_bounds = array<i1: false, true>}
// CHECK:     tile.copy %{{.*}}[%{{.*}}, %[[K]]] -> %[[B:.*]] {in_bounds = array<i1: true, true>}
// CHECK:     %[[T:.*]] = tile.transpose %[[B]] [1, 0]
// CHECK:     tile.mma wgmma %[[A]], %[[T]], %[[SUM]]
// CHECK:   tile.store
func.func @product(%a: tensor<?x256xf16>, %b: tensor<512x256xf16>) -> tensor<?x512xf16> {
  %c = ashlar.kernel (%x = %a : tensor<?x256xf16>, %y = %b : tensor<512x256xf16>)
      schedule({consumers = 2 : i64, mma = "wgmma", persistent, raster_group = 8 : i64, roles = "cooperative", stages = 4 : i64, threads = 256 : i64, tile = [128, 128, 64]})
      -> tensor<?x512xf16> {
    %p = ashlar.matmul %x, transpose %y : tensor<?x256xf16>, tensor<512x256xf16> -> tensor<?x512xf16>
    ashlar.yield %p : tensor<?x512xf16>
  }
  return %c : tensor<?x512xf16>
}

// A block with one tile has no loop over tiles; a right operand along N is multiplied as it lies. The batch is a symbol.
// CHECK-LABEL: tile.kernel @matmul_0
// CHECK-NOT: tile.block_count
// CHECK: tile.view %{{.*}}[%[[BATCH:.*]]] map {{.*}} : <4x128x256xf16, global> -> <128x256xf16>
// CHECK: tile.view %{{.*}}[%[[BATCH]]] map {{.*}} : <4x256x512xf16, global> -> <256x512xf16>
// CHECK: scf.for %[[K:.*]] =
// CHECK-NOT: tile.transpose
// CHECK:   tile.mma wgmma %{{.*}}, %{{.*}}, %{{.*}} : !tile.buffer<128x64xf16, shared>, !tile.buffer<64x128xf16, shared> -> tensor<128x128xf32>
func.func @batched(%a: tensor<4x128x256xf16>, %b: tensor<4x256x512xf16>) -> tensor<4x128x512xf16> {
  %c = ashlar.kernel (%x = %a : tensor<4x128x256xf16>, %y = %b : tensor<4x256x512xf16>)
      schedule({consumers = 2 : i64, mma = "wgmma", roles = "cooperative", stages = 4 : i64, threads = 256 : i64, tile = [128, 128, 64]})
      -> tensor<4x128x512xf16> {
    %p = ashlar.matmul %x, %y : tensor<4x128x256xf16>, tensor<4x256x512xf16> -> tensor<4x128x512xf16>
    ashlar.yield %p : tensor<4x128x512xf16>
  }
  return %c : tensor<4x128x512xf16>
}

// The queries are copied once for each tile. Probabilities go from registers into the second product; the copy of the
// values stands behind everything that the first product's result is needed for.
// CHECK-LABEL: tile.kernel @attention_1
// CHECK: scf.for %{{.*}} = %{{.*}} to %c128 step
// CHECK:   tile.copy {{.*}} -> %[[Q:.*]] {in_bounds
// CHECK:   scf.for
// CHECK:     tile.copy {{.*}} -> %[[K:.*]] {in_bounds
// CHECK:     %[[T:.*]] = tile.transpose %[[K]] [1, 0]
// CHECK:     %[[S:.*]] = tile.mma wgmma %[[Q]], %[[T]]
// CHECK:     tile.reduce max %[[S]] along 1
// CHECK:     tile.copy {{.*}} -> %[[V:.*]] {in_bounds
// CHECK:     %[[P:.*]] = arith.truncf %{{.*}} : tensor<128x128xf32> to tensor<128x128xf16>
// CHECK:     tile.mma wgmma %[[P]], %[[V]], %{{.*}} : tensor<128x128xf16>, !tile.buffer<128x64xf16, shared> -> tensor<128x64xf32>
func.func @attention(%q: tensor<2x16x512x64xf16>) -> tensor<2x16x512x64xf16> {
  %y = ashlar.kernel (%a = %q : tensor<2x16x512x64xf16>)
      schedule({consumers = 2 : i64, mma = "wgmma", packing = 1 : i64, persistent, roles = "cooperative", stages = 3 : i64, threads = 256 : i64, tile = [128, 128]})
      -> tensor<2x16x512x64xf16> {
    %0 = ashlar.attention %a, %a, %a
      : tensor<2x16x512x64xf16>, tensor<2x16x512x64xf16>, tensor<2x16x512x64xf16> -> tensor<2x16x512x64xf16>
    ashlar.yield %0 : tensor<2x16x512x64xf16>
  }
  return %y : tensor<2x16x512x64xf16>
}
