// The output projection of Llama-3-8B with four-bit weights: groups of 128 along K, each with a scale and a zero point; 16 tokens.
// Scales that keep the results of the order of one:
// inputs of projection_int4: @random:1 @random:2 @random:3*0.005 @random:4
// inputs of projection_int4_small: @random:1 @random:2 @random:3*0.01 @random:4
func.func @projection_int4(%x: tensor<16x4096xf16>, %w: tensor<4096x4096xi4>, %scales: tensor<4096x32xf16>,
                           %zeros: tensor<4096x32xi4>) -> tensor<16x4096xf16> {
  %y = ashlar.quantized_matmul %x, %w scales %scales zero_points %zeros unsigned_weights
    : (tensor<16x4096xf16>, tensor<4096x4096xi4>, tensor<4096x32xf16>, tensor<4096x32xi4>) -> tensor<16x4096xf16>
  return %y : tensor<16x4096xf16>
}

func.func @projection_int4_small(%x: tensor<16x512xf16>, %w: tensor<256x512xi4>, %scales: tensor<256x4xf16>,
                                 %zeros: tensor<256x4xi4>) -> tensor<16x256xf16> {
  %y = ashlar.quantized_matmul %x, %w scales %scales zero_points %zeros unsigned_weights
    : (tensor<16x512xf16>, tensor<256x512xi4>, tensor<256x4xf16>, tensor<256x4xi4>) -> tensor<16x256xf16>
  return %y : tensor<16x256xf16>
}
