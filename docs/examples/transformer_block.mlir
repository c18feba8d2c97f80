// One transformer block that chains several kernels: normalisation, projections, causal attention, feed-forward.
// Weights of the size that training leaves, so that results stay of the order of one:
// inputs of transformer_block: @random:1 @random:2*0.03 @random:3*0.03 @random:4*0.03 @random:5*0.03 @random:6*0.03 @random:7*0.015
// inputs of transformer_block_small: @random:1 @random:2*0.09 @random:3*0.09 @random:4*0.09 @random:5*0.09 @random:6*0.09 @random:7*0.06
#row_column = affine_map<(row, column) -> (row, column)>
#row = affine_map<(row, column) -> (row)>

func.func @transformer_block(%x: tensor<512x1024xf16>, %wq: tensor<1024x1024xf16>, %wk: tensor<1024x1024xf16>,
    %wv: tensor<1024x1024xf16>, %wo: tensor<1024x1024xf16>, %up: tensor<4096x1024xf16>, %down: tensor<1024x4096xf16>)
    -> tensor<512x1024xf16> {
  // Root-mean-square normalisation: the mean of squares in f32, then every element scaled.
  %zero = arith.constant 0.0 : f32
  %sum_init = tensor.empty() : tensor<512xf32>
  %sum_zero = linalg.fill ins(%zero : f32) outs(%sum_init : tensor<512xf32>) -> tensor<512xf32>
  %sums = linalg.generic {indexing_maps = [#row_column, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<512x1024xf16>) outs(%sum_zero : tensor<512xf32>) {
  ^bb0(%e: f16, %sum: f32):
    %wide = arith.extf %e : f16 to f32
    %square = arith.mulf %wide, %wide : f32
    %next = arith.addf %sum, %square : f32
    linalg.yield %next : f32
  } -> tensor<512xf32>
  %norm_init = tensor.empty() : tensor<512x1024xf16>
  %norm = linalg.generic {indexing_maps = [#row_column, #row, #row_column], iterator_types = ["parallel", "parallel"]}
      ins(%x, %sums : tensor<512x1024xf16>, tensor<512xf32>) outs(%norm_init : tensor<512x1024xf16>) {
  ^bb0(%e: f16, %sum: f32, %unused: f16):
    %columns = arith.constant 1024.0 : f32
    %epsilon = arith.constant 1.0e-05 : f32
    %mean = arith.divf %sum, %columns : f32
    %shifted = arith.addf %mean, %epsilon : f32
    %scale = math.rsqrt %shifted : f32
    %wide = arith.extf %e : f16 to f32
    %scaled = arith.mulf %wide, %scale : f32
    %narrow = arith.truncf %scaled : f32 to f16
    linalg.yield %narrow : f16
  } -> tensor<512x1024xf16>

  // Attention over 16 heads of 64.
  %q = ashlar.matmul %norm, transpose %wq : tensor<512x1024xf16>, tensor<1024x1024xf16> -> tensor<512x1024xf16>
  %k = ashlar.matmul %norm, transpose %wk : tensor<512x1024xf16>, tensor<1024x1024xf16> -> tensor<512x1024xf16>
  %v = ashlar.matmul %norm, transpose %wv : tensor<512x1024xf16>, tensor<1024x1024xf16> -> tensor<512x1024xf16>
  %q_heads = func.call @transformer_block_split(%q) : (tensor<512x1024xf16>) -> tensor<1x16x512x64xf16>
  %k_heads = func.call @transformer_block_split(%k) : (tensor<512x1024xf16>) -> tensor<1x16x512x64xf16>
  %v_heads = func.call @transformer_block_split(%v) : (tensor<512x1024xf16>) -> tensor<1x16x512x64xf16>
  %o_heads = ashlar.attention %q_heads, %k_heads, %v_heads causal : tensor<1x16x512x64xf16>, tensor<1x16x512x64xf16>, tensor<1x16x512x64xf16> -> tensor<1x16x512x64xf16>
  %o_flat = tensor.collapse_shape %o_heads [[0, 1], [2], [3]] : tensor<1x16x512x64xf16> into tensor<16x512x64xf16>
  %o_init = tensor.empty() : tensor<512x16x64xf16>
  %o_rows = linalg.transpose ins(%o_flat : tensor<16x512x64xf16>) outs(%o_init : tensor<512x16x64xf16>) permutation = [1, 0, 2]
  %o = tensor.collapse_shape %o_rows [[0], [1, 2]] : tensor<512x16x64xf16> into tensor<512x1024xf16>
  %projected = ashlar.matmul %o, transpose %wo : tensor<512x1024xf16>, tensor<1024x1024xf16> -> tensor<512x1024xf16>
  %residual = arith.addf %projected, %x : tensor<512x1024xf16>

  // Feed-forward with the tanh form of GELU.
  %hidden = ashlar.matmul %residual, transpose %up : tensor<512x1024xf16>, tensor<4096x1024xf16> -> tensor<512x4096xf16>
  %gelu_init = tensor.empty() : tensor<512x4096xf16>
  %gelu = linalg.generic {indexing_maps = [#row_column, #row_column], iterator_types = ["parallel", "parallel"]}
      ins(%hidden : tensor<512x4096xf16>) outs(%gelu_init : tensor<512x4096xf16>) {
  ^bb0(%e: f16, %unused: f16):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %cubic = arith.constant 0.044715 : f32
    %sqrt_2_pi = arith.constant 0.7978845608 : f32
    %wide = arith.extf %e : f16 to f32
    %square = arith.mulf %wide, %wide : f32
    %cube = arith.mulf %square, %wide : f32
    %third = arith.mulf %cube, %cubic : f32
    %inner = arith.addf %wide, %third : f32
    %scaled = arith.mulf %inner, %sqrt_2_pi : f32
    %tanh = math.tanh %scaled : f32
    %shifted = arith.addf %tanh, %one : f32
    %halved = arith.mulf %wide, %half : f32
    %gelu_e = arith.mulf %halved, %shifted : f32
    %narrow = arith.truncf %gelu_e : f32 to f16
    linalg.yield %narrow : f16
  } -> tensor<512x4096xf16>
  %contracted = ashlar.matmul %gelu, transpose %down : tensor<512x4096xf16>, tensor<1024x4096xf16> -> tensor<512x1024xf16>
  %result = arith.addf %contracted, %residual : tensor<512x1024xf16>
  return %result : tensor<512x1024xf16>
}

// Rows of all heads to a row per head.
func.func private @transformer_block_split(%x: tensor<512x1024xf16>) -> tensor<1x16x512x64xf16> {
  %split = tensor.expand_shape %x [[0], [1, 2]] output_shape [512, 16, 64] : tensor<512x1024xf16> into tensor<512x16x64xf16>
  %init = tensor.empty() : tensor<16x512x64xf16>
  %moved = linalg.transpose ins(%split : tensor<512x16x64xf16>) outs(%init : tensor<16x512x64xf16>) permutation = [1, 0, 2]
  %batched = tensor.expand_shape %moved [[0, 1], [2], [3]] output_shape [1, 16, 512, 64]
    : tensor<16x512x64xf16> into tensor<1x16x512x64xf16>
  return %batched : tensor<1x16x512x64xf16>
}

func.func @transformer_block_small(%x: tensor<64x128xf16>, %wq: tensor<128x128xf16>, %wk: tensor<128x128xf16>,
    %wv: tensor<128x128xf16>, %wo: tensor<128x128xf16>, %up: tensor<256x128xf16>, %down: tensor<128x256xf16>)
    -> tensor<64x128xf16> {
  // Root-mean-square normalisation: the mean of squares in f32, then every element scaled.
  %zero = arith.constant 0.0 : f32
  %sum_init = tensor.empty() : tensor<64xf32>
  %sum_zero = linalg.fill ins(%zero : f32) outs(%sum_init : tensor<64xf32>) -> tensor<64xf32>
  %sums = linalg.generic {indexing_maps = [#row_column, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<64x128xf16>) outs(%sum_zero : tensor<64xf32>) {
  ^bb0(%e: f16, %sum: f32):
    %wide = arith.extf %e : f16 to f32
    %square = arith.mulf %wide, %wide : f32
    %next = arith.addf %sum, %square : f32
    linalg.yield %next : f32
  } -> tensor<64xf32>
  %norm_init = tensor.empty() : tensor<64x128xf16>
  %norm = linalg.generic {indexing_maps = [#row_column, #row, #row_column], iterator_types = ["parallel", "parallel"]}
      ins(%x, %sums : tensor<64x128xf16>, tensor<64xf32>) outs(%norm_init : tensor<64x128xf16>) {
  ^bb0(%e: f16, %sum: f32, %unused: f16):
    %columns = arith.constant 128.0 : f32
    %epsilon = arith.constant 1.0e-05 : f32
    %mean = arith.divf %sum, %columns : f32
    %shifted = arith.addf %mean, %epsilon : f32
    %scale = math.rsqrt %shifted : f32
    %wide = arith.extf %e : f16 to f32
    %scaled = arith.mulf %wide, %scale : f32
    %narrow = arith.truncf %scaled : f32 to f16
    linalg.yield %narrow : f16
  } -> tensor<64x128xf16>

  // Attention over 2 heads of 64.
  %q = ashlar.matmul %norm, transpose %wq : tensor<64x128xf16>, tensor<128x128xf16> -> tensor<64x128xf16>
  %k = ashlar.matmul %norm, transpose %wk : tensor<64x128xf16>, tensor<128x128xf16> -> tensor<64x128xf16>
  %v = ashlar.matmul %norm, transpose %wv : tensor<64x128xf16>, tensor<128x128xf16> -> tensor<64x128xf16>
  %q_heads = func.call @transformer_block_small_split(%q) : (tensor<64x128xf16>) -> tensor<1x2x64x64xf16>
  %k_heads = func.call @transformer_block_small_split(%k) : (tensor<64x128xf16>) -> tensor<1x2x64x64xf16>
  %v_heads = func.call @transformer_block_small_split(%v) : (tensor<64x128xf16>) -> tensor<1x2x64x64xf16>
  %o_heads = ashlar.attention %q_heads, %k_heads, %v_heads causal : tensor<1x2x64x64xf16>, tensor<1x2x64x64xf16>, tensor<1x2x64x64xf16> -> tensor<1x2x64x64xf16>
  %o_flat = tensor.collapse_shape %o_heads [[0, 1], [2], [3]] : tensor<1x2x64x64xf16> into tensor<2x64x64xf16>
  %o_init = tensor.empty() : tensor<64x2x64xf16>
  %o_rows = linalg.transpose ins(%o_flat : tensor<2x64x64xf16>) outs(%o_init : tensor<64x2x64xf16>) permutation = [1, 0, 2]
  %o = tensor.collapse_shape %o_rows [[0], [1, 2]] : tensor<64x2x64xf16> into tensor<64x128xf16>
  %projected = ashlar.matmul %o, transpose %wo : tensor<64x128xf16>, tensor<128x128xf16> -> tensor<64x128xf16>
  %residual = arith.addf %projected, %x : tensor<64x128xf16>

  // Feed-forward with the tanh form of GELU.
  %hidden = ashlar.matmul %residual, transpose %up : tensor<64x128xf16>, tensor<256x128xf16> -> tensor<64x256xf16>
  %gelu_init = tensor.empty() : tensor<64x256xf16>
  %gelu = linalg.generic {indexing_maps = [#row_column, #row_column], iterator_types = ["parallel", "parallel"]}
      ins(%hidden : tensor<64x256xf16>) outs(%gelu_init : tensor<64x256xf16>) {
  ^bb0(%e: f16, %unused: f16):
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %cubic = arith.constant 0.044715 : f32
    %sqrt_2_pi = arith.constant 0.7978845608 : f32
    %wide = arith.extf %e : f16 to f32
    %square = arith.mulf %wide, %wide : f32
    %cube = arith.mulf %square, %wide : f32
    %third = arith.mulf %cube, %cubic : f32
    %inner = arith.addf %wide, %third : f32
    %scaled = arith.mulf %inner, %sqrt_2_pi : f32
    %tanh = math.tanh %scaled : f32
    %shifted = arith.addf %tanh, %one : f32
    %halved = arith.mulf %wide, %half : f32
    %gelu_e = arith.mulf %halved, %shifted : f32
    %narrow = arith.truncf %gelu_e : f32 to f16
    linalg.yield %narrow : f16
  } -> tensor<64x256xf16>
  %contracted = ashlar.matmul %gelu, transpose %down : tensor<64x256xf16>, tensor<128x256xf16> -> tensor<64x128xf16>
  %result = arith.addf %contracted, %residual : tensor<64x128xf16>
  return %result : tensor<64x128xf16>
}

// Rows of all heads to a row per head.
func.func private @transformer_block_small_split(%x: tensor<64x128xf16>) -> tensor<1x2x64x64xf16> {
  %split = tensor.expand_shape %x [[0], [1, 2]] output_shape [64, 2, 64] : tensor<64x128xf16> into tensor<64x2x64xf16>
  %init = tensor.empty() : tensor<2x64x64xf16>
  %moved = linalg.transpose ins(%split : tensor<64x2x64xf16>) outs(%init : tensor<2x64x64xf16>) permutation = [1, 0, 2]
  %batched = tensor.expand_shape %moved [[0, 1], [2], [3]] output_shape [1, 2, 64, 64]
    : tensor<2x64x64xf16> into tensor<1x2x64x64xf16>
  return %batched : tensor<1x2x64x64xf16>
}
