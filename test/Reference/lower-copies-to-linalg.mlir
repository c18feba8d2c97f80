// RUN: ashlar-opt %s -ashlar-lower-copies-to-linalg | FileCheck %s

// CHECK-LABEL: func @strided
func.func @strided(%a: memref<4x8xf32>, %b: memref<4x8xf32, strided<[16, 1]>>) {
  // CHECK-NEXT: linalg.copy ins(%{{.*}} : memref<4x8xf32>) outs(%{{.*}} : memref<4x8xf32, strided<[16, 1]>>)
  memref.copy %a, %b : memref<4x8xf32> to memref<4x8xf32, strided<[16, 1]>>
  return
}

// CHECK-LABEL: func @contiguous
func.func @contiguous(%a: memref<4x?xf32>, %b: memref<4x?xf32>) {
  // CHECK-NEXT: memref.copy
  memref.copy %a, %b : memref<4x?xf32> to memref<4x?xf32>
  return
}
