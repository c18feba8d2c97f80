// The attention of one BERT-large layer: 16 heads of 64, 512 tokens.
func.func @attention_bert(%q: tensor<8x16x512x64xf16>, %k: tensor<8x16x512x64xf16>, %v: tensor<8x16x512x64xf16>)
    -> tensor<8x16x512x64xf16> {
  %o = ashlar.attention %q, %k, %v
    : tensor<8x16x512x64xf16>, tensor<8x16x512x64xf16>, tensor<8x16x512x64xf16> -> tensor<8x16x512x64xf16>
  return %o : tensor<8x16x512x64xf16>
}

func.func @attention_bert_small(%q: tensor<1x2x256x64xf16>, %k: tensor<1x2x256x64xf16>, %v: tensor<1x2x256x64xf16>)
    -> tensor<1x2x256x64xf16> {
  %o = ashlar.attention %q, %k, %v
    : tensor<1x2x256x64xf16>, tensor<1x2x256x64xf16>, tensor<1x2x256x64xf16> -> tensor<1x2x256x64xf16>
  return %o : tensor<1x2x256x64xf16>
}
