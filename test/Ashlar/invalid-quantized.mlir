// RUN: ashlar-opt %s -split-input-file -verify-diagnostics
//
// One function for each constraint; its name ends with the constraint's label.

func.func @quantize_input_type_c1(%x: tensor<4x8xi32>, %s: tensor<f32>) {
  // expected-error @+1 {{'ashlar.quantize' op C1: expected input and scale of f32, f16 or bf16, got 'i32' and 'f32'}}
  %r = ashlar.quantize %x scale %s : tensor<4x8xi32>, tensor<f32> -> tensor<4x8xi8>
  return
}

// -----

func.func @quantize_result_type_c2(%x: tensor<4x8xf32>, %s: tensor<f32>) {
  // expected-error @+1 {{'ashlar.quantize' op C2: expected result of i4 or i8, got 'i16'}}
  %r = ashlar.quantize %x scale %s : tensor<4x8xf32>, tensor<f32> -> tensor<4x8xi16>
  return
}

// -----

func.func @quantize_shape_c2(%x: tensor<4x?xf32>, %s: tensor<f32>) {
  // expected-error @+1 {{'ashlar.quantize' op C2: expected one shape of input and result, got [4x?] and [8x4]}}
  %r = ashlar.quantize %x scale %s : tensor<4x?xf32>, tensor<f32> -> tensor<8x4xi8>
  return
}

// -----

func.func @quantize_no_axis_c3(%x: tensor<4x8xf32>, %s: tensor<8xf32>) {
  // expected-error @+1 {{'ashlar.quantize' op C3: expected an axis for a scale of the shape [8]}}
  %r = ashlar.quantize %x scale %s : tensor<4x8xf32>, tensor<8xf32> -> tensor<4x8xi8>
  return
}

// -----

func.func @quantize_axis_c3(%x: tensor<4x8xf32>, %s: tensor<8xf32>) {
  // expected-error @+1 {{'ashlar.quantize' op C3: expected an axis from 0 to 1, got 2}}
  %r = ashlar.quantize %x scale %s axis 2 : tensor<4x8xf32>, tensor<8xf32> -> tensor<4x8xi8>
  return
}

// -----

func.func @quantize_scale_c4(%x: tensor<4x8xf32>, %s: tensor<4x3xf32>) {
  // expected-error @+1 {{'ashlar.quantize' op C4: expected a scale that is scalar, has the size of axis 1 or divides it, for the shape [4x8], got [4x3]}}
  %r = ashlar.quantize %x scale %s axis 1 : tensor<4x8xf32>, tensor<4x3xf32> -> tensor<4x8xi8>
  return
}

// -----

func.func @quantize_dynamic_groups_c4(%x: tensor<4x?xf32>, %s: tensor<4x2xf32>) {
  // expected-error @+1 {{'ashlar.quantize' op C4: expected a scale}}
  %r = ashlar.quantize %x scale %s axis 1 : tensor<4x?xf32>, tensor<4x2xf32> -> tensor<4x?xi8>
  return
}

// -----

func.func @quantize_empty_groups_c4(%x: tensor<4x0xf32>, %s: tensor<4x2xf32>) {
  // expected-error @+1 {{'ashlar.quantize' op C4: expected a scale}}
  %r = ashlar.quantize %x scale %s axis 1 : tensor<4x0xf32>, tensor<4x2xf32> -> tensor<4x0xi8>
  return
}

// -----

func.func @quantize_zero_point_c5(%x: tensor<4x8xf32>, %s: tensor<8xf32>, %z: tensor<8xi8>) {
  // expected-error @+1 {{'ashlar.quantize' op C5: expected a zero_point of 'i4' and the shape [8], got 'tensor<8xi8>'}}
  %r = ashlar.quantize %x scale %s zero_point %z axis 1
    : tensor<4x8xf32>, tensor<8xf32>, tensor<8xi8> -> tensor<4x8xi4>
  return
}

// -----

func.func @dequantize_result_type_c1(%x: tensor<4x8xi8>, %s: tensor<f32>) {
  // expected-error @+1 {{'ashlar.dequantize' op C1: expected result and scale of f32, f16 or bf16, got 'i32' and 'f32'}}
  %r = ashlar.dequantize %x scale %s : tensor<4x8xi8>, tensor<f32> -> tensor<4x8xi32>
  return
}

// -----

func.func @dequantize_input_type_c2(%x: tensor<4x8xf32>, %s: tensor<f32>) {
  // expected-error @+1 {{'ashlar.dequantize' op C2: expected input of i4 or i8, got 'f32'}}
  %r = ashlar.dequantize %x scale %s : tensor<4x8xf32>, tensor<f32> -> tensor<4x8xf32>
  return
}

// -----

func.func @dequantize_axis_c3(%x: tensor<4x8xi8>, %s: tensor<8xf32>) {
  // expected-error @+1 {{'ashlar.dequantize' op C3: expected an axis from 0 to 1, got -1}}
  %r = ashlar.dequantize %x scale %s axis -1 : tensor<4x8xi8>, tensor<8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @dequantize_scale_c4(%x: tensor<4x8xi8>, %s: tensor<8xf32>) {
  // expected-error @+1 {{'ashlar.dequantize' op C4: expected a scale that is scalar, has the size of axis 0 or divides it, for the shape [4x8], got [8]}}
  %r = ashlar.dequantize %x scale %s axis 0 : tensor<4x8xi8>, tensor<8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @dequantize_zero_point_c5(%x: tensor<4x8xi8>, %s: tensor<4x2xf32>, %z: tensor<2x4xi8>) {
  // expected-error @+1 {{'ashlar.dequantize' op C5: expected a zero_point of 'i8' and the shape [4x2], got 'tensor<2x4xi8>'}}
  %r = ashlar.dequantize %x scale %s zero_point %z axis 1
    : tensor<4x8xi8>, tensor<4x2xf32>, tensor<2x4xi8> -> tensor<4x8xf32>
  return
}
