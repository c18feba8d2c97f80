// RUN: ashlar-test-reference %s
//
// A kernel computes what its region would compute inline. The functions beside it are the rest of what a
// model brings: elementwise operations, reductions, softmax, calls, scalars, results that are arguments.

func.func @two_results(%x: tensor<?xf32>, %factor: f32) -> (tensor<?xf32>, tensor<f32>) {
  %y, %s = ashlar.kernel @scale_and_sum (%a = %x : tensor<?xf32>, %f = %factor : f32)
      -> (tensor<?xf32>, tensor<f32>) {
    %c0 = arith.constant 0 : index
    %n = tensor.dim %a, %c0 : tensor<?xf32>
    %empty = tensor.empty(%n) : tensor<?xf32>
    %factors = linalg.fill ins(%f : f32) outs(%empty : tensor<?xf32>) -> tensor<?xf32>
    %scaled = arith.mulf %a, %factors : tensor<?xf32>
    %zero = arith.constant dense<0.0> : tensor<f32>
    %sum = linalg.reduce { arith.addf } ins(%scaled : tensor<?xf32>) outs(%zero : tensor<f32>)
        dimensions = [0]
    ashlar.yield %scaled, %sum : tensor<?xf32>, tensor<f32>
  }
  return %y, %s : tensor<?xf32>, tensor<f32>
}

func.func @caller(%x: tensor<?xf32>) -> (tensor<?xf32>, tensor<f32>) attributes {
    inputs = [dense<[1.0, 2.0, -4.0]> : tensor<3xf32>],
    expected = [dense<[2.0, 4.0, -8.0]> : tensor<3xf32>, dense<-2.0> : tensor<f32>]} {
  %two = arith.constant 2.0 : f32
  %y, %s = call @two_results(%x, %two) : (tensor<?xf32>, f32) -> (tensor<?xf32>, tensor<f32>)
  return %y, %s : tensor<?xf32>, tensor<f32>
}

// Kernels may follow one another, and a kernel may stand in another.
func.func @nested(%x: tensor<2x2xf16>) -> tensor<2x2xf16> attributes {
    inputs = [dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf16>],
    expected = [dense<[[7.0, 10.0], [15.0, 22.0]]> : tensor<2x2xf16>]} {
  %r = ashlar.kernel (%a = %x : tensor<2x2xf16>) -> tensor<2x2xf16> {
    %p = ashlar.kernel (%b = %a : tensor<2x2xf16>) -> tensor<2x2xf16> {
      %q = ashlar.matmul %b, %b : tensor<2x2xf16>, tensor<2x2xf16> -> tensor<2x2xf16>
      ashlar.yield %q : tensor<2x2xf16>
    }
    ashlar.yield %p : tensor<2x2xf16>
  }
  return %r : tensor<2x2xf16>
}

// exp(0) / (exp(0) + 3 exp(0)) = 1 / 4.
func.func @softmax(%x: tensor<1x4xf32>) -> tensor<1x4xf32> attributes {
    inputs = [dense<7.0> : tensor<1x4xf32>],
    expected = [dense<0.25> : tensor<1x4xf32>]} {
  %empty = tensor.empty() : tensor<1x4xf32>
  %r = linalg.softmax dimension(1) ins(%x : tensor<1x4xf32>) outs(%empty : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %r : tensor<1x4xf32>
}

// erf(0.5), tanh(0.5), 1 / sqrt(4), exp2(3) of f16 and bf16 tensors.
func.func @math_functions(%x: tensor<1xf16>, %y: tensor<1xbf16>)
    -> (tensor<1xf16>, tensor<1xf16>, tensor<1xbf16>, tensor<1xbf16>) attributes {
    inputs = [dense<0.5> : tensor<1xf16>, dense<4.0> : tensor<1xbf16>],
    expected = [dense<0.5205> : tensor<1xf16>, dense<0.462117> : tensor<1xf16>, dense<0.5> : tensor<1xbf16>,
                dense<16.0> : tensor<1xbf16>],
    tolerance = 1.0e-3} {
  %0 = math.erf %x : tensor<1xf16>
  %1 = math.tanh %x : tensor<1xf16>
  %2 = math.rsqrt %y : tensor<1xbf16>
  %3 = math.exp2 %y : tensor<1xbf16>
  return %0, %1, %2, %3 : tensor<1xf16>, tensor<1xf16>, tensor<1xbf16>, tensor<1xbf16>
}

func.func @argument_returned_twice(%x: tensor<2xi32>) -> (tensor<2xi32>, tensor<2xi32>) attributes {
    inputs = [dense<[1, 2]> : tensor<2xi32>],
    expected = [dense<[1, 2]> : tensor<2xi32>, dense<[1, 2]> : tensor<2xi32>]} {
  return %x, %x : tensor<2xi32>, tensor<2xi32>
}

func.func @comparison(%x: tensor<3xf32>) -> tensor<3xi1> attributes {
    inputs = [dense<[1.0, -1.0, 0.0]> : tensor<3xf32>],
    expected = [dense<[true, false, false]> : tensor<3xi1>]} {
  %zero = arith.constant dense<0.0> : tensor<3xf32>
  %r = arith.cmpf ogt, %x, %zero : tensor<3xf32>
  return %r : tensor<3xi1>
}
