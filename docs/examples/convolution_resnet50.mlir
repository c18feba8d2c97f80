// Two layers of ResNet-50, channels last: a 3x3 of the first stage, and the strided 3x3 that opens the second.
func.func @conv_3x3(%x: tensor<8x56x56x64xf16>, %w: tensor<64x3x3x64xf16>) -> tensor<8x56x56x64xf16> {
  %y = ashlar.conv %x, %w channels_last padding_low [1, 1] padding_high [1, 1]
    : tensor<8x56x56x64xf16>, tensor<64x3x3x64xf16> -> tensor<8x56x56x64xf16>
  return %y : tensor<8x56x56x64xf16>
}

func.func @conv_3x3_strided(%x: tensor<8x56x56x128xf16>, %w: tensor<128x3x3x128xf16>) -> tensor<8x28x28x128xf16> {
  %y = ashlar.conv %x, %w channels_last strides [2, 2] padding_low [1, 1] padding_high [1, 1]
    : tensor<8x56x56x128xf16>, tensor<128x3x3x128xf16> -> tensor<8x28x28x128xf16>
  return %y : tensor<8x28x28x128xf16>
}

func.func @conv_3x3_small(%x: tensor<1x28x28x64xf16>, %w: tensor<64x3x3x64xf16>) -> tensor<1x28x28x64xf16> {
  %y = ashlar.conv %x, %w channels_last padding_low [1, 1] padding_high [1, 1]
    : tensor<1x28x28x64xf16>, tensor<64x3x3x64xf16> -> tensor<1x28x28x64xf16>
  return %y : tensor<1x28x28x64xf16>
}

func.func @conv_3x3_strided_small(%x: tensor<1x29x27x64xf16>, %w: tensor<128x3x3x64xf16>) -> tensor<1x15x14x128xf16> {
  %y = ashlar.conv %x, %w channels_last strides [2, 2] padding_low [1, 1] padding_high [1, 1]
    : tensor<1x29x27x64xf16>, tensor<128x3x3x64xf16> -> tensor<1x15x14x128xf16>
  return %y : tensor<1x15x14x128xf16>
}
