// RUN: ashlar-opt %s -split-input-file -verify-diagnostics
//
// One function for each constraint; its name ends with the constraint's label.

func.func @rank_one_c1(%a: tensor<4xf32>, %b: tensor<4x4xf32>) {
  // expected-error @+1 {{'ashlar.matmul' op C1: expected ranks of 2 or more, got 1, 2 and 2}}
  %r = ashlar.matmul %a, %b : tensor<4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  return
}

// -----

func.func @mixed_operands_c2(%a: tensor<4x4xf16>, %b: tensor<4x4xbf16>) {
  // expected-error @+1 {{'ashlar.matmul' op C2: expected operands of one element type, f32, f16, bf16 or i8, got 'f16' and 'bf16'}}
  %r = ashlar.matmul %a, %b : tensor<4x4xf16>, tensor<4x4xbf16> -> tensor<4x4xf32>
  return
}

// -----

func.func @doubles_c2(%a: tensor<4x4xf64>) {
  // expected-error @+1 {{'ashlar.matmul' op C2: expected operands of one element type}}
  %r = ashlar.matmul %a, %a : tensor<4x4xf64>, tensor<4x4xf64> -> tensor<4x4xf64>
  return
}

// -----

func.func @integer_result_c3(%a: tensor<4x4xf32>) {
  // expected-error @+1 {{'ashlar.matmul' op C3: expected a result of f32, f16 or bf16 for operands of 'f32', got 'i32'}}
  %r = ashlar.matmul %a, %a : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xi32>
  return
}

// -----

func.func @float_result_c3(%a: tensor<4x4xi8>) {
  // expected-error @+1 {{'ashlar.matmul' op C3: expected a result of i32 for operands of 'i8', got 'f32'}}
  %r = ashlar.matmul %a, %a : tensor<4x4xi8>, tensor<4x4xi8> -> tensor<4x4xf32>
  return
}

// -----

func.func @other_batches_c4(%a: tensor<2x4x4xf32>, %b: tensor<3x4x4xf32>) {
  // expected-error @+1 {{'ashlar.matmul' op C4: expected a right operand of rank 2 or with the batch dimensions [2], got the shape [3x4x4]}}
  %r = ashlar.matmul %a, %b : tensor<2x4x4xf32>, tensor<3x4x4xf32> -> tensor<2x4x4xf32>
  return
}

// -----

func.func @batches_on_the_right_only_c4(%a: tensor<4x4xf32>, %b: tensor<2x4x4xf32>) {
  // expected-error @+1 {{'ashlar.matmul' op C4: expected a right operand of rank 2 or with the batch dimensions [], got the shape [2x4x4]}}
  %r = ashlar.matmul %a, %b : tensor<4x4xf32>, tensor<2x4x4xf32> -> tensor<2x4x4xf32>
  return
}

// -----

func.func @sum_sizes_c5(%a: tensor<?x8xf32>, %b: tensor<8x4xf32>) {
  // expected-error @+1 {{'ashlar.matmul' op C5: expected one size of the dimension summed over, got 8 in dimension 1 of the left and 4 in dimension 1 of the right operand}}
  %r = ashlar.matmul %a, transpose %b : tensor<?x8xf32>, tensor<8x4xf32> -> tensor<?x8xf32>
  return
}

// -----

func.func @result_shape_c6(%a: tensor<2x?x8xf32>, %b: tensor<8x4xf32>) {
  // expected-error @+1 {{'ashlar.matmul' op C6: expected the result shape [2x?x4], got [2x4x8]}}
  %r = ashlar.matmul %a, %b : tensor<2x?x8xf32>, tensor<8x4xf32> -> tensor<2x4x8xf32>
  return
}
