// RUN: ashlar-opt %s -split-input-file -verify-diagnostics
//
// One function for each constraint; its name ends with the constraint's label.

func.func @pack_factors_c1(%w: tensor<12x8xi4>) {
  // expected-error @+1 {{'ashlar.pack' op C1: expected a static tensor that the factors of #ashlar.packing<"a", }}
  %r = ashlar.pack %w packing<"a", [[?, 8], [?]] -> [0, 2, 1]> : tensor<12x8xi4> -> tensor<96xi4>
  return
}

// -----

func.func @pack_dynamic_c1(%w: tensor<?x8xi4>) {
  // expected-error @+1 {{'ashlar.pack' op C1: expected a static tensor}}
  %r = ashlar.pack %w packing<"a", [[?, 8], [?]] -> [0, 2, 1]> : tensor<?x8xi4> -> tensor<96xi4>
  return
}

// -----

func.func @pack_element_type_c2(%w: tensor<16x8xi8>) {
  // expected-error @+1 {{'ashlar.pack' op C2: expected packed elements of 'i8' or an integer 2, 4, 8, ... times as wide, got 'i4'}}
  %r = ashlar.pack %w packing<"a", [[?, 8], [?]] -> [0, 2, 1]> : tensor<16x8xi8> -> tensor<256xi4>
  return
}

// -----

func.func @pack_size_c3(%w: tensor<16x8xi4>) {
  // expected-error @+1 {{'ashlar.pack' op C3: expected a vector of 128 elements of 'i4', 8 in each 'i32', got 'tensor<17xi32>'}}
  %r = ashlar.pack %w packing<"a", [[?, 8], [?]] -> [0, 2, 1]> : tensor<16x8xi4> -> tensor<17xi32>
  return
}

// -----

func.func @unpack_factors_c1(%p: tensor<96xi4>) {
  // expected-error @+1 {{'ashlar.unpack' op C1: expected a static tensor that the factors of}}
  %r = ashlar.unpack %p packing<"a", [[?, 8], [?]] -> [0, 2, 1]> : tensor<96xi4> -> tensor<12x8xi4>
  return
}

// -----

func.func @unpack_element_type_c2(%p: tensor<128xf32>) {
  // expected-error @+1 {{'ashlar.unpack' op C2: expected packed elements of 'i8'}}
  %r = ashlar.unpack %p packing<"a", [[?, 8], [?]] -> [0, 2, 1]> : tensor<128xf32> -> tensor<16x8xi8>
  return
}

// -----

func.func @unpack_rank_c3(%p: tensor<16x8xi8>) {
  // expected-error @+1 {{'ashlar.unpack' op C3: expected a vector of 128 elements}}
  %r = ashlar.unpack %p packing<"a", [[?, 8], [?]] -> [0, 2, 1]> : tensor<16x8xi8> -> tensor<16x8xi8>
  return
}

// -----

// expected-error @+1 {{packing: expected each of the 3 factors once in the new order, got 3}}
#missing = #ashlar.packing<"a", [[?, 8], [?]] -> [0, 3, 1]>

// -----

// expected-error @+1 {{packing: expected 3 factors in the new order, got 2}}
#short = #ashlar.packing<"a", [[?, 8], [?]] -> [0, 1]>

// -----

// expected-error @+1 {{packing: expected factors of at least 1, or ? as a dimension's first}}
#unknown = #ashlar.packing<"a", [[8, ?], [?]] -> [0, 1, 2]>

// -----

// expected-error @+1 {{packing: expected at least one factor for each dimension}}
#empty = #ashlar.packing<"a", [[], [?]] -> [0]>
