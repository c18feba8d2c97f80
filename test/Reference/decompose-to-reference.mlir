// RUN: ashlar-opt %s -ashlar-decompose-to-reference -canonicalize | FileCheck %s
//
// The shape of the decompositions; what they compute is checked on numbers by the files named after the
// operations.

// The weight is converted and turned round first; then n, which is contiguous everywhere, runs innermost.
// CHECK-DAG: #[[SWAP:.*]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-DAG: #[[ROWS:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-DAG: #[[COLUMNS:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-DAG: #[[RESULT:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>

// CHECK-LABEL: func @matmul(
// CHECK-SAME: %[[A:.*]]: tensor<?x8xf16>, %[[B:.*]]: tensor<4x8xf16>
func.func @matmul(%a: tensor<?x8xf16>, %b: tensor<4x8xf16>) -> tensor<?x4xf16> {
  // CHECK: %[[W:.*]] = linalg.generic {indexing_maps = [#[[SWAP]], #{{.*}}], iterator_types = ["parallel",
  // "parallel"]} CHECK-SAME: ins(%[[B]] : tensor<4x8xf16>) outs(%{{.*}} : tensor<8x4xf32>)
  // CHECK: %[[ZERO:.*]] = linalg.fill ins(%{{.*}} : f32) outs(%{{.*}} : tensor<?x4xf32>)
  // CHECK: %[[SUM:.*]] = linalg.generic {indexing_maps = [#[[ROWS]], #[[COLUMNS]], #[[RESULT]]],
  // CHECK-SAME: iterator_types = ["parallel", "reduction", "parallel"]}
  // CHECK-SAME: ins(%[[A]], %[[W]] : tensor<?x8xf16>, tensor<8x4xf32>) outs(%[[ZERO]] : tensor<?x4xf32>)
  // CHECK: %[[R:.*]] = linalg.generic
  // CHECK-SAME: ins(%[[SUM]] : tensor<?x4xf32>) outs(%{{.*}} : tensor<?x4xf16>)
  // CHECK: arith.truncf
  // CHECK: return %[[R]]
  %r = ashlar.matmul %a, transpose %b : tensor<?x8xf16>, tensor<4x8xf16> -> tensor<?x4xf16>
  return %r : tensor<?x4xf16>
}

// One head at a time.
// CHECK-LABEL: func @attention
func.func @attention(%q: tensor<?x4x?x8xf32>, %k: tensor<?x2x?x8xf32>) -> tensor<?x4x?x8xf32> {
  // CHECK: scf.for
  // CHECK: scf.for %[[HEAD:.*]] = %{{.*}} to %c4
  // CHECK: %[[KEY_HEAD:.*]] = arith.divui %[[HEAD]], %c2
  // CHECK: tensor.extract_slice %{{.*}}[%{{.*}}, %[[KEY_HEAD]], 0, 0]
  // CHECK-NOT: ashlar.
  // CHECK: tensor.insert_slice
  %r = ashlar.attention %q, %k, %k
    : tensor<?x4x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32> -> tensor<?x4x?x8xf32>
  return %r : tensor<?x4x?x8xf32>
}

// CHECK-LABEL: func @nested_kernels(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>
func.func @nested_kernels(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: %[[E:.*]] = math.exp %[[X]]
  // CHECK-NEXT: %[[S:.*]] = arith.addf %[[E]], %[[X]]
  // CHECK-NEXT: return %[[S]]
  %r = ashlar.kernel (%a = %x : tensor<4xf32>) -> tensor<4xf32> {
    %e = ashlar.kernel (%b = %a : tensor<4xf32>) -> tensor<4xf32> {
      %0 = math.exp %b : tensor<4xf32>
      ashlar.yield %0 : tensor<4xf32>
    }
    %1 = arith.addf %e, %a : tensor<4xf32>
    ashlar.yield %1 : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}

// CHECK-LABEL: func @softmax
func.func @softmax(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // CHECK-NOT: linalg.softmax
  // CHECK: math.exp
  %e = tensor.empty() : tensor<2x4xf32>
  %r = linalg.softmax dimension(1) ins(%x : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %r : tensor<2x4xf32>
}
