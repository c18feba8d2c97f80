// RUN: ashlar-opt %s -ashlar-tile-count-traffic -split-input-file | FileCheck %s

// A product of 100x96 by 96x72 in tiles of 64x32 by 32x48: 2 x 2 blocks, 3 steps. The blocks of a row read all of A,
// clipped: 2 * (100 * 96); those of a column all of B: 2 * (96 * 72). One bias of 72 for each of two rows of blocks.
// Read: (19200 + 13824) * 2 + 144 * 4 bytes; written: 100 * 72 * 2.

// CHECK-LABEL: tile.kernel @product
// CHECK-SAME: tile.traffic = {read = 66624 : i64, written = 14400 : i64}
tile.kernel @product(%a: !tile.buffer<100x96xf16, global>, %b: !tile.buffer<96x72xf16, global>,
                     %bias: !tile.buffer<72xf32, global>, %c: !tile.buffer<100x72xf16, global>)
    grid affine_map<() -> (4, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c32 = arith.constant 32 : index
  %c48 = arith.constant 48 : index
  %c64 = arith.constant 64 : index
  %c96 = arith.constant 96 : index
  %zero = arith.constant dense<0.0> : tensor<64x48xf32>
  %block = tile.block_id x
  %row = arith.divui %block, %c2 : index
  %column = arith.remui %block, %c2 : index
  %m = arith.muli %row, %c64 : index
  %n = arith.muli %column, %c48 : index
  %va = tile.view %a map affine_map<(m, k) -> (m, k)> : !tile.buffer<100x96xf16, global> -> !tile.view<100x96xf16>
  %vb = tile.view %b map affine_map<(k, n) -> (k, n)> : !tile.buffer<96x72xf16, global> -> !tile.view<96x72xf16>
  %vbias = tile.view %bias map affine_map<(m, n) -> (n)> : !tile.buffer<72xf32, global> -> !tile.view<100x72xf32>
  %vc = tile.view %c map affine_map<(m, n) -> (m, n)> : !tile.buffer<100x72xf16, global> -> !tile.view<100x72xf16>
  %sa = tile.alloc : !tile.buffer<64x32xf16, shared>
  %sum = scf.for %k = %c0 to %c96 step %c32 iter_args(%s = %zero) -> tensor<64x48xf32> {
    tile.copy %va[%m, %k] -> %sa : !tile.view<100x96xf16> -> !tile.buffer<64x32xf16, shared>
    %ta = tile.load %sa[%c0, %c0] : !tile.buffer<64x32xf16, shared> -> tensor<64x32xf16>
    %tb = tile.load %vb[%k, %n] : !tile.view<96x72xf16> -> tensor<32x48xf16>
    %next = tile.mma mma_sync %ta, %tb, %s : tensor<64x32xf16>, tensor<32x48xf16> -> tensor<64x48xf32>
    scf.yield %next : tensor<64x48xf32>
  }
  %tbias = tile.load %vbias[%m, %n] : !tile.view<100x72xf32> -> tensor<64x48xf32>
  %biased = arith.addf %sum, %tbias : tensor<64x48xf32>
  %result = arith.truncf %biased : tensor<64x48xf32> to tensor<64x48xf16>
  tile.store %result, %vc[%m, %n] : tensor<64x48xf16>, !tile.view<100x72xf16>
  tile.return
}

// -----

// The loop of a causal product ends at the block's rows: 1 + 2 + 3 + 4 tiles of 16x8 f32. The branch is taken by one
// block of the four, for scales of which four neighbours share one: 16 / 4 of f16.
// Read: 10 * 128 * 4 + 4 * 2 bytes.

// CHECK-LABEL: tile.kernel @triangle
// CHECK-SAME: tile.traffic = {read = 5128 : i64, written = 0 : i64}
tile.kernel @triangle(%a: !tile.buffer<64x8xf32, global>, %s: !tile.buffer<16xf16, global>)
    grid affine_map<() -> (1, 4, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c16 = arith.constant 16 : index
  %block = tile.block_id y
  %row = arith.muli %block, %c16 : index
  %end = arith.addi %row, %c16 : index
  %va = tile.view %a map affine_map<(m, k) -> (m, k)> : !tile.buffer<64x8xf32, global> -> !tile.view<64x8xf32>
  %vs = tile.view %s map affine_map<(m) -> (m floordiv 4)> : !tile.buffer<16xf16, global> -> !tile.view<64xf16>
  scf.for %m = %c0 to %end step %c16 {
    %t = tile.load %va[%m, %c0] : !tile.view<64x8xf32> -> tensor<16x8xf32>
  }
  %is = arith.cmpi eq, %block, %c2 : index
  scf.if %is {
    %t = tile.load %vs[%row] : !tile.view<64xf16> -> tensor<16xf16>
  }
  tile.return
}

// -----

// A dynamic extent: nothing is known, and nothing is said.

// CHECK-LABEL: tile.kernel @dynamic
// CHECK-NOT: tile.traffic
tile.kernel @dynamic(%a: !tile.buffer<?x8xf32, global>, %rows: index)
    grid affine_map<()[s0] -> (s0 ceildiv 16, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %va = tile.view %a sizes(%rows) map affine_map<(m, k) -> (m, k)> : !tile.buffer<?x8xf32, global> -> !tile.view<?x8xf32>
  %t = tile.load %va[%c0, %c0] : !tile.view<?x8xf32> -> tensor<16x8xf32>
  tile.return
}

// -----

// The taps of a padded window of 3 over rows of 10 elements: at 0 and 2 one of the ten lies in the padding. Two blocks
// of 8 outputs. Read: (9 + 10 + 9) * 4 bytes; written: 10 * 4.

// CHECK-LABEL: tile.kernel @padded
// CHECK-SAME: tile.traffic = {read = 112 : i64, written = 40 : i64}
tile.kernel @padded(%a: !tile.buffer<10xf32, global>, %out: !tile.buffer<10xf32, global>)
    grid affine_map<() -> (2, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant dense<0.0> : tensor<8xf32>
  %block = tile.block_id x
  %first = arith.muli %block, %c8 : index
  %sum = scf.for %tap = %c0 to %c3 step %c1 iter_args(%s = %zero) -> tensor<8xf32> {
    %va = tile.view %a[%tap] map affine_map<(x)[s] -> (x + s - 1)> : !tile.buffer<10xf32, global> -> !tile.view<10xf32>
    %t = tile.load %va[%first] : !tile.view<10xf32> -> tensor<8xf32>
    %next = arith.addf %s, %t : tensor<8xf32>
    scf.yield %next : tensor<8xf32>
  }
  %vout = tile.view %out map affine_map<(x) -> (x)> : !tile.buffer<10xf32, global> -> !tile.view<10xf32>
  tile.store %sum, %vout[%first] : tensor<8xf32>, !tile.view<10xf32>
  tile.return
}
