// A linear layer with bias and activation: one kernel. Llama-3-8B's first feed-forward product at 512 tokens would be
// 512x14336x4096; this is its quarter-sized sibling.
func.func @linear_gelu(%x: tensor<512x1024xf16>, %weight: tensor<1024x1024xf16>, %bias: tensor<1024xf16>)
    -> tensor<512x1024xf16> {
  %product = ashlar.matmul %x, transpose %weight : tensor<512x1024xf16>, tensor<1024x1024xf16> -> tensor<512x1024xf16>
  %empty = tensor.empty() : tensor<512x1024xf16>
  %result = linalg.generic {
      indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%product, %bias : tensor<512x1024xf16>, tensor<1024xf16>) outs(%empty : tensor<512x1024xf16>) {
  ^bb0(%p: f16, %b: f16, %unused: f16):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %inverse_sqrt2 = arith.constant 0.70710678118 : f32
    %sum = arith.addf %p, %b : f16
    %wide = arith.extf %sum : f16 to f32
    %scaled = arith.mulf %wide, %inverse_sqrt2 : f32
    %erf = math.erf %scaled : f32
    %shifted = arith.addf %erf, %one : f32
    %halved = arith.mulf %wide, %half : f32
    %gelu = arith.mulf %halved, %shifted : f32
    %narrow = arith.truncf %gelu : f32 to f16
    linalg.yield %narrow : f16
  } -> tensor<512x1024xf16>
  return %result : tensor<512x1024xf16>
}

func.func @linear_gelu_small(%x: tensor<130x192xf16>, %weight: tensor<136x192xf16>, %bias: tensor<136xf16>)
    -> tensor<130x136xf16> {
  %product = ashlar.matmul %x, transpose %weight : tensor<130x192xf16>, tensor<136x192xf16> -> tensor<130x136xf16>
  %empty = tensor.empty() : tensor<130x136xf16>
  %result = linalg.generic {
      indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%product, %bias : tensor<130x136xf16>, tensor<136xf16>) outs(%empty : tensor<130x136xf16>) {
  ^bb0(%p: f16, %b: f16, %unused: f16):
    %sum = arith.addf %p, %b : f16
    %wide = arith.extf %sum : f16 to f32
    %tanh = math.tanh %wide : f32
    %narrow = arith.truncf %tanh : f32 to f16
    linalg.yield %narrow : f16
  } -> tensor<130x136xf16>
  return %result : tensor<130x136xf16>
}
