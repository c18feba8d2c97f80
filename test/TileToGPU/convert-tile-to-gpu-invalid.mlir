// RUN: ashlar-opt %s --ashlar-convert-tile-to-gpu --split-input-file --verify-diagnostics

tile.kernel @no_distribution(%in: !tile.buffer<128xf32, global>) grid affine_map<() -> (1, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %v = tile.view %in map affine_map<(i) -> (i)> : <128xf32, global> -> <128xf32>
  // expected-error @below {{has no distribution; run ashlar-tile-assign-layouts first}}
  %t = tile.load %v[%c0] : !tile.view<128xf32> -> tensor<128xf32>
  tile.return
}

// -----

tile.kernel @no_offset() grid affine_map<() -> (1, 1, 1)> threads 32 {
  // expected-error @below {{has no offset; run ashlar-tile-plan-shared-memory first}}
  %s = tile.alloc : <32x32xf16, shared>
  tile.return
}

// -----

// Where no pattern says what is wrong, the conversion does.
#values = #tile.distribution<"thread = [32:1@0], value = []">
tile.kernel @no_pattern() grid affine_map<() -> (1, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %values = tile.iota %c0 along 0 : tensor<32xi32, #values>
  // expected-error @below {{failed to legalize operation 'tensor.extract'}}
  %value = tensor.extract %values[%c0] : tensor<32xi32, #values>
  tile.return
}
