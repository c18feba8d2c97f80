// RUN: ashlar-opt %s -ashlar-convert-tensor-to-tile -split-input-file -verify-each | FileCheck %s

// The windows are a view: row m is an output position, column k a channel at a tap. What lies outside of the input
// reads as zero, so the padding needs no other care. The bias is added to the tile.

// CHECK: [[$WINDOWS:#.+]] = affine_map<(d0, d1) -> ((d0 floordiv 6) floordiv 5, (d0 floordiv 6) * 2 - ((d0 floordiv 6) floordiv 5) * 10 + (d1 floordiv 12) floordiv 3 - 1, d0 * 2 - (d0 floordiv 6) * 12 + (d1 floordiv 12) mod 3 - 1, d1 mod 12)>
// CHECK: [[$FILTERS:#.+]] = affine_map<(d0, d1) -> (d0, (d1 floordiv 12) floordiv 3, (d1 floordiv 12) mod 3, d1 mod 12)>
// CHECK: [[$RESULT:#.+]] = affine_map<(d0, d1) -> ((d0 floordiv 6) floordiv 5, (d0 floordiv 6) mod 5, d0 mod 6, d1)>
// CHECK-LABEL: tile.kernel @convolution(
// CHECK-DAG: %[[A:.+]] = tile.view {{.+}} map [[$WINDOWS]] : <2x9x11x12xf16, global> -> <60x108xf16>
// CHECK-DAG: %[[B:.+]] = tile.view {{.+}} map [[$FILTERS]] : <24x3x3x12xf16, global> -> <24x108xf16>
// CHECK: scf.for %[[K:.+]] = %c0 to %c108 step %c32
// CHECK: tile.copy %[[A]][%{{.+}}, %[[K]]]
// CHECK: tile.copy %[[B]][%{{.+}}, %[[K]]]
// CHECK: tile.mma mma_sync {{.+}} -> tensor<16x16xf32>
// CHECK: tile.broadcast {{.+}} along 0 : tensor<16xf16> -> tensor<16x16xf16>
// CHECK: arith.addf
// CHECK: %[[C:.+]] = tile.view {{.+}} map [[$RESULT]] : <2x5x6x24xf16, global> -> <60x24xf16>
// CHECK: tile.store {{.+}}, %[[C]]
func.func @windows(%x: tensor<2x9x11x12xf16>, %w: tensor<24x3x3x12xf16>, %bias: tensor<24xf16>) -> tensor<2x5x6x24xf16> {
  %y = ashlar.kernel (%a = %x : tensor<2x9x11x12xf16>, %b = %w : tensor<24x3x3x12xf16>, %c = %bias : tensor<24xf16>)
      schedule({tile = [16, 16, 32], warps = [1, 1], stages = 2, threads = 32, mma = "mma_sync"})
      -> tensor<2x5x6x24xf16> {
    %0 = ashlar.conv %a, %b channels_last strides [2, 2] padding_low [1, 1] padding_high [1, 1]
      : tensor<2x9x11x12xf16>, tensor<24x3x3x12xf16> -> tensor<2x5x6x24xf16>
    %e = tensor.empty() : tensor<2x5x6x24xf16>
    %1 = linalg.generic {indexing_maps = [affine_map<(n, h, w, k) -> (n, h, w, k)>, affine_map<(n, h, w, k) -> (k)>,
                                          affine_map<(n, h, w, k) -> (n, h, w, k)>],
                         iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
        ins(%0, %c : tensor<2x5x6x24xf16>, tensor<24xf16>) outs(%e : tensor<2x5x6x24xf16>) {
    ^bb0(%sum: f16, %shift: f16, %out: f16):
      %2 = arith.addf %sum, %shift : f16
      linalg.yield %2 : f16
    } -> tensor<2x5x6x24xf16>
    ashlar.yield %1 : tensor<2x5x6x24xf16>
  }
  return %y : tensor<2x5x6x24xf16>
}

// -----

// 32 channels in steps of 16: a step stays within a tap, which is then the same for all threads.

// CHECK: [[$WINDOWS:#.+]] = affine_map<(d0, d1)[s0, s1] -> (d0 floordiv 9, d0 + (d0 floordiv 9) * -9 + s1 - 1, d1 + s0)>
// CHECK-LABEL: tile.kernel @convolution(
// CHECK: scf.for %[[K:.+]] = %c0 to %c96 step %c16
// CHECK: %[[C:.+]] = arith.remui %[[K]], %c32
// CHECK: %[[REST:.+]] = arith.divui %[[K]], %c32
// CHECK: %[[R:.+]] = arith.remui %[[REST]], %c3
// CHECK: tile.view {{.+}}[%[[C]], %[[R]]] map [[$WINDOWS]] : <2x9x32xf16, global> -> <18x16xf16>
func.func @steps_within_taps(%x: tensor<2x9x32xf16>, %w: tensor<16x3x32xf16>) -> tensor<2x9x16xf16> {
  %y = ashlar.kernel (%a = %x : tensor<2x9x32xf16>, %b = %w : tensor<16x3x32xf16>)
      schedule({tile = [16, 16, 16], warps = [1, 1], stages = 2, threads = 32, mma = "mma_sync"})
      -> tensor<2x9x16xf16> {
    %0 = ashlar.conv %a, %b channels_last padding_low [1] padding_high [1]
      : tensor<2x9x32xf16>, tensor<16x3x32xf16> -> tensor<2x9x16xf16>
    ashlar.yield %0 : tensor<2x9x16xf16>
  }
  return %y : tensor<2x9x16xf16>
}

// -----

// Channels first, two groups: the group is the block's coordinate, columns follow the filter's memory.

// CHECK: [[$WINDOWS:#.+]] = affine_map<(d0, d1)[s0] -> ((d0 floordiv 7) floordiv 5, (d1 floordiv 3) floordiv 2 + s0 * 4, (d0 floordiv 7) mod 5 + (d1 floordiv 3) mod 2, d0 + d1 - (d0 floordiv 7) * 7 - (d1 floordiv 3) * 3)>
// CHECK-LABEL: tile.kernel @convolution(
// CHECK: tile.view {{.+}}[%[[GROUP:.+]]] map [[$WINDOWS]]
// CHECK: tile.mma fma
func.func @channels_first(%x: tensor<2x8x6x9xf32>, %w: tensor<6x4x2x3xf32>) -> tensor<2x6x5x7xf32> {
  %y = ashlar.kernel (%a = %x : tensor<2x8x6x9xf32>, %b = %w : tensor<6x4x2x3xf32>)
      schedule({tile = [16, 16, 8], thread_grid = [8, 8], stages = 2, threads = 64, mma = "fma"})
      -> tensor<2x6x5x7xf32> {
    %0 = ashlar.conv %a, %b channels_first groups 2
      : tensor<2x8x6x9xf32>, tensor<6x4x2x3xf32> -> tensor<2x6x5x7xf32>
    ashlar.yield %0 : tensor<2x6x5x7xf32>
  }
  return %y : tensor<2x6x5x7xf32>
}

// -----

// Where sizes are dynamic, the buffer's rows run into each other, so padding is cleared in registers; what is read there
// is any element that exists.

// CHECK: affine_map<(d0, d1)[{{.+}}] -> {{.+}} mod s{{.+}}>
// CHECK-LABEL: tile.kernel @convolution(
// CHECK: %[[TILE:.+]] = tile.load {{.+}} -> tensor<16x32xf16>
// CHECK: %[[LEFT:.+]] = arith.cmpi slt, {{.+}} : tensor<16x32xi32>
// CHECK: %[[A:.+]] = arith.select %[[LEFT]], %{{.+}}, %[[TILE]]
// CHECK: %[[RIGHT:.+]] = arith.cmpi sge, {{.+}} : tensor<16x32xi32>
// CHECK: arith.select %[[RIGHT]], %{{.+}}, %[[A]]
func.func @dynamic_sizes(%x: tensor<2x?x?x16xf16>, %w: tensor<24x3x3x16xf16>) -> tensor<2x?x?x24xf16> {
  %y = ashlar.kernel (%a = %x : tensor<2x?x?x16xf16>, %b = %w : tensor<24x3x3x16xf16>)
      schedule({tile = [16, 16, 32], warps = [1, 1], stages = 2, threads = 32, mma = "mma_sync"})
      -> tensor<2x?x?x24xf16> {
    %0 = ashlar.conv %a, %b channels_last padding_low [1, 1] padding_high [1, 1]
      : tensor<2x?x?x16xf16>, tensor<24x3x3x16xf16> -> tensor<2x?x?x24xf16>
    ashlar.yield %0 : tensor<2x?x?x24xf16>
  }
  return %y : tensor<2x?x?x24xf16>
}

// -----

// What is computed on the way to the product must not be computed from the padding's zeros: exp(0) is not 0.

// CHECK-LABEL: tile.kernel @convolution(
// CHECK: math.exp
// CHECK: arith.select
// CHECK: tile.mma
func.func @computed_input(%x: tensor<2x9x16xf16>, %w: tensor<16x3x16xf16>) -> tensor<2x9x16xf16> {
  %y = ashlar.kernel (%a = %x : tensor<2x9x16xf16>, %b = %w : tensor<16x3x16xf16>)
      schedule({tile = [16, 16, 16], warps = [1, 1], stages = 2, threads = 32, mma = "mma_sync"})
      -> tensor<2x9x16xf16> {
    %0 = math.exp %a : tensor<2x9x16xf16>
    %1 = ashlar.conv %0, %b channels_last padding_low [1] padding_high [1]
      : tensor<2x9x16xf16>, tensor<16x3x16xf16> -> tensor<2x9x16xf16>
    ashlar.yield %1 : tensor<2x9x16xf16>
  }
  return %y : tensor<2x9x16xf16>
}
