// RUN: ashlar-test-reference %s
//
// (x - zero_point) * scale.

func.func @i8_tensor_zero_point(
    %x: tensor<2x2xi8>, %s: tensor<f32>, %z: tensor<i8>)
    -> tensor<2x2xf32> attributes {
    inputs = [
      dense<[[64, 33], [-67, 41]]> : tensor<2x2xi8>,
      dense<0.5> : tensor<f32>,
      dense<38> : tensor<i8>],
    expected = [
      dense<[[13.0, -2.5], [-52.5, 1.5]]> : tensor<2x2xf32>]} {
  %r = ashlar.dequantize %x scale %s zero_point %z
    : tensor<2x2xi8>, tensor<f32>, tensor<i8> -> tensor<2x2xf32>
  return %r : tensor<2x2xf32>
}

func.func @u8_axis(%x: tensor<3x2xi8>, %s: tensor<3xf16>) -> tensor<3x2xf16> attributes {
    inputs = [
      dense<[[173, 203], [61, 100], [6, 148]]> : tensor<3x2xi8>,
      dense<[0.25, 0.25, 0.5]> : tensor<3xf16>],
    expected = [
      dense<[[43.25, 50.75], [15.25, 25.0], [3.0, 74.0]]> : tensor<3x2xf16>]} {
  %r = ashlar.dequantize %x scale %s axis 0 unsigned
    : tensor<3x2xi8>, tensor<3xf16> -> tensor<3x2xf16>
  return %r : tensor<3x2xf16>
}

func.func @i4_groups_zero_points(
    %x: tensor<?x4xi4>, %s: tensor<?x2xf32>, %z: tensor<?x2xi4>)
    -> tensor<?x4xbf16> attributes {
    inputs = [
      dense<[[4, 4, -6, 3], [5, 0, -7, 0]]> : tensor<2x4xi4>,
      dense<[[0.5, 0.5], [1.0, 0.25]]> : tensor<2x2xf32>,
      dense<[[-4, -1], [0, 5]]> : tensor<2x2xi4>],
    expected = [
      dense<[[4.0, 4.0, -2.5, 2.0], [5.0, 0.0, -3.0, -1.25]]> : tensor<2x4xbf16>]} {
  %r = ashlar.dequantize %x scale %s zero_point %z axis 1
    : tensor<?x4xi4>, tensor<?x2xf32>, tensor<?x2xi4> -> tensor<?x4xbf16>
  return %r : tensor<?x4xbf16>
}

func.func @u4_groups(%x: tensor<1x3xi4>, %s: tensor<1x3xf32>) -> tensor<1x3xf32> attributes {
    inputs = [
      dense<[[10, 6, 11]]> : tensor<1x3xi4>,
      dense<[[0.25, 0.5, 1.0]]> : tensor<1x3xf32>],
    expected = [
      dense<[[2.5, 3.0, 11.0]]> : tensor<1x3xf32>]} {
  %r = ashlar.dequantize %x scale %s axis 1 unsigned
    : tensor<1x3xi4>, tensor<1x3xf32> -> tensor<1x3xf32>
  return %r : tensor<1x3xf32>
}
