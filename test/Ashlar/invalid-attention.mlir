// RUN: ashlar-opt %s -split-input-file -verify-diagnostics
//
// One function for each constraint; its name ends with the constraint's label.

func.func @rank_three_c1(%q: tensor<4x7x8xf32>, %k: tensor<1x4x7x8xf32>) {
  // expected-error @+1 {{'ashlar.attention' op C1: expected query of rank 4, got 'tensor<4x7x8xf32>'}}
  %r = ashlar.attention %q, %k, %k
    : tensor<4x7x8xf32>, tensor<1x4x7x8xf32>, tensor<1x4x7x8xf32> -> tensor<1x4x7x8xf32>
  return
}

// -----

func.func @log_sum_exp_rank_c1(%q: tensor<1x4x7x8xf32>) {
  // expected-error @+1 {{'ashlar.attention' op C1: expected log_sum_exp of rank 3, got 'tensor<1x4x7x1xf32>'}}
  %r, %l = ashlar.attention %q, %q, %q
    : tensor<1x4x7x8xf32>, tensor<1x4x7x8xf32>, tensor<1x4x7x8xf32>
    -> tensor<1x4x7x8xf32>, tensor<1x4x7x1xf32>
  return
}

// -----

func.func @integer_operands_c2(%q: tensor<1x4x7x8xi8>) {
  // expected-error @+1 {{'ashlar.attention' op C2: expected query, key and value of one element type, f32, f16 or bf16, got 'i8', 'i8' and 'i8'}}
  %r = ashlar.attention %q, %q, %q
    : tensor<1x4x7x8xi8>, tensor<1x4x7x8xi8>, tensor<1x4x7x8xi8> -> tensor<1x4x7x8xf32>
  return
}

// -----

func.func @output_type_c3(%q: tensor<1x4x7x8xf32>) {
  // expected-error @+1 {{'ashlar.attention' op C3: expected an output of f32, f16 or bf16, got 'f64'}}
  %r = ashlar.attention %q, %q, %q
    : tensor<1x4x7x8xf32>, tensor<1x4x7x8xf32>, tensor<1x4x7x8xf32> -> tensor<1x4x7x8xf64>
  return
}

// -----

func.func @log_sum_exp_type_c3(%q: tensor<1x4x7x8xf16>) {
  // expected-error @+1 {{'ashlar.attention' op C3: expected a log_sum_exp of f32, got 'f16'}}
  %r, %l = ashlar.attention %q, %q, %q
    : tensor<1x4x7x8xf16>, tensor<1x4x7x8xf16>, tensor<1x4x7x8xf16> -> tensor<1x4x7x8xf16>, tensor<1x4x7xf16>
  return
}

// -----

func.func @mask_type_c4(%q: tensor<1x4x7x8xf32>, %m: tensor<1x1x7x7xi8>) {
  // expected-error @+1 {{'ashlar.attention' op C4: expected a mask of i1, f32, f16 or bf16, got 'i8'}}
  %r = ashlar.attention %q, %q, %q mask %m
    : tensor<1x4x7x8xf32>, tensor<1x4x7x8xf32>, tensor<1x4x7x8xf32>, tensor<1x1x7x7xi8> -> tensor<1x4x7x8xf32>
  return
}

// -----

func.func @dynamic_heads_c5(%q: tensor<1x?x7x8xf32>) {
  // expected-error @+1 {{'ashlar.attention' op C5: expected static heads and head sizes of at least 1, got query [1x?x7x8]}}
  %r = ashlar.attention %q, %q, %q
    : tensor<1x?x7x8xf32>, tensor<1x?x7x8xf32>, tensor<1x?x7x8xf32> -> tensor<1x?x7x8xf32>
  return
}

// -----

func.func @batches_c6(%q: tensor<?x4x7x8xf32>, %k: tensor<2x4x7x8xf32>, %v: tensor<3x4x7x8xf32>) {
  // expected-error @+1 {{'ashlar.attention' op C6: expected one batch size, got [?x4x7x8], [2x4x7x8] and [3x4x7x8]}}
  %r = ashlar.attention %q, %k, %v
    : tensor<?x4x7x8xf32>, tensor<2x4x7x8xf32>, tensor<3x4x7x8xf32> -> tensor<?x4x7x8xf32>
  return
}

// -----

func.func @groups_of_heads_c7(%q: tensor<1x4x7x8xf32>, %k: tensor<1x3x7x8xf32>) {
  // expected-error @+1 {{'ashlar.attention' op C7: expected as many heads in key as in value, dividing the query's 4, got 3 and 3}}
  %r = ashlar.attention %q, %k, %k
    : tensor<1x4x7x8xf32>, tensor<1x3x7x8xf32>, tensor<1x3x7x8xf32> -> tensor<1x4x7x8xf32>
  return
}

// -----

func.func @key_and_value_lengths_c7(%q: tensor<1x4x7x8xf32>, %k: tensor<1x4x9x8xf32>) {
  // expected-error @+1 {{'ashlar.attention' op C7: expected one length of key and value, got 9 and 7}}
  %r = ashlar.attention %q, %k, %q
    : tensor<1x4x7x8xf32>, tensor<1x4x9x8xf32>, tensor<1x4x7x8xf32> -> tensor<1x4x7x8xf32>
  return
}

// -----

func.func @head_sizes_c8(%q: tensor<1x4x7x8xf32>, %k: tensor<1x4x7x16xf32>) {
  // expected-error @+1 {{'ashlar.attention' op C8: expected one head size of query and key, got 8 and 16}}
  %r = ashlar.attention %q, %k, %k
    : tensor<1x4x7x8xf32>, tensor<1x4x7x16xf32>, tensor<1x4x7x16xf32> -> tensor<1x4x7x16xf32>
  return
}

// -----

func.func @mask_keys_not_broadcast_c9(%q: tensor<1x4x7x8xf32>, %m: tensor<1x1x7x1xi1>) {
  // expected-error @+1 {{'ashlar.attention' op C9: expected a mask of shape [1x4x7x7], or with 1 in its first three dimensions, got [1x1x7x1]}}
  %r = ashlar.attention %q, %q, %q mask %m
    : tensor<1x4x7x8xf32>, tensor<1x4x7x8xf32>, tensor<1x4x7x8xf32>, tensor<1x1x7x1xi1> -> tensor<1x4x7x8xf32>
  return
}

// -----

func.func @softcap_zero_c10(%q: tensor<1x4x7x8xf32>) {
  // expected-error @+1 {{'ashlar.attention' op C10: expected a finite softcap above 0, got 0}}
  %r = ashlar.attention %q, %q, %q softcap 0.0
    : tensor<1x4x7x8xf32>, tensor<1x4x7x8xf32>, tensor<1x4x7x8xf32> -> tensor<1x4x7x8xf32>
  return
}

// -----

func.func @infinite_scale_c10(%q: tensor<1x4x7x8xf32>) {
  // expected-error @+1 {{'ashlar.attention' op C10: expected a finite scale, got}}
  %r = ashlar.attention %q, %q, %q scale 0x7F800000
    : tensor<1x4x7x8xf32>, tensor<1x4x7x8xf32>, tensor<1x4x7x8xf32> -> tensor<1x4x7x8xf32>
  return
}

// -----

func.func @output_shape_c11(%q: tensor<?x4x7x8xf32>, %v: tensor<2x4x7x3xf32>) {
  // expected-error @+1 {{'ashlar.attention' op C11: expected the output shape [2x4x7x3], got [2x4x7x8]}}
  %r = ashlar.attention %q, %q, %v
    : tensor<?x4x7x8xf32>, tensor<?x4x7x8xf32>, tensor<2x4x7x3xf32> -> tensor<2x4x7x8xf32>
  return
}

// -----

func.func @log_sum_exp_shape_c11(%q: tensor<1x4x7x8xf32>) {
  // expected-error @+1 {{'ashlar.attention' op C11: expected the log_sum_exp shape [1x4x7], got [1x7x4]}}
  %r, %l = ashlar.attention %q, %q, %q
    : tensor<1x4x7x8xf32>, tensor<1x4x7x8xf32>, tensor<1x4x7x8xf32> -> tensor<1x4x7x8xf32>, tensor<1x7x4xf32>
  return
}
