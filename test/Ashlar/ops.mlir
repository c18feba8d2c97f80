// RUN: ashlar-opt %s | ashlar-opt | FileCheck %s
// RUN: ashlar-opt %s -mlir-print-op-generic | ashlar-opt | FileCheck %s

// CHECK-LABEL: func @matmul
func.func @matmul(%a: tensor<?x8xf16>, %b: tensor<8x4xf16>, %c: tensor<8x?xf16>, %d: tensor<4x8xf16>) {
  // CHECK: ashlar.matmul %{{.*}}, %{{.*}} : tensor<?x8xf16>, tensor<8x4xf16> -> tensor<?x4xf32>
  %0 = ashlar.matmul %a, %b : tensor<?x8xf16>, tensor<8x4xf16> -> tensor<?x4xf32>
  // CHECK: ashlar.matmul transpose %{{.*}}, transpose %{{.*}} : tensor<8x?xf16>, tensor<4x8xf16> ->
  // tensor<?x4xf16>
  %1 = ashlar.matmul transpose %c, transpose %d : tensor<8x?xf16>, tensor<4x8xf16> -> tensor<?x4xf16>
  return
}

// CHECK-LABEL: func @matmul_batched
func.func @matmul_batched(%a: tensor<2x?x3x8xi8>, %b: tensor<2x?x8x4xi8>, %c: tensor<8x4xi8>) {
  // CHECK: ashlar.matmul {{.*}} : tensor<2x?x3x8xi8>, tensor<2x?x8x4xi8> -> tensor<2x?x3x4xi32>
  %0 = ashlar.matmul %a, %b : tensor<2x?x3x8xi8>, tensor<2x?x8x4xi8> -> tensor<2x?x3x4xi32>
  // CHECK: ashlar.matmul {{.*}} : tensor<2x?x3x8xi8>, tensor<8x4xi8> -> tensor<2x?x3x4xi32>
  %1 = ashlar.matmul %a, %c : tensor<2x?x3x8xi8>, tensor<8x4xi8> -> tensor<2x?x3x4xi32>
  return
}

// CHECK-LABEL: func @conv_channels_last
func.func @conv_channels_last(%x: tensor<?x224x224x3xf16>, %w: tensor<64x7x7x3xf16>) {
  // CHECK: ashlar.conv %{{.*}}, %{{.*}} channels_last strides [2, 2] padding_low [3, 3] padding_high [3, 2]
  // CHECK-SAME: : tensor<?x224x224x3xf16>, tensor<64x7x7x3xf16> -> tensor<?x112x112x64xf32>
  %0 = ashlar.conv %x, %w channels_last strides [2, 2] padding_low [3, 3] padding_high [3, 2]
    : tensor<?x224x224x3xf16>, tensor<64x7x7x3xf16> -> tensor<?x112x112x64xf32>
  return
}

// CHECK-LABEL: func @conv_channels_first
func.func @conv_channels_first(%x: tensor<1x8x?xi8>, %w: tensor<16x2x3xi8>, %v: tensor<1x2x4x4x4xbf16>,
                               %f: tensor<2x2x1x1x1xbf16>) {
  // CHECK: ashlar.conv %{{.*}}, %{{.*}} channels_first dilations [2] groups 4 :
  %0 = ashlar.conv %x, %w channels_first dilations [2] groups 4
    : tensor<1x8x?xi8>, tensor<16x2x3xi8> -> tensor<1x16x?xi32>
  // CHECK: ashlar.conv %{{.*}}, %{{.*}} channels_first :
  %1 = ashlar.conv %v, %f channels_first
    : tensor<1x2x4x4x4xbf16>, tensor<2x2x1x1x1xbf16> -> tensor<1x2x4x4x4xbf16>
  return
}

// CHECK-LABEL: func @attention
func.func @attention(%q: tensor<?x8x?x64xf16>, %k: tensor<?x2x?x64xf16>, %v: tensor<?x2x?x32xf16>,
                     %m: tensor<?x1x?x?xi1>) {
  // CHECK: ashlar.attention %{{.*}}, %{{.*}}, %{{.*}} causal :
  // CHECK-SAME: tensor<?x8x?x64xf16>, tensor<?x2x?x64xf16>, tensor<?x2x?x32xf16> -> tensor<?x8x?x32xf16>
  %0 = ashlar.attention %q, %k, %v causal
    : tensor<?x8x?x64xf16>, tensor<?x2x?x64xf16>, tensor<?x2x?x32xf16> -> tensor<?x8x?x32xf16>
  // CHECK: ashlar.attention %{{.*}}, %{{.*}}, %{{.*}} mask %{{.*}} scale 5.000000e-01 softcap 3.000000e+01 :
  // CHECK-SAME: tensor<?x1x?x?xi1> -> tensor<?x8x?x32xf32>, tensor<?x8x?xf32>
  %1, %2 = ashlar.attention %q, %k, %v mask %m scale 0.5 softcap 30.0
    : tensor<?x8x?x64xf16>, tensor<?x2x?x64xf16>, tensor<?x2x?x32xf16>, tensor<?x1x?x?xi1>
    -> tensor<?x8x?x32xf32>, tensor<?x8x?xf32>
  return
}

// CHECK-LABEL: func @quantize
func.func @quantize(%x: tensor<?x64xf32>, %s: tensor<f32>, %t: tensor<64xf16>, %z: tensor<64xi8>,
                    %g: tensor<?x4xf32>) {
  // CHECK: %[[Q:.*]] = ashlar.quantize %{{.*}} scale %{{.*}} : tensor<?x64xf32>, tensor<f32> ->
  // tensor<?x64xi4>
  %0 = ashlar.quantize %x scale %s : tensor<?x64xf32>, tensor<f32> -> tensor<?x64xi4>
  // CHECK: ashlar.quantize %{{.*}} scale %{{.*}} zero_point %{{.*}} axis 1 unsigned :
  // CHECK-SAME: tensor<?x64xf32>, tensor<64xf16>, tensor<64xi8> -> tensor<?x64xi8>
  %1 = ashlar.quantize %x scale %t zero_point %z axis 1 unsigned
    : tensor<?x64xf32>, tensor<64xf16>, tensor<64xi8> -> tensor<?x64xi8>
  // CHECK: ashlar.dequantize %[[Q]] scale %{{.*}} axis 1 unsigned :
  // CHECK-SAME: tensor<?x64xi4>, tensor<?x4xf32> -> tensor<?x64xbf16>
  %2 = ashlar.dequantize %0 scale %g axis 1 unsigned : tensor<?x64xi4>, tensor<?x4xf32> -> tensor<?x64xbf16>
  return
}

// CHECK-LABEL: func @quantized_matmul
func.func @quantized_matmul(%x: tensor<?x64xf16>, %w: tensor<32x64xi4>, %s: tensor<32x4xf16>,
                            %z: tensor<32x4xi4>,
                            %i: tensor<2x?x64xi8>, %t: tensor<f32>, %r: tensor<2x?xf32>) {
  // CHECK: ashlar.quantized_matmul %{{.*}}, %{{.*}} scales %{{.*}} zero_points %{{.*}} unsigned_weights :
  %0 = ashlar.quantized_matmul %x, %w scales %s zero_points %z unsigned_weights
    : (tensor<?x64xf16>, tensor<32x64xi4>, tensor<32x4xf16>, tensor<32x4xi4>) -> tensor<?x32xf16>
  // CHECK: ashlar.quantized_matmul %{{.*}}, %{{.*}} scales %{{.*}} input_scale %{{.*}} :
  // CHECK-SAME: (tensor<2x?x64xi8>, tensor<32x64xi4>, tensor<f32>, tensor<2x?xf32>) -> tensor<2x?x32xf32>
  %1 = ashlar.quantized_matmul %i, %w scales %t input_scale %r
    : (tensor<2x?x64xi8>, tensor<32x64xi4>, tensor<f32>, tensor<2x?xf32>) -> tensor<2x?x32xf32>
  return
}

// CHECK-LABEL: func @pack
func.func @pack(%w: tensor<16x8xi4>) {
  // CHECK: ashlar.pack %{{.*}} packing<"blocked", {{\[\[}}?, 8], [2, 4{{\]\]}} -> [0, 2, 3, 1]> :
  // CHECK-SAME: tensor<16x8xi4> -> tensor<16xi32>
  %0 = ashlar.pack %w packing<"blocked", [[?, 8], [2, 4]] -> [0, 2, 3, 1]> : tensor<16x8xi4> -> tensor<16xi32>
  // CHECK: ashlar.unpack %{{.*}} packing<"blocked", {{\[\[}}?, 8], [2, 4{{\]\]}} -> [0, 2, 3, 1]> :
  // CHECK-SAME: tensor<16xi32> -> tensor<16x8xi4>
  %1 = ashlar.unpack %0 packing<"blocked", [[?, 8], [2, 4]] -> [0, 2, 3, 1]>
    : tensor<16xi32> -> tensor<16x8xi4>
  return
}

// CHECK-LABEL: func @kernel
func.func @kernel(%x: tensor<?x8xf16>, %n: index) -> tensor<?x8xf16> {
  // CHECK: ashlar.kernel @twice (%[[A:.*]] = %{{.*}} : tensor<?x8xf16>, %{{.*}} = %{{.*}} : index)
  // CHECK-SAME: schedule("fast") -> (tensor<?x8xf16>, tensor<?x8xf16>) attributes {note} {
  %0:2 = ashlar.kernel @twice (%a = %x : tensor<?x8xf16>, %m = %n : index) schedule("fast")
      -> (tensor<?x8xf16>, tensor<?x8xf16>) attributes {note} {
    // CHECK: %[[S:.*]] = arith.addf %[[A]], %[[A]]
    %1 = arith.addf %a, %a : tensor<?x8xf16>
    // CHECK: ashlar.yield %[[S]], %[[A]] : tensor<?x8xf16>, tensor<?x8xf16>
    ashlar.yield %1, %a : tensor<?x8xf16>, tensor<?x8xf16>
  }
  // CHECK: ashlar.kernel () -> tensor<1xf32> {
  %2 = ashlar.kernel () -> tensor<1xf32> {
    %3 = arith.constant dense<1.0> : tensor<1xf32>
    ashlar.yield %3 : tensor<1xf32>
  }
  return %0#0 : tensor<?x8xf16>
}
