// RUN: ashlar-opt %s -ashlar-tile-verify-budget -split-input-file -verify-diagnostics | FileCheck %s

#accumulator = #tile.distribution<"thread = [4:2@1, 8:1@0, 2:64@0, 2:64@1], value = [2:1@1, 2:8@0, 4:16@0, 8:8@1]">
#a = #tile.distribution<"thread = [4:2@1, 8:1@0, 2:64@0, 2:0], value = [2:1@1, 2:8@0, 2:8@1, 4:16@0, 4:16@1]">
#b = #tile.distribution<"thread = [4:2@0, 8:1@1, 2:0, 2:64@1], value = [2:1@0, 2:8@0, 8:8@1, 4:16@0]">
!a = !tile.buffer<128x64xf16, shared>
!b = !tile.buffer<64x128xf16, shared>
!f32 = tensor<128x128xf32, #accumulator>

// 128 registers of accumulator, one of four steps of both operands (16 + 16), 36 for whatever else. Constants and the
// kernel's dimensions take no register.
// CHECK-LABEL: tile.kernel @matmul
// CHECK-SAME: tile.register_estimate = 196 : i64
tile.kernel @matmul(%out: !tile.buffer<128x128xf32, global>, %n: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 128
    attributes {shared_bytes = 32768 : i64} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %sa = tile.alloc {offset = 0 : i64} : !a
  %sb = tile.alloc {offset = 16384 : i64} : !b
  %zero = arith.constant dense<0.0> : !f32
  %sum = scf.for %k = %c0 to %n step %c64 iter_args(%c = %zero) -> (!f32) {
    %x = tile.load %sa[%c0, %c0] : !a -> tensor<128x64xf16, #a>
    %y = tile.load %sb[%c0, %c0] : !b -> tensor<64x128xf16, #b>
    %d = tile.mma mma_sync %x, %y, %c : tensor<128x64xf16, #a>, tensor<64x128xf16, #b> -> !f32
    scf.yield %d : !f32
  }
  %v = tile.view %out map affine_map<(i, j) -> (i, j)> : !tile.buffer<128x128xf32, global> -> !tile.view<128x128xf32>
  tile.store %sum, %v[%c0, %c0] : !f32, !tile.view<128x128xf32>
  tile.return
}

// A barrier keeps the loads where they are, so all of %x is held: 64. %y comes with arithmetic on the way: one step.
// CHECK-LABEL: tile.kernel @barrier_after_the_load
// CHECK-SAME: tile.register_estimate = 244 : i64
tile.kernel @barrier_after_the_load(%out: !tile.buffer<128x128xf32, global>) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {shared_bytes = 32768 : i64} {
  %c0 = arith.constant 0 : index
  %sa = tile.alloc {offset = 0 : i64} : !a
  %sb = tile.alloc {offset = 16384 : i64} : !b
  %zero = arith.constant dense<0.0> : !f32
  %x = tile.load %sa[%c0, %c0] : !a -> tensor<128x64xf16, #a>
  tile.barrier
  %y = tile.load %sb[%c0, %c0] : !b -> tensor<64x128xf16, #b>
  %z = arith.addf %y, %y : tensor<64x128xf16, #b>
  %c = tile.mma mma_sync %x, %z, %zero : tensor<128x64xf16, #a>, tensor<64x128xf16, #b> -> !f32
  %d = tile.mma mma_sync %x, %z, %c : tensor<128x64xf16, #a>, tensor<64x128xf16, #b> -> !f32
  %v = tile.view %out map affine_map<(i, j) -> (i, j)> : !tile.buffer<128x128xf32, global> -> !tile.view<128x128xf32>
  tile.store %d, %v[%c0, %c0] : !f32, !tile.view<128x128xf32>
  tile.return
}

// A tile without a distribution is spread evenly. Masks made from coordinates are computed where they are used, and a
// broadcast names its source's registers: 64 for %x, 1 for each of %row, %i and %j.
// CHECK-LABEL: tile.kernel @masks_and_broadcasts
// CHECK-SAME: tile.register_estimate = 103 : i64
tile.kernel @masks_and_broadcasts(%in: !tile.buffer<64x128xf32, global>, %n: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %v = tile.view %in map affine_map<(i, j) -> (i, j)> : !tile.buffer<64x128xf32, global> -> !tile.view<64x128xf32>
  %x = tile.load %v[%c0, %c0] : !tile.view<64x128xf32> -> tensor<64x128xf32>
  %row = tile.reduce max %x along 1 : tensor<64x128xf32> -> tensor<64xf32>
  %rows = tile.broadcast %row along 1 : tensor<64xf32> -> tensor<64x128xf32>
  %i = tile.iota %c0 along 0 : tensor<64x128xi32>
  %j = tile.iota %n along 1 : tensor<64x128xi32>
  %mask = arith.cmpi sle, %i, %j : tensor<64x128xi32>
  %y = arith.select %mask, %x, %rows : tensor<64x128xi1>, tensor<64x128xf32>
  tile.store %y, %v[%c0, %c0] : tensor<64x128xf32>, !tile.view<64x128xf32>
  tile.return
}

// Each thread copies 128 * 64 / (128 * 8) = 8 vectors an iteration: 16 registers for their addresses in the loop. The
// sum lives there in 32 registers, and the tile in 32.
// CHECK-LABEL: tile.kernel @copies_in_a_loop
// CHECK-SAME: tile.register_estimate = 116 : i64
tile.kernel @copies_in_a_loop(%in: !tile.buffer<128x64xf16, global>, %n: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 128
    attributes {shared_bytes = 16384 : i64} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %v = tile.view %in map affine_map<(i, j) -> (i, j)> : !tile.buffer<128x64xf16, global> -> !tile.view<128x64xf16>
  %s = tile.alloc {offset = 0 : i64} : !a
  %zero = arith.constant dense<0.0> : tensor<128x64xf16>
  %sum = scf.for %k = %c0 to %n step %c64 iter_args(%c = %zero) -> (tensor<128x64xf16>) {
    tile.copy %v[%c0, %k] -> %s {vector_width = 8 : i64} : !tile.view<128x64xf16> -> !a
    %x = tile.load %s[%c0, %c0] : !a -> tensor<128x64xf16>
    %d = arith.addf %c, %x : tensor<128x64xf16>
    scf.yield %d : tensor<128x64xf16>
  }
  tile.store %sum, %v[%c0, %c0] : tensor<128x64xf16>, !tile.view<128x64xf16>
  tile.return
}

// CHECK-LABEL: tile.kernel @empty
// CHECK-SAME: tile.register_estimate = 36 : i64
tile.kernel @empty() grid affine_map<() -> (1, 1, 1)> threads 32 { tile.return }

// -----

!f32 = tensor<128x256xf32>
// expected-error @+1 {{needs about 292 registers per thread, but 128 threads have 255 each; choose a smaller tile or more warps}}
tile.kernel @accumulator_too_large(%out: !tile.buffer<128x256xf32, global>, %n: index) grid affine_map<()[s0] -> (s0, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v = tile.view %out map affine_map<(i, j) -> (i, j)> : !tile.buffer<128x256xf32, global> -> !tile.view<128x256xf32>
  %zero = arith.constant dense<0.0> : !f32
  // expected-note @+2 {{the loop}}
  // expected-note @+1 {{256 registers for a tile 'tensor<128x256xf32>'}}
  %sum = scf.for %k = %c0 to %n step %c1 iter_args(%c = %zero) -> (!f32) {
    // expected-note @+1 {{most are needed here, at arith.addf in a loop}}
    %d = arith.addf %c, %c : !f32
    scf.yield %d : !f32
  }
  tile.store %sum, %v[%c0, %c0] : !f32, !tile.view<128x256xf32>
  tile.return
}

// -----

// 1024 threads share 65536 registers: 64 each, whatever one thread may have.
// expected-error @+1 {{needs about 100 registers per thread, but 1024 threads have 64 each; choose a smaller tile or more warps}}
tile.kernel @too_many_threads(%out: !tile.buffer<256x256xf32, global>) grid affine_map<() -> (1, 1, 1)> threads 1024 {
  %c0 = arith.constant 0 : index
  %v = tile.view %out map affine_map<(i, j) -> (i, j)> : !tile.buffer<256x256xf32, global> -> !tile.view<256x256xf32>
  // expected-note @+1 {{64 registers for a tile 'tensor<256x256xf32>'}}
  %x = tile.load %v[%c0, %c0] : !tile.view<256x256xf32> -> tensor<256x256xf32>
  // expected-note @+1 {{most are needed here, at tile.store}}
  tile.store %x, %v[%c0, %c0] : tensor<256x256xf32>, !tile.view<256x256xf32>
  tile.return
}

// -----

// expected-error @+1 {{has shared buffers without a plan; run ashlar-tile-plan-shared-memory first}}
tile.kernel @no_plan() grid affine_map<() -> (1, 1, 1)> threads 32 {
  %s = tile.alloc : !tile.buffer<64xf32, shared>
  tile.return
}

// -----

// expected-error @+1 {{needs 300000 bytes of shared memory, but a block has 232448; choose a smaller tile or fewer stages}}
tile.kernel @shared_too_large() grid affine_map<() -> (1, 1, 1)> threads 32 attributes {shared_bytes = 300000 : i64} { tile.return }
