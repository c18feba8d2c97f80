// RUN: ashlar-test-reference %s
//
// clamp(roundeven(x / scale) + zero_point).

// With a scale of 1 halves go to the even neighbour; what is out of range is clamped.
func.func @i8_tensor(%x: tensor<2x3xf32>, %s: tensor<f32>) -> tensor<2x3xi8> attributes {
    inputs = [
      dense<[[0.5, 1.5, 2.5], [-0.5, -200.0, 200.0]]> : tensor<2x3xf32>,
      dense<1.0> : tensor<f32>],
    expected = [
      dense<[[0, 2, 2], [0, -128, 127]]> : tensor<2x3xi8>]} {
  %r = ashlar.quantize %x scale %s
    : tensor<2x3xf32>, tensor<f32> -> tensor<2x3xi8>
  return %r : tensor<2x3xi8>
}

func.func @u8_axis_zero_points(
    %x: tensor<?x3xf16>, %s: tensor<3xf32>, %z: tensor<3xi8>)
    -> tensor<?x3xi8> attributes {
    inputs = [
      dense<[[-4.75, -0.375, 2.25], [-3.875, 3.0, 2.125]]> : tensor<2x3xf16>,
      dense<[0.25, 0.25, 0.5]> : tensor<3xf32>,
      dense<[107, 38, 46]> : tensor<3xi8>],
    expected = [
      dense<[[88, 36, 50], [91, 50, 50]]> : tensor<2x3xi8>]} {
  %r = ashlar.quantize %x scale %s zero_point %z axis 1 unsigned
    : tensor<?x3xf16>, tensor<3xf32>, tensor<3xi8> -> tensor<?x3xi8>
  return %r : tensor<?x3xi8>
}

func.func @i4_groups(%x: tensor<?x4xf32>, %s: tensor<?x2xf32>) -> tensor<?x4xi4> attributes {
    inputs = [
      dense<[[-2.75, 3.375, -0.875, 0.75], [-3.0, 4.625, 5.0, 3.125]]> : tensor<2x4xf32>,
      dense<[[0.25, 0.5], [1.0, 0.25]]> : tensor<2x2xf32>],
    expected = [
      dense<[[-8, 7, -2, 2], [-3, 5, 7, 7]]> : tensor<2x4xi4>]} {
  %r = ashlar.quantize %x scale %s axis 1
    : tensor<?x4xf32>, tensor<?x2xf32> -> tensor<?x4xi4>
  return %r : tensor<?x4xi4>
}

func.func @u4_groups_along_rows(
    %x: tensor<4x1xbf16>, %s: tensor<2x1xbf16>, %z: tensor<2x1xi4>)
    -> tensor<4x1xi4> attributes {
    inputs = [
      dense<[[-1.375], [2.875], [2.75], [1.25]]> : tensor<4x1xbf16>,
      dense<[[0.5], [0.5]]> : tensor<2x1xbf16>,
      dense<[[0], [15]]> : tensor<2x1xi4>],
    expected = [
      dense<[[0], [6], [15], [15]]> : tensor<4x1xi4>]} {
  %r = ashlar.quantize %x scale %s zero_point %z axis 0 unsigned
    : tensor<4x1xbf16>, tensor<2x1xbf16>, tensor<2x1xi4> -> tensor<4x1xi4>
  return %r : tensor<4x1xi4>
}

func.func @groups_of_a_vector(%x: tensor<4xf32>, %s: tensor<2xf32>) -> tensor<4xi8> attributes {
    inputs = [
      dense<[2.125, 1.375, -0.25, -2.75]> : tensor<4xf32>,
      dense<[0.25, 0.25]> : tensor<2xf32>],
    expected = [
      dense<[8, 6, -1, -11]> : tensor<4xi8>]} {
  %r = ashlar.quantize %x scale %s axis 0
    : tensor<4xf32>, tensor<2xf32> -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// Infinities clamp; what is not a number becomes the lowest value.
func.func @infinities_and_nan(%x: tensor<3xf32>, %s: tensor<f32>) -> tensor<3xi8> attributes {
    inputs = [dense<[0x7F800000, 0xFF800000, 0x7FC00000]> : tensor<3xf32>, dense<1.0> : tensor<f32>],
    expected = [dense<[127, -128, -128]> : tensor<3xi8>]} {
  %r = ashlar.quantize %x scale %s : tensor<3xf32>, tensor<f32> -> tensor<3xi8>
  return %r : tensor<3xi8>
}
