// RUN: ashlar-opt %s -split-input-file -verify-diagnostics
//
// One function for each constraint of TileComputeOps.td; its name ends with the constraint's label.

func.func @mma_depth_c1(%a: tensor<16x16xf16>, %b: tensor<8x16xf16>, %c: tensor<16x16xf32>) {
  // expected-error @+1 {{'tile.mma' op C1: expected MxK, KxN and MxN tiles, got 'tensor<16x16xf16>', 'tensor<8x16xf16>' and 'tensor<16x16xf32>'}}
  %d = tile.mma mma_sync %a, %b, %c : tensor<16x16xf16>, tensor<8x16xf16> -> tensor<16x16xf32>
  return
}

// -----

func.func @mma_rank_c1(%a: tensor<16xf16>, %c: tensor<16x16xf32>) {
  // expected-error @+1 {{'tile.mma' op C1: expected MxK, KxN and MxN tiles}}
  %d = tile.mma mma_sync %a, %a, %c : tensor<16xf16>, tensor<16xf16> -> tensor<16x16xf32>
  return
}

// -----

func.func @mma_operands_c2(%a: tensor<16x16xf16>, %b: tensor<16x16xbf16>, %c: tensor<16x16xf32>) {
  // expected-error @+1 {{'tile.mma' op C2: expected one operand type of at most 32 bits and the accumulator type 'f32', got 'f16', 'bf16' and 'f32'}}
  %d = tile.mma mma_sync %a, %b, %c : tensor<16x16xf16>, tensor<16x16xbf16> -> tensor<16x16xf32>
  return
}

// -----

func.func @mma_accumulator_c2(%a: tensor<32x32xi8>, %c: tensor<32x32xf32>) {
  // expected-error @+1 {{'tile.mma' op C2: expected one operand type of at most 32 bits and the accumulator type 'i32', got 'i8', 'i8' and 'f32'}}
  %d = tile.mma mma_sync %a, %a, %c : tensor<32x32xi8>, tensor<32x32xi8> -> tensor<32x32xf32>
  return
}

// -----

func.func @mma_doubles_c2(%a: tensor<8x8xf64>, %c: tensor<8x8xf32>) {
  // expected-error @+1 {{'tile.mma' op C2: expected one operand type of at most 32 bits}}
  %d = tile.mma fma %a, %a, %c : tensor<8x8xf64>, tensor<8x8xf64> -> tensor<8x8xf32>
  return
}

// -----

func.func @mma_rows_c3(%a: tensor<8x16xf16>, %b: tensor<16x8xf16>, %c: tensor<8x8xf32>) {
  // expected-error @+1 {{'tile.mma' op C3: expected multiples of 16x8x16, got 8x8x16}}
  %d = tile.mma mma_sync %a, %b, %c : tensor<8x16xf16>, tensor<16x8xf16> -> tensor<8x8xf32>
  return
}

// -----

func.func @mma_element_c3(%a: tensor<16x16xi16>, %c: tensor<16x16xi32>) {
  // expected-error @+1 {{'tile.mma' op C3: mma_sync takes f16, bf16, f32 (as tf32) or i8, got 'i16'}}
  %d = tile.mma mma_sync %a, %a, %c : tensor<16x16xi16>, tensor<16x16xi16> -> tensor<16x16xi32>
  return
}

// -----

func.func @mma_shared_operand_c4(%a: !tile.buffer<16x16xf16, shared>, %b: tensor<16x16xf16>, %c: tensor<16x16xf32>) {
  // expected-error @+1 {{'tile.mma' op C4: expected tiles as operands, and no 'async', of mma_sync}}
  %d = tile.mma mma_sync %a, %b, %c : !tile.buffer<16x16xf16, shared>, tensor<16x16xf16> -> tensor<16x16xf32>
  return
}

// -----

func.func @mma_async_fma_c4(%a: tensor<16x16xf16>, %b: tensor<16x16xf16>, %c: tensor<16x16xf32>) {
  // expected-error @+1 {{'tile.mma' op C4: expected tiles as operands, and no 'async', of fma}}
  %d = tile.mma fma %a, %b, %c {async} : tensor<16x16xf16>, tensor<16x16xf16> -> tensor<16x16xf32>
  return
}

// -----

func.func @mma_right_tile_c4(%a: tensor<64x16xf16>, %b: tensor<16x16xf16>, %c: tensor<64x16xf32>) {
  // expected-error @+1 {{'tile.mma' op C4: expected the right operand of wgmma in a shared buffer, got 'tensor<16x16xf16>'}}
  %d = tile.mma wgmma %a, %b, %c : tensor<64x16xf16>, tensor<16x16xf16> -> tensor<64x16xf32>
  return
}

// -----

func.func @mma_element_c4(%a: !tile.buffer<64x16xi16, shared>, %b: !tile.buffer<16x16xi16, shared>, %c: tensor<64x16xi32>) {
  // expected-error @+1 {{'tile.mma' op C4: wgmma takes f16, bf16, f32 (as tf32), f8E4M3FN, f8E5M2 or i8, got 'i16'}}
  %d = tile.mma wgmma %a, %b, %c : !tile.buffer<64x16xi16, shared>, !tile.buffer<16x16xi16, shared> -> tensor<64x16xi32>
  return
}

// -----

func.func @mma_group_rows_c4(%a: !tile.buffer<32x16xf16, shared>, %b: !tile.buffer<16x16xf16, shared>, %c: tensor<32x16xf32>) {
  // expected-error @+1 {{'tile.mma' op C4: expected multiples of 64x8x16 of at most 256 columns, got 32x16x16}}
  %d = tile.mma wgmma %a, %b, %c : !tile.buffer<32x16xf16, shared>, !tile.buffer<16x16xf16, shared> -> tensor<32x16xf32>
  return
}

// -----

func.func @mma_group_columns_c4(%a: !tile.buffer<64x16xf16, shared>, %b: !tile.buffer<16x264xf16, shared>, %c: tensor<64x264xf32>) {
  // expected-error @+1 {{'tile.mma' op C4: expected multiples of 64x8x16 of at most 256 columns, got 64x264x16}}
  %d = tile.mma wgmma %a, %b, %c : !tile.buffer<64x16xf16, shared>, !tile.buffer<16x264xf16, shared> -> tensor<64x264xf32>
  return
}

// -----

func.func @mma_group_integers_c4(%a: !tile.buffer<64x32xi8, shared>, %b: !tile.buffer<32x8xi8, shared>, %c: tensor<64x8xi32>) {
  // expected-error @+1 {{'tile.mma' op C4: expected multiples of 64x16x32 of at most 256 columns, got 64x8x32}}
  %d = tile.mma wgmma %a, %b, %c : !tile.buffer<64x32xi8, shared>, !tile.buffer<32x8xi8, shared> -> tensor<64x8xi32>
  return
}

// -----

func.func @mma_group_depth_c4(%a: !tile.buffer<64x24xf16, shared>, %b: !tile.buffer<24x8xf16, shared>, %c: tensor<64x8xf32>) {
  // expected-error @+1 {{'tile.mma' op C4: expected multiples of 64x8x16 of at most 256 columns, got 64x8x24}}
  %d = tile.mma wgmma %a, %b, %c : !tile.buffer<64x24xf16, shared>, !tile.buffer<24x8xf16, shared> -> tensor<64x8xf32>
  return
}

// -----

func.func @reduce_dim_c1(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{'tile.reduce' op C1: expected a dimension in [0, 2), got 2}}
  %0 = tile.reduce add %x along 2 : tensor<4x8xf32> -> tensor<4xf32>
  return
}

// -----

func.func @reduce_shape_c1(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{'tile.reduce' op C1: expected 'tensor<4x8xf32>' without dimension 1, got 'tensor<8xf32>'}}
  %0 = tile.reduce add %x along 1 : tensor<4x8xf32> -> tensor<8xf32>
  return
}

// -----

#rows = #tile.distribution<"thread = [32:1@0], value = [8:1@1]">
#other = #tile.distribution<"thread = [16:2@0, 2:1@0], value = []">
func.func @reduce_slice_c2(%x: tensor<32x8xf32, #rows>) {
  // expected-error @+1 {{'tile.reduce' op C2: expected the slice along 1 of the distribution, thread = [32:1@0], value = []}}
  %0 = tile.reduce add %x along 1 : tensor<32x8xf32, #rows> -> tensor<32xf32, #other>
  return
}

// -----

func.func @broadcast_dim_c1(%x: tensor<4xf32>) {
  // expected-error @+1 {{'tile.broadcast' op C1: expected a dimension in [0, 2), got -1}}
  %0 = tile.broadcast %x along -1 : tensor<4xf32> -> tensor<4x8xf32>
  return
}

// -----

#rows = #tile.distribution<"thread = [32:1@0], value = [8:1@1]">
#other = #tile.distribution<"thread = [16:2@0, 2:1@0], value = []">
func.func @broadcast_slice_c2(%x: tensor<32xf32, #other>) {
  // expected-error @+1 {{'tile.broadcast' op C2: expected the slice along 1 of the distribution}}
  %0 = tile.broadcast %x along 1 : tensor<32xf32, #other> -> tensor<32x8xf32, #rows>
  return
}

// -----

func.func @splat_c1(%x: f32) {
  // expected-error @+1 {{'tile.splat' op C1: expected a tile of 'f32', got 'tensor<4xf16>'}}
  %0 = tile.splat %x : f32 -> tensor<4xf16>
  return
}

// -----

func.func @iota_dim_c1(%i: index) {
  // expected-error @+1 {{'tile.iota' op C1: expected an i32 tile with a dimension 1, got 'tensor<4xi32>'}}
  %0 = tile.iota %i along 1 : tensor<4xi32>
  return
}

// -----

func.func @iota_element_c1(%i: index) {
  // expected-error @+1 {{'tile.iota' op C1: expected an i32 tile with a dimension 0, got 'tensor<4xi64>'}}
  %0 = tile.iota %i along 0 : tensor<4xi64>
  return
}

// -----

func.func @convert_layout_c1(%x: tensor<4xf32>) {
  // expected-error @+1 {{'tile.convert_layout' op C1: expected one shape and element type, got 'tensor<4xf32>' and 'tensor<4xf16>'}}
  %0 = tile.convert_layout %x : tensor<4xf32> -> tensor<4xf16>
  return
}

// -----

func.func @dynamic_tile(%x: tensor<?xf32>) {
  // expected-error @+1 {{'tile.convert_layout' op operand #0 must be a tile: a tensor of static shape}}
  %0 = tile.convert_layout %x : tensor<?xf32> -> tensor<?xf32>
  return
}
