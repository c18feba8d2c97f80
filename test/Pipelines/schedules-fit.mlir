// Schedules leave room in the registers for what shapes off the beaten track cost, so that the budget holds.
// RUN: ashlar-compile %s --target=sm_80 --emit=tile -o %t.mlir

// A tile of keys that some rows see only in part.
func.func @odd_length(%q: tensor<1x8x2048x64xf32>, %k: tensor<1x8x2047x64xf32>) -> tensor<1x8x2048x64xf32> {
  %o = ashlar.attention %q, %k, %k
    : tensor<1x8x2048x64xf32>, tensor<1x8x2047x64xf32>, tensor<1x8x2047x64xf32> -> tensor<1x8x2048x64xf32>
  return %o : tensor<1x8x2048x64xf32>
}

func.func @long_batch(%q: tensor<16x16x1000x32xf32>) -> tensor<16x16x1000x32xf32> {
  %o = ashlar.attention %q, %q, %q
    : tensor<16x16x1000x32xf32>, tensor<16x16x1000x32xf32>, tensor<16x16x1000x32xf32> -> tensor<16x16x1000x32xf32>
  return %o : tensor<16x16x1000x32xf32>
}

// Channels first: single pixels instead of vectors.
func.func @first_layer(%x: tensor<8x3x224x224xf16>, %w: tensor<64x3x7x7xf16>) -> tensor<8x64x109x109xf16> {
  %y = ashlar.conv %x, %w channels_first strides [2, 2]
    : tensor<8x3x224x224xf16>, tensor<64x3x7x7xf16> -> tensor<8x64x109x109xf16>
  return %y : tensor<8x64x109x109xf16>
}

func.func @few_filters(%x: tensor<1x16x1024x1024xi8>, %w: tensor<16x16x3x3xi8>) -> tensor<1x16x1022x1022xi32> {
  %y = ashlar.conv %x, %w channels_first
    : tensor<1x16x1024x1024xi8>, tensor<16x16x3x3xi8> -> tensor<1x16x1022x1022xi32>
  return %y : tensor<1x16x1022x1022xi32>
}
