// RUN: ashlar-opt %s -ashlar-convert-tensor-to-tile -split-input-file -verify-each | FileCheck %s

// A block makes a stretch of the packed vector; the words are the same bytes as the elements in them.

// CHECK-DAG: [[$PLAIN:#.+]] = affine_map<(d0) -> (d0 mod 8 + (d0 floordiv 64) * 8, (d0 floordiv 8) mod 8)>
// CHECK-DAG: [[$GRID:#.+]] = affine_map<() -> (4, 1, 1)>
// CHECK-LABEL: tile.kernel @pack_0(
// CHECK-SAME: %[[W:[a-z0-9]+]]: !tile.buffer<32x8xi4, global>, %[[P:[a-z0-9]+]]: !tile.buffer<32xi32, global>) grid [[$GRID]]
// CHECK: %[[E:.+]] = tile.bitcast %[[P]] : <32xi32, global> -> <256xi4, global>
// CHECK: tile.view %[[W]] map [[$PLAIN]] : <32x8xi4, global> -> <256xi4>
// CHECK: tile.view %[[E]] map #{{.+}} : <256xi4, global> -> <256xi4>
// CHECK: tile.store {{.+}} : tensor<64xi4>, !tile.view<256xi4>
func.func @pack(%w: tensor<32x8xi4>) -> tensor<32xi32> {
  %y = ashlar.kernel (%a = %w : tensor<32x8xi4>) schedule({tile = [64], threads = 32}) -> tensor<32xi32> {
    %0 = ashlar.pack %a packing<"blocked", [[?, 8], [?, 8]] -> [0, 2, 3, 1]> : tensor<32x8xi4> -> tensor<32xi32>
    ashlar.yield %0 : tensor<32xi32>
  }
  return %y : tensor<32xi32>
}

// -----

// Runs of eight f16 are 16 bytes: the weight is a view like any other, its rows are rows for ldmatrix.

// CHECK: [[$RUNS:#.+]] = affine_map<(d0, d1) -> ({{.+}}floordiv 8
// CHECK-LABEL: tile.kernel @matmul(
// CHECK-SAME: %[[P:[a-z0-9]+]]: !tile.buffer<2048xf16, global>,
// CHECK: tile.view %[[P]] map [[$RUNS]] : <2048xf16, global> -> <64x32xf16>
// CHECK: tile.copy {{.+}} -> <16x16xf16, shared>
// CHECK-NOT: tile.unpack
// CHECK: tile.mma
func.func @runs(%x: tensor<16x32xf16>, %p: tensor<2048xf16>) -> tensor<16x64xf16> {
  %y = ashlar.kernel (%a = %x : tensor<16x32xf16>, %b = %p : tensor<2048xf16>)
      schedule({tile = [16, 16, 16], warps = [1, 1], stages = 2, threads = 32, mma = "mma_sync"}) -> tensor<16x64xf16> {
    %w = ashlar.unpack %b packing<"blocked", [[?, 8], [?, 8]] -> [0, 2, 1, 3]> : tensor<2048xf16> -> tensor<64x32xf16>
    %0 = ashlar.matmul %a, transpose %w : tensor<16x32xf16>, tensor<64x32xf16> -> tensor<16x64xf16>
    ashlar.yield %0 : tensor<16x64xf16>
  }
  return %y : tensor<16x64xf16>
}

// -----

// The order of mma.sync's fragments, 16 x 64 weights of four bits a block: blocks are copied and read as they lie.

// CHECK-DAG: [[$ORDER:#.+]] = affine_map<(d0, d1) -> (d1 floordiv 16, d0 floordiv 64, {{.+}} + d0 mod 2)>
// CHECK-DAG: [[$BLOCKS:#.+]] = affine_map<(d0, d1, d2) -> (d0 * 2048 + d1 * 1024 + d2)>
// CHECK-LABEL: tile.kernel @quantized_matmul(
// CHECK: %[[E:.+]] = tile.bitcast %{{.+}} : <1024xi32, global> -> <8192xi4, global>
// CHECK: %[[V:.+]] = tile.view %[[E]] map [[$BLOCKS]] : <8192xi4, global> -> <4x2x1024xi4>
// CHECK: scf.for %[[K:.+]] = %c0 to %c128 step %c64
// CHECK: %[[BLOCK:.+]] = arith.divui %[[K]], %c64
// CHECK: tile.copy %[[V]][%{{.+}}, %[[BLOCK]], %c0] -> %[[S:[0-9]+]] {{.+}} -> <2x1x1024xi4, shared>
// CHECK: %[[L:.+]] = tile.load %[[S]][%c0, %c0, %c0] : !tile.buffer<2x1x1024xi4, shared> -> tensor<2x1x1024xi4>
// CHECK: %[[C:.+]] = tile.unpack %[[L]] map [[$ORDER]] : tensor<2x1x1024xi4> -> tensor<64x32xi4>
// CHECK: arith.sitofp %[[C]]
func.func @fragments(%x: tensor<16x128xf16>, %p: tensor<1024xi32>, %s: tensor<64xf16>) -> tensor<16x64xf16> {
  %y = ashlar.kernel (%a = %x : tensor<16x128xf16>, %b = %p : tensor<1024xi32>, %c = %s : tensor<64xf16>)
      schedule({tile = [16, 32, 64], warps = [1, 1], stages = 2, threads = 32, mma = "mma_sync"}) -> tensor<16x64xf16> {
    %w = ashlar.unpack %b packing<"mma", [[?, 2, 8], [?, 4, 2, 4, 2]] -> [0, 3, 2, 6, 1, 4, 5, 7]>
      : tensor<1024xi32> -> tensor<64x128xi4>
    %0 = ashlar.quantized_matmul %a, %w scales %c
      : (tensor<16x128xf16>, tensor<64x128xi4>, tensor<64xf16>) -> tensor<16x64xf16>
    ashlar.yield %0 : tensor<16x64xf16>
  }
  return %y : tensor<16x64xf16>
}

// -----

// Rows of 63 four-bit weights do not start at bytes, which is all that copies move: the weight is read as it is used.

// CHECK-LABEL: tile.kernel @quantized_matmul(
// CHECK: tile.copy {{.+}} -> <16x16xf16, shared>
// CHECK-NOT: tile.copy
// CHECK: tile.load {{.+}} : !tile.view<64x24xi4> -> tensor<16x16xi4>
func.func @torn_rows(%x: tensor<16x64xf16>, %p: tensor<1536xi4>, %s: tensor<24xf16>) -> tensor<16x24xf16> {
  %y = ashlar.kernel (%a = %x : tensor<16x64xf16>, %b = %p : tensor<1536xi4>, %c = %s : tensor<24xf16>)
      schedule({tile = [16, 16, 16], warps = [1, 1], stages = 2, threads = 32, mma = "mma_sync"}) -> tensor<16x24xf16> {
    %w = ashlar.unpack %b packing<"torn", [[?, 3], [?, 2]] -> [3, 0, 2, 1]> : tensor<1536xi4> -> tensor<24x64xi4>
    %0 = ashlar.quantized_matmul %a, %w scales %c
      : (tensor<16x64xf16>, tensor<24x64xi4>, tensor<24xf16>) -> tensor<16x24xf16>
    ashlar.yield %0 : tensor<16x24xf16>
  }
  return %y : tensor<16x24xf16>
}
