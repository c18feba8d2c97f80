// RUN: ashlar-opt %s -ashlar-tile-assign-layouts -split-input-file | FileCheck %s
// RUN: ashlar-opt %s -ashlar-tile-assign-layouts -ashlar-tile-assign-layouts -split-input-file | FileCheck %s

// Kernels without a product: blocked along what is contiguous, reductions within a warp.

#id = affine_map<(m, n) -> (m, n)>
!G = !tile.buffer<?x768xf16, global>

// A warp takes a row: the store follows the load.
// CHECK-LABEL: tile.kernel @softmax
// CHECK: tile.load {{.*}} -> tensor<4x1024xf16, #tile.distribution<"thread = [32:8@1, 4:1@0], value = [8:1@1, 4:256@1]">>
// CHECK: tile.reduce max {{.*}} -> tensor<4xf32, #tile.distribution<"thread = [32:0, 4:1@0], value = []">>
// CHECK-NOT: tile.alloc
// CHECK: tile.store {{.*}} : tensor<4x1024xf16, #tile.distribution<"thread = [32:8@1, 4:1@0], value = [8:1@1, 4:256@1]">>
tile.kernel @softmax(%X: !G, %Y: !G, %rows: index) grid affine_map<()[s0] -> (s0 ceildiv 4, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %bx = tile.block_id x
  %m = arith.muli %bx, %c4 : index
  %vx = tile.view %X sizes(%rows) map #id : !G -> !tile.view<?x768xf16>
  %vy = tile.view %Y sizes(%rows) map #id : !G -> !tile.view<?x768xf16>
  %xh = tile.load %vx[%m, %c0] : !tile.view<?x768xf16> -> tensor<4x1024xf16>
  %x = arith.extf %xh : tensor<4x1024xf16> to tensor<4x1024xf32>
  %mx = tile.reduce max %x along 1 : tensor<4x1024xf32> -> tensor<4xf32>
  %mb = tile.broadcast %mx along 1 : tensor<4xf32> -> tensor<4x1024xf32>
  %d = arith.subf %x, %mb : tensor<4x1024xf32>
  %e = math.exp %d : tensor<4x1024xf32>
  %l = tile.reduce add %e along 1 : tensor<4x1024xf32> -> tensor<4xf32>
  %lb = tile.broadcast %l along 1 : tensor<4xf32> -> tensor<4x1024xf32>
  %y = arith.divf %e, %lb : tensor<4x1024xf32>
  %yh = arith.truncf %y : tensor<4x1024xf32> to tensor<4x1024xf16>
  tile.store %yh, %vy[%m, %c0] : tensor<4x1024xf16>, !tile.view<?x768xf16>
  tile.return
}

// -----

#id = affine_map<(m, n) -> (m, n)>
!G = !tile.buffer<?x5000xf32, global>

// The second pass over the rows takes the distribution of the first, whose slice the sums have.
// CHECK-LABEL: tile.kernel @two_passes
// CHECK: tile.load {{.*}} -> tensor<4x512xf32, #tile.distribution<"[[L:thread = \[32:4@1, 4:1@0\], value = \[4:1@1, 4:128@1\]]]">>
// CHECK-NOT: tile.alloc
// CHECK: tile.load {{.*}} -> tensor<4x512xf32, #tile.distribution<"[[L]]">>
// CHECK: tile.store
tile.kernel @two_passes(%X: !G, %Y: !G, %rows: index) grid affine_map<()[s0] -> (s0 ceildiv 4, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %c512 = arith.constant 512 : index
  %c5000 = arith.constant 5000 : index
  %bx = tile.block_id x
  %m = arith.muli %bx, %c4 : index
  %vx = tile.view %X sizes(%rows) map #id : !G -> !tile.view<?x5000xf32>
  %vy = tile.view %Y sizes(%rows) map #id : !G -> !tile.view<?x5000xf32>
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %sum = scf.for %n = %c0 to %c5000 step %c512 iter_args(%s = %zero) -> tensor<4xf32> {
    %x = tile.load %vx[%m, %n] : !tile.view<?x5000xf32> -> tensor<4x512xf32>
    %p = tile.reduce add %x along 1 : tensor<4x512xf32> -> tensor<4xf32>
    %t = arith.addf %s, %p : tensor<4xf32>
    scf.yield %t : tensor<4xf32>
  }
  scf.for %n = %c0 to %c5000 step %c512 {
    %x = tile.load %vx[%m, %n] : !tile.view<?x5000xf32> -> tensor<4x512xf32>
    %b = tile.broadcast %sum along 1 : tensor<4xf32> -> tensor<4x512xf32>
    %y = arith.divf %x, %b : tensor<4x512xf32>
    tile.store %y, %vy[%m, %n] : tensor<4x512xf32>, !tile.view<?x5000xf32>
  }
  tile.return
}

// -----

#id = affine_map<(i, j) -> (i, j)>
!X = !tile.buffer<512x256xf32, global>
!Y = !tile.buffer<256x512xf32, global>

// Loaded along one dimension, stored along the other: through shared memory.
// CHECK-LABEL: tile.kernel @transpose
// CHECK: tile.load {{.*}} -> tensor<64x64xf32, #tile.distribution<"thread = [16:4@0, 16:1@1], value = [4:1@0, 4:16@1]">>
// CHECK: tile.alloc
// CHECK: tile.store {{.*}} : tensor<64x64xf32, #tile.distribution<"thread = [16:4@1, 16:1@0], value = [4:1@1, 4:16@0]">>, !tile.view
tile.kernel @transpose(%X: !X, %Y: !Y) grid affine_map<() -> (8, 4, 1)> threads 256 {
  %c64 = arith.constant 64 : index
  %bx = tile.block_id x
  %by = tile.block_id y
  %i = arith.muli %by, %c64 : index
  %j = arith.muli %bx, %c64 : index
  %vx = tile.view %X map affine_map<(i, j) -> (j, i)> : !X -> !tile.view<256x512xf32>
  %vy = tile.view %Y map #id : !Y -> !tile.view<256x512xf32>
  %x = tile.load %vx[%i, %j] : !tile.view<256x512xf32> -> tensor<64x64xf32>
  %y = math.exp %x : tensor<64x64xf32>
  tile.store %y, %vy[%i, %j] : tensor<64x64xf32>, !tile.view<256x512xf32>
  tile.return
}

// -----

#blocks = affine_map<(n, k) -> (n floordiv 8, k floordiv 4, (k mod 4) * 8 + n mod 8)>
!W = !tile.buffer<1024xi8, global>
!C = !tile.buffer<64x16xf16, global>

// What is unpacked decides: the source is distributed so that every thread has its elements, registers in memory's
// order.
// CHECK-LABEL: tile.kernel @unpack
// CHECK: tile.load {{.*}} -> tensor<8x4x32xi8, #tile.distribution<"thread = [2:2@1, 8:1@2, 8:1@0], value = [4:8@2, 2:1@1]">>
// CHECK: tile.unpack {{.*}} -> tensor<64x16xi8, #tile.distribution<"thread = [2:8@1, 64:1@0], value = [8:1@1]">>
tile.kernel @unpack(%W: !W, %C: !C) grid affine_map<() -> (1, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %vw = tile.view %W map affine_map<(a, b, c) -> (a * 128 + b * 32 + c)> : !W -> !tile.view<8x4x32xi8>
  %vc = tile.view %C map affine_map<(n, k) -> (n, k)> : !C -> !tile.view<64x16xf16>
  %w = tile.load %vw[%c0, %c0, %c0] : !tile.view<8x4x32xi8> -> tensor<8x4x32xi8>
  %u = tile.unpack %w map #blocks : tensor<8x4x32xi8> -> tensor<64x16xi8>
  %f = arith.sitofp %u : tensor<64x16xi8> to tensor<64x16xf16>
  tile.store %f, %vc[%c0, %c0] : tensor<64x16xf16>, !tile.view<64x16xf16>
  tile.return
}

// -----

!G = !tile.buffer<24x40xf32, global>

// Along rows, along columns and to a scalar; sizes that are no powers of two.
// CHECK-LABEL: tile.kernel @reductions
// CHECK: tile.reduce add {{.*}} along 1 : tensor<24x40xf32, #tile.distribution<"thread = [4:2@1, 8:1@0, 2:0], value = [2:1@1, 5:8@1, 3:8@0]">>
// CHECK: tile.reduce max {{.*}} along 0
// CHECK: tile.reduce add {{.*}} -> tensor<f32, #tile.distribution<"thread = [64:0], value = []">>
tile.kernel @reductions(%A: !G, %D: !tile.buffer<1xf32, global>, %C: !tile.buffer<40xf32, global>)
    grid affine_map<() -> (1, 1, 1)> threads 64 {
  %c0 = arith.constant 0 : index
  %va = tile.view %A map affine_map<(n, k) -> (n, k)> : !G -> !tile.view<24x40xf32>
  %vc = tile.view %C map affine_map<(n) -> (n)> : !tile.buffer<40xf32, global> -> !tile.view<40xf32>
  %vd = tile.view %D map affine_map<() -> (0)> : !tile.buffer<1xf32, global> -> !tile.view<f32>
  %a = tile.load %va[%c0, %c0] : !tile.view<24x40xf32> -> tensor<24x40xf32>
  %b = tile.reduce add %a along 1 : tensor<24x40xf32> -> tensor<24xf32>
  %c = tile.reduce max %a along 0 : tensor<24x40xf32> -> tensor<40xf32>
  %d = tile.reduce add %b along 0 : tensor<24xf32> -> tensor<f32>
  tile.store %c, %vc[%c0] : tensor<40xf32>, !tile.view<40xf32>
  tile.store %d, %vd[] : tensor<f32>, !tile.view<f32>
  tile.return
}

// -----

#rows = #tile.distribution<"thread = [32:1@1, 2:1@0], value = [2:32@1, 16:2@0]">
#columns = #tile.distribution<"thread = [32:1@0, 2:1@1], value = [32:2@1]">
#turned = #tile.distribution<"thread = [32:1@1, 2:1@0], value = [16:2@0, 2:32@1]">
!G = !tile.buffer<32x64xf32, global>

// What the program says is kept. A conversion that renames registers stays; the other goes through shared memory,
// truth values as bytes.
// CHECK-LABEL: tile.kernel @given
// CHECK: %[[X:.*]] = tile.load {{.*}} -> tensor<32x64xf32, #tile.distribution<"thread = [32:1@1, 2:1@0], value = [2:32@1, 16:2@0]">>
// CHECK: %[[T:.*]] = tile.convert_layout %[[X]] : {{.*}} -> tensor<32x64xf32, #tile.distribution<"thread = [32:1@1, 2:1@0], value = [16:2@0, 2:32@1]">>
// CHECK: %[[P:.*]] = arith.cmpf ogt, %[[T]]
// CHECK: %[[W:.*]] = arith.extui %[[P]] : {{.*}} to tensor<32x64xi8
// CHECK: %[[THROUGH:.*]] = tile.alloc : <32x64xi8, shared, #tile.buffer_layout
// CHECK: tile.store %[[W]], %[[THROUGH]]
// CHECK: %[[R:.*]] = tile.load %[[THROUGH]]{{.*}} -> tensor<32x64xi8, #tile.distribution<"thread = [32:1@0, 2:1@1], value = [32:2@1]">>
// CHECK: arith.trunci %[[R]] : {{.*}} to tensor<32x64xi1
// CHECK: tile.store {{.*}} : tensor<32x64xf32, #tile.distribution<"thread = [32:1@0, 2:1@1], value = [32:2@1]">>, !tile.view
tile.kernel @given(%A: !G, %B: !G) grid affine_map<() -> (1, 1, 1)> threads 64 {
  %c0 = arith.constant 0 : index
  %va = tile.view %A map affine_map<(n, k) -> (n, k)> : !G -> !tile.view<32x64xf32>
  %vb = tile.view %B map affine_map<(n, k) -> (n, k)> : !G -> !tile.view<32x64xf32>
  %x = tile.load %va[%c0, %c0] : !tile.view<32x64xf32> -> tensor<32x64xf32, #rows>
  %y = tile.load %vb[%c0, %c0] : !tile.view<32x64xf32> -> tensor<32x64xf32, #columns>
  %t = tile.convert_layout %x : tensor<32x64xf32, #rows> -> tensor<32x64xf32, #turned>
  %p = arith.cmpf ogt, %t, %t : tensor<32x64xf32, #turned>
  %q = tile.convert_layout %p : tensor<32x64xi1, #turned> -> tensor<32x64xi1, #columns>
  %z = arith.select %q, %y, %y : tensor<32x64xi1, #columns>, tensor<32x64xf32, #columns>
  tile.store %z, %vb[%c0, %c0] : tensor<32x64xf32, #columns>, !tile.view<32x64xf32>
  tile.return
}
