// RUN: ashlar-opt %s -ashlar-lower-results-to-arguments -split-input-file -verify-diagnostics | FileCheck %s

// CHECK-LABEL: func @twice(
// CHECK-SAME: %[[X:.*]]: memref<?xf32>, %[[N:.*]]: index, %[[OUT:.*]]: memref<?xf32>) {
func.func @twice(%x: tensor<?xf32>, %n: index) -> tensor<?xf32> {
  // CHECK: %[[T:.*]] = bufferization.to_tensor %[[X]] restrict : memref<?xf32> to tensor<?xf32>
  // CHECK: %[[Y:.*]] = arith.addf %[[T]], %[[T]]
  // CHECK: bufferization.materialize_in_destination %[[Y]] in restrict writable %[[OUT]]
  // CHECK: return{{$}}
  %y = arith.addf %x, %x : tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----

// expected-error @+1 {{'func.func' op has an argument of type 'memref<4xf32>'; the reference takes ranked tensors, integers, floats and indices}}
func.func @memory(%x: memref<4xf32>) {
  return
}

// -----

// expected-error @+1 {{'func.func' op has a result of type 'f32'; the reference returns ranked tensors only: make it a tensor of rank 0}}
func.func @scalar_result(%x: f32) -> f32 {
  return %x : f32
}

// -----

func.func private @elsewhere(tensor<4xf32>) -> tensor<4xf32>

func.func @caller(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'func.call' op could not be inlined; the reference takes functions that do not call each other}}
  %y = call @elsewhere(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// expected-error @+1 {{'func.func' op has more than one block; write its control flow with scf}}
func.func @branches(%x: tensor<4xf32>) -> tensor<4xf32> {
  cf.br ^end(%x : tensor<4xf32>)
^end(%y: tensor<4xf32>):
  return %y : tensor<4xf32>
}
