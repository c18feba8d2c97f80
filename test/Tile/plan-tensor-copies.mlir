// RUN: ashlar-opt %s -ashlar-tile-plan-tensor-copies -split-input-file -verify-diagnostics | FileCheck %s
//
// First what tensor maps say of copies, then every reason for which there is none.

#id = affine_map<(m, k) -> (m, k)>
#rows = #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3>
#panels = #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3, panel = 64 : 4096>
!A = !tile.buffer<4096x8192xbf16, global>
!S = !tile.buffer<128x64xbf16, shared, #rows>
!P = !tile.buffer<64x256xbf16, shared, #panels>

// Rows of 128 bytes in one box; rows of 512 in boxes that are as wide as a panel. Only the loop's copies have stages.
// CHECK-LABEL: tile.kernel @rows_and_panels
// CHECK: tile.copy %{{.*}} {tile.copy_stages = 1 : i64, tile.tensor_map = #tile.tensor_map<coordinates = (d0, d1) -> (d1, d0), extents = ()[s0] -> (8192, 4096), strides = ()[s0] -> (16384), offset = 0, box = [64, 64], swizzle = 128>}
// CHECK: scf.for
// CHECK: tile.copy %{{.*}} {tile.copy_stages = 4 : i64, tile.tensor_map = #tile.tensor_map<coordinates = (d0, d1) -> (d1, d0), extents = ()[s0] -> (8192, 4096), strides = ()[s0] -> (16384), offset = 0, box = [64, 128], swizzle = 128>}
tile.kernel @rows_and_panels(%A: !A, %i: index) grid affine_map<()[s0] -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative", stages = 4 : i64}} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %v = tile.view %A map #id : !A -> !tile.view<4096x8192xbf16>
  %s = tile.alloc : !S
  %p = tile.alloc : !P
  tile.copy %v[%c0, %c0] -> %p : !tile.view<4096x8192xbf16> -> !P
  scf.for %k = %c0 to %i step %c64 {
    tile.copy %v[%c0, %k] -> %s : !tile.view<4096x8192xbf16> -> !S
  }
  tile.return
}

// A loop around a loop that copies gains nothing by stages.
// CHECK-LABEL: tile.kernel @outer_loop
// CHECK: scf.for
// CHECK: tile.copy %{{.*}} {tile.copy_stages = 1 : i64
// CHECK: scf.for
// CHECK: tile.copy %{{.*}} {tile.copy_stages = 4 : i64
tile.kernel @outer_loop(%A: !A, %n: index) grid affine_map<()[s0] -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative", stages = 4 : i64}} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v = tile.view %A map #id : !A -> !tile.view<4096x8192xbf16>
  %q = tile.alloc : !S
  %s = tile.alloc : !S
  scf.for %i = %c0 to %n step %c1 {
    tile.copy %v[%i, %c0] -> %q : !tile.view<4096x8192xbf16> -> !S
    scf.for %k = %c0 to %n step %c1 {
      tile.copy %v[%c0, %k] -> %s : !tile.view<4096x8192xbf16> -> !S
    }
  }
  tile.return
}

// A view that runs across its buffer's rows: memory's contiguous dimension comes first all the same.
// CHECK-LABEL: tile.kernel @transposed_view
// CHECK: tile.tensor_map = #tile.tensor_map<coordinates = (d0, d1) -> (d0, d1), extents = () -> (8192, 4096), strides = () -> (16384), offset = 0, box = [64, 128], swizzle = 128>
tile.kernel @transposed_view(%A: !A) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative"}} {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map affine_map<(k, m) -> (m, k)> : !A -> !tile.view<8192x4096xbf16>
  %s = tile.alloc : !S
  %t = tile.transpose %s [1, 0] : !S -> !tile.buffer<64x128xbf16, shared, #tile.buffer_layout<[1, 64], swizzle = 3 : 3 : 3>>
  tile.copy %v[%c0, %c0] -> %t
    : !tile.view<8192x4096xbf16> -> !tile.buffer<64x128xbf16, shared, #tile.buffer_layout<[1, 64], swizzle = 3 : 3 : 3>>
  tile.return
}

// The extent is known when the kernel is launched: computed from the kernel's dimensions.
// CHECK-LABEL: tile.kernel @dynamic_extent
// CHECK: extents = ()[s0] -> (64, s0 * 8 - 1), strides = ()[s0] -> (128), offset = 0, box = [64, 128]
tile.kernel @dynamic_extent(%A: !tile.buffer<?x64xbf16, global>, %n: index) grid affine_map<()[s0] -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative"}} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %n8 = arith.muli %n, %c8 : index
  %rows = arith.subi %n8, %c1 : index
  %v = tile.view %A sizes(%rows) map #id : !tile.buffer<?x64xbf16, global> -> !tile.view<?x64xbf16>
  %s = tile.alloc : !S
  tile.copy %v[%c0, %c0] -> %s : !tile.view<?x64xbf16> -> !S
  tile.return
}

// Batch and head are further dimensions, one element of which is copied; what is added to them is an offset.
// CHECK-LABEL: tile.kernel @batch_and_head
// CHECK: coordinates = (d0, d1)[s0, s1] -> (d1, d0, s0, s1), extents = () -> (64, 512, 4, 8), strides = () -> (128, 524288, 65536), offset = 0, box = [64, 128, 1, 1], swizzle = 128
// CHECK: coordinates = (d0, d1)[s0] -> (d1, d0, s0), extents = () -> (64, 512, 4), strides = () -> (128, 524288), offset = 196608, box = [64, 128, 1]
tile.kernel @batch_and_head(%A: !tile.buffer<4x8x512x64xbf16, global>) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative"}} {
  %c0 = arith.constant 0 : index
  %b = tile.block_id y
  %h = tile.block_id z
  %v = tile.view %A[%b, %h] map affine_map<(m, k)[b, h] -> (b, h, m, k)>
    : !tile.buffer<4x8x512x64xbf16, global> -> !tile.view<512x64xbf16>
  %w = tile.view %A[%b] map affine_map<(m, k)[b] -> (b, 3, m, k)>
    : !tile.buffer<4x8x512x64xbf16, global> -> !tile.view<512x64xbf16>
  %s = tile.alloc : !S
  tile.copy %v[%c0, %c0] -> %s : !tile.view<512x64xbf16> -> !S
  tile.copy %w[%c0, %c0] -> %s : !tile.view<512x64xbf16> -> !S
  tile.return
}

// Every second row of a matrix, with the swizzles for shorter rows.
// CHECK-LABEL: tile.kernel @strides_and_swizzles
// CHECK: strides = () -> (32768), offset = 0, box = [32, 16], swizzle = 64>
// CHECK: box = [16, 16], swizzle = 32>
// CHECK: box = [8, 16], swizzle = 0>
tile.kernel @strides_and_swizzles(%A: !A) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative"}} {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map affine_map<(m, k) -> (m * 2, k)> : !A -> !tile.view<2048x8192xbf16>
  %s = tile.alloc : <16x32xbf16, shared, #tile.buffer_layout<[32, 1], swizzle = 2 : 3 : 3>>
  %t = tile.alloc : <16x16xbf16, shared, #tile.buffer_layout<[16, 1], swizzle = 1 : 3 : 3>>
  %u = tile.alloc : <16x8xbf16, shared>
  tile.copy %v[%c0, %c0] -> %s
    : !tile.view<2048x8192xbf16> -> !tile.buffer<16x32xbf16, shared, #tile.buffer_layout<[32, 1], swizzle = 2 : 3 : 3>>
  tile.copy %v[%c0, %c0] -> %t
    : !tile.view<2048x8192xbf16> -> !tile.buffer<16x16xbf16, shared, #tile.buffer_layout<[16, 1], swizzle = 1 : 3 : 3>>
  tile.copy %v[%c0, %c0] -> %u : !tile.view<2048x8192xbf16> -> !tile.buffer<16x8xbf16, shared>
  tile.return
}

// Without roles in the schedule nothing is decided.
// CHECK-LABEL: tile.kernel @without_roles
// CHECK-NOT: tensor_map
// CHECK: tile.return
tile.kernel @without_roles(%A: !A) grid affine_map<() -> (1, 1, 1)> threads 128 attributes {schedule = {stages = 3 : i64}} {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map #id : !A -> !tile.view<4096x8192xbf16>
  %s = tile.alloc : !S
  tile.copy %v[%c0, %c0] -> %s : !tile.view<4096x8192xbf16> -> !S
  tile.return
}

// -----

tile.kernel @not_linear(%A: !tile.buffer<64x64xf16, global>) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative"}} {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map affine_map<(m, k) -> (m floordiv 2, k)> : <64x64xf16, global> -> <64x64xf16>
  %s = tile.alloc : <16x64xf16, shared>
  // expected-error @+1 {{'tile.copy' op cannot be moved by a tensor map: the place of its elements in memory is not linear in the view's coordinates; choose a schedule without roles}}
  tile.copy %v[%c0, %c0] -> %s : <64x64xf16> -> <16x64xf16, shared>
  tile.return
}

// -----

tile.kernel @product_of_symbol(%A: !tile.buffer<64x64xf16, global>) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative"}} {
  %c0 = arith.constant 0 : index
  %v = tile.view %A[%c0] map affine_map<(m, k)[n] -> (m * n, k)> : <64x64xf16, global> -> <64x64xf16>
  %s = tile.alloc : <16x64xf16, shared>
  // expected-error @+1 {{'tile.copy' op cannot be moved by a tensor map: the place of its elements in memory is not linear in the view's coordinates; choose a schedule without roles}}
  tile.copy %v[%c0, %c0] -> %s : <64x64xf16> -> <16x64xf16, shared>
  tile.return
}

// -----

tile.kernel @padded(%A: !tile.buffer<64x64xf16, global>) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative"}} {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map affine_map<(m, k) -> (m - 1, k)> : <64x64xf16, global> -> <64x64xf16>
  %s = tile.alloc : <16x64xf16, shared>
  // expected-error @+1 {{'tile.copy' op cannot be moved by a tensor map: a coordinate can fall outside of the buffer inside of the view; choose a schedule without roles}}
  tile.copy %v[%c0, %c0] -> %s : <64x64xf16> -> <16x64xf16, shared>
  tile.return
}

// -----

tile.kernel @unknown_extent(%A: !tile.buffer<?x64xf16, global>) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative"}} {
  %c0 = arith.constant 0 : index
  %x = tile.block_id x
  %v = tile.view %A sizes(%x) map affine_map<(m, k) -> (m, k)> : <?x64xf16, global> -> <?x64xf16>
  %s = tile.alloc : <16x64xf16, shared>
  // expected-error @+1 {{'tile.copy' op cannot be moved by a tensor map: an extent or a stride is not known when the kernel is launched; choose a schedule without roles}}
  tile.copy %v[%c0, %c0] -> %s : <?x64xf16> -> <16x64xf16, shared>
  tile.return
}

// -----

tile.kernel @backwards(%A: !tile.buffer<64x64xf16, global>) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative"}} {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map affine_map<(m, k) -> (m * -1, k)> : <64x64xf16, global> -> <64x64xf16>
  %s = tile.alloc : <16x64xf16, shared>
  // expected-error @+1 {{'tile.copy' op cannot be moved by a tensor map: an extent or a stride is not known when the kernel is launched; choose a schedule without roles}}
  tile.copy %v[%c0, %c0] -> %s : <64x64xf16> -> <16x64xf16, shared>
  tile.return
}

// -----

tile.kernel @four_bits(%A: !tile.buffer<64x64xi4, global>) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative"}} {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map affine_map<(m, k) -> (m, k)> : <64x64xi4, global> -> <64x64xi4>
  %s = tile.alloc : <16x64xi4, shared>
  // expected-error @+1 {{'tile.copy' op cannot be moved by a tensor map: elements of four bits are not moved by tensor maps; choose a schedule without roles}}
  tile.copy %v[%c0, %c0] -> %s : <64x64xi4> -> <16x64xi4, shared>
  tile.return
}

// -----

tile.kernel @six_dimensions(%A: !tile.buffer<2x2x2x2x2x8xf16, global>) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative"}} {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map affine_map<(a, b, c, d, e, f) -> (a, b, c, d, e, f)> : <2x2x2x2x2x8xf16, global> -> <2x2x2x2x2x8xf16>
  %s = tile.alloc : <1x1x1x1x1x8xf16, shared>
  // expected-error @+1 {{'tile.copy' op cannot be moved by a tensor map: its address depends on more than five coordinates; choose a schedule without roles}}
  tile.copy %v[%c0, %c0, %c0, %c0, %c0, %c0] -> %s : <2x2x2x2x2x8xf16> -> <1x1x1x1x1x8xf16, shared>
  tile.return
}

// -----

tile.kernel @scattered(%A: !tile.buffer<64x64xf16, global>) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative"}} {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map affine_map<(m, k) -> (m, k * 2)> : <64x64xf16, global> -> <64x32xf16>
  %s = tile.alloc : <16x32xf16, shared>
  // expected-error @+1 {{'tile.copy' op cannot be moved by a tensor map: it is not contiguous in pieces of 16 bytes; choose a schedule without roles}}
  tile.copy %v[%c0, %c0] -> %s : <64x32xf16> -> <16x32xf16, shared>
  tile.return
}

// -----

tile.kernel @short_pieces(%A: !tile.buffer<64x64xf16, global>) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative"}} {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map affine_map<(m, k) -> (m, k)> : <64x64xf16, global> -> <64x64xf16>
  %s = tile.alloc : <16x4xf16, shared>
  // expected-error @+1 {{'tile.copy' op cannot be moved by a tensor map: it is not contiguous in pieces of 16 bytes; choose a schedule without roles}}
  tile.copy %v[%c0, %c0] -> %s : <64x64xf16> -> <16x4xf16, shared>
  tile.return
}

// -----

tile.kernel @odd_rows(%A: !tile.buffer<64x63xf16, global>) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative"}} {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map affine_map<(m, k) -> (m, k)> : <64x63xf16, global> -> <64x63xf16>
  %s = tile.alloc : <16x64xf16, shared>
  // expected-error @+1 {{'tile.copy' op cannot be moved by a tensor map: its rows do not start at multiples of 16 bytes; choose a schedule without roles}}
  tile.copy %v[%c0, %c0] -> %s : <64x63xf16> -> <16x64xf16, shared>
  tile.return
}

// -----

tile.kernel @long_tile(%A: !tile.buffer<512x64xf16, global>) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative"}} {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map affine_map<(m, k) -> (m, k)> : <512x64xf16, global> -> <512x64xf16>
  %s = tile.alloc : <512x64xf16, shared>
  // expected-error @+1 {{'tile.copy' op cannot be moved by a tensor map: its tile has more than 256 elements along a dimension; choose a schedule without roles}}
  tile.copy %v[%c0, %c0] -> %s : <512x64xf16> -> <512x64xf16, shared>
  tile.return
}

// -----

tile.kernel @gaps(%A: !tile.buffer<64x64xf16, global>) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative"}} {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map affine_map<(m, k) -> (m, k)> : <64x64xf16, global> -> <64x64xf16>
  %s = tile.alloc : <16x64xf16, shared, #tile.buffer_layout<[72, 1]>>
  // expected-error @+1 {{'tile.copy' op cannot be moved by a tensor map: its buffer has gaps; choose a schedule without roles}}
  tile.copy %v[%c0, %c0] -> %s : <64x64xf16> -> <16x64xf16, shared, #tile.buffer_layout<[72, 1]>>
  tile.return
}

// -----

tile.kernel @other_swizzle(%A: !tile.buffer<64x64xf16, global>) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative"}} {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map affine_map<(m, k) -> (m, k)> : <64x64xf16, global> -> <64x64xf16>
  %s = tile.alloc : <16x64xf16, shared, #tile.buffer_layout<[64, 1], swizzle = 3 : 2 : 3>>
  // expected-error @+1 {{'tile.copy' op cannot be moved by a tensor map: the copy engine has no such swizzle; choose a schedule without roles}}
  tile.copy %v[%c0, %c0] -> %s : <64x64xf16> -> <16x64xf16, shared, #tile.buffer_layout<[64, 1], swizzle = 3 : 2 : 3>>
  tile.return
}

// -----

tile.kernel @distant_swizzle(%A: !tile.buffer<64x128xf16, global>) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative"}} {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map affine_map<(m, k) -> (m, k)> : <64x128xf16, global> -> <64x128xf16>
  %s = tile.alloc : <16x128xf16, shared, #tile.buffer_layout<[128, 1], swizzle = 3 : 3 : 4>>
  // expected-error @+1 {{'tile.copy' op cannot be moved by a tensor map: the copy engine has no such swizzle; choose a schedule without roles}}
  tile.copy %v[%c0, %c0] -> %s : <64x128xf16> -> <16x128xf16, shared, #tile.buffer_layout<[128, 1], swizzle = 3 : 3 : 4>>
  tile.return
}

// -----

tile.kernel @predicate(%A: !tile.buffer<64x64xf16, global>) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative"}} {
  %c0 = arith.constant 0 : index
  %p = arith.constant true
  %v = tile.view %A map affine_map<(m, k) -> (m, k)> : <64x64xf16, global> -> <64x64xf16>
  %s = tile.alloc : <16x64xf16, shared>
  // expected-error @+1 {{'tile.copy' op cannot be moved by a tensor map: it has a predicate; choose a schedule without roles}}
  tile.copy %v[%c0, %c0] -> %s if %p : <64x64xf16> -> <16x64xf16, shared>
  tile.return
}

// -----

tile.kernel @single_element(%A: !tile.buffer<f16, global>) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative"}} {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map affine_map<() -> ()> : <f16, global> -> <f16>
  %s = tile.alloc : <f16, shared>
  // expected-error @+1 {{'tile.copy' op cannot be moved by a tensor map: it is a single element; choose a schedule without roles}}
  tile.copy %v[] -> %s : <f16> -> <f16, shared>
  tile.return
}

// -----

tile.kernel @odd_start(%A: !tile.buffer<8x4x8xi8, global>) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative"}} {
  %c0 = arith.constant 0 : index
  %v = tile.view %A map affine_map<(m, k) -> (m, 1, k)> : <8x4x8xi8, global> -> <8x8xi8>
  %s = tile.alloc : <8x16xi8, shared>
  // expected-error @+1 {{'tile.copy' op cannot be moved by a tensor map: it does not start at a multiple of 16 bytes; choose a schedule without roles}}
  tile.copy %v[%c0, %c0] -> %s : <8x8xi8> -> <8x16xi8, shared>
  tile.return
}

// -----

tile.kernel @part_of_a_buffer(%v: !tile.buffer<64x64xf16, global>) grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative"}} {
  %c0 = arith.constant 0 : index
  %w = tile.view %v map affine_map<(m, k) -> (m, k)> : <64x64xf16, global> -> <64x64xf16>
  %s = tile.alloc : <2x16x64xf16, shared>
  %part = tile.stage %s[%c0] : <2x16x64xf16, shared> -> <16x64xf16, shared>
  // expected-error @+1 {{'tile.copy' op cannot be moved by a tensor map: it fills a part of a buffer; choose a schedule without roles}}
  tile.copy %w[%c0, %c0] -> %part : <64x64xf16> -> <16x64xf16, shared>
  tile.return
}

// -----

// expected-error @+1 {{'tile.kernel' op has a schedule of 33 stages; expected 1 to 32}}
tile.kernel @stages() grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative", stages = 33 : i64}} {
  tile.return
}

// -----

#A = #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3>
#B = #tile.buffer_layout<[1, 64], swizzle = 3 : 3 : 3>
tile.kernel @product_without_roles() grid affine_map<() -> (1, 1, 1)> threads 128 {
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %a = tile.alloc : <64x64xf16, shared, #A>
  %b = tile.alloc : <64x64xf16, shared, #B>
  // expected-error @+1 {{'tile.mma' op needs operands that the copy engine moves, and a schedule with roles for that; add roles = "cooperative"}}
  %d = tile.mma wgmma %a, %b, %zero : !tile.buffer<64x64xf16, shared, #A>, !tile.buffer<64x64xf16, shared, #B> -> tensor<64x64xf32>
  tile.return
}

// -----

#A = #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3>
#B = #tile.buffer_layout<[1, 64], swizzle = 3 : 3 : 3>
tile.kernel @computed_operand() grid affine_map<() -> (1, 1, 1)> threads 128
    attributes {schedule = {roles = "cooperative"}} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %one = arith.constant dense<1.0> : tensor<64x64xf16>
  %a = tile.alloc : <64x64xf16, shared, #A>
  %b = tile.alloc : <64x64xf16, shared, #B>
  tile.store %one, %a[%c0, %c0] : tensor<64x64xf16>, !tile.buffer<64x64xf16, shared, #A>
  // expected-error @+1 {{'tile.mma' op reads an operand that the kernel computes; only inputs can be moved by the copy engine}}
  %d = tile.mma wgmma %a, %b, %zero : !tile.buffer<64x64xf16, shared, #A>, !tile.buffer<64x64xf16, shared, #B> -> tensor<64x64xf32>
  tile.return
}
