// RUN: ashlar-test-reference %s
//
// A cross-correlation; inputs are small whole numbers, so the sums are exact.

func.func @one_dimension(%x: tensor<1x5x1xf32>, %f: tensor<1x3x1xf32>) -> tensor<1x3x1xf32> attributes {
    inputs = [
      dense<[[[3.0], [0.0], [-3.0], [3.0], [-3.0]]]> : tensor<1x5x1xf32>,
      dense<[[[-1.0], [0.0], [2.0]]]> : tensor<1x3x1xf32>],
    expected = [
      dense<[[[-9.0], [6.0], [-3.0]]]> : tensor<1x3x1xf32>]} {
  %r = ashlar.conv %x, %f channels_last
    : tensor<1x5x1xf32>, tensor<1x3x1xf32> -> tensor<1x3x1xf32>
  return %r : tensor<1x3x1xf32>
}

func.func @two_dimensions_padded_asymmetrically(
    %x: tensor<?x?x?x2xf16>, %f: tensor<2x2x3x2xf16>)
    -> tensor<?x?x?x2xf32> attributes {
    inputs = [
      dense<[[[[2.0, -3.0], [-3.0, 2.0], [2.0, -1.0], [2.0, 1.0]], [[2.0, 3.0], [0.0, -1.0], [2.0, 0.0],
        [2.0, -1.0]], [[-3.0, 0.0], [-1.0, -2.0], [1.0, -3.0], [0.0, -3.0]]]]> : tensor<1x3x4x2xf16>,
      dense<[[[[-2.0, 3.0], [-1.0, -2.0], [2.0, -2.0]], [[0.0, 0.0], [3.0, 0.0], [-3.0, -2.0]]],
        [[[0.0, 0.0], [1.0, -1.0], [-2.0, 3.0]], [[0.0, 3.0], [1.0, -1.0],
        [2.0, 0.0]]]]> : tensor<2x2x3x2xf16>],
    expected = [
      dense<[[[[-13.0, -10.0], [-2.0, 13.0], [6.0, -2.0], [0.0, 3.0]], [[-14.0, 2.0], [16.0, 5.0],
        [-5.0, 4.0], [-1.0, -3.0]], [[11.0, 0.0], [10.0, -7.0], [-4.0, -3.0],
        [-7.0, -9.0]]]]> : tensor<1x3x4x2xf32>]} {
  %r = ashlar.conv %x, %f channels_last padding_low [1, 0] padding_high [0, 2]
    : tensor<?x?x?x2xf16>, tensor<2x2x3x2xf16> -> tensor<?x?x?x2xf32>
  return %r : tensor<?x?x?x2xf32>
}

func.func @channels_first_strided(
    %x: tensor<?x2x4x3xbf16>, %f: tensor<1x2x3x1xbf16>)
    -> tensor<?x1x2x2xf32> attributes {
    inputs = [
      dense<[[[[-1.0, 2.0, 0.0], [-2.0, -2.0, -3.0], [-2.0, -2.0, -2.0], [2.0, -2.0, -3.0]],
        [[0.0, 3.0, 1.0], [-2.0, -1.0, -1.0], [-3.0, -2.0, 0.0], [1.0, -1.0, 1.0]]], [[[1.0, -1.0, -2.0],
        [2.0, 3.0, 1.0], [1.0, 2.0, 2.0], [2.0, -3.0, 0.0]], [[3.0, 3.0, 3.0], [2.0, 3.0, 1.0],
        [0.0, 0.0, 0.0], [0.0, -3.0, 0.0]]]]> : tensor<2x2x4x3xbf16>,
      dense<[[[[2.0], [0.0], [-3.0]], [[-2.0], [-3.0], [-2.0]]]]> : tensor<1x2x3x1xbf16>],
    expected = [
      dense<[[[[10.0, 8.0], [1.0, 3.0]]], [[[-19.0, -14.0], [-6.0, 0.0]]]]> : tensor<2x1x2x2xf32>]} {
  %r = ashlar.conv %x, %f channels_first strides [2, 2] padding_low [1, 0] padding_high [1, 0]
    : tensor<?x2x4x3xbf16>, tensor<1x2x3x1xbf16> -> tensor<?x1x2x2xf32>
  return %r : tensor<?x1x2x2xf32>
}

func.func @dilated(%x: tensor<1x1x5x1xf32>, %f: tensor<2x1x2x1xf32>) -> tensor<1x2x2x1xf16> attributes {
    inputs = [
      dense<[[[[0.0], [-2.0], [-3.0], [-1.0], [1.0]]]]> : tensor<1x1x5x1xf32>,
      dense<[[[[-3.0], [-3.0]]], [[[-3.0], [1.0]]]]> : tensor<2x1x2x1xf32>],
    expected = [
      dense<[[[[3.0], [3.0]], [[-1.0], [7.0]]]]> : tensor<1x2x2x1xf16>]} {
  %r = ashlar.conv %x, %f channels_first dilations [3, 1]
    : tensor<1x1x5x1xf32>, tensor<2x1x2x1xf32> -> tensor<1x2x2x1xf16>
  return %r : tensor<1x2x2x1xf16>
}

func.func @groups(%x: tensor<1x3x4xf32>, %f: tensor<2x2x2xf32>) -> tensor<1x2x2xf32> attributes {
    inputs = [
      dense<[[[-2.0, 1.0, -3.0, -1.0], [1.0, -3.0, -3.0, 3.0], [-2.0, 1.0, 0.0, -2.0]]]> : tensor<1x3x4xf32>,
      dense<[[[2.0, -1.0], [-1.0, 1.0]], [[-1.0, 0.0], [-3.0, -3.0]]]> : tensor<2x2x2xf32>],
    expected = [
      dense<[[[-9.0, 3.0], [8.0, 9.0]]]> : tensor<1x2x2xf32>]} {
  %r = ashlar.conv %x, %f channels_last groups 2
    : tensor<1x3x4xf32>, tensor<2x2x2xf32> -> tensor<1x2x2xf32>
  return %r : tensor<1x2x2xf32>
}

func.func @depthwise_with_two_outputs_a_channel(
    %x: tensor<1x3x3xf16>, %f: tensor<6x2x1xf16>)
    -> tensor<1x3x6xf16> attributes {
    inputs = [
      dense<[[[3.0, 0.0, 0.0], [0.0, 0.0, -1.0], [-3.0, -2.0, -3.0]]]> : tensor<1x3x3xf16>,
      dense<[[[2.0], [-1.0]], [[2.0], [-1.0]], [[0.0], [3.0]], [[2.0], [-2.0]], [[1.0], [-3.0]], [[-2.0],
        [1.0]]]> : tensor<6x2x1xf16>],
    expected = [
      dense<[[[6.0, 6.0, 0.0, 0.0, 3.0, -1.0], [3.0, 3.0, -6.0, 4.0, 8.0, -1.0],
        [-6.0, -6.0, 0.0, -4.0, -3.0, 6.0]]]> : tensor<1x3x6xf16>]} {
  %r = ashlar.conv %x, %f channels_last padding_high [1] groups 3
    : tensor<1x3x3xf16>, tensor<6x2x1xf16> -> tensor<1x3x6xf16>
  return %r : tensor<1x3x6xf16>
}

func.func @channels_first_groups(
    %x: tensor<1x4x2x2xi8>, %f: tensor<4x2x2x1xi8>)
    -> tensor<1x4x1x2xi32> attributes {
    inputs = [
      dense<[[[[-1, -2], [2, 1]], [[-3, 3], [1, -1]], [[2, 3], [-3, 2]], [[3, -1],
        [1, -1]]]]> : tensor<1x4x2x2xi8>,
      dense<[[[[-2], [-1]], [[3], [-2]]], [[[1], [1]], [[3], [1]]], [[[-1], [2]], [[-2], [1]]], [[[3],
        [3]], [[3], [3]]]]> : tensor<4x2x2x1xi8>],
    expected = [
      dense<[[[[-11, 14]], [[-7, 7]], [[-13, 2]], [[9, 9]]]]> : tensor<1x4x1x2xi32>]} {
  %r = ashlar.conv %x, %f channels_first groups 2
    : tensor<1x4x2x2xi8>, tensor<4x2x2x1xi8> -> tensor<1x4x1x2xi32>
  return %r : tensor<1x4x1x2xi32>
}

func.func @three_dimensions(
    %x: tensor<1x2x3x2x1xf32>, %f: tensor<2x2x2x2x1xf32>)
    -> tensor<1x1x2x1x2xf32> attributes {
    inputs = [
      dense<[[[[[-2.0], [3.0]], [[-2.0], [3.0]], [[0.0], [2.0]]], [[[3.0], [-2.0]], [[-2.0], [1.0]],
        [[0.0], [-1.0]]]]]> : tensor<1x2x3x2x1xf32>,
      dense<[[[[[2.0], [-3.0]], [[-3.0], [3.0]]], [[[-1.0], [0.0]], [[-1.0], [-2.0]]]], [[[[2.0], [1.0]],
        [[-1.0], [0.0]]], [[[3.0], [2.0]], [[-1.0], [-1.0]]]]]> : tensor<2x2x2x2x1xf32>],
    expected = [
      dense<[[[[[16.0, 1.0]], [[-3.0, -4.0]]]]]> : tensor<1x1x2x1x2xf32>]} {
  %r = ashlar.conv %x, %f channels_last strides [1, 2, 1] padding_low [0, 1, 0]
    : tensor<1x2x3x2x1xf32>, tensor<2x2x2x2x1xf32> -> tensor<1x1x2x1x2xf32>
  return %r : tensor<1x1x2x1x2xf32>
}

func.func @size_one(%x: tensor<1x1x1x1xf32>, %f: tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32> attributes {
    inputs = [
      dense<[[[[-3.0]]]]> : tensor<1x1x1x1xf32>,
      dense<[[[[-2.0]]]]> : tensor<1x1x1x1xf32>],
    expected = [
      dense<[[[[6.0]]]]> : tensor<1x1x1x1xf32>]} {
  %r = ashlar.conv %x, %f channels_last
    : tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  return %r : tensor<1x1x1x1xf32>
}

// (-128) * (-128) * 4 in i32.
func.func @i8_extremes(%x: tensor<1x2x2xi8>, %f: tensor<1x2x2xi8>) -> tensor<1x1x1xi32> attributes {
    inputs = [dense<-128> : tensor<1x2x2xi8>, dense<-128> : tensor<1x2x2xi8>],
    expected = [dense<65536> : tensor<1x1x1xi32>]} {
  %r = ashlar.conv %x, %f channels_last : tensor<1x2x2xi8>, tensor<1x2x2xi8> -> tensor<1x1x1xi32>
  return %r : tensor<1x1x1xi32>
}
