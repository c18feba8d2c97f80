// RUN: ashlar-opt %s -canonicalize | FileCheck %s

// CHECK-LABEL: func @transposes_become_flags(
// CHECK-SAME: %[[A:.*]]: tensor<2x8x3xf16>, %[[B:.*]]: tensor<8x4xf16>
func.func @transposes_become_flags(%a: tensor<2x8x3xf16>, %b: tensor<8x4xf16>) -> tensor<2x3x4xf32> {
  %ea = tensor.empty() : tensor<2x3x8xf16>
  %ta = linalg.transpose ins(%a : tensor<2x8x3xf16>) outs(%ea : tensor<2x3x8xf16>) permutation = [0, 2, 1]
  %eb = tensor.empty() : tensor<4x8xf16>
  %tb = linalg.transpose ins(%b : tensor<8x4xf16>) outs(%eb : tensor<4x8xf16>) permutation = [1, 0]
  // CHECK-NOT: linalg.transpose
  // CHECK: ashlar.matmul transpose %[[A]], %[[B]] : tensor<2x8x3xf16>, tensor<8x4xf16> -> tensor<2x3x4xf32>
  %r = ashlar.matmul %ta, transpose %tb : tensor<2x3x8xf16>, tensor<4x8xf16> -> tensor<2x3x4xf32>
  return %r : tensor<2x3x4xf32>
}

// CHECK-LABEL: func @transpose_of_batches_stays
func.func @transpose_of_batches_stays(%a: tensor<3x2x8xf16>, %b: tensor<8x4xf16>) -> tensor<2x3x4xf32> {
  %e = tensor.empty() : tensor<2x3x8xf16>
  // CHECK: linalg.transpose
  %t = linalg.transpose ins(%a : tensor<3x2x8xf16>) outs(%e : tensor<2x3x8xf16>) permutation = [1, 0, 2]
  // CHECK: ashlar.matmul %{{.*}}, %{{.*}} : tensor<2x3x8xf16>
  %r = ashlar.matmul %t, %b : tensor<2x3x8xf16>, tensor<8x4xf16> -> tensor<2x3x4xf32>
  return %r : tensor<2x3x4xf32>
}

// CHECK-LABEL: func @unpack_undoes_pack(
// CHECK-SAME: %[[W:.*]]: tensor<16x8xi4>, %[[P:.*]]: tensor<16xi32>
func.func @unpack_undoes_pack(%w: tensor<16x8xi4>, %p: tensor<16xi32>) -> (tensor<16x8xi4>, tensor<16xi32>) {
  %0 = ashlar.pack %w packing<"a", [[?, 8], [?]] -> [0, 2, 1]> : tensor<16x8xi4> -> tensor<16xi32>
  %1 = ashlar.unpack %0 packing<"a", [[?, 8], [?]] -> [0, 2, 1]> : tensor<16xi32> -> tensor<16x8xi4>
  %2 = ashlar.unpack %p packing<"a", [[?, 8], [?]] -> [0, 2, 1]> : tensor<16xi32> -> tensor<16x8xi4>
  %3 = ashlar.pack %2 packing<"a", [[?, 8], [?]] -> [0, 2, 1]> : tensor<16x8xi4> -> tensor<16xi32>
  // CHECK-NEXT: return %[[W]], %[[P]]
  return %1, %3 : tensor<16x8xi4>, tensor<16xi32>
}

// CHECK-LABEL: func @another_packing_stays
func.func @another_packing_stays(%w: tensor<16x8xi4>) -> tensor<16x8xi4> {
  // CHECK: ashlar.pack
  %0 = ashlar.pack %w packing<"a", [[?, 8], [?]] -> [0, 2, 1]> : tensor<16x8xi4> -> tensor<16xi32>
  // CHECK: ashlar.unpack
  %1 = ashlar.unpack %0 packing<"b", [[?, 8], [?]] -> [2, 0, 1]> : tensor<16xi32> -> tensor<16x8xi4>
  return %1 : tensor<16x8xi4>
}

// CHECK-LABEL: func @redundant_inputs_and_results(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %[[Y:.*]]: tensor<4xf32>
func.func @redundant_inputs_and_results(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[R:.*]] = ashlar.kernel @k (%[[A:.*]] = %[[X]] : tensor<4xf32>) schedule("s") -> tensor<4xf32> {
  // CHECK-NEXT: %[[S:.*]] = arith.addf %[[A]], %[[A]]
  // CHECK-NEXT: ashlar.yield %[[S]] : tensor<4xf32>
  %r:2 = ashlar.kernel @k (%a = %x : tensor<4xf32>, %b = %x : tensor<4xf32>, %c = %y : tensor<4xf32>)
      schedule("s")
      -> (tensor<4xf32>, tensor<4xf32>) {
    %s = arith.addf %a, %b : tensor<4xf32>
    %t = math.exp %s : tensor<4xf32>
    ashlar.yield %t, %s : tensor<4xf32>, tensor<4xf32>
  }
  // CHECK: return %[[R]]
  return %r#1 : tensor<4xf32>
}

// CHECK-LABEL: func @unused_kernel
func.func @unused_kernel(%x: tensor<4xf32>) {
  // CHECK-NEXT: return
  %r = ashlar.kernel (%a = %x : tensor<4xf32>) -> tensor<4xf32> {
    ashlar.yield %a : tensor<4xf32>
  }
  return
}
