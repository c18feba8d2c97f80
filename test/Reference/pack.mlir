// RUN: ashlar-test-reference %s
//
// Packing is a permutation; the expected order is written out by hand.

// Blocks of 2 rows and 2 columns, rows fastest inside a block:
//   0 1 | 2 3
//   4 5 | 6 7   ->   0 4 1 5, 2 6 3 7
func.func @blocked_i8(%w: tensor<2x4xi8>) -> tensor<8xi8> attributes {
    inputs = [dense<[[0, 1, 2, 3], [4, 5, 6, 7]]> : tensor<2x4xi8>],
    expected = [dense<[0, 4, 1, 5, 2, 6, 3, 7]> : tensor<8xi8>]} {
  %r = ashlar.pack %w packing<"blocked", [[?, 2], [?, 2]] -> [0, 2, 3, 1]> : tensor<2x4xi8> -> tensor<8xi8>
  return %r : tensor<8xi8>
}

// The same order of i4 elements, two in each byte, the first in the low half: 0x40, 0x51, 0x62, 0x73.
func.func @blocked_i4_in_bytes(%w: tensor<2x4xi4>) -> tensor<4xi8> attributes {
    inputs = [dense<[[0, 1, 2, 3], [4, 5, 6, 7]]> : tensor<2x4xi4>],
    expected = [dense<[0x40, 0x51, 0x62, 0x73]> : tensor<4xi8>]} {
  %r = ashlar.pack %w packing<"blocked", [[?, 2], [?, 2]] -> [0, 2, 3, 1]> : tensor<2x4xi4> -> tensor<4xi8>
  return %r : tensor<4xi8>
}

// Eight i4 elements in an i32, evens before odds: 0 2 4 6 1 3 5 7. The element -1 keeps to its four bits.
func.func @interleaved_i4_in_words(%w: tensor<8xi4>) -> tensor<1xi32> attributes {
    inputs = [dense<[-1, 1, 2, 3, 4, 5, 6, 7]> : tensor<8xi4>],
    expected = [dense<0x7531642F> : tensor<1xi32>]} {
  %r = ashlar.pack %w packing<"interleaved", [[?, 2]] -> [1, 0]> : tensor<8xi4> -> tensor<1xi32>
  return %r : tensor<1xi32>
}

func.func @unpack_words(%p: tensor<1xi32>) -> tensor<8xi4> attributes {
    inputs = [dense<0x7531642F> : tensor<1xi32>],
    expected = [dense<[-1, 1, 2, 3, 4, 5, 6, 7]> : tensor<8xi4>]} {
  %r = ashlar.unpack %p packing<"interleaved", [[?, 2]] -> [1, 0]> : tensor<1xi32> -> tensor<8xi4>
  return %r : tensor<8xi4>
}

func.func @unpack_blocked_f16(%p: tensor<6xf16>) -> tensor<2x3xf16> attributes {
    inputs = [dense<[0.0, 3.0, 1.0, 4.0, 2.0, 5.0]> : tensor<6xf16>],
    expected = [dense<[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]> : tensor<2x3xf16>]} {
  %r = ashlar.unpack %p packing<"transposed", [[?], [?]] -> [1, 0]> : tensor<6xf16> -> tensor<2x3xf16>
  return %r : tensor<2x3xf16>
}

// A kernel's region that reads a packed weight says what it computes: the result is that of the plain weight.
func.func @packed_weight(%x: tensor<?x4xf32>, %w: tensor<2x4xi4>, %s: tensor<2xf32>)
    -> tensor<?x2xf32> attributes {
    inputs = [dense<[[1.0, 2.0, 3.0, 4.0]]> : tensor<1x4xf32>,
              dense<[[1, 2, 3, 4], [-1, -2, -3, -8]]> : tensor<2x4xi4>, dense<[1.0, 0.5]> : tensor<2xf32>],
    expected = [dense<[[30.0, -23.0]]> : tensor<1x2xf32>]} {
  %p = ashlar.pack %w packing<"blocked", [[?, 2], [?, 2]] -> [0, 2, 3, 1]> : tensor<2x4xi4> -> tensor<1xi32>
  %r = ashlar.kernel (%a = %x : tensor<?x4xf32>, %b = %p : tensor<1xi32>, %c = %s : tensor<2xf32>)
      -> tensor<?x2xf32> {
    %u = ashlar.unpack %b packing<"blocked", [[?, 2], [?, 2]] -> [0, 2, 3, 1]>
      : tensor<1xi32> -> tensor<2x4xi4>
    %y = ashlar.quantized_matmul %a, %u scales %c
      : (tensor<?x4xf32>, tensor<2x4xi4>, tensor<2xf32>) -> tensor<?x2xf32>
    ashlar.yield %y : tensor<?x2xf32>
  }
  return %r : tensor<?x2xf32>
}
