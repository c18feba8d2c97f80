// RUN: ashlar-opt %s -split-input-file -verify-diagnostics
//
// One function for each constraint; its name ends with the constraint's label.

func.func @weight_rank_c1(%x: tensor<2x8xf16>, %w: tensor<1x4x8xi4>, %s: tensor<f16>) {
  // expected-error @+1 {{'ashlar.quantized_matmul' op C1: expected input and result of one rank, 2 or more, and a weight of rank 2, got 2, 2 and 3}}
  %r = ashlar.quantized_matmul %x, %w scales %s
    : (tensor<2x8xf16>, tensor<1x4x8xi4>, tensor<f16>) -> tensor<2x4xf16>
  return
}

// -----

func.func @integer_result_c2(%x: tensor<2x8xi8>, %w: tensor<4x8xi4>, %s: tensor<f16>, %i: tensor<f32>) {
  // expected-error @+1 {{'ashlar.quantized_matmul' op C2: expected an input of f32, f16, bf16 or i8, scales and a result of f32, f16 or bf16, got 'i8', 'f16' and 'i32'}}
  %r = ashlar.quantized_matmul %x, %w scales %s input_scale %i
    : (tensor<2x8xi8>, tensor<4x8xi4>, tensor<f16>, tensor<f32>) -> tensor<2x4xi32>
  return
}

// -----

func.func @weight_type_c3(%x: tensor<2x8xf16>, %w: tensor<4x8xi16>, %s: tensor<f16>) {
  // expected-error @+1 {{'ashlar.quantized_matmul' op C3: expected a static weight of i4 or i8, each size at least 1, got 'tensor<4x8xi16>'}}
  %r = ashlar.quantized_matmul %x, %w scales %s
    : (tensor<2x8xf16>, tensor<4x8xi16>, tensor<f16>) -> tensor<2x4xf16>
  return
}

// -----

func.func @empty_weight_c3(%x: tensor<2x0xf16>, %w: tensor<4x0xi4>, %s: tensor<f16>) {
  // expected-error @+1 {{'ashlar.quantized_matmul' op C3: expected a static weight}}
  %r = ashlar.quantized_matmul %x, %w scales %s
    : (tensor<2x0xf16>, tensor<4x0xi4>, tensor<f16>) -> tensor<2x4xf16>
  return
}

// -----

func.func @sum_size_c4(%x: tensor<2x?xf16>, %w: tensor<4x8xi4>, %s: tensor<f16>) {
  // expected-error @+1 {{'ashlar.quantized_matmul' op C4: expected a last dimension of 8 in the input, as in the weight, got [2x?]}}
  %r = ashlar.quantized_matmul %x, %w scales %s
    : (tensor<2x?xf16>, tensor<4x8xi4>, tensor<f16>) -> tensor<2x4xf16>
  return
}

// -----

func.func @scales_c5(%x: tensor<2x8xf16>, %w: tensor<4x8xi4>, %s: tensor<4x3xf16>) {
  // expected-error @+1 {{'ashlar.quantized_matmul' op C5: expected scales of the shape [], [N] or [N, K / g] for the weight [4x8], got [4x3]}}
  %r = ashlar.quantized_matmul %x, %w scales %s
    : (tensor<2x8xf16>, tensor<4x8xi4>, tensor<4x3xf16>) -> tensor<2x4xf16>
  return
}

// -----

func.func @zero_points_c6(%x: tensor<2x8xf16>, %w: tensor<4x8xi4>, %s: tensor<4x2xf16>, %z: tensor<4xi4>) {
  // expected-error @+1 {{'ashlar.quantized_matmul' op C6: expected zero_points of 'i4' and the shape [4x2], got 'tensor<4xi4>'}}
  %r = ashlar.quantized_matmul %x, %w scales %s zero_points %z
    : (tensor<2x8xf16>, tensor<4x8xi4>, tensor<4x2xf16>, tensor<4xi4>) -> tensor<2x4xf16>
  return
}

// -----

func.func @missing_input_scale_c7(%x: tensor<2x8xi8>, %w: tensor<4x8xi4>, %s: tensor<f16>) {
  // expected-error @+1 {{'ashlar.quantized_matmul' op C7: expected an input_scale for activations of 'i8'}}
  %r = ashlar.quantized_matmul %x, %w scales %s
    : (tensor<2x8xi8>, tensor<4x8xi4>, tensor<f16>) -> tensor<2x4xf16>
  return
}

// -----

func.func @superfluous_input_scale_c7(%x: tensor<2x8xf16>, %w: tensor<4x8xi4>, %s: tensor<f16>,
                                      %i: tensor<f32>) {
  // expected-error @+1 {{'ashlar.quantized_matmul' op C7: expected no input_scale for activations of 'f16'}}
  %r = ashlar.quantized_matmul %x, %w scales %s input_scale %i
    : (tensor<2x8xf16>, tensor<4x8xi4>, tensor<f16>, tensor<f32>) -> tensor<2x4xf16>
  return
}

// -----

func.func @input_scale_shape_c7(%x: tensor<3x2x8xi8>, %w: tensor<4x8xi4>, %s: tensor<f16>,
                                %i: tensor<2xf32>) {
  // expected-error @+1 {{'ashlar.quantized_matmul' op C7: expected an input_scale of f32 and the shape [] or [3x2], got 'tensor<2xf32>'}}
  %r = ashlar.quantized_matmul %x, %w scales %s input_scale %i
    : (tensor<3x2x8xi8>, tensor<4x8xi4>, tensor<f16>, tensor<2xf32>) -> tensor<3x2x4xf16>
  return
}

// -----

func.func @result_shape_c8(%x: tensor<?x8xf16>, %w: tensor<4x8xi4>, %s: tensor<f16>) {
  // expected-error @+1 {{'ashlar.quantized_matmul' op C8: expected the result shape [?x4], got [?x8]}}
  %r = ashlar.quantized_matmul %x, %w scales %s
    : (tensor<?x8xf16>, tensor<4x8xi4>, tensor<f16>) -> tensor<?x8xf16>
  return
}
