// One decode step with grouped queries, as in Llama-3-8B: 32 query heads share 8 key/value heads; 4096 tokens are in the cache.
func.func @attention_decode(%q: tensor<4x32x1x128xf16>, %k: tensor<4x8x4096x128xf16>, %v: tensor<4x8x4096x128xf16>)
    -> tensor<4x32x1x128xf16> {
  %o = ashlar.attention %q, %k, %v
    : tensor<4x32x1x128xf16>, tensor<4x8x4096x128xf16>, tensor<4x8x4096x128xf16> -> tensor<4x32x1x128xf16>
  return %o : tensor<4x32x1x128xf16>
}

func.func @attention_decode_small(%q: tensor<1x8x1x128xf16>, %k: tensor<1x2x333x128xf16>, %v: tensor<1x2x333x128xf16>)
    -> tensor<1x8x1x128xf16> {
  %o = ashlar.attention %q, %k, %v
    : tensor<1x8x1x128xf16>, tensor<1x2x333x128xf16>, tensor<1x2x333x128xf16> -> tensor<1x8x1x128xf16>
  return %o : tensor<1x8x1x128xf16>
}
