// RUN: ashlar-opt %s -split-input-file -verify-diagnostics
//
// One function for each constraint; its name ends with the constraint's label.

func.func @rank_two_c1(%x: tensor<4x4xf32>) {
  // expected-error @+1 {{'ashlar.conv' op C1: expected one rank from 3 to 5 everywhere, got 2, 2 and 2}}
  %r = ashlar.conv %x, %x channels_last : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  return
}

// -----

func.func @mixed_operands_c2(%x: tensor<1x4x2xf32>, %f: tensor<2x2x2xf16>) {
  // expected-error @+1 {{'ashlar.conv' op C2: expected operands of one element type, f32, f16, bf16 or i8, got 'f32' and 'f16'}}
  %r = ashlar.conv %x, %f channels_last : tensor<1x4x2xf32>, tensor<2x2x2xf16> -> tensor<1x3x2xf32>
  return
}

// -----

func.func @narrow_sums_c3(%x: tensor<1x4x2xi8>, %f: tensor<2x2x2xi8>) {
  // expected-error @+1 {{'ashlar.conv' op C3: expected a result of i32 for operands of 'i8', got 'i8'}}
  %r = ashlar.conv %x, %f channels_last : tensor<1x4x2xi8>, tensor<2x2x2xi8> -> tensor<1x3x2xi8>
  return
}

// -----

func.func @too_many_strides_c4(%x: tensor<1x4x2xf32>, %f: tensor<2x2x2xf32>) {
  // expected-error @+1 {{'ashlar.conv' op C4: expected 1 values in strides, one for each spatial dimension, got 2}}
  %r = ashlar.conv %x, %f channels_last strides [1, 1]
    : tensor<1x4x2xf32>, tensor<2x2x2xf32> -> tensor<1x3x2xf32>
  return
}

// -----

func.func @zero_dilation_c5(%x: tensor<1x4x2xf32>, %f: tensor<2x2x2xf32>) {
  // expected-error @+1 {{'ashlar.conv' op C5: expected dilations of at least 1, got 0}}
  %r = ashlar.conv %x, %f channels_last dilations [0]
    : tensor<1x4x2xf32>, tensor<2x2x2xf32> -> tensor<1x3x2xf32>
  return
}

// -----

func.func @negative_padding_c5(%x: tensor<1x4x2xf32>, %f: tensor<2x2x2xf32>) {
  // expected-error @+1 {{'ashlar.conv' op C5: expected padding_high of at least 0, got -1}}
  %r = ashlar.conv %x, %f channels_last padding_high [-1]
    : tensor<1x4x2xf32>, tensor<2x2x2xf32> -> tensor<1x2x2xf32>
  return
}

// -----

func.func @no_groups_c5(%x: tensor<1x4x2xf32>, %f: tensor<2x2x2xf32>) {
  // expected-error @+1 {{'ashlar.conv' op C5: expected groups of at least 1, got 0}}
  %r = ashlar.conv %x, %f channels_last groups 0 : tensor<1x4x2xf32>, tensor<2x2x2xf32> -> tensor<1x3x2xf32>
  return
}

// -----

func.func @dynamic_channels_c6(%x: tensor<1x4x?xf32>, %f: tensor<2x2x2xf32>) {
  // expected-error @+1 {{'ashlar.conv' op C6: expected static channels and a static filter, each size at least 1, got the input [1x4x?] and the filter [2x2x2]}}
  %r = ashlar.conv %x, %f channels_last : tensor<1x4x?xf32>, tensor<2x2x2xf32> -> tensor<1x3x2xf32>
  return
}

// -----

func.func @groups_that_do_not_divide_c7(%x: tensor<1x4x3xf32>, %f: tensor<2x2x1xf32>) {
  // expected-error @+1 {{'ashlar.conv' op C7: expected groups that divide the 3 input and 2 output channels, got 3}}
  %r = ashlar.conv %x, %f channels_last groups 3 : tensor<1x4x3xf32>, tensor<2x2x1xf32> -> tensor<1x3x2xf32>
  return
}

// -----

func.func @filter_channels_c8(%x: tensor<1x4x4xf32>, %f: tensor<2x4x2xf32>) {
  // expected-error @+1 {{'ashlar.conv' op C8: expected 2 channels in dimension 1 of the filter, got 4}}
  %r = ashlar.conv %x, %f channels_first groups 2 : tensor<1x4x4xf32>, tensor<2x4x2xf32> -> tensor<1x2x3xf32>
  return
}

// -----

func.func @result_shape_c9(%x: tensor<?x5x4xf32>, %f: tensor<8x3x4xf32>) {
  // expected-error @+1 {{'ashlar.conv' op C9: expected the result shape [?x2x8], got [?x3x8]}}
  %r = ashlar.conv %x, %f channels_last strides [2]
    : tensor<?x5x4xf32>, tensor<8x3x4xf32> -> tensor<?x3x8xf32>
  return
}

// -----

func.func @filter_too_large_c9(%x: tensor<1x5x4xf32>, %f: tensor<8x7x4xf32>) {
  // expected-error @+1 {{'ashlar.conv' op C9: expected output sizes of at least 1, got [0]: the filter is larger than the padded input}}
  %r = ashlar.conv %x, %f channels_last padding_low [1]
    : tensor<1x5x4xf32>, tensor<8x7x4xf32> -> tensor<1x0x8xf32>
  return
}

// -----

func.func @unknown_layout(%x: tensor<1x5x4xf32>, %f: tensor<8x3x4xf32>) {
  // expected-error @+1 {{expected channels_last or channels_first, got nhwc}}
  %r = ashlar.conv %x, %f nhwc : tensor<1x5x4xf32>, tensor<8x3x4xf32> -> tensor<1x3x8xf32>
  return
}

// -----

func.func @hidden_size_c9(%x: tensor<1x?x4xf32>, %w: tensor<8x3x4xf32>) {
  // expected-error @+1 {{'ashlar.conv' op C9: expected the result shape [1x?x8], got [1x6x8]}}
  %r = ashlar.conv %x, %w channels_last : tensor<1x?x4xf32>, tensor<8x3x4xf32> -> tensor<1x6x8xf32>
  return
}
