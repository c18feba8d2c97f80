// RUN: ashlar-opt %s -ashlar-tensor-fuse-kernels -split-input-file -verify-diagnostics

func.func @unknown_operation(%x: tensor<4x2xf32>, %i: tensor<8x1xi32>) -> tensor<8x2xf32> {
  // expected-error @+1 {{'tensor.gather' has no GPU kernel: kernels compute linalg, ashlar and elementwise operations, static slices, paddings and concatenations of tensors; express it with those}}
  %0 = tensor.gather %x[%i] gather_dims([0]) : (tensor<4x2xf32>, tensor<8x1xi32>) -> tensor<8x2xf32>
  return %0 : tensor<8x2xf32>
}

// -----
// expected-error @+1 {{has control flow between blocks, which a launch plan cannot express; inline or unroll it}}
func.func @branches(%x: tensor<4xf32>, %c: i1) -> tensor<4xf32> {
  cf.cond_br %c, ^bb1, ^bb2
^bb1:
  return %x : tensor<4xf32>
^bb2:
  %0 = arith.addf %x, %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----
func.func @call(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'func.call' has no GPU kernel}}
  %0 = func.call @other(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func private @other(%x: tensor<4xf32>) -> tensor<4xf32>
