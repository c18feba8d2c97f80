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

// -----
// Element [i, j] of the first result is the sum up to j.
func.func @running_sum(%x: tensor<6x10xf32>, %sums: tensor<6x10xf32>, %last: tensor<6xf32>) -> tensor<6x10xf32> {
  // expected-error @+1 {{'linalg.generic' has no GPU kernel: its result 0 keeps what a reduction has reached at each step; compute sums of that kind as a product with a triangular matrix, or outside of the function}}
  %0:2 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>,
      affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<6x10xf32>) outs(%sums, %last : tensor<6x10xf32>, tensor<6xf32>) {
  ^bb0(%v: f32, %o: f32, %sum: f32):
    %next = arith.addf %v, %sum : f32
    linalg.yield %next, %next : f32, f32
  } -> (tensor<6x10xf32>, tensor<6xf32>)
  return %0#0 : tensor<6x10xf32>
}

// -----
func.func @encoding(%x: tensor<4xf32, "sparse">) -> tensor<4xf32, "sparse"> {
  // expected-error @+1 {{'math.exp' has a tensor with an encoding, 'tensor<4xf32, "sparse">', of which kernels do not know how it lies in memory; use an ordinary one}}
  %0 = math.exp %x : tensor<4xf32, "sparse">
  return %0 : tensor<4xf32, "sparse">
}

// -----
func.func @no_rank(%x: tensor<*xf32>) -> tensor<*xf32> {
  // expected-error @+1 {{'math.exp' has a tensor without a rank, 'tensor<*xf32>'}}
  %0 = math.exp %x : tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----
func.func @no_return(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'llvm.unreachable' ends the function, which cannot be planned; end it with func.return}}
  llvm.unreachable
}

// -----
func.func @index_in_memory(%x: tensor<4xindex>) -> tensor<4xindex> {
  // expected-error @+1 {{computes with 'tensor<4xindex>' in memory, where kernels know signless integers of up to 64 bits, f16, bf16, f32 and f64; convert it to one of those}}
  %0 = arith.addi %x, %x : tensor<4xindex>
  return %0 : tensor<4xindex>
}

// -----
func.func @complex(%x: tensor<4xcomplex<f32>>) -> tensor<4xcomplex<f32>> {
  %0 = tensor.empty() : tensor<4xcomplex<f32>>
  // expected-error @+1 {{computes with 'tensor<4xcomplex<f32>>' in memory}}
  %1 = linalg.copy ins(%x : tensor<4xcomplex<f32>>) outs(%0 : tensor<4xcomplex<f32>>) -> tensor<4xcomplex<f32>>
  return %1 : tensor<4xcomplex<f32>>
}

// -----
func.func @assertion(%x: tensor<4xf32>, %c: i1) -> tensor<4xf32> {
  // expected-error @+1 {{'cf.assert' has no GPU kernel}}
  cf.assert %c, "x is short"
  return %x : tensor<4xf32>
}
