// RUN: ashlar-opt %s -ashlar-tile-verify-barriers -split-input-file -verify-diagnostics -o /dev/null
// The multi-stage loop as ashlar-tile-pipeline and ashlar-tile-plan-barriers leave it, then with one fault each.

#id = affine_map<(i, j) -> (i, j)>
!global = !tile.buffer<?x64xf16, global>
!view = !tile.view<?x64xf16>
!staged = !tile.buffer<2x64x64xf16, shared>
!shared = !tile.buffer<64x64xf16, shared>

tile.kernel @correct(%a: !global, %n: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v = tile.view %a sizes(%n) map #id : !global -> !view
  %s = tile.alloc {offset = 0 : i64} : !staged
  %s0 = tile.stage %s[%c0] : !staged -> !shared
  tile.copy async %v[%c0, %c0] -> %s0 : !view -> !shared
  tile.async_commit
  scf.for %i = %c0 to %n step %c1 iter_args(%read = %c0) -> (index) {
    tile.async_wait 0
    tile.barrier
    %write = arith.subi %c1, %read : index
    %ahead = tile.stage %s[%write] : !staged -> !shared
    tile.copy async %v[%i, %c0] -> %ahead : !view -> !shared
    tile.async_commit
    %now = tile.stage %s[%read] : !staged -> !shared
    %x = tile.load %now[%c0, %c0] : !shared -> tensor<64x64xf16>
    scf.yield %write : index
  }
  tile.return
}

// -----

#id = affine_map<(i, j) -> (i, j)>
!global = !tile.buffer<?x64xf16, global>
!view = !tile.view<?x64xf16>
!staged = !tile.buffer<2x64x64xf16, shared>
!shared = !tile.buffer<64x64xf16, shared>

tile.kernel @missing_barrier(%a: !global, %n: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v = tile.view %a sizes(%n) map #id : !global -> !view
  %s = tile.alloc {offset = 0 : i64} : !staged
  %s0 = tile.stage %s[%c0] : !staged -> !shared
  // expected-note @+1 {{an earlier operation}}
  tile.copy async %v[%c0, %c0] -> %s0 : !view -> !shared
  tile.async_commit
  scf.for %i = %c0 to %n step %c1 iter_args(%read = %c0) -> (index) {
    tile.async_wait 0
    // No barrier.
    %write = arith.subi %c1, %read : index
    %ahead = tile.stage %s[%write] : !staged -> !shared
    // expected-error @+2 {{depends on earlier operations that no tile.barrier separates from it in every thread}}
    // expected-note @+1 {{an earlier operation}}
    tile.copy async %v[%i, %c0] -> %ahead : !view -> !shared
    tile.async_commit
    %now = tile.stage %s[%read] : !staged -> !shared
    // expected-error @+2 {{depends on earlier operations that no tile.barrier separates from it in every thread}}
    // expected-note @+1 {{an earlier operation}}
    %x = tile.load %now[%c0, %c0] : !shared -> tensor<64x64xf16>
    scf.yield %write : index
  }
  tile.return
}

// -----

#id = affine_map<(i, j) -> (i, j)>
!global = !tile.buffer<?x64xf16, global>
!view = !tile.view<?x64xf16>
!staged = !tile.buffer<2x64x64xf16, shared>
!shared = !tile.buffer<64x64xf16, shared>

// The wait leaves one group too many under way.
tile.kernel @early_wait(%a: !global, %n: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v = tile.view %a sizes(%n) map #id : !global -> !view
  %s = tile.alloc {offset = 0 : i64} : !staged
  %s0 = tile.stage %s[%c0] : !staged -> !shared
  // expected-note @+1 {{the asynchronous copy}}
  tile.copy async %v[%c0, %c0] -> %s0 : !view -> !shared
  tile.async_commit
  scf.for %i = %c0 to %n step %c1 iter_args(%read = %c0) -> (index) {
    tile.async_wait 1
    tile.barrier
    %write = arith.subi %c1, %read : index
    %ahead = tile.stage %s[%write] : !staged -> !shared
    tile.copy async %v[%i, %c0] -> %ahead : !view -> !shared
    tile.async_commit
    %now = tile.stage %s[%read] : !staged -> !shared
    // expected-error @+1 {{may access memory while an asynchronous copy is still under way to or from it}}
    %x = tile.load %now[%c0, %c0] : !shared -> tensor<64x64xf16>
    scf.yield %write : index
  }
  tile.return
}

// -----

#id = affine_map<(i, j) -> (i, j)>
!global = !tile.buffer<?x64xf16, global>
!view = !tile.view<?x64xf16>
!staged = !tile.buffer<3x64x64xf16, shared>
!shared = !tile.buffer<64x64xf16, shared>

// An index that does not wrap, and one that rotates from a start that is not known, tell nothing about stages.
tile.kernel @unknown_stage(%a: !global, %n: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v = tile.view %a sizes(%n) map #id : !global -> !view
  %s = tile.alloc {offset = 0 : i64} : !staged
  scf.for %i = %c0 to %n step %c1 iter_args(%read = %c0) -> (index) {
    tile.async_wait 0
    tile.barrier
    %write = arith.addi %read, %c1 : index
    %ahead = tile.stage %s[%write] : !staged -> !shared
    // expected-note @+1 {{the asynchronous copy}}
    tile.copy async %v[%i, %c0] -> %ahead : !view -> !shared
    tile.async_commit
    %now = tile.stage %s[%read] : !staged -> !shared
    // expected-error @+1 {{may access memory while an asynchronous copy is still under way to or from it}}
    %x = tile.load %now[%c0, %c0] : !shared -> tensor<64x64xf16>
    scf.yield %write : index
  }
  tile.return
}

// -----

// The source of an asynchronous copy must not change before the wait.
!view = !tile.view<64x64xf16>
tile.kernel @overwritten_source(%a: !tile.buffer<64x64xf16, global>) grid affine_map<() -> (1, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %v = tile.view %a map affine_map<(i, j) -> (i, j)> : !tile.buffer<64x64xf16, global> -> !view
  %s = tile.alloc {offset = 0 : i64} : !tile.buffer<64x64xf16, shared>
  %x = arith.constant dense<0.0> : tensor<64x64xf16>
  // expected-note @+1 {{the asynchronous copy}}
  tile.copy async %v[%c0, %c0] -> %s : !view -> !tile.buffer<64x64xf16, shared>
  // expected-error @+1 {{may access memory while an asynchronous copy is still under way to or from it}}
  tile.store %x, %v[%c0, %c0] : tensor<64x64xf16>, !view
  tile.return
}

// -----

tile.kernel @no_plan() grid affine_map<() -> (1, 1, 1)> threads 128 {
  // expected-error @+1 {{has no offset; run ashlar-tile-plan-shared-memory first}}
  %s = tile.alloc : !tile.buffer<64x64xf16, shared>
  tile.return
}
