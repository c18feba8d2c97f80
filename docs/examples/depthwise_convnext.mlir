// The depthwise 7x7 of ConvNeXt-T's first stage, channels last.
func.func @depthwise_7x7(%x: tensor<8x56x56x96xf16>, %w: tensor<96x7x7x1xf16>) -> tensor<8x56x56x96xf16> {
  %y = ashlar.conv %x, %w channels_last padding_low [3, 3] padding_high [3, 3] groups 96
    : tensor<8x56x56x96xf16>, tensor<96x7x7x1xf16> -> tensor<8x56x56x96xf16>
  return %y : tensor<8x56x56x96xf16>
}

func.func @depthwise_7x7_small(%x: tensor<1x28x28x32xf16>, %w: tensor<32x7x7x1xf16>) -> tensor<1x28x28x32xf16> {
  %y = ashlar.conv %x, %w channels_last padding_low [3, 3] padding_high [3, 3] groups 32
    : tensor<1x28x28x32xf16>, tensor<32x7x7x1xf16> -> tensor<1x28x28x32xf16>
  return %y : tensor<1x28x28x32xf16>
}
