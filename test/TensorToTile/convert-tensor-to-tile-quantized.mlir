// RUN: ashlar-opt %s -ashlar-convert-tensor-to-tile -split-input-file -verify-each | FileCheck %s

// i4 in groups of 64 with steps of 32 along K: the weight stays packed in shared memory; scale and zero point are one
// number a column and step.

// CHECK: [[$GROUP:#.+]] = affine_map<(d0)[s0] -> (d0, s0)>
// CHECK-LABEL: tile.kernel @quantized_matmul(
// CHECK: scf.for %[[K:.+]] = %c0 to %c256 step %c32
// CHECK: tile.copy {{.+}} -> <16x32xi4, shared>
// CHECK: %[[STEP:.+]] = arith.divui %[[K]], %c64
// CHECK: %[[CODES:.+]] = tile.load {{.+}} -> tensor<32x16xi4>
// CHECK: %[[ZV:.+]] = tile.view {{.+}}[%[[STEP]]] map [[$GROUP]] : <96x4xi4, global> -> <96xi4>
// CHECK: tile.load %[[ZV]]{{.+}} -> tensor<16xi4>
// CHECK: tile.load {{.+}} -> tensor<16xf16>
// CHECK: %[[Q:.+]] = arith.uitofp %[[CODES]] : tensor<32x16xi4> to tensor<32x16xf16>
// CHECK: %[[D:.+]] = arith.subf %[[Q]],
// CHECK: %[[W:.+]] = arith.mulf %[[D]],
// CHECK: tile.mma mma_sync {{.+}}, %[[W]],
func.func @groups(%x: tensor<33x256xf16>, %w: tensor<96x256xi4>, %s: tensor<96x4xf16>, %z: tensor<96x4xi4>) -> tensor<33x96xf16> {
  %y = ashlar.kernel (%a = %x : tensor<33x256xf16>, %b = %w : tensor<96x256xi4>, %c = %s : tensor<96x4xf16>,
                      %d = %z : tensor<96x4xi4>)
      schedule({tile = [16, 16, 32], warps = [1, 1], stages = 2, threads = 32, mma = "mma_sync"})
      -> tensor<33x96xf16> {
    %0 = ashlar.quantized_matmul %a, %b scales %c zero_points %d unsigned_weights
      : (tensor<33x256xf16>, tensor<96x256xi4>, tensor<96x4xf16>, tensor<96x4xi4>) -> tensor<33x96xf16>
    ashlar.yield %0 : tensor<33x96xf16>
  }
  return %y : tensor<33x96xf16>
}

// -----

// Groups of 12 do not fit steps of 16: every weight finds its own scale. Rows are numbered through both dimensions.

// CHECK-DAG: [[$ROWS:#.+]] = affine_map<(d0, d1) -> (d0 floordiv 5, d0 mod 5, d1)>
// CHECK-DAG: [[$GROUPS:#.+]] = affine_map<(d0, d1) -> (d{{[01]}}, d{{[01]}} floordiv 12)>
// CHECK-LABEL: tile.kernel @quantized_matmul(
// CHECK-DAG: tile.view {{.+}} map [[$ROWS]] : <2x5x120xbf16, global> -> <10x120xbf16>
// CHECK-DAG: tile.view {{.+}} map [[$GROUPS]]
// CHECK: arith.mulf {{.+}} : tensor<16x16xbf16>
// CHECK: tile.mma mma_sync
func.func @odd_groups(%x: tensor<2x5x120xbf16>, %w: tensor<33x120xi8>, %s: tensor<33x10xf32>) -> tensor<2x5x33xbf16> {
  %y = ashlar.kernel (%a = %x : tensor<2x5x120xbf16>, %b = %w : tensor<33x120xi8>, %c = %s : tensor<33x10xf32>)
      schedule({tile = [16, 16, 16], warps = [1, 1], stages = 2, threads = 32, mma = "mma_sync"})
      -> tensor<2x5x33xbf16> {
    %0 = ashlar.quantized_matmul %a, %b scales %c
      : (tensor<2x5x120xbf16>, tensor<33x120xi8>, tensor<33x10xf32>) -> tensor<2x5x33xbf16>
    ashlar.yield %0 : tensor<2x5x33xbf16>
  }
  return %y : tensor<2x5x33xbf16>
}

// -----

// Activations of i8 with one scale a column: whole numbers on tensor cores, the scales at the end.

// CHECK-LABEL: tile.kernel @quantized_matmul(
// CHECK: tile.mma mma_sync {{.+}} {unsigned_b} : tensor<16x32xi8>, tensor<32x16xi8> -> tensor<16x16xi32>
// CHECK: arith.sitofp {{.+}} : tensor<16x16xi32> to tensor<16x16xf32>
// CHECK: tile.broadcast {{.+}} along 0
// CHECK: arith.mulf
// CHECK: tile.broadcast {{.+}} along 1
// CHECK: arith.mulf
func.func @whole_numbers(%x: tensor<40x128xi8>, %w: tensor<48x128xi8>, %s: tensor<48xf16>, %i: tensor<40xf32>) -> tensor<40x48xf16> {
  %y = ashlar.kernel (%a = %x : tensor<40x128xi8>, %b = %w : tensor<48x128xi8>, %c = %s : tensor<48xf16>,
                      %d = %i : tensor<40xf32>)
      schedule({tile = [16, 16, 32], warps = [1, 1], stages = 2, threads = 32, mma = "mma_sync"})
      -> tensor<40x48xf16> {
    %0 = ashlar.quantized_matmul %a, %b scales %c input_scale %d unsigned_weights
      : (tensor<40x128xi8>, tensor<48x128xi8>, tensor<48xf16>, tensor<40xf32>) -> tensor<40x48xf16>
    ashlar.yield %0 : tensor<40x48xf16>
  }
  return %y : tensor<40x48xf16>
}

// -----

// The same with groups: each step's sum is scaled. Differences of i4 are i8.

// CHECK-LABEL: tile.kernel @quantized_matmul(
// CHECK: scf.for {{.+}} -> (tensor<16x16xf32>)
// CHECK: arith.subi {{.+}} : tensor<32x16xi8>
// CHECK: %[[P:.+]] = tile.mma mma_sync {{.+}} -> tensor<16x16xi32>
// CHECK: %[[F:.+]] = arith.sitofp %[[P]]
// CHECK: math.fma %[[F]],
func.func @scaled_steps(%x: tensor<40x128xi8>, %w: tensor<48x128xi4>, %s: tensor<48x2xf16>, %z: tensor<48x2xi4>, %i: tensor<f32>) -> tensor<40x48xf16> {
  %y = ashlar.kernel (%a = %x : tensor<40x128xi8>, %b = %w : tensor<48x128xi4>, %c = %s : tensor<48x2xf16>,
                      %e = %z : tensor<48x2xi4>, %d = %i : tensor<f32>)
      schedule({tile = [16, 16, 32], warps = [1, 1], stages = 2, threads = 32, mma = "mma_sync"})
      -> tensor<40x48xf16> {
    %0 = ashlar.quantized_matmul %a, %b scales %c zero_points %e input_scale %d
      : (tensor<40x128xi8>, tensor<48x128xi4>, tensor<48x2xf16>, tensor<48x2xi4>, tensor<f32>) -> tensor<40x48xf16>
    ashlar.yield %0 : tensor<40x48xf16>
  }
  return %y : tensor<40x48xf16>
}

// -----

// Differences of i8 are not i8; f16 holds them.

// CHECK-LABEL: tile.kernel @quantized_matmul(
// CHECK: arith.sitofp {{.+}} : tensor<16x32xi8> to tensor<16x32xf16>
// CHECK: arith.uitofp {{.+}} : tensor<32x16xi8> to tensor<32x16xf16>
// CHECK: tile.mma mma_sync {{.+}} : tensor<16x32xf16>, tensor<32x16xf16> -> tensor<16x16xf32>
func.func @wide_differences(%x: tensor<40x128xi8>, %w: tensor<48x128xi8>, %s: tensor<f32>, %z: tensor<i8>, %i: tensor<f32>) -> tensor<40x48xf32> {
  %y = ashlar.kernel (%a = %x : tensor<40x128xi8>, %b = %w : tensor<48x128xi8>, %c = %s : tensor<f32>,
                      %e = %z : tensor<i8>, %d = %i : tensor<f32>)
      schedule({tile = [16, 16, 32], warps = [1, 1], stages = 2, threads = 32, mma = "mma_sync"})
      -> tensor<40x48xf32> {
    %0 = ashlar.quantized_matmul %a, %b scales %c zero_points %e input_scale %d unsigned_weights
      : (tensor<40x128xi8>, tensor<48x128xi8>, tensor<f32>, tensor<i8>, tensor<f32>) -> tensor<40x48xf32>
    ashlar.yield %0 : tensor<40x48xf32>
  }
  return %y : tensor<40x48xf32>
}
