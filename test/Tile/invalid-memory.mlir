// RUN: ashlar-opt %s -split-input-file -verify-diagnostics
//
// One function for each constraint of TileMemoryOps.td; its name ends with the constraint's label.

func.func @rank_c1(%x: !tile.buffer<64x64xf32, global>) {
  // expected-error @+1 {{'tile.view' op C1: expected a map from 2 dimensions and 0 symbols to 2 coordinates, got affine_map<(d0) -> (d0, d0)>}}
  %v = tile.view %x map affine_map<(i) -> (i, i)> : <64x64xf32, global> -> <64x64xf32>
  return
}

// -----

func.func @symbols_c1(%x: !tile.buffer<64xf32, global>, %n: index) {
  // expected-error @+1 {{'tile.view' op C1: expected a map from 1 dimensions and 1 symbols to 1 coordinates}}
  %v = tile.view %x[%n] map affine_map<(i) -> (i)> : <64xf32, global> -> <64xf32>
  return
}

// -----

func.func @element_c2(%x: !tile.buffer<64xf32, global>) {
  // expected-error @+1 {{'tile.view' op C2: expected equal element types, got '!tile.buffer<64xf32, global>' and '!tile.view<64xf16>'}}
  %v = tile.view %x map affine_map<(i) -> (i)> : <64xf32, global> -> <64xf16>
  return
}

// -----

func.func @sizes_c3(%x: !tile.buffer<?xf32, global>) {
  // expected-error @+1 {{'tile.view' op C3: expected 1 sizes, got 0}}
  %v = tile.view %x map affine_map<(i) -> (i)> : <?xf32, global> -> <?xf32>
  return
}

// -----

func.func @shared_view(%x: !tile.buffer<4xf32, shared>) {
  // expected-error @+1 {{'tile.view' op operand #0 must be a global-memory buffer}}
  %v = tile.view %x map affine_map<(i) -> (i)> : <4xf32, shared> -> <4xf32>
  return
}

// -----

func.func @negative_offset_c1() {
  // expected-error @+1 {{'tile.alloc' op C1: expected an offset in [0, 2^31), got -128}}
  %s = tile.alloc {offset = -128 : i64} : <4xf32, shared>
  return
}

// -----

func.func @large_offset_c1() {
  // expected-error @+1 {{'tile.alloc' op C1: expected an offset in [0, 2^31), got 4294967296}}
  %s = tile.alloc {offset = 4294967296 : i64} : <4xf32, shared>
  return
}

// -----

func.func @stage_shape_c1(%s: !tile.buffer<3x4xf32, shared>, %i: index) {
  // expected-error @+1 {{'tile.stage' op C1: expected the buffer without its first dimension, got '!tile.buffer<3x4xf32, shared>' and '!tile.buffer<3xf32, shared>'}}
  %0 = tile.stage %s[%i] : <3x4xf32, shared> -> <3xf32, shared>
  return
}

// -----

func.func @stage_of_scalar_c1(%s: !tile.buffer<f32, shared>, %i: index) {
  // expected-error @+1 {{'tile.stage' op C1: expected the buffer without its first dimension}}
  %0 = tile.stage %s[%i] : <f32, shared> -> <f32, shared>
  return
}

// -----

#plain = #tile.buffer_layout<[32, 1]>
#staged = #tile.buffer_layout<[512, 32, 1], swizzle = 2 : 3 : 3>
func.func @stage_swizzle_c1(%s: !tile.buffer<3x16x32xf16, shared, #staged>, %i: index) {
  // expected-error @+1 {{'tile.stage' op C1: expected the buffer without its first dimension}}
  %0 = tile.stage %s[%i] : <3x16x32xf16, shared, #staged> -> <16x32xf16, shared, #plain>
  return
}

// -----

func.func @no_permutation_c1(%s: !tile.buffer<4x8xf32, shared>) {
  // expected-error @+1 {{'tile.transpose' op C1: expected a permutation of 2 dimensions}}
  %0 = tile.transpose %s [1, 1] : <4x8xf32, shared> -> <8x4xf32, shared>
  return
}

// -----

func.func @wrong_strides_c2(%s: !tile.buffer<4x8xf32, shared>) {
  // expected-error @+1 {{'tile.transpose' op C2: expected the result '!tile.buffer<8x4xf32, shared, #tile.buffer_layout<[1, 8]>>', got '!tile.buffer<8x4xf32, shared>'}}
  %0 = tile.transpose %s [1, 0] : <4x8xf32, shared> -> <8x4xf32, shared>
  return
}

// -----

func.func @copy_ranks_c1(%v: !tile.view<64x64xf32>, %s: !tile.buffer<16xf32, shared>, %i: index) {
  // expected-error @+1 {{'tile.copy' op C1: expected equal ranks and element types, got '!tile.view<64x64xf32>' and '!tile.buffer<16xf32, shared>'}}
  tile.copy %v[%i, %i] -> %s : <64x64xf32> -> <16xf32, shared>
  return
}

// -----

func.func @copy_offsets_c1(%v: !tile.view<64x64xf32>, %s: !tile.buffer<16x16xf32, shared>, %i: index) {
  // expected-error @+1 {{'tile.copy' op C1: expected 2 offsets, got 1}}
  tile.copy %v[%i] -> %s : <64x64xf32> -> <16x16xf32, shared>
  return
}

// -----

func.func @copy_in_bounds_c2(%v: !tile.view<64xf32>, %s: !tile.buffer<16xf32, shared>, %i: index) {
  // expected-error @+1 {{'tile.copy' op C2: expected 1 in_bounds entries, got 2}}
  tile.copy %v[%i] -> %s {in_bounds = array<i1: true, true>} : <64xf32> -> <16xf32, shared>
  return
}

// -----

func.func @copy_vector_dim_c3(%v: !tile.view<64xf32>, %s: !tile.buffer<16xf32, shared>, %i: index) {
  // expected-error @+1 {{'tile.copy' op C3: expected a vector_dim in [0, 1), got 1}}
  tile.copy %v[%i] -> %s {vector_dim = 1 : i64, vector_width = 4 : i64} : <64xf32> -> <16xf32, shared>
  return
}

// -----

func.func @copy_vector_width_c3(%v: !tile.view<64xf32>, %s: !tile.buffer<16xf32, shared>, %i: index) {
  // expected-error @+1 {{'tile.copy' op C3: expected a vector_width of at least 1, got 0}}
  tile.copy %v[%i] -> %s {vector_dim = 0 : i64, vector_width = 0 : i64} : <64xf32> -> <16xf32, shared>
  return
}

// -----

func.func @copy_predicates_c4(%v: !tile.view<64xf32>, %s: !tile.buffer<16xf32, shared>, %i: index, %p: i1) {
  // expected-error @+1 {{'tile.copy' op C4: expected at most one predicate, got 2}}
  tile.copy %v[%i] -> %s if %p, %p : <64xf32> -> <16xf32, shared>
  return
}

// -----

func.func @pending_c1() {
  // expected-error @+1 {{'tile.async_wait' op C1: expected a number of groups in [0, 2^31), got -1}}
  tile.async_wait -1
  return
}

// -----

func.func @load_elements_c1(%v: !tile.view<64xf32>, %i: index) {
  // expected-error @+1 {{'tile.load' op C1: expected equal ranks and element types, got '!tile.view<64xf32>' and 'tensor<16xf16>'}}
  %0 = tile.load %v[%i] : !tile.view<64xf32> -> tensor<16xf16>
  return
}

// -----

func.func @load_in_bounds_c2(%v: !tile.view<64xf32>, %i: index) {
  // expected-error @+1 {{'tile.load' op C2: expected 1 in_bounds entries, got 0}}
  %0 = tile.load %v[%i] {in_bounds = array<i1>} : !tile.view<64xf32> -> tensor<16xf32>
  return
}

// -----

func.func @load_beyond_c3(%s: !tile.buffer<16xf32, shared>, %i: index) {
  // expected-error @+1 {{'tile.load' op C3: expected a buffer that holds the tile 'tensor<32xf32>', got '!tile.buffer<16xf32, shared>'}}
  %0 = tile.load %s[%i] : !tile.buffer<16xf32, shared> -> tensor<32xf32>
  return
}

// -----

func.func @load_from_global(%x: !tile.buffer<16xf32, global>, %i: index) {
  // expected-error @+1 {{'tile.load' op operand #0 must be a view or a shared-memory buffer}}
  %0 = tile.load %x[%i] : !tile.buffer<16xf32, global> -> tensor<16xf32>
  return
}

// -----

func.func @store_offsets_c1(%t: tensor<16xf32>, %v: !tile.view<64xf32>, %i: index) {
  // expected-error @+1 {{'tile.store' op C1: expected 1 offsets, got 2}}
  tile.store %t, %v[%i, %i] : tensor<16xf32>, !tile.view<64xf32>
  return
}

// -----

func.func @store_in_bounds_c2(%t: tensor<16xf32>, %v: !tile.view<64xf32>, %i: index) {
  // expected-error @+1 {{'tile.store' op C2: expected 1 in_bounds entries, got 2}}
  tile.store %t, %v[%i] {in_bounds = array<i1: true, true>} : tensor<16xf32>, !tile.view<64xf32>
  return
}

// -----

func.func @store_beyond_c3(%t: tensor<4x32xf32>, %s: !tile.buffer<16x16xf32, shared>, %i: index) {
  // expected-error @+1 {{'tile.store' op C3: expected a buffer that holds the tile 'tensor<4x32xf32>', got '!tile.buffer<16x16xf32, shared>'}}
  tile.store %t, %s[%i, %i] : tensor<4x32xf32>, !tile.buffer<16x16xf32, shared>
  return
}
