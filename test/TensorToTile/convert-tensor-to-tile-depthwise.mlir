// RUN: ashlar-opt %s -ashlar-convert-tensor-to-tile -split-input-file -verify-each | FileCheck %s

// The input with its halo is copied once; each of the three taps adds a shifted tile times its row of weights.

// CHECK: [[$HALO:#.+]] = affine_map<(d0, d1)[s0] -> (s0, d0 - 1, d1)>
// CHECK-LABEL: tile.kernel @convolution(
// CHECK-DAG: %[[X:.+]] = tile.view {{.+}} map [[$HALO]] : <2x100x40xf16, global> -> <102x40xf16>
// CHECK: tile.copy %[[X]][{{.+}}] -> %[[IN:[0-9]+]] {{.*}}: <102x40xf16> -> <18x32xf16, shared>
// CHECK: tile.copy {{.+}} -> %[[F:[0-9]+]] {{.*}}: {{.+}} -> <32x3xf16, shared>
// CHECK: %[[W:.+]] = tile.transpose %[[F]] [1, 0]
// CHECK-NOT: tile.copy
// CHECK: tile.load %[[IN]][%c0, %c0] {{.+}} -> tensor<16x32xf16>
// CHECK: %[[ROW0:.+]] = tile.stage %[[W]][%c0]
// CHECK: tile.load %[[ROW0]][%c0] {{.+}} -> tensor<32xf16>
// CHECK: math.fma {{.+}} : tensor<16x32xf32>
// CHECK: tile.load %[[IN]][%c1, %c0]
// CHECK: math.fma
// CHECK: tile.load %[[IN]][%c2, %c0]
// CHECK: %[[SUM:.+]] = math.fma
// CHECK: arith.truncf %[[SUM]]
// CHECK: tile.store
func.func @one_dimension(%x: tensor<2x100x40xf16>, %w: tensor<40x3x1xf16>) -> tensor<2x100x40xf16> {
  %y = ashlar.kernel (%a = %x : tensor<2x100x40xf16>, %b = %w : tensor<40x3x1xf16>)
      schedule({tile = [16, 32], threads = 128}) -> tensor<2x100x40xf16> {
    %0 = ashlar.conv %a, %b channels_last padding_low [1] padding_high [1] groups 40
      : tensor<2x100x40xf16>, tensor<40x3x1xf16> -> tensor<2x100x40xf16>
    ashlar.yield %0 : tensor<2x100x40xf16>
  }
  return %y : tensor<2x100x40xf16>
}

// -----

// Stride 2 in the second dimension: the halo is kept by phases, so that a shifted tile is contiguous. Tap 1 reads phase
// 1, tap 2 phase 0 of the next position.

// CHECK: [[$HALO:#.+]] = affine_map<(d0, d1, d2, d3)[s0] -> (s0, d0, d2 + d1 * 2 - 1, d3)>
// CHECK-LABEL: tile.kernel @convolution(
// CHECK: tile.copy {{.+}} -> %[[BUFFER:[0-9]+]] {{.*}}-> <4x9x2x16xf16, shared>
// CHECK: %[[IN:.+]] = tile.transpose %[[BUFFER]] [0, 2, 1, 3]
// CHECK: tile.load %[[IN]][%c0, %c0, %c0, %c0] {{.+}} -> tensor<4x1x8x16xf16>
// CHECK: tile.load %[[IN]][%c0, %c1, %c0, %c0]
// CHECK: tile.load %[[IN]][%c0, %c0, %c1, %c0]
// CHECK: tile.store
func.func @strided(%x: tensor<1x8x32x16xf16>, %w: tensor<16x1x3x1xf16>) -> tensor<1x8x16x16xf16> {
  %y = ashlar.kernel (%a = %x : tensor<1x8x32x16xf16>, %b = %w : tensor<16x1x3x1xf16>)
      schedule({tile = [4, 8, 16], threads = 128}) -> tensor<1x8x16x16xf16> {
    %0 = ashlar.conv %a, %b channels_last strides [1, 2] padding_low [0, 1] padding_high [0, 1] groups 16
      : tensor<1x8x32x16xf16>, tensor<16x1x3x1xf16> -> tensor<1x8x16x16xf16>
    ashlar.yield %0 : tensor<1x8x16x16xf16>
  }
  return %y : tensor<1x8x16x16xf16>
}

// -----

// Three output channels for each input channel: the halo serves all of them.

// CHECK-LABEL: tile.kernel @convolution(
// CHECK: tile.copy
// CHECK: scf.for %[[COPY:.+]] = %c0 to %c3 step %c1
// CHECK: tile.view {{.+}}[%[[COPY]]]
// CHECK: tile.copy
// CHECK: tile.store
// CHECK-NOT: tile.copy
func.func @multiplier(%x: tensor<1x64x8xf32>, %w: tensor<24x3x1xf32>) -> tensor<1x62x24xf32> {
  %y = ashlar.kernel (%a = %x : tensor<1x64x8xf32>, %b = %w : tensor<24x3x1xf32>)
      schedule({tile = [32, 8], threads = 128}) -> tensor<1x62x24xf32> {
    %0 = ashlar.conv %a, %b channels_last groups 8
      : tensor<1x64x8xf32>, tensor<24x3x1xf32> -> tensor<1x62x24xf32>
    ashlar.yield %0 : tensor<1x62x24xf32>
  }
  return %y : tensor<1x62x24xf32>
}

// -----

// Channels first: the same, through memory's order.

// CHECK-LABEL: tile.kernel @convolution(
// CHECK: tile.copy {{.+}} -> %[[IN:[0-9]+]] {{.*}}-> <2x66xf16, shared>
// CHECK: %[[VIEW:.+]] = tile.transpose %[[IN]] [1, 0]
// CHECK: tile.load %[[VIEW]][%c2, %c0] {{.+}} -> tensor<64x2xf16>
func.func @channels_first(%x: tensor<2x6x130xf16>, %w: tensor<6x1x3xf16>) -> tensor<2x6x128xf16> {
  %y = ashlar.kernel (%a = %x : tensor<2x6x130xf16>, %b = %w : tensor<6x1x3xf16>)
      schedule({tile = [64, 2], threads = 128}) -> tensor<2x6x128xf16> {
    %0 = ashlar.conv %a, %b channels_first groups 6
      : tensor<2x6x130xf16>, tensor<6x1x3xf16> -> tensor<2x6x128xf16>
    ashlar.yield %0 : tensor<2x6x128xf16>
  }
  return %y : tensor<2x6x128xf16>
}

// -----

// Two dimensions: a loop over the rows of the filter, the taps of a row one after the other.

// CHECK-LABEL: tile.kernel @convolution(
// CHECK: scf.for %[[R:.+]] = %c0 to %c5 step %c1 iter_args({{.+}}) -> (tensor<8x8x16xf32>)
// CHECK: %[[FIRST:.+]] = arith.muli %[[R]], %c3
// CHECK: tile.load {{.+}}[%[[R]], %c0, %c0]
// CHECK: tile.stage {{.+}}[%[[FIRST]]]
// CHECK: tile.load {{.+}}[%[[R]], %c1, %c0]
// CHECK: tile.load {{.+}}[%[[R]], %c2, %c0]
// CHECK: scf.yield
func.func @two_dimensions(%x: tensor<1x12x10x16xf16>, %w: tensor<16x5x3x1xf16>) -> tensor<1x8x8x16xf16> {
  %y = ashlar.kernel (%a = %x : tensor<1x12x10x16xf16>, %b = %w : tensor<16x5x3x1xf16>)
      schedule({tile = [8, 8, 16], threads = 128}) -> tensor<1x8x8x16xf16> {
    %0 = ashlar.conv %a, %b channels_last groups 16
      : tensor<1x12x10x16xf16>, tensor<16x5x3x1xf16> -> tensor<1x8x8x16xf16>
    ashlar.yield %0 : tensor<1x8x8x16xf16>
  }
  return %y : tensor<1x8x8x16xf16>
}
