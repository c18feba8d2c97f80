// RUN: ashlar-opt %s -resolve-ranked-shaped-type-result-dims -canonicalize | FileCheck %s

// CHECK: #[[MAP:.*]] = affine_map<()[s0] -> ((s0 - 2) floordiv 3 + 1)>

// CHECK-LABEL: func @matmul(
// CHECK-SAME: %[[A:.*]]: tensor<?x8x?xf16>, %[[B:.*]]: tensor<?x8xf16>
func.func @matmul(%a: tensor<?x8x?xf16>, %b: tensor<?x8xf16>) -> (index, index, index) {
  // CHECK-DAG: %[[C0:.*]] = arith.constant 0
  // CHECK-DAG: %[[C2:.*]] = arith.constant 2
  // CHECK-DAG: %[[D0:.*]] = tensor.dim %[[A]], %[[C0]]
  // CHECK-DAG: %[[D1:.*]] = tensor.dim %[[A]], %[[C2]]
  // CHECK-DAG: %[[D2:.*]] = tensor.dim %[[B]], %[[C0]]
  // CHECK: return %[[D0]], %[[D1]], %[[D2]]
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %r = ashlar.matmul transpose %a, transpose %b : tensor<?x8x?xf16>, tensor<?x8xf16> -> tensor<?x?x?xf32>
  %0 = tensor.dim %r, %c0 : tensor<?x?x?xf32>
  %1 = tensor.dim %r, %c1 : tensor<?x?x?xf32>
  %2 = tensor.dim %r, %c2 : tensor<?x?x?xf32>
  return %0, %1, %2 : index, index, index
}

// (size + 1 + 2 - 2 * (3 - 1) - 1) / 3 + 1.
// CHECK-LABEL: func @conv(
func.func @conv(%x: tensor<1x?x4xf32>, %f: tensor<8x3x4xf32>) -> index {
  // CHECK: affine.apply #[[MAP]]
  %c1 = arith.constant 1 : index
  %r = ashlar.conv %x, %f channels_last strides [3] dilations [2] padding_low [1] padding_high [2]
    : tensor<1x?x4xf32>, tensor<8x3x4xf32> -> tensor<1x?x8xf32>
  %0 = tensor.dim %r, %c1 : tensor<1x?x8xf32>
  return %0 : index
}

// CHECK-LABEL: func @attention(
// CHECK-SAME: %[[Q:.*]]: tensor<1x4x?x8xf32>, %{{.*}}
func.func @attention(%q: tensor<1x4x?x8xf32>, %k: tensor<1x4x?x8xf32>) -> (index, index) {
  // CHECK: %[[D:.*]] = tensor.dim %[[Q]], %{{.*}}
  // CHECK: return %[[D]], %[[D]]
  %c2 = arith.constant 2 : index
  %o, %l = ashlar.attention %q, %k, %k
    : tensor<1x4x?x8xf32>, tensor<1x4x?x8xf32>, tensor<1x4x?x8xf32> -> tensor<1x4x?x8xf32>, tensor<1x4x?xf32>
  %0 = tensor.dim %o, %c2 : tensor<1x4x?x8xf32>
  %1 = tensor.dim %l, %c2 : tensor<1x4x?xf32>
  return %0, %1 : index, index
}

// CHECK-LABEL: func @quantization(
// CHECK-SAME: %[[X:.*]]: tensor<?x8xf32>, %[[I:.*]]: tensor<?x2x8xf16>
func.func @quantization(%x: tensor<?x8xf32>, %i: tensor<?x2x8xf16>, %s: tensor<f32>, %w: tensor<4x8xi4>)
    -> (index, index, index) {
  // CHECK-DAG: %[[C4:.*]] = arith.constant 4
  // CHECK-DAG: %[[D0:.*]] = tensor.dim %[[X]]
  // CHECK-DAG: %[[D1:.*]] = tensor.dim %[[I]]
  // CHECK: return %[[D0]], %[[D1]], %[[C4]]
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %q = ashlar.quantize %x scale %s : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xi8>
  %m = ashlar.quantized_matmul %i, %w scales %s
    : (tensor<?x2x8xf16>, tensor<4x8xi4>, tensor<f32>) -> tensor<?x2x4xf16>
  %0 = tensor.dim %q, %c0 : tensor<?x8xi8>
  %1 = tensor.dim %m, %c0 : tensor<?x2x4xf16>
  %2 = tensor.dim %m, %c2 : tensor<?x2x4xf16>
  return %0, %1, %2 : index, index, index
}
