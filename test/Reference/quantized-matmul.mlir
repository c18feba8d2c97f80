// RUN: ashlar-test-reference %s
//
// result[m, n] = sum over k of input[m, k] * (weight[n, k] - zero_point) * scale, times input_scale.
// Scales are powers of two and inputs whole numbers, so the sums are exact.

func.func @f16_i4_groups(
    %x: tensor<?x6xf16>, %w: tensor<3x6xi4>, %s: tensor<3x3xf32>)
    -> tensor<?x3xf32> attributes {
    inputs = [
      dense<[[3.0, -3.0, -1.0, -3.0, -3.0, -3.0], [2.0, 1.0, 1.0, -2.0, 1.0, 0.0]]> : tensor<2x6xf16>,
      dense<[[7, -2, 3, -3, -1, -4], [-7, 6, 7, -6, 6, 4], [-4, -5, 1, 4, 0, 2]]> : tensor<3x6xi4>,
      dense<[[1.0, 2.0, 0.25], [0.5, 0.5, 2.0], [1.0, 0.25, 1.0]]> : tensor<3x3xf32>],
    expected = [
      dense<[[42.75, -74.0, -6.25], [29.75, 17.5, -14.75]]> : tensor<2x3xf32>]} {
  %r = ashlar.quantized_matmul %x, %w scales %s
    : (tensor<?x6xf16>, tensor<3x6xi4>, tensor<3x3xf32>) -> tensor<?x3xf32>
  return %r : tensor<?x3xf32>
}

func.func @f32_u4_groups_zero_points(
    %x: tensor<?x4xf32>, %w: tensor<2x4xi4>, %s: tensor<2x2xf32>, %z: tensor<2x2xi4>)
    -> tensor<?x2xf32> attributes {
    inputs = [
      dense<[[-3.0, 0.0, -2.0, -2.0]]> : tensor<1x4xf32>,
      dense<[[8, 14, 0, 8], [11, 10, 10, 7]]> : tensor<2x4xi4>,
      dense<[[0.5, 1.0], [0.25, 1.0]]> : tensor<2x2xf32>,
      dense<[[5, 0], [10, 12]]> : tensor<2x2xi4>],
    expected = [
      dense<[[-20.5, 13.25]]> : tensor<1x2xf32>]} {
  %r = ashlar.quantized_matmul %x, %w scales %s zero_points %z unsigned_weights
    : (tensor<?x4xf32>, tensor<2x4xi4>, tensor<2x2xf32>, tensor<2x2xi4>) -> tensor<?x2xf32>
  return %r : tensor<?x2xf32>
}

func.func @bf16_i8_channels(
    %x: tensor<?x3xbf16>, %w: tensor<2x3xi8>, %s: tensor<2xbf16>)
    -> tensor<?x2xf32> attributes {
    inputs = [
      dense<[[-3.0, 0.0, -1.0], [1.0, 2.0, -2.0], [-2.0, 1.0, 3.0]]> : tensor<3x3xbf16>,
      dense<[[2, 46, -121], [45, 73, -52]]> : tensor<2x3xi8>,
      dense<[0.5, 2.0]> : tensor<2xbf16>],
    expected = [
      dense<[[57.5, -166.0], [168.0, 590.0], [-160.5, -346.0]]> : tensor<3x2xf32>]} {
  %r = ashlar.quantized_matmul %x, %w scales %s
    : (tensor<?x3xbf16>, tensor<2x3xi8>, tensor<2xbf16>) -> tensor<?x2xf32>
  return %r : tensor<?x2xf32>
}

func.func @f16_u8_tensor_zero_point(
    %x: tensor<?x3xf16>, %w: tensor<1x3xi8>, %s: tensor<f16>, %z: tensor<i8>)
    -> tensor<?x1xf16> attributes {
    inputs = [
      dense<[[-3.0, -1.0, -1.0], [2.0, -2.0, -3.0]]> : tensor<2x3xf16>,
      dense<[[79, 199, 166]]> : tensor<1x3xi8>,
      dense<2.0> : tensor<f16>,
      dense<76> : tensor<i8>],
    expected = [
      dense<[[-444.0], [-1020.0]]> : tensor<2x1xf16>]} {
  %r = ashlar.quantized_matmul %x, %w scales %s zero_points %z unsigned_weights
    : (tensor<?x3xf16>, tensor<1x3xi8>, tensor<f16>, tensor<i8>) -> tensor<?x1xf16>
  return %r : tensor<?x1xf16>
}

func.func @f32_batched_rows(
    %x: tensor<?x?x2xf32>, %w: tensor<2x2xi4>, %s: tensor<2xf32>, %z: tensor<2xi4>)
    -> tensor<?x?x2xf32> attributes {
    inputs = [
      dense<[[[-1.0, 2.0], [1.0, 2.0]], [[-2.0, -3.0], [3.0, 3.0]]]> : tensor<2x2x2xf32>,
      dense<[[-3, 4], [0, 7]]> : tensor<2x2xi4>,
      dense<[0.5, 0.5]> : tensor<2xf32>,
      dense<[1, 4]> : tensor<2xi4>],
    expected = [
      dense<[[[5.0, 5.0], [1.0, 1.0]], [[-0.5, -0.5], [-1.5, -1.5]]]> : tensor<2x2x2xf32>]} {
  %r = ashlar.quantized_matmul %x, %w scales %s zero_points %z
    : (tensor<?x?x2xf32>, tensor<2x2xi4>, tensor<2xf32>, tensor<2xi4>) -> tensor<?x?x2xf32>
  return %r : tensor<?x?x2xf32>
}

func.func @i8_i8_channels_one_input_scale(
    %x: tensor<?x3xi8>, %w: tensor<2x3xi8>, %s: tensor<2xf32>, %i: tensor<f32>)
    -> tensor<?x2xf32> attributes {
    inputs = [
      dense<[[56, -75, 64], [103, -103, -119]]> : tensor<2x3xi8>,
      dense<[[125, -6, -121], [1, -23, 35]]> : tensor<2x3xi8>,
      dense<[0.5, 0.5]> : tensor<2xf32>,
      dense<2.0> : tensor<f32>],
    expected = [
      dense<[[-294.0, 4021.0], [27892.0, -1693.0]]> : tensor<2x2xf32>]} {
  %r = ashlar.quantized_matmul %x, %w scales %s input_scale %i
    : (tensor<?x3xi8>, tensor<2x3xi8>, tensor<2xf32>, tensor<f32>) -> tensor<?x2xf32>
  return %r : tensor<?x2xf32>
}

func.func @i8_u4_groups_row_scales(
    %x: tensor<?x4xi8>, %w: tensor<2x4xi4>, %s: tensor<2x2xf32>, %z: tensor<2x2xi4>, %i: tensor<?xf32>)
    -> tensor<?x2xf32> attributes {
    inputs = [
      dense<[[1, -90, 7, -8], [-23, -10, 107, 124]]> : tensor<2x4xi8>,
      dense<[[12, 2, 15, 9], [1, 6, 2, 4]]> : tensor<2x4xi4>,
      dense<[[1.0, 1.0], [1.0, 0.25]]> : tensor<2x2xf32>,
      dense<[[0, 15], [1, 15]]> : tensor<2x2xi4>,
      dense<[2.0, 0.5]> : tensor<2xf32>],
    expected = [
      dense<[[-240.0, -901.5], [-520.0, -369.375]]> : tensor<2x2xf32>]} {
  %r = ashlar.quantized_matmul %x, %w scales %s zero_points %z input_scale %i unsigned_weights
    : (tensor<?x4xi8>, tensor<2x4xi4>, tensor<2x2xf32>, tensor<2x2xi4>, tensor<?xf32>) -> tensor<?x2xf32>
  return %r : tensor<?x2xf32>
}

func.func @i8_i4_tensor_batched_row_scales(
    %x: tensor<?x?x2xi8>, %w: tensor<1x2xi4>, %s: tensor<f32>, %i: tensor<?x?xf32>)
    -> tensor<?x?x1xf32> attributes {
    inputs = [
      dense<[[[-17, 122]], [[20, 18]]]> : tensor<2x1x2xi8>,
      dense<[[-2, -2]]> : tensor<1x2xi4>,
      dense<2.0> : tensor<f32>,
      dense<[[0.5], [0.5]]> : tensor<2x1xf32>],
    expected = [
      dense<[[[-210.0]], [[-76.0]]]> : tensor<2x1x1xf32>]} {
  %r = ashlar.quantized_matmul %x, %w scales %s input_scale %i
    : (tensor<?x?x2xi8>, tensor<1x2xi4>, tensor<f32>, tensor<?x?xf32>) -> tensor<?x?x1xf32>
  return %r : tensor<?x?x1xf32>
}

func.func @size_one(
    %x: tensor<1x1xf16>, %w: tensor<1x1xi4>, %s: tensor<1x1xf32>)
    -> tensor<1x1xf32> attributes {
    inputs = [
      dense<[[-1.0]]> : tensor<1x1xf16>,
      dense<[[2]]> : tensor<1x1xi4>,
      dense<[[2.0]]> : tensor<1x1xf32>],
    expected = [
      dense<[[-4.0]]> : tensor<1x1xf32>]} {
  %r = ashlar.quantized_matmul %x, %w scales %s
    : (tensor<1x1xf16>, tensor<1x1xi4>, tensor<1x1xf32>) -> tensor<1x1xf32>
  return %r : tensor<1x1xf32>
}
