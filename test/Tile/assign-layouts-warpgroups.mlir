// RUN: ashlar-opt %s -ashlar-tile-assign-layouts -split-input-file | FileCheck %s
// RUN: ashlar-opt %s -ashlar-tile-assign-layouts=max-shared-memory-bytes=25599 -split-input-file | FileCheck %s --check-prefix=FULL
// RUN: ashlar-opt %s -ashlar-tile-assign-layouts=max-shared-memory-bytes=25600 -split-input-file | FileCheck %s --check-prefix=ROOM

// Products by warp groups: operands stay in shared memory, as copy engine and tensor cores agree that they lie.

#id = affine_map<(m, k) -> (m, k)>
!G = !tile.buffer<256x256xf16, global>
!V = !tile.view<256x256xf16>
!C = !tile.buffer<256x256xf32, global>

// Both operands lie along K, in rows of 128 bytes: the right one is a transpose. Two groups share the rows.
// CHECK-LABEL: tile.kernel @rows_of_128_bytes
// CHECK: tile.alloc : <128x64xf16, shared, #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3>>
// CHECK: tile.alloc : <32x64xf16, shared, #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3>>
// CHECK: tile.mma wgmma {{.*}} -> tensor<128x32xf32, #tile.distribution<"thread = [4:2@1, 8:1@0, 8:16@0], value = [2:1@1, 2:8@0, 4:8@1]">>
tile.kernel @rows_of_128_bytes(%A: !G, %C: !C) grid affine_map<() -> (1, 1, 1)> threads 256 {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map #id : !G -> !V
  %w = tile.view %C map #id : !C -> !tile.view<256x256xf32>
  %a = tile.alloc : <128x64xf16, shared>
  %b = tile.alloc : <32x64xf16, shared>
  %t = tile.transpose %b [1, 0] : <32x64xf16, shared> -> <64x32xf16, shared, #tile.buffer_layout<[1, 64]>>
  %zero = arith.constant dense<0.0> : tensor<128x32xf32>
  tile.copy %v[%c0, %c0] -> %a : !V -> <128x64xf16, shared>
  tile.copy %v[%c0, %c0] -> %b : !V -> <32x64xf16, shared>
  %d = tile.mma wgmma %a, %t, %zero
    : !tile.buffer<128x64xf16, shared>, !tile.buffer<64x32xf16, shared, #tile.buffer_layout<[1, 64]>> -> tensor<128x32xf32>
  tile.store %d, %w[%c0, %c0] : tensor<128x32xf32>, !tile.view<256x256xf32>
  tile.return
}

// -----

#id = affine_map<(m, k) -> (m, k)>
!G = !tile.buffer<256x256xf16, global>
!V = !tile.view<256x256xf16>
!C = !tile.buffer<256x256xf32, global>

// Shorter rows have the swizzle of their length: 64 bytes, and 32.
// CHECK-LABEL: tile.kernel @short_rows
// CHECK: tile.alloc : <64x32xf16, shared, #tile.buffer_layout<[32, 1], swizzle = 2 : 3 : 3>>
// CHECK: tile.alloc : <32x16xf16, shared, #tile.buffer_layout<[16, 1], swizzle = 1 : 3 : 3>>
tile.kernel @short_rows(%A: !G, %C: !C) grid affine_map<() -> (1, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map #id : !G -> !V
  %w = tile.view %C map #id : !C -> !tile.view<256x256xf32>
  %a = tile.alloc : <64x32xf16, shared>
  %b = tile.alloc : <32x16xf16, shared>
  %zero = arith.constant dense<0.0> : tensor<64x16xf32>
  tile.copy %v[%c0, %c0] -> %a : !V -> <64x32xf16, shared>
  tile.copy %v[%c0, %c0] -> %b : !V -> <32x16xf16, shared>
  %d = tile.mma wgmma %a, %b, %zero
    : !tile.buffer<64x32xf16, shared>, !tile.buffer<32x16xf16, shared> -> tensor<64x16xf32>
  tile.store %d, %w[%c0, %c0] : tensor<64x16xf32>, !tile.view<256x256xf32>
  tile.return
}

// -----

#id = affine_map<(m, k) -> (m, k)>
!G = !tile.buffer<256x256xf16, global>
!V = !tile.view<256x256xf16>
!C = !tile.buffer<256x256xf32, global>

// Longer rows are cut into panels, the whole of K in one and of N in the other.
// CHECK-LABEL: tile.kernel @panels
// CHECK: tile.alloc : <64x128xf16, shared, #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3, panel = 64 : 4096>>
// CHECK: tile.alloc : <128x256xf16, shared, #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3, panel = 64 : 8192>>
tile.kernel @panels(%A: !G, %C: !C) grid affine_map<() -> (1, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map #id : !G -> !V
  %w = tile.view %C map #id : !C -> !tile.view<256x256xf32>
  %a = tile.alloc : <64x128xf16, shared>
  %b = tile.alloc : <128x256xf16, shared>
  %zero = arith.constant dense<0.0> : tensor<64x256xf32>
  tile.copy %v[%c0, %c0] -> %a : !V -> <64x128xf16, shared>
  tile.copy %v[%c0, %c0] -> %b : !V -> <128x256xf16, shared>
  %d = tile.mma wgmma %a, %b, %zero
    : !tile.buffer<64x128xf16, shared>, !tile.buffer<128x256xf16, shared> -> tensor<64x256xf32>
  tile.store %d, %w[%c0, %c0] : tensor<64x256xf32>, !tile.view<256x256xf32>
  tile.return
}

// -----

#id = affine_map<(m, k) -> (m, k)>
!G = !tile.buffer<256x256xf16, global>
!V = !tile.view<256x256xf16>
!C = !tile.buffer<256x256xf32, global>

// As in attention: the first product's result is the second one's left operand and stays in its registers.
// CHECK-LABEL: tile.kernel @operand_in_registers
// CHECK: %[[S:.*]] = tile.mma wgmma {{.*}} -> tensor<64x64xf32, [[D:#tile.distribution<"[^"]*">]]>
// CHECK: %[[P:.*]] = arith.truncf %[[S]] : tensor<64x64xf32, [[D]]> to tensor<64x64xf16, [[D]]>
// CHECK-NEXT: tile.mma wgmma %[[P]], %{{.*}} : tensor<64x64xf16, [[D]]>,
tile.kernel @operand_in_registers(%A: !G, %C: !C) grid affine_map<() -> (1, 1, 1)> threads 128 {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map #id : !G -> !V
  %w = tile.view %C map #id : !C -> !tile.view<256x256xf32>
  %a = tile.alloc : <64x64xf16, shared>
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  tile.copy %v[%c0, %c0] -> %a : !V -> <64x64xf16, shared>
  %s = tile.mma wgmma %a, %a, %zero : !tile.buffer<64x64xf16, shared>, !tile.buffer<64x64xf16, shared> -> tensor<64x64xf32>
  %p = arith.truncf %s : tensor<64x64xf32> to tensor<64x64xf16>
  %o = tile.mma wgmma %p, %a, %zero : tensor<64x64xf16>, !tile.buffer<64x64xf16, shared> -> tensor<64x64xf32>
  tile.store %o, %w[%c0, %c0] : tensor<64x64xf32>, !tile.view<256x256xf32>
  tile.return
}

// -----

#id = affine_map<(m, k) -> (m, k)>
!G = !tile.buffer<256x256xf16, global>
!V = !tile.view<256x256xf16>

// Results pass through shared memory where it has room beside all stages: 2 * 8192 bytes, 8192 of the result, and 1024
// for memory barriers.
// ROOM-LABEL: tile.kernel @results
// ROOM: arith.truncf
// ROOM: tile.store %{{.*}}, %{{.*}} : tensor<64x64xf16, {{.*}}>, !tile.buffer<64x64xf16, shared
// FULL-LABEL: tile.kernel @results
// FULL: %[[NARROW:.*]] = arith.truncf
// FULL-NOT: !tile.buffer<{{.*}}, shared
// FULL: tile.store %[[NARROW]], %{{.*}}, !tile.view<256x256xf16>
tile.kernel @results(%A: !G, %C: !G) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative", stages = 2 : i64}} {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map #id : !G -> !V
  %w = tile.view %C map #id : !G -> !V
  %a = tile.alloc : <64x64xf16, shared>
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  tile.copy %v[%c0, %c0] -> %a : !V -> <64x64xf16, shared>
  %d = tile.mma wgmma %a, %a, %zero : !tile.buffer<64x64xf16, shared>, !tile.buffer<64x64xf16, shared> -> tensor<64x64xf32>
  %e = arith.truncf %d : tensor<64x64xf32> to tensor<64x64xf16>
  tile.store %e, %w[%c0, %c0] : tensor<64x64xf16>, !V
  tile.return
}
