// RUN: ashlar-opt %s -ashlar-tile-assign-layouts -split-input-file -verify-diagnostics

tile.kernel @unknown_operation(%C: !tile.buffer<64x64xf32, global>) grid affine_map<() -> (1, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %vc = tile.view %C map affine_map<(m, n) -> (m, n)> : !tile.buffer<64x64xf32, global> -> !tile.view<64x64xf32>
  %a = tile.load %vc[%c0, %c0] : !tile.view<64x64xf32> -> tensor<64x64xf32>
  // expected-error @+1 {{takes or makes tiles, but ashlar-tile-assign-layouts does not know how}}
  %e = tensor.extract %a[%c0, %c0] : tensor<64x64xf32>
  %t = tile.splat %e : f32 -> tensor<64x64xf32>
  tile.store %t, %vc[%c0, %c0] : tensor<64x64xf32>, !tile.view<64x64xf32>
  tile.return
}

// -----

// Rows of 63 nibbles: every second one starts in the middle of a byte.
tile.kernel @nibbles(%A: !tile.buffer<64x63xi4, global>) grid affine_map<() -> (1, 1, 1)> threads 32 {
  %c0 = arith.constant 0 : index
  %va = tile.view %A map affine_map<(m, n) -> (m, n)> : !tile.buffer<64x63xi4, global> -> !tile.view<64x63xi4>
  %s = tile.alloc : !tile.buffer<64x64xi4, shared>
  // expected-error @+1 {{'tile.copy' op moves elements of 4 bits one by one}}
  tile.copy %va[%c0, %c0] -> %s : !tile.view<64x63xi4> -> !tile.buffer<64x64xi4, shared>
  tile.return
}

// -----

// Three warps are no warp group.
tile.kernel @part_of_a_group(%C: !tile.buffer<64x8xf32, global>) grid affine_map<() -> (1, 1, 1)> threads 96 {
  %c0 = arith.constant 0 : index
  %v = tile.view %C map affine_map<(m, n) -> (m, n)> : <64x8xf32, global> -> <64x8xf32>
  %a = tile.alloc : <64x16xf16, shared>
  %b = tile.alloc : <16x8xf16, shared>
  %zero = arith.constant dense<0.0> : tensor<64x8xf32>
  // expected-error @+1 {{'tile.mma' op cannot be shared by 96 threads: products by warp groups need whole groups of 128 threads, each with a multiple of 64 rows}}
  %d = tile.mma wgmma %a, %b, %zero : !tile.buffer<64x16xf16, shared>, !tile.buffer<16x8xf16, shared> -> tensor<64x8xf32>
  tile.store %d, %v[%c0, %c0] : tensor<64x8xf32>, !tile.view<64x8xf32>
  tile.return
}

// -----

// One product of 64 rows cannot be shared by two groups.
tile.kernel @few_rows(%C: !tile.buffer<64x8xf32, global>) grid affine_map<() -> (1, 1, 1)> threads 256 {
  %c0 = arith.constant 0 : index
  %v = tile.view %C map affine_map<(m, n) -> (m, n)> : <64x8xf32, global> -> <64x8xf32>
  %a = tile.alloc : <64x16xf16, shared>
  %b = tile.alloc : <16x8xf16, shared>
  %zero = arith.constant dense<0.0> : tensor<64x8xf32>
  // expected-error @+1 {{'tile.mma' op cannot be shared by 256 threads}}
  %d = tile.mma wgmma %a, %b, %zero : !tile.buffer<64x16xf16, shared>, !tile.buffer<16x8xf16, shared> -> tensor<64x8xf32>
  tile.store %d, %v[%c0, %c0] : tensor<64x8xf32>, !tile.view<64x8xf32>
  tile.return
}
