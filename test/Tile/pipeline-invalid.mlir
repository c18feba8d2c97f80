// RUN: ashlar-opt %s -ashlar-tile-pipeline -split-input-file -verify-diagnostics
//
// Marks that ashlar-tile-plan-pipeline would not have made.

tile.kernel @countless_stages(%a: !tile.buffer<64x64xf32, global>, %n: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  // expected-error @+1 {{tile.stages has to be an integer in [2, 32]; run ashlar-tile-plan-pipeline}}
  scf.for %i = %c0 to %n step %c8 {
    tile.async_commit
  } {tile.stages = 2147483648 : i64}
  tile.return
}

// -----

tile.kernel @one_stage_of_many(%a: !tile.buffer<64x64xf32, global>, %n: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %v = tile.view %a map affine_map<(i, j) -> (i, j)> : <64x64xf32, global> -> <64x64xf32>
  %stages = tile.alloc : <2x8x64xf32, shared>
  scf.for %i = %c0 to %n step %c8 {
    %s = tile.stage %stages[%c0] : <2x8x64xf32, shared> -> <8x64xf32, shared>
    // expected-error @+1 {{'tile.copy' op is marked with tile.pipelined, but it fills one stage of a buffer that has stages already}}
    tile.copy %v[%i, %c0] -> %s {tile.pipelined} : <64x64xf32> -> <8x64xf32, shared>
  } {tile.stages = 2 : i64}
  tile.return
}

// -----

tile.kernel @two_writers(%a: !tile.buffer<64x64xf32, global>, %n: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %v = tile.view %a map affine_map<(i, j) -> (i, j)> : <64x64xf32, global> -> <64x64xf32>
  scf.for %i = %c0 to %n step %c8 {
    %s = tile.alloc : <8x64xf32, shared>
    // expected-error @+1 {{'tile.copy' op is marked with tile.pipelined, but its buffer has another writer}}
    tile.copy %v[%i, %c0] -> %s {tile.pipelined} : <64x64xf32> -> <8x64xf32, shared>
    tile.copy %v[%i, %c0] -> %s {tile.pipelined} : <64x64xf32> -> <8x64xf32, shared>
  } {tile.stages = 2 : i64}
  tile.return
}

// -----

tile.kernel @carried_offset(%a: !tile.buffer<64x64xf32, global>, %n: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %v = tile.view %a map affine_map<(i, j) -> (i, j)> : <64x64xf32, global> -> <64x64xf32>
  %last = scf.for %i = %c0 to %n step %c8 iter_args(%at = %c0) -> (index) {
    %s = tile.alloc : <8x64xf32, shared>
    // expected-error @+1 {{'tile.copy' op is marked with tile.pipelined, but what it copies depends on more than the loop's induction variable}}
    tile.copy %v[%at, %c0] -> %s {tile.pipelined} : <64x64xf32> -> <8x64xf32, shared>
    scf.yield %i : index
  } {tile.stages = 2 : i64}
  tile.return
}
