// The output projection of Llama-3-8B with four-bit weights: groups of 128 along K, each with a scale and a zero point; 16 tokens.
// Scales that keep the results of the order of one:
// inputs of projection_int4: @random:1 @random:2 @random:3*0.005 @random:4
// inputs of projection_int4_small: @random:1 @random:2 @random:3*0.01 @random:4
// inputs of projection_packed: @random:1 @bits:2 @random:3*0.005 @random:4
// inputs of projection_packed_small: @random:1 @bits:2 @random:3*0.01 @random:4
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

// The same with the weight in the order of tensor-core fragments, as `ashlar.pack` makes it: a thread gets 32 weights by one load from shared memory.
func.func @projection_packed(%x: tensor<16x4096xf16>, %p: tensor<2097152xi32>, %scales: tensor<4096x32xf16>,
                             %zeros: tensor<4096x32xi4>) -> tensor<16x4096xf16> {
  %w = ashlar.unpack %p packing<"fragments", [[?, 2, 8], [?, 4, 2, 4, 2]] -> [0, 3, 2, 6, 1, 4, 5, 7]>
    : tensor<2097152xi32> -> tensor<4096x4096xi4>
  %y = ashlar.quantized_matmul %x, %w scales %scales zero_points %zeros unsigned_weights
    : (tensor<16x4096xf16>, tensor<4096x4096xi4>, tensor<4096x32xf16>, tensor<4096x32xi4>) -> tensor<16x4096xf16>
  return %y : tensor<16x4096xf16>
}

func.func @projection_packed_small(%x: tensor<16x512xf16>, %p: tensor<16384xi32>, %scales: tensor<256x4xf16>,
                                   %zeros: tensor<256x4xi4>) -> tensor<16x256xf16> {
  %w = ashlar.unpack %p packing<"fragments", [[?, 2, 8], [?, 4, 2, 4, 2]] -> [0, 3, 2, 6, 1, 4, 5, 7]>
    : tensor<16384xi32> -> tensor<256x512xi4>
  %y = ashlar.quantized_matmul %x, %w scales %scales zero_points %zeros unsigned_weights
    : (tensor<16x512xf16>, tensor<256x512xi4>, tensor<256x4xf16>, tensor<256x4xi4>) -> tensor<16x256xf16>
  return %y : tensor<16x256xf16>
}
