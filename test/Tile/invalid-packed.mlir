// RUN: ashlar-opt %s -split-input-file -verify-diagnostics

tile.kernel @bitcast_bits_c1(%p: !tile.buffer<100xi32, global>) grid affine_map<() -> (1, 1, 1)> threads 32 {
  // expected-error @+1 {{'tile.bitcast' op C1: expected static buffers of rank 1 with as many bits of signless integers, got}}
  %e = tile.bitcast %p : !tile.buffer<100xi32, global> -> !tile.buffer<801xi4, global>
  tile.return
}

// -----

tile.kernel @bitcast_floats_c1(%p: !tile.buffer<100xf32, global>) grid affine_map<() -> (1, 1, 1)> threads 32 {
  // expected-error @+1 {{'tile.bitcast' op C1: expected static buffers of rank 1 with as many bits of signless integers, got}}
  %e = tile.bitcast %p : !tile.buffer<100xf32, global> -> !tile.buffer<100xi32, global>
  tile.return
}

// -----

func.func @unpack_rank_c1(%s: tensor<2x8xi4>) {
  // expected-error @+1 {{'tile.unpack' op C1: expected a map from 2 to 2 coordinates, got affine_map<(d0, d1) -> (d0 * 4 + d1)>}}
  %t = tile.unpack %s map affine_map<(n, k) -> (n * 4 + k)> : tensor<2x8xi4> -> tensor<4x4xi4>
  return
}

// -----

func.func @unpack_elements_c1(%s: tensor<8xi4>) {
  // expected-error @+1 {{'tile.unpack' op C1: expected one element type and as many elements, got}}
  %t = tile.unpack %s map affine_map<(n, k) -> (n * 4 + k)> : tensor<8xi4> -> tensor<4x4xi4>
  return
}

// -----

#packed = #tile.distribution<"thread = [4:1@0], value = [4:4@0]">
#plain = #tile.distribution<"thread = [4:1@0], value = [4:1@1]">
func.func @unpack_distribution_c2(%s: tensor<16xi4, #packed>) {
  // expected-error @+1 {{'tile.unpack' op C2: expected a source distributed as thread = [4:4@0], value = [4:1@0], got thread = [4:1@0], value = [4:4@0]}}
  %t = tile.unpack %s map affine_map<(n, k) -> (n * 4 + k)> : tensor<16xi4, #packed> -> tensor<4x4xi4, #plain>
  return
}

// -----

#packed = #tile.distribution<"thread = [2:1@1], value = [9:1@0]">
#plain = #tile.distribution<"thread = [2:1@0], value = [9:2@0]">
// Steps of 2 along 18 are not even in blocks of 9.
func.func @unpack_irregular_c2(%s: tensor<9x2xi4, #packed>) {
  // expected-error @+1 {{'tile.unpack' op C2: the elements of a thread do not lie regularly in packed order under}}
  %t = tile.unpack %s map affine_map<(i) -> (i mod 9, i floordiv 9)> : tensor<9x2xi4, #packed> -> tensor<18xi4, #plain>
  return
}

// -----

func.func @unpack_by_nothing_c1(%s: tensor<8xi4>) {
  // expected-error @+1 {{'tile.unpack' op C1: expected divisors of at least 1, got affine_map<(d0) -> (d0 mod 0)>}}
  %t = tile.unpack %s map affine_map<(i) -> (i mod 0)> : tensor<8xi4> -> tensor<8xi4>
  return
}
