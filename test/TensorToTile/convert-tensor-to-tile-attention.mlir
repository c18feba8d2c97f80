// RUN: ashlar-opt %s -ashlar-convert-tensor-to-tile -split-input-file -verify-each | FileCheck %s

// Queries stay in registers, keys and values pass in a loop; scores come in strips of 32 keys. All tiles are exact,
// so nothing is compared with an edge.

// CHECK: [[$HEAD:#.+]] = affine_map<(d0, d1)[s0, s1] -> (s0, s1, d0, d1)>
// CHECK-LABEL: tile.kernel @attention(
// CHECK-SAME: %[[Q:[^:]+]]: !tile.buffer<2x4x256x64xf16, global>, %[[K:[^:]+]]: !tile.buffer<2x4x512x64xf16, global>,
// CHECK-SAME: %[[V:[^:]+]]: !tile.buffer<2x4x512x64xf16, global>, %[[O:[^:]+]]: !tile.buffer<2x4x256x64xf16, global>)
// CHECK: %[[QV:.+]] = tile.view %[[Q]][%[[BATCH:.+]], %[[H:.+]]] map [[$HEAD]]
// CHECK: tile.copy %[[QV]]
// CHECK: %[[QT:.+]] = tile.load {{.+}} -> tensor<64x64xf16>
// CHECK-DAG: %[[LOWEST:.+]] = arith.constant dense<0xFF800000> : tensor<64xf32>
// CHECK-DAG: %[[KV:.+]] = tile.view %[[K]][%[[BATCH]], %[[H]]] map [[$HEAD]]
// CHECK-DAG: %[[VV:.+]] = tile.view %[[V]][%[[BATCH]], %[[H]]] map [[$HEAD]]
// CHECK: %[[LOOP:.+]]:3 = scf.for %[[J:.+]] = %c0 to %c512 step %c64
// CHECK-SAME: iter_args(%[[M:.+]] = %[[LOWEST]], %[[L:.+]] = {{.+}}, %[[ACC:.+]] = {{.+}})
// CHECK: tile.copy %[[KV]][%[[J]], %c0]
// CHECK: tile.transpose
// CHECK: tile.copy %[[VV]][%[[J]], %c0]
// CHECK: %[[S0:.+]] = tile.mma mma_sync %[[QT]], {{.+}} -> tensor<64x32xf32>
// CHECK: %[[S1:.+]] = tile.mma mma_sync %[[QT]], {{.+}} -> tensor<64x32xf32>
// CHECK-NOT: scf.if
// CHECK: arith.maximumf %[[S0]], %[[S1]]
// CHECK: tile.reduce max
// CHECK: %[[NEXT:.+]] = arith.maximumf %[[M]],
// CHECK: %[[DROP:.+]] = arith.subf %[[M]], %[[NEXT]]
// CHECK: %[[SCALE:.+]] = math.exp2 %[[DROP]] : tensor<64xf32>
// CHECK: %[[X0:.+]] = math.fma %[[S0]],
// CHECK: %[[P0:.+]] = math.exp2 %[[X0]]
// CHECK: tile.reduce add
// CHECK: %[[SUM:.+]] = math.fma %[[L]], %[[SCALE]],
// CHECK: arith.mulf %[[ACC]],
// CHECK: %[[A0:.+]] = arith.truncf %[[P0]] : tensor<64x32xf32> to tensor<64x32xf16>
// CHECK: tile.mma mma_sync %[[A0]], {{.+}} : tensor<64x32xf16>, tensor<32x64xf16> -> tensor<64x64xf32>
// CHECK: %[[OUT:.+]] = tile.mma mma_sync
// CHECK: scf.yield %[[NEXT]], %[[SUM]], %[[OUT]]
// CHECK: arith.divf
// CHECK: %[[OV:.+]] = tile.view %[[O]][%[[BATCH]], %[[H]]]
// CHECK: tile.store {{.+}}, %[[OV]]
func.func @exact_tiles(%q: tensor<2x4x256x64xf16>, %k: tensor<2x4x512x64xf16>, %v: tensor<2x4x512x64xf16>)
    -> tensor<2x4x256x64xf16> {
  %o = ashlar.kernel (%a = %q : tensor<2x4x256x64xf16>, %b = %k : tensor<2x4x512x64xf16>,
                                   %c = %v : tensor<2x4x512x64xf16>)
      schedule({tile = [64, 64], packing = 1, warps = [4, 1], stages = 2, threads = 128, mma = "mma_sync"})
      -> tensor<2x4x256x64xf16> {
    %0 = ashlar.attention %a, %b, %c
      : tensor<2x4x256x64xf16>, tensor<2x4x512x64xf16>, tensor<2x4x512x64xf16> -> tensor<2x4x256x64xf16>
    ashlar.yield %0 : tensor<2x4x256x64xf16>
  }
  return %o : tensor<2x4x256x64xf16>
}

// -----

// Four query heads share a key head. Blocks with many keys start first; a tile of keys is compared with the edge only
// if it reaches beyond the first row's keys, and the loop ends with the last row's. With Sq > Sk rows may see no key.

// CHECK: [[$KEYHEAD:#.+]] = affine_map<(d0, d1)[s0, s1] -> (s0, s1 floordiv 4, d0, d1)>
// CHECK-LABEL: tile.kernel @attention(
// CHECK-DAG: %[[LAST:.+]] = arith.subi %c4, %c1
// CHECK: %[[TILE:.+]] = arith.subi %{{.+}}, %{{.+}} : index
// CHECK: %[[ROW:.+]] = arith.muli %[[TILE]], %c64
// CHECK: %[[END:.+]] = arith.minsi %{{.+}}, %c150
// CHECK: %[[FREE:.+]] = arith.minsi %{{.+}}, %c150
// CHECK: tile.iota %[[ROW]] along 0 : tensor<64xi32>
// CHECK: %[[VISIBLE:.+]] = arith.minsi {{.+}} : tensor<64xi32>
// CHECK: tile.view {{.+}} map [[$KEYHEAD]]
// CHECK: scf.for %[[J:.+]] = %c0 to %[[END]] step %c64
// CHECK: %[[NEXT:.+]] = arith.addi %[[J]], %c64
// CHECK: %[[ISFREE:.+]] = arith.cmpi sle, %[[NEXT]], %[[FREE]]
// CHECK: scf.if %[[ISFREE]]
// CHECK-NEXT: scf.yield
// CHECK-NEXT: } else {
// CHECK: tile.broadcast %[[VISIBLE]] along 1
// CHECK: arith.cmpi slt
// CHECK: arith.select
// CHECK: arith.cmpf oeq
// CHECK: math.exp2
// CHECK: math.log {{.+}} : tensor<64xf32>
// CHECK: tile.store {{.+}} tensor<64x128xf16>
// CHECK: tile.store {{.+}} tensor<64xf32>, !tile.view<200xf32>
func.func @causal(%q: tensor<2x8x200x128xf16>, %k: tensor<2x2x150x128xf16>, %v: tensor<2x2x150x128xf16>)
    -> (tensor<2x8x200x128xf16>, tensor<2x8x200xf32>) {
  %o:2 = ashlar.kernel (%a = %q : tensor<2x8x200x128xf16>, %b = %k : tensor<2x2x150x128xf16>,
                                %c = %v : tensor<2x2x150x128xf16>)
      schedule({tile = [64, 64], packing = 1, warps = [4, 1], stages = 2, threads = 128, mma = "mma_sync"})
      -> (tensor<2x8x200x128xf16>, tensor<2x8x200xf32>) {
    %0, %1 = ashlar.attention %a, %b, %c causal
      : tensor<2x8x200x128xf16>, tensor<2x2x150x128xf16>, tensor<2x2x150x128xf16>
      -> tensor<2x8x200x128xf16>, tensor<2x8x200xf32>
    ashlar.yield %0, %1 : tensor<2x8x200x128xf16>, tensor<2x8x200xf32>
  }
  return %o#0, %o#1 : tensor<2x8x200x128xf16>, tensor<2x8x200xf32>
}

// -----

// A decoding step: the eight heads of a group are the rows of one tile.

// CHECK: [[$ROWS:#.+]] = affine_map<(d0, d1)[s0, s1] -> (s0, d0 + (d0 floordiv 8) * -8 + s1 * 8, d0 floordiv 8, d1)>
// CHECK: [[$KEYS:#.+]] = affine_map<(d0, d1)[s0, s1] -> (s0, s1, d0, d1)>
// CHECK-LABEL: tile.kernel @attention(
// CHECK: tile.view {{.+}} map [[$ROWS]] : <2x16x1x128xbf16, global> -> <8x128xbf16>
// CHECK: tile.view {{.+}} map [[$KEYS]]
// CHECK: tile.mma mma_sync {{.+}} : tensor<16x128xbf16>, tensor<128x16xbf16> -> tensor<16x16xf32>
func.func @packed(%q: tensor<2x16x1x128xbf16>, %k: tensor<2x2x1000x128xbf16>, %v: tensor<2x2x1000x128xbf16>)
    -> tensor<2x16x1x128xbf16> {
  %o = ashlar.kernel (%a = %q : tensor<2x16x1x128xbf16>, %b = %k : tensor<2x2x1000x128xbf16>,
                              %c = %v : tensor<2x2x1000x128xbf16>)
      schedule({tile = [16, 64], packing = 8, warps = [1, 1], stages = 3, threads = 128, mma = "mma_sync"})
      -> tensor<2x16x1x128xbf16> {
    %0 = ashlar.attention %a, %b, %c
      : tensor<2x16x1x128xbf16>, tensor<2x2x1000x128xbf16>, tensor<2x2x1000x128xbf16> -> tensor<2x16x1x128xbf16>
    ashlar.yield %0 : tensor<2x16x1x128xbf16>
  }
  return %o : tensor<2x16x1x128xbf16>
}

// -----

// A mask that differs from row to row goes through shared memory; softcap and mask come before the maximum.

// CHECK-LABEL: tile.kernel @attention(
// CHECK: tile.copy {{.+}} -> <64x32xi1, shared>
// CHECK: math.tanh
// CHECK: %[[MASK:.+]] = tile.load {{.+}} -> tensor<64x32xi1>
// CHECK: arith.select %[[MASK]]
// CHECK: tile.reduce max
func.func @masks(%q: tensor<2x4x64x64xf16>, %k: tensor<2x4x64x64xf16>, %v: tensor<2x4x64x64xf16>,
                 %m: tensor<2x1x64x64xi1>) -> tensor<2x4x64x64xf16> {
  %o = ashlar.kernel (%a = %q : tensor<2x4x64x64xf16>, %b = %k : tensor<2x4x64x64xf16>,
                             %c = %v : tensor<2x4x64x64xf16>, %d = %m : tensor<2x1x64x64xi1>)
      schedule({tile = [64, 32], packing = 1, warps = [4, 1], stages = 2, threads = 128, mma = "mma_sync"})
      -> tensor<2x4x64x64xf16> {
    %0 = ashlar.attention %a, %b, %c mask %d softcap 2.000000e+01
      : tensor<2x4x64x64xf16>, tensor<2x4x64x64xf16>, tensor<2x4x64x64xf16>, tensor<2x1x64x64xi1>
      -> tensor<2x4x64x64xf16>
    ashlar.yield %0 : tensor<2x4x64x64xf16>
  }
  return %o : tensor<2x4x64x64xf16>
}

// -----

// A bias for each key alone is loaded as a row and repeated.

// CHECK-LABEL: tile.kernel @attention(
// CHECK: %[[BIAS:.+]] = tile.load {{.+}} : !tile.view<64xf32> -> tensor<32xf32>
// CHECK: tile.broadcast %[[BIAS]] along 0 : tensor<32xf32> -> tensor<64x32xf32>
func.func @key_bias(%q: tensor<2x4x64x64xf16>, %k: tensor<2x4x64x64xf16>, %v: tensor<2x4x64x64xf16>,
                    %m: tensor<2x1x1x64xf32>) -> tensor<2x4x64x64xf16> {
  %o = ashlar.kernel (%a = %q : tensor<2x4x64x64xf16>, %b = %k : tensor<2x4x64x64xf16>,
                                %c = %v : tensor<2x4x64x64xf16>, %d = %m : tensor<2x1x1x64xf32>)
      schedule({tile = [64, 32], packing = 1, warps = [4, 1], stages = 2, threads = 128, mma = "mma_sync"})
      -> tensor<2x4x64x64xf16> {
    %0 = ashlar.attention %a, %b, %c mask %d
      : tensor<2x4x64x64xf16>, tensor<2x4x64x64xf16>, tensor<2x4x64x64xf16>, tensor<2x1x1x64xf32>
      -> tensor<2x4x64x64xf16>
    ashlar.yield %0 : tensor<2x4x64x64xf16>
  }
  return %o : tensor<2x4x64x64xf16>
}

// -----

// f32: both products walk through shared memory, the probabilities too; a head of 20 needs no more columns than that.

// CHECK-LABEL: tile.kernel @attention(
// CHECK: scf.for
// CHECK: scf.for {{.+}} to %c20 step %c4 iter_args({{.+}}) -> (tensor<32x32xf32>)
// CHECK: tile.mma fma {{.+}} : tensor<32x4xf32>, tensor<4x32xf32> -> tensor<32x32xf32>
// CHECK: tile.store {{.+}} : tensor<32x32xf32>, !tile.buffer<32x32xf32, shared>
// CHECK: scf.for {{.+}} to %c32 step %c4 iter_args({{.+}}) -> (tensor<32x12xf32>)
// CHECK: tile.mma fma {{.+}} : tensor<32x4xf32>, tensor<4x12xf32> -> tensor<32x12xf32>
func.func @single(%q: tensor<1x2x64x20xf32>, %k: tensor<1x2x64x20xf32>, %v: tensor<1x2x64x12xf32>)
    -> tensor<1x2x64x12xf32> {
  %o = ashlar.kernel (%a = %q : tensor<1x2x64x20xf32>, %b = %k : tensor<1x2x64x20xf32>,
                              %c = %v : tensor<1x2x64x12xf32>)
      schedule({tile = [32, 32], packing = 1, thread_grid = [16, 8], stages = 2, threads = 128, mma = "fma"})
      -> tensor<1x2x64x12xf32> {
    %0 = ashlar.attention %a, %b, %c
      : tensor<1x2x64x20xf32>, tensor<1x2x64x20xf32>, tensor<1x2x64x12xf32> -> tensor<1x2x64x12xf32>
    ashlar.yield %0 : tensor<1x2x64x12xf32>
  }
  return %o : tensor<1x2x64x12xf32>
}

// -----

// A long head: its queries are read again for each tile of keys, and three blocks share the columns of the output. In a
// head of 72, zeros fill the columns up to 80.

// CHECK-LABEL: tile.kernel @attention(
// CHECK: scf.for
// CHECK: tile.mma mma_sync {{.+}} : tensor<16x96xf16>, tensor<96x16xf16> -> tensor<16x16xf32>
// CHECK: tile.mma mma_sync {{.+}} : tensor<16x96xf16>, tensor<96x16xf16> -> tensor<16x16xf32>
// CHECK: tile.mma mma_sync {{.+}} : tensor<16x16xf16>, tensor<16x32xf16> -> tensor<16x32xf32>
// CHECK: tile.store {{.+}} : tensor<16x32xf16>, !tile.view<16x72xf16>
func.func @long_heads(%q: tensor<1x2x16x192xf16>, %k: tensor<1x2x16x192xf16>, %v: tensor<1x2x16x72xf16>)
    -> tensor<1x2x16x72xf16> {
  %o = ashlar.kernel (%a = %q : tensor<1x2x16x192xf16>, %b = %k : tensor<1x2x16x192xf16>,
                                  %c = %v : tensor<1x2x16x72xf16>)
      schedule({tile = [16, 16], value_tile = 32, packing = 1, warps = [1, 1], stages = 1, threads = 32,
                mma = "mma_sync"})
      -> tensor<1x2x16x72xf16> {
    %0 = ashlar.attention %a, %b, %c
      : tensor<1x2x16x192xf16>, tensor<1x2x16x192xf16>, tensor<1x2x16x72xf16> -> tensor<1x2x16x72xf16>
    ashlar.yield %0 : tensor<1x2x16x72xf16>
  }
  return %o : tensor<1x2x16x72xf16>
}
