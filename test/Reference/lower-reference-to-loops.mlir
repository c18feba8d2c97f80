// RUN: ashlar-opt %s -ashlar-lower-reference-to-loops -canonicalize | FileCheck %s

// CHECK-LABEL: func @transposition_is_blocked
func.func @transposition_is_blocked(%a: memref<128x256xf32>, %b: memref<256x128xf32>) {
  // CHECK: scf.for %{{.*}} = %c0 to %c256 step %c64
  // CHECK: scf.for %{{.*}} = %c0 to %c128 step %c64
  // CHECK: scf.for %[[I:.*]] = %c0 to %c64 step %c1
  // CHECK: scf.for %[[J:.*]] = %c0 to %c64 step %c1
  // CHECK: memref.load %{{.*}}[%[[J]], %[[I]]]
  // CHECK: memref.store %{{.*}}[%[[I]], %[[J]]]
  linalg.transpose ins(%a : memref<128x256xf32>) outs(%b : memref<256x128xf32>) permutation = [1, 0]
  return
}

// Rows are not blocked: a block of the right side serves all of them.
// CHECK-LABEL: func @product_is_blocked
func.func @product_is_blocked(%a: memref<?x256xf32>, %b: memref<256x128xf32>, %c: memref<?x128xf32>) {
  // CHECK: scf.for %{{.*}} = %c0 to %c256 step %c64
  // CHECK: scf.for %{{.*}} = %c0 to %c128 step %c64
  // CHECK: scf.for %{{.*}} = %c0 to %{{.*}} step %c1
  // CHECK: scf.for %{{.*}} = %c0 to %c64 step %c1
  // CHECK: scf.for %{{.*}} = %c0 to %c64 step %c1
  // CHECK-NOT: scf.for
  linalg.generic {
      indexing_maps = [affine_map<(m, k, n) -> (m, k)>, affine_map<(m, k, n) -> (k, n)>,
                       affine_map<(m, k, n) -> (m, n)>],
      iterator_types = ["parallel", "reduction", "parallel"]}
      ins(%a, %b : memref<?x256xf32>, memref<256x128xf32>) outs(%c : memref<?x128xf32>) {
  ^bb0(%x: f32, %y: f32, %s: f32):
    %p = arith.mulf %x, %y : f32
    %t = arith.addf %s, %p : f32
    linalg.yield %t : f32
  }
  return
}

// CHECK-LABEL: func @strided_copy
func.func @strided_copy(%a: memref<4x8xf32>, %b: memref<4x8xf32, strided<[16, 1]>>) {
  // CHECK: scf.for %{{.*}} = %c0 to %c4
  // CHECK: scf.for %{{.*}} = %c0 to %c8
  // CHECK-NOT: memref.copy
  // CHECK: return
  memref.copy %a, %b : memref<4x8xf32> to memref<4x8xf32, strided<[16, 1]>>
  return
}

// CHECK-LABEL: func @contiguous_copy
func.func @contiguous_copy(%a: memref<4x?xf32>, %b: memref<4x?xf32>) {
  // CHECK-NEXT: memref.copy
  memref.copy %a, %b : memref<4x?xf32> to memref<4x?xf32>
  return
}
