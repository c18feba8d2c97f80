// RUN: ashlar-test-reference %s
//
// Expected values: s = scale * q k^T in double precision, masked, p = exp(s - max) / sum, o = p v,
// log-sum-exp = max + log(sum). Tolerances are those of f32 sums and of the rounding to the result's type.

func.func @plain(
    %q: tensor<1x1x2x2xf32>, %k: tensor<1x1x3x2xf32>, %v: tensor<1x1x3x2xf32>)
    -> tensor<1x1x2x2xf32> attributes {
    inputs = [
      dense<[[[[-1.59375, -0.125], [-0.65625, -0.0625]]]]> : tensor<1x1x2x2xf32>,
      dense<[[[[1.9375, 0.4375], [-2.0, 1.640625], [-0.625, 0.578125]]]]> : tensor<1x1x3x2xf32>,
      dense<[[[[1.34375, -1.515625], [-0.453125, 0.84375], [-1.203125, 1.5625]]]]> : tensor<1x1x3x2xf32>],
    expected = [
      dense<[[[[-0.5745152, 0.9533557], [-0.5172078, 0.8424174]]]]> : tensor<1x1x2x2xf32>],
    tolerance = 1.0e-6} {
  %r = ashlar.attention %q, %k, %v
    : tensor<1x1x2x2xf32>, tensor<1x1x3x2xf32>, tensor<1x1x3x2xf32>
    -> tensor<1x1x2x2xf32>
  return %r : tensor<1x1x2x2xf32>
}

func.func @grouped_heads_and_log_sum_exp(
    %q: tensor<?x4x?x2xf32>, %k: tensor<?x2x?x2xf32>, %v: tensor<?x2x?x1xf32>)
    -> (tensor<?x4x?x1xf32>, tensor<?x4x?xf32>) attributes {
    inputs = [
      dense<[[[[-0.265625, 0.546875]], [[-1.65625, 1.78125]], [[0.890625, -0.140625]],
        [[0.96875, -1.65625]]], [[[-1.359375, 1.96875]], [[-1.890625, 0.359375]], [[-0.140625, 0.625]],
        [[0.453125, 0.390625]]]]> : tensor<2x4x1x2xf32>,
      dense<[[[[-0.109375, 1.75], [-1.375, 0.1875]], [[-1.921875, 1.203125], [0.90625, -1.59375]]],
        [[[1.0, -1.4375], [1.953125, -1.21875]], [[1.5, -1.890625],
        [-1.15625, 0.0]]]]> : tensor<2x2x2x2xf32>,
      dense<[[[[1.0625], [-0.703125]], [[0.171875], [1.34375]]], [[[-1.75], [0.953125]], [[1.59375],
        [0.65625]]]]> : tensor<2x2x2x1xf32>],
    expected = [
      dense<[[[[0.3396764]], [[0.3899987]], [[1.211177]], [[1.337402]]], [[[-0.7993513]], [[-1.133202]],
        [[0.8904382]], [[1.201391]]]]> : tensor<2x4x1x1xf32>,
      dense<[[[1.223861], [2.811744], [0.8492594], [2.492735]], [[-2.529012], [-1.443163], [0.4023903],
        [0.5005678]]]> : tensor<2x4x1xf32>],
    tolerance = 1.0e-6} {
  %r, %l = ashlar.attention %q, %k, %v
    : tensor<?x4x?x2xf32>, tensor<?x2x?x2xf32>, tensor<?x2x?x1xf32>
    -> tensor<?x4x?x1xf32>, tensor<?x4x?xf32>
  return %r, %l : tensor<?x4x?x1xf32>, tensor<?x4x?xf32>
}

func.func @multi_query_wider_values(
    %q: tensor<?x2x?x1xf16>, %k: tensor<?x1x?x1xf16>, %v: tensor<?x1x?x3xf16>)
    -> tensor<?x2x?x3xf16> attributes {
    inputs = [
      dense<[[[[1.265625], [0.0625]], [[1.3125], [1.515625]]]]> : tensor<1x2x2x1xf16>,
      dense<[[[[-1.484375], [-1.390625]]]]> : tensor<1x1x2x1xf16>,
      dense<[[[[0.046875, 1.484375, 1.109375], [0.4375, 1.109375, -1.40625]]]]> : tensor<1x1x2x3xf16>],
    expected = [
      dense<[[[[0.253662109375, 1.2861328125, -0.2230224609375],
        [0.2427978515625, 1.2958984375, -0.152099609375]], [[0.254150390625, 1.28515625, -0.2257080078125],
        [0.256103515625, 1.283203125, -0.2376708984375]]]]> : tensor<1x2x2x3xf16>],
    tolerance = 2.0e-3} {
  %r = ashlar.attention %q, %k, %v
    : tensor<?x2x?x1xf16>, tensor<?x1x?x1xf16>, tensor<?x1x?x3xf16>
    -> tensor<?x2x?x3xf16>
  return %r : tensor<?x2x?x3xf16>
}

// The last query sees the last key: row 0 sees three keys, row 1 all four.
func.func @causal_more_keys_than_queries(
    %q: tensor<?x1x?x2xf32>, %k: tensor<?x1x?x2xf32>, %v: tensor<?x1x?x1xf32>)
    -> (tensor<?x1x?x1xf32>, tensor<?x1x?xf32>) attributes {
    inputs = [
      dense<[[[[-1.4375, 0.46875], [-1.515625, -1.75]]]]> : tensor<1x1x2x2xf32>,
      dense<[[[[0.734375, 0.125], [-0.0625, 1.109375], [1.53125, -1.765625],
        [-1.234375, -1.828125]]]]> : tensor<1x1x4x2xf32>,
      dense<[[[[-1.609375], [-0.1875], [-1.890625], [1.578125]]]]> : tensor<1x1x4x1xf32>],
    expected = [
      dense<[[[[-0.6071653], [1.377904]]]]> : tensor<1x1x2x1xf32>,
      dense<[[[0.7657979, 3.64909]]]> : tensor<1x1x2xf32>],
    tolerance = 1.0e-6} {
  %r, %l = ashlar.attention %q, %k, %v causal
    : tensor<?x1x?x2xf32>, tensor<?x1x?x2xf32>, tensor<?x1x?x1xf32>
    -> tensor<?x1x?x1xf32>, tensor<?x1x?xf32>
  return %r, %l : tensor<?x1x?x1xf32>, tensor<?x1x?xf32>
}

// Row 0 sees no key at all: its output is 0 and its log-sum-exp minus infinity.
func.func @causal_fewer_keys_than_queries(
    %q: tensor<1x1x3x2xf32>, %k: tensor<1x1x2x2xf32>, %v: tensor<1x1x2x1xf32>)
    -> (tensor<1x1x3x1xf32>, tensor<1x1x3xf32>) attributes {
    inputs = [
      dense<[[[[-1.75, -0.703125], [1.890625, 0.421875], [-1.203125, -0.890625]]]]> : tensor<1x1x3x2xf32>,
      dense<[[[[0.03125, 1.234375], [0.03125, -1.015625]]]]> : tensor<1x1x2x2xf32>,
      dense<[[[[0.09375], [1.5]]]]> : tensor<1x1x2x1xf32>],
    expected = [
      dense<[[[[0.0], [0.09375], [1.22559]]]]> : tensor<1x1x3x1xf32>,
      dense<[[[0xFF800000, 0.4100045, 0.8301037]]]> : tensor<1x1x3xf32>],
    tolerance = 1.0e-6} {
  %r, %l = ashlar.attention %q, %k, %v causal
    : tensor<1x1x3x2xf32>, tensor<1x1x2x2xf32>, tensor<1x1x2x1xf32>
    -> tensor<1x1x3x1xf32>, tensor<1x1x3xf32>
  return %r, %l : tensor<1x1x3x1xf32>, tensor<1x1x3xf32>
}

func.func @boolean_mask_with_an_empty_row(
    %q: tensor<?x2x?x2xf32>, %k: tensor<?x1x?x2xf32>, %v: tensor<?x1x?x2xf32>, %m: tensor<1x1x?x?xi1>)
    -> (tensor<?x2x?x2xf32>, tensor<?x2x?xf32>) attributes {
    inputs = [
      dense<[[[[1.71875, 1.6875], [1.578125, -1.1875]], [[-0.203125, -0.328125],
        [-0.4375, -0.734375]]]]> : tensor<1x2x2x2xf32>,
      dense<[[[[0.6875, -0.28125], [-1.15625, -0.78125]]]]> : tensor<1x1x2x2xf32>,
      dense<[[[[-1.515625, 1.109375], [1.765625, 0.578125]]]]> : tensor<1x1x2x2xf32>,
      dense<[[[[true, false], [false, false]]]]> : tensor<1x1x2x2xi1>],
    expected = [
      dense<[[[[-1.515625, 1.109375], [0.0, 0.0]], [[-1.515625, 1.109375],
        [0.0, 0.0]]]]> : tensor<1x2x2x2xf32>,
      dense<[[[0.4999466, 0xFF800000], [-0.0334909, 0xFF800000]]]> : tensor<1x2x2xf32>],
    tolerance = 1.0e-6} {
  %r, %l = ashlar.attention %q, %k, %v mask %m
    : tensor<?x2x?x2xf32>, tensor<?x1x?x2xf32>, tensor<?x1x?x2xf32>, tensor<1x1x?x?xi1>
    -> tensor<?x2x?x2xf32>, tensor<?x2x?xf32>
  return %r, %l : tensor<?x2x?x2xf32>, tensor<?x2x?xf32>
}

func.func @additive_mask_broadcast_over_queries(
    %q: tensor<2x1x2x2xbf16>, %k: tensor<2x1x3x2xbf16>, %v: tensor<2x1x3x1xbf16>, %m: tensor<2x1x1x3xf32>)
    -> tensor<2x1x2x1xf32> attributes {
    inputs = [
      dense<[[[[-0.53125, -0.984375], [-1.453125, -0.125]]], [[[0.984375, -1.625],
        [1.546875, -1.34375]]]]> : tensor<2x1x2x2xbf16>,
      dense<[[[[0.671875, -1.109375], [0.828125, 1.96875], [-0.390625, -0.3125]]], [[[-0.578125, -1.625],
        [-0.53125, -0.640625], [-0.171875, 0.8125]]]]> : tensor<2x1x3x2xbf16>,
      dense<[[[[-0.46875], [0.0625], [-0.8125]]], [[[1.84375], [-1.546875],
        [1.671875]]]]> : tensor<2x1x3x1xbf16>,
      dense<[[[[0.0, -1.0, 0.5]]], [[[0.0, 0xFF800000, 0xFF800000]]]]> : tensor<2x1x1x3xf32>],
    expected = [
      dense<[[[[-0.6577763], [-0.7175006]]], [[[1.84375], [1.84375]]]]> : tensor<2x1x2x1xf32>],
    tolerance = 1.0e-6} {
  %r = ashlar.attention %q, %k, %v mask %m
    : tensor<2x1x2x2xbf16>, tensor<2x1x3x2xbf16>, tensor<2x1x3x1xbf16>, tensor<2x1x1x3xf32>
    -> tensor<2x1x2x1xf32>
  return %r : tensor<2x1x2x1xf32>
}

func.func @additive_mask_of_minus_infinity(
    %q: tensor<1x1x1x1xf16>, %k: tensor<1x1x2x1xf16>, %v: tensor<1x1x2x2xf16>, %m: tensor<1x1x1x2xf16>)
    -> (tensor<1x1x1x2xf16>, tensor<1x1x1xf32>) attributes {
    inputs = [
      dense<[[[[-1.078125]]]]> : tensor<1x1x1x1xf16>,
      dense<[[[[1.5], [-1.65625]]]]> : tensor<1x1x2x1xf16>,
      dense<[[[[-0.90625, 1.625], [-1.28125, 1.015625]]]]> : tensor<1x1x2x2xf16>,
      dense<[[[[0xFC00, 0xFC00]]]]> : tensor<1x1x1x2xf16>],
    expected = [
      dense<[[[[0.0, 0.0]]]]> : tensor<1x1x1x2xf16>,
      dense<[[[0xFF800000]]]> : tensor<1x1x1xf32>],
    tolerance = 1.0e-6} {
  %r, %l = ashlar.attention %q, %k, %v mask %m
    : tensor<1x1x1x1xf16>, tensor<1x1x2x1xf16>, tensor<1x1x2x2xf16>, tensor<1x1x1x2xf16>
    -> tensor<1x1x1x2xf16>, tensor<1x1x1xf32>
  return %r, %l : tensor<1x1x1x2xf16>, tensor<1x1x1xf32>
}

func.func @softcap_scale_causal_and_mask(
    %q: tensor<1x2x2x3xf32>, %k: tensor<1x2x2x3xf32>, %v: tensor<1x2x2x1xf32>, %m: tensor<1x2x2x2xf32>)
    -> (tensor<1x2x2x1xf32>, tensor<1x2x2xf32>) attributes {
    inputs = [
      dense<[[[[1.28125, 1.390625, 0.703125], [1.78125, -0.375, 0.140625]], [[0.0625, -0.015625, -0.6875],
        [-0.890625, 1.203125, -1.265625]]]]> : tensor<1x2x2x3xf32>,
      dense<[[[[1.578125, -0.921875, -1.9375], [-1.640625, -0.953125, 0.4375]],
        [[-1.109375, -0.9375, -1.515625], [-1.953125, 1.984375, -0.328125]]]]> : tensor<1x2x2x3xf32>,
      dense<[[[[1.65625], [0.484375]], [[-1.828125], [0.84375]]]]> : tensor<1x2x2x1xf32>,
      dense<[[[[0.875, 0.9375], [-0.46875, -0.640625]], [[0.859375, 0.25],
        [0.0625, -0.59375]]]]> : tensor<1x2x2x2xf32>],
    expected = [
      dense<[[[[1.65625], [1.608863]], [[-1.828125], [-0.8998226]]]]> : tensor<1x2x2x1xf32>,
      dense<[[[-0.1455147, 1.071158], [2.158206, 1.963412]]]> : tensor<1x2x2xf32>],
    tolerance = 2.0e-6} {
  %r, %l = ashlar.attention %q, %k, %v mask %m causal scale 2.0 softcap 1.5
    : tensor<1x2x2x3xf32>, tensor<1x2x2x3xf32>, tensor<1x2x2x1xf32>, tensor<1x2x2x2xf32>
    -> tensor<1x2x2x1xf32>, tensor<1x2x2xf32>
  return %r, %l : tensor<1x2x2x1xf32>, tensor<1x2x2xf32>
}

func.func @size_one(
    %q: tensor<1x1x1x1xbf16>, %k: tensor<1x1x1x1xbf16>, %v: tensor<1x1x1x1xbf16>)
    -> (tensor<1x1x1x1xbf16>, tensor<1x1x1xf32>) attributes {
    inputs = [
      dense<[[[[-0.21875]]]]> : tensor<1x1x1x1xbf16>,
      dense<[[[[0.6875]]]]> : tensor<1x1x1x1xbf16>,
      dense<[[[[-0.921875]]]]> : tensor<1x1x1x1xbf16>],
    expected = [
      dense<[[[[-0.921875]]]]> : tensor<1x1x1x1xbf16>,
      dense<[[[-0.1503906]]]> : tensor<1x1x1xf32>],
    tolerance = 1.0e-5} {
  %r, %l = ashlar.attention %q, %k, %v
    : tensor<1x1x1x1xbf16>, tensor<1x1x1x1xbf16>, tensor<1x1x1x1xbf16>
    -> tensor<1x1x1x1xbf16>, tensor<1x1x1xf32>
  return %r, %l : tensor<1x1x1x1xbf16>, tensor<1x1x1xf32>
}

// Scores of 200 and -200 overflow exp in f32, but not after the maximum is subtracted.
func.func @large_scores(%q: tensor<1x1x1x1xf32>, %k: tensor<1x1x2x1xf32>) -> tensor<1x1x1x1xf32> attributes {
    inputs = [dense<20.0> : tensor<1x1x1x1xf32>, dense<[[[[10.0], [-10.0]]]]> : tensor<1x1x2x1xf32>],
    expected = [dense<10.0> : tensor<1x1x1x1xf32>]} {
  %r = ashlar.attention %q, %k, %k
    : tensor<1x1x1x1xf32>, tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32> -> tensor<1x1x1x1xf32>
  return %r : tensor<1x1x1x1xf32>
}

// No key at all.
func.func @no_keys(%q: tensor<1x1x2x1xf32>, %k: tensor<1x1x?x1xf32>)
    -> (tensor<1x1x2x1xf32>, tensor<1x1x2xf32>) attributes {
    inputs = [dense<1.0> : tensor<1x1x2x1xf32>, dense<> : tensor<1x1x0x1xf32>],
    expected = [dense<0.0> : tensor<1x1x2x1xf32>, dense<0xFF800000> : tensor<1x1x2xf32>]} {
  %r, %l = ashlar.attention %q, %k, %k
    : tensor<1x1x2x1xf32>, tensor<1x1x?x1xf32>, tensor<1x1x?x1xf32> -> tensor<1x1x2x1xf32>, tensor<1x1x2xf32>
  return %r, %l : tensor<1x1x2x1xf32>, tensor<1x1x2xf32>
}
