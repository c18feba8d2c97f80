// RUN: ashlar-test-reference %s
//
// result[b, m, n] = sum over k of lhs[b, m, k] * rhs[b, k, n].
// The inputs are small whole numbers, so the sums are exact.

func.func @f32_odd_sizes(%a: tensor<?x5xf32>, %b: tensor<5x2xf32>) -> tensor<?x2xf32> attributes {
    inputs = [
      dense<[[-1.0, -2.0, 0.0, 2.0, -3.0], [-3.0, 3.0, 1.0, -3.0, -1.0],
        [1.0, -3.0, 1.0, -2.0, -3.0]]> : tensor<3x5xf32>,
      dense<[[-3.0, 0.0], [0.0, -3.0], [-2.0, -3.0], [1.0, 0.0], [-3.0, 3.0]]> : tensor<5x2xf32>],
    expected = [
      dense<[[14.0, -3.0], [7.0, -15.0], [2.0, -3.0]]> : tensor<3x2xf32>]} {
  %r = ashlar.matmul %a, %b
    : tensor<?x5xf32>, tensor<5x2xf32> -> tensor<?x2xf32>
  return %r : tensor<?x2xf32>
}

func.func @f16_transposed_rhs(%a: tensor<?x3xf16>, %b: tensor<4x3xf16>) -> tensor<?x4xf32> attributes {
    inputs = [
      dense<[[1.0, -3.0, -2.0], [2.0, 2.0, 1.0]]> : tensor<2x3xf16>,
      dense<[[-3.0, 1.0, 1.0], [0.0, -3.0, -2.0], [-3.0, 1.0, 3.0], [-2.0, -1.0, 0.0]]> : tensor<4x3xf16>],
    expected = [
      dense<[[-8.0, 13.0, -12.0, 1.0], [-3.0, -8.0, -1.0, -6.0]]> : tensor<2x4xf32>]} {
  %r = ashlar.matmul %a, transpose %b
    : tensor<?x3xf16>, tensor<4x3xf16> -> tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

func.func @bf16_transposed_lhs(%a: tensor<2x?xbf16>, %b: tensor<2x3xbf16>) -> tensor<?x3xbf16> attributes {
    inputs = [
      dense<[[-2.0, 1.0, -3.0], [1.0, -1.0, 1.0]]> : tensor<2x3xbf16>,
      dense<[[3.0, 2.0, -2.0], [-3.0, 1.0, 1.0]]> : tensor<2x3xbf16>],
    expected = [
      dense<[[-9.0, -3.0, 5.0], [6.0, 1.0, -3.0], [-12.0, -5.0, 7.0]]> : tensor<3x3xbf16>]} {
  %r = ashlar.matmul transpose %a, %b
    : tensor<2x?xbf16>, tensor<2x3xbf16> -> tensor<?x3xbf16>
  return %r : tensor<?x3xbf16>
}

func.func @f16_result_f16_both_transposed(
    %a: tensor<3x2xf16>, %b: tensor<2x3xf16>)
    -> tensor<2x2xf16> attributes {
    inputs = [
      dense<[[2.0, -2.0], [-1.0, -3.0], [1.0, 2.0]]> : tensor<3x2xf16>,
      dense<[[-3.0, 1.0, -3.0], [1.0, -2.0, 0.0]]> : tensor<2x3xf16>],
    expected = [
      dense<[[-10.0, 4.0], [-3.0, 4.0]]> : tensor<2x2xf16>]} {
  %r = ashlar.matmul transpose %a, transpose %b
    : tensor<3x2xf16>, tensor<2x3xf16> -> tensor<2x2xf16>
  return %r : tensor<2x2xf16>
}

func.func @i8_extremes(%a: tensor<?x3xi8>, %b: tensor<2x3xi8>) -> tensor<?x2xi32> attributes {
    inputs = [
      dense<[[90, 32, 110], [104, 57, 25]]> : tensor<2x3xi8>,
      dense<[[-1, -36, -4], [-87, 25, 125]]> : tensor<2x3xi8>],
    expected = [
      dense<[[-1682, 6720], [-2256, -4498]]> : tensor<2x2xi32>]} {
  %r = ashlar.matmul %a, transpose %b
    : tensor<?x3xi8>, tensor<2x3xi8> -> tensor<?x2xi32>
  return %r : tensor<?x2xi32>
}

func.func @batched(%a: tensor<?x?x3xf32>, %b: tensor<?x3x1xf32>) -> tensor<?x?x1xf32> attributes {
    inputs = [
      dense<[[[-1.0, 2.0, 0.0], [-1.0, 1.0, -3.0]], [[-3.0, 1.0, 0.0],
        [-2.0, 3.0, -1.0]]]> : tensor<2x2x3xf32>,
      dense<[[[-2.0], [0.0], [0.0]], [[-3.0], [2.0], [-3.0]]]> : tensor<2x3x1xf32>],
    expected = [
      dense<[[[2.0], [2.0]], [[11.0], [15.0]]]> : tensor<2x2x1xf32>]} {
  %r = ashlar.matmul %a, %b
    : tensor<?x?x3xf32>, tensor<?x3x1xf32> -> tensor<?x?x1xf32>
  return %r : tensor<?x?x1xf32>
}

func.func @two_batch_dimensions_shared_rhs(
    %a: tensor<?x?x?x2xf16>, %b: tensor<2x3xf16>)
    -> tensor<?x?x?x3xf32> attributes {
    inputs = [
      dense<[[[[3.0, 1.0]]], [[[1.0, 3.0]]]]> : tensor<2x1x1x2xf16>,
      dense<[[3.0, -1.0, -1.0], [2.0, -1.0, 1.0]]> : tensor<2x3xf16>],
    expected = [
      dense<[[[[11.0, -4.0, -2.0]]], [[[9.0, -4.0, 2.0]]]]> : tensor<2x1x1x3xf32>]} {
  %r = ashlar.matmul %a, %b
    : tensor<?x?x?x2xf16>, tensor<2x3xf16> -> tensor<?x?x?x3xf32>
  return %r : tensor<?x?x?x3xf32>
}

func.func @size_one(%a: tensor<?x1xf32>, %b: tensor<1x1xf32>) -> tensor<?x1xf32> attributes {
    inputs = [
      dense<[[0.0]]> : tensor<1x1xf32>,
      dense<[[1.0]]> : tensor<1x1xf32>],
    expected = [
      dense<[[0.0]]> : tensor<1x1xf32>]} {
  %r = ashlar.matmul %a, %b
    : tensor<?x1xf32>, tensor<1x1xf32> -> tensor<?x1xf32>
  return %r : tensor<?x1xf32>
}

// Without a k to sum over the result is zero.
func.func @empty_sum(%a: tensor<2x?xf32>, %b: tensor<?x2xf32>) -> tensor<2x2xf32> attributes {
    inputs = [dense<> : tensor<2x0xf32>, dense<> : tensor<0x2xf32>],
    expected = [dense<0.0> : tensor<2x2xf32>]} {
  %r = ashlar.matmul %a, %b : tensor<2x?xf32>, tensor<?x2xf32> -> tensor<2x2xf32>
  return %r : tensor<2x2xf32>
}

// No rows at all.
func.func @empty_rows(%a: tensor<?x2xf16>, %b: tensor<2x2xf16>) -> tensor<?x2xf16> attributes {
    inputs = [dense<> : tensor<0x2xf16>, dense<1.0> : tensor<2x2xf16>],
    expected = [dense<> : tensor<0x2xf16>]} {
  %r = ashlar.matmul %a, %b : tensor<?x2xf16>, tensor<2x2xf16> -> tensor<?x2xf16>
  return %r : tensor<?x2xf16>
}

// 2048 + 1 + 1 is 2050 when summed in f32; in f16 each + 1 would be lost.
func.func @f16_sums_in_f32(%a: tensor<1x3xf16>, %b: tensor<3x1xf16>) -> tensor<1x1xf16> attributes {
    inputs = [dense<[[2048.0, 1.0, 1.0]]> : tensor<1x3xf16>, dense<1.0> : tensor<3x1xf16>],
    expected = [dense<2050.0> : tensor<1x1xf16>]} {
  %r = ashlar.matmul %a, %b : tensor<1x3xf16>, tensor<3x1xf16> -> tensor<1x1xf16>
  return %r : tensor<1x1xf16>
}
