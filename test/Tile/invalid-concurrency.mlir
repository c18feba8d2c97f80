// RUN: ashlar-opt %s -split-input-file -verify-diagnostics
//
// One function for each constraint of TileConcurrencyOps.td; its name ends with the constraint's label.

func.func @outside_c1() {
  // expected-error @+1 {{'tile.role' op C1: expected to stand directly in a kernel and to be warps of its threads, got the threads [0, 128)}}
  tile.role "consumer" threads 128 from 0 {
  }
  return
}

// -----

tile.kernel @part_of_a_warp_c1() grid affine_map<() -> (1, 1, 1)> threads 256 {
  // expected-error @+1 {{'tile.role' op C1: expected to stand directly in a kernel and to be warps of its threads, got the threads [0, 48)}}
  tile.role "consumer" threads 48 from 0 {
  }
  tile.return
}

// -----

tile.kernel @beyond_c1() grid affine_map<() -> (1, 1, 1)> threads 256 {
  // expected-error @+1 {{'tile.role' op C1: expected to stand directly in a kernel and to be warps of its threads, got the threads [224, 288)}}
  tile.role "producer" threads 64 from 224 {
  }
  tile.return
}

// -----

tile.kernel @in_a_role_c1() grid affine_map<() -> (1, 1, 1)> threads 256 {
  tile.role "consumer" threads 256 from 0 {
    // expected-error @+1 {{'tile.role' op C1: expected to stand directly in a kernel}}
    tile.role "producer" threads 32 from 0 {
    }
  }
  tile.return
}

// -----

tile.kernel @shared_threads_c2() grid affine_map<() -> (1, 1, 1)> threads 256 {
  // expected-error @+1 {{'tile.role' op C2: shares threads with the role 'producer'}}
  tile.role "consumer" threads 160 from 0 {
  }
  tile.role "producer" threads 128 from 128 {
  }
  tile.return
}

// -----

tile.kernel @odd_registers_c3() grid affine_map<() -> (1, 1, 1)> threads 256 {
  // expected-error @+1 {{'tile.role' op C3: expected a multiple of 8 registers in [24, 256] for whole groups of 128 threads, got 236 for 128 threads from 0}}
  tile.role "consumer" threads 128 from 0 registers 236 {
  }
  tile.return
}

// -----

tile.kernel @few_registers_c3() grid affine_map<() -> (1, 1, 1)> threads 256 {
  // expected-error @+1 {{'tile.role' op C3: expected a multiple of 8 registers in [24, 256] for whole groups of 128 threads, got 16 for 128 threads from 0}}
  tile.role "consumer" threads 128 from 0 registers 16 {
  }
  tile.return
}

// -----

tile.kernel @many_registers_c3() grid affine_map<() -> (1, 1, 1)> threads 256 {
  // expected-error @+1 {{'tile.role' op C3: expected a multiple of 8 registers in [24, 256] for whole groups of 128 threads, got 264 for 128 threads from 0}}
  tile.role "consumer" threads 128 from 0 registers 264 {
  }
  tile.return
}

// -----

tile.kernel @part_of_a_group_registers_c3() grid affine_map<() -> (1, 1, 1)> threads 256 {
  // expected-error @+1 {{'tile.role' op C3: expected a multiple of 8 registers in [24, 256] for whole groups of 128 threads, got 40 for 64 threads from 0}}
  tile.role "consumer" threads 64 from 0 registers 40 {
  }
  tile.return
}

// -----

tile.kernel @tiles_of_one_thread_c4() grid affine_map<() -> (1, 1, 1)> threads 256 {
  // expected-error @+1 {{'tile.role' op C4: expected no tiles in a role of a single thread}}
  tile.role "producer" threads 32 from 0 single_thread {
    // expected-note @+1 {{makes a tile}}
    %zero = arith.constant dense<0.0> : tensor<16xf32>
  }
  tile.return
}

// -----

func.func @init_c1(%b: !tile.buffer<2x2xi64, shared>, %i: index) {
  // expected-error @+1 {{'tile.mbarrier_init' op C1: expected one dimension of i64, got '!tile.buffer<2x2xi64, shared>'}}
  tile.mbarrier_init %b arrivals 1 : !tile.buffer<2x2xi64, shared>
  return
}

// -----

func.func @expect_c1(%b: !tile.buffer<4xi32, shared>, %i: index) {
  // expected-error @+1 {{'tile.mbarrier_expect' op C1: expected one dimension of i64, got '!tile.buffer<4xi32, shared>'}}
  tile.mbarrier_expect %b[%i] bytes 16 : !tile.buffer<4xi32, shared>
  return
}

// -----

func.func @arrive_c1(%b: !tile.buffer<i64, shared>, %i: index) {
  // expected-error @+1 {{'tile.mbarrier_arrive' op C1: expected one dimension of i64, got '!tile.buffer<i64, shared>'}}
  tile.mbarrier_arrive %b[%i] : !tile.buffer<i64, shared>
  return
}

// -----

func.func @wait_c1(%b: !tile.buffer<4xf64, shared>, %i: index) {
  // expected-error @+1 {{'tile.mbarrier_wait' op C1: expected one dimension of i64, got '!tile.buffer<4xf64, shared>'}}
  tile.mbarrier_wait %b[%i] parity %i : !tile.buffer<4xf64, shared>
  return
}

// -----

func.func @no_arrivals_c2(%b: !tile.buffer<4xi64, shared>, %i: index) {
  // expected-error @+1 {{'tile.mbarrier_init' op C2: expected a number of arrivals in [1, 2^20), got 0}}
  tile.mbarrier_init %b arrivals 0 : !tile.buffer<4xi64, shared>
  return
}

// -----

func.func @many_arrivals_c2(%b: !tile.buffer<4xi64, shared>, %i: index) {
  // expected-error @+1 {{'tile.mbarrier_init' op C2: expected a number of arrivals in [1, 2^20), got 1048576}}
  tile.mbarrier_init %b arrivals 1048576 : !tile.buffer<4xi64, shared>
  return
}

// -----

func.func @no_bytes_c2(%b: !tile.buffer<4xi64, shared>, %i: index) {
  // expected-error @+1 {{'tile.mbarrier_expect' op C2: expected a number of bytes in [1, 2^20), got 0}}
  tile.mbarrier_expect %b[%i] bytes 0 : !tile.buffer<4xi64, shared>
  return
}

// -----

func.func @many_bytes_c2(%b: !tile.buffer<4xi64, shared>, %i: index) {
  // expected-error @+1 {{'tile.mbarrier_expect' op C2: expected a number of bytes in [1, 2^20), got 1048576}}
  tile.mbarrier_expect %b[%i] bytes 1048576 : !tile.buffer<4xi64, shared>
  return
}

// -----

func.func @arrive_predicates_c2(%b: !tile.buffer<4xi64, shared>, %i: index, %p: i1) {
  // expected-error @+1 {{'tile.mbarrier_arrive' op C2: expected at most one predicate, got 2}}
  tile.mbarrier_arrive %b[%i] if %p, %p : !tile.buffer<4xi64, shared>
  return
}

// -----

func.func @wait_predicates_c2(%b: !tile.buffer<4xi64, shared>, %i: index, %p: i1) {
  // expected-error @+1 {{'tile.mbarrier_wait' op C2: expected at most one predicate, got 2}}
  tile.mbarrier_wait %b[%i] parity %i if %p, %p : !tile.buffer<4xi64, shared>
  return
}

// -----

#map = #tile.tensor_map<coordinates = (m, k) -> (k, m), extents = () -> (64, 64),
                        strides = () -> (128), offset = 0, box = [32, 16], swizzle = 0>
func.func @offsets_c1(%v: !tile.view<64x64xf16>, %s: !tile.buffer<16x32xf16, shared>, %b: !tile.buffer<4xi64, shared>, %i: index) {
  // expected-error @+1 {{'tile.tensor_copy' op C1: expected one offset per dimension, and view and destination of one rank and element type, got 1 for '!tile.view<64x64xf16>' and '!tile.buffer<16x32xf16, shared>'}}
  tile.tensor_copy %v[%i] -> %s signal %b[%i] map #map
    : !tile.view<64x64xf16> -> !tile.buffer<16x32xf16, shared>, !tile.buffer<4xi64, shared>
  return
}

// -----

#map = #tile.tensor_map<coordinates = (m, k) -> (k, m), extents = () -> (64, 64),
                        strides = () -> (128), offset = 0, box = [32, 16], swizzle = 0>
func.func @ranks_c1(%v: !tile.view<64x64xf16>, %s: !tile.buffer<512xf16, shared>, %b: !tile.buffer<4xi64, shared>, %i: index) {
  // expected-error @+1 {{'tile.tensor_copy' op C1: expected one offset per dimension, and view and destination of one rank and element type, got 2 for '!tile.view<64x64xf16>' and '!tile.buffer<512xf16, shared>'}}
  tile.tensor_copy %v[%i, %i] -> %s signal %b[%i] map #map
    : !tile.view<64x64xf16> -> !tile.buffer<512xf16, shared>, !tile.buffer<4xi64, shared>
  return
}

// -----

#map = #tile.tensor_map<coordinates = (m, k) -> (k, m), extents = () -> (64, 64),
                        strides = () -> (128), offset = 0, box = [32, 16], swizzle = 0>
func.func @elements_c1(%v: !tile.view<64x64xf16>, %s: !tile.buffer<16x32xbf16, shared>, %b: !tile.buffer<4xi64, shared>, %i: index) {
  // expected-error @+1 {{'tile.tensor_copy' op C1: expected one offset per dimension, and view and destination of one rank and element type, got 2 for '!tile.view<64x64xf16>' and '!tile.buffer<16x32xbf16, shared>'}}
  tile.tensor_copy %v[%i, %i] -> %s signal %b[%i] map #map
    : !tile.view<64x64xf16> -> !tile.buffer<16x32xbf16, shared>, !tile.buffer<4xi64, shared>
  return
}

// -----

#map = #tile.tensor_map<coordinates = (m, k) -> (k, m), extents = () -> (64, 64),
                        strides = () -> (128), offset = 0, box = [64, 16], swizzle = 0>
func.func @box_c2(%v: !tile.view<64x64xf16>, %s: !tile.buffer<16x32xf16, shared>, %b: !tile.buffer<4xi64, shared>, %i: index) {
  // expected-error @+1 {{'tile.tensor_copy' op C2: expected a map of 2 offsets and the view's symbols that moves 512 elements at once, got one of 2 offsets that moves 1024}}
  tile.tensor_copy %v[%i, %i] -> %s signal %b[%i] map #map
    : !tile.view<64x64xf16> -> !tile.buffer<16x32xf16, shared>, !tile.buffer<4xi64, shared>
  return
}

// -----

#map = #tile.tensor_map<coordinates = (k) -> (k, 0), extents = () -> (64, 64),
                        strides = () -> (128), offset = 0, box = [32, 16], swizzle = 0>
func.func @map_c2(%v: !tile.view<64x64xf16>, %s: !tile.buffer<16x32xf16, shared>, %b: !tile.buffer<4xi64, shared>, %i: index) {
  // expected-error @+1 {{'tile.tensor_copy' op C2: expected a map of 2 offsets and the view's symbols that moves 512 elements at once, got one of 1 offsets that moves 512}}
  tile.tensor_copy %v[%i, %i] -> %s signal %b[%i] map #map
    : !tile.view<64x64xf16> -> !tile.buffer<16x32xf16, shared>, !tile.buffer<4xi64, shared>
  return
}

// -----

// The box of a buffer in panels is one panel of it.
#map = #tile.tensor_map<coordinates = (m, k) -> (k, m), extents = () -> (64, 64),
                        strides = () -> (128), offset = 0, box = [64, 16], swizzle = 0>
#panels = #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3, panel = 64 : 1024>
func.func @panel_c2(%v: !tile.view<64x64xf16>, %s: !tile.buffer<16x256xf16, shared, #panels>,
                    %narrow: !tile.buffer<16x32xf16, shared, #panels>, %b: !tile.buffer<4xi64, shared>, %i: index) {
  tile.tensor_copy %v[%i, %i] -> %s signal %b[%i] map #map
    : !tile.view<64x64xf16> -> !tile.buffer<16x256xf16, shared, #panels>, !tile.buffer<4xi64, shared>
  // expected-error @+1 {{'tile.tensor_copy' op C2: expected a map of 2 offsets and the view's symbols that moves 512 elements at once, got one of 2 offsets that moves 1024}}
  tile.tensor_copy %v[%i, %i] -> %narrow signal %b[%i] map #map
    : !tile.view<64x64xf16> -> !tile.buffer<16x32xf16, shared, #panels>, !tile.buffer<4xi64, shared>
  return
}

// -----

#map = #tile.tensor_map<coordinates = (m, k) -> (k, m), extents = () -> (64, 64),
                        strides = () -> (128), offset = 0, box = [32, 16], swizzle = 0>
func.func @symbols_c2(%x: !tile.buffer<64x64xf16, global>, %s: !tile.buffer<16x32xf16, shared>,
                      %b: !tile.buffer<4xi64, shared>, %i: index) {
  %v = tile.view %x[%i] map affine_map<(m, k)[h] -> (m + h, k)> : <64x64xf16, global> -> <64x64xf16>
  // expected-error @+1 {{'tile.tensor_copy' op C2: expected a map of 2 offsets and the view's symbols}}
  tile.tensor_copy %v[%i, %i] -> %s signal %b[%i] map #map
    : !tile.view<64x64xf16> -> !tile.buffer<16x32xf16, shared>, !tile.buffer<4xi64, shared>
  return
}

// -----

#map = #tile.tensor_map<coordinates = (m, k) -> (k, m), extents = () -> (64, 64),
                        strides = () -> (128), offset = 0, box = [32, 16], swizzle = 0>
func.func @signal_c3(%v: !tile.view<64x64xf16>, %s: !tile.buffer<16x32xf16, shared>, %b: !tile.buffer<4xf32, shared>, %i: index) {
  // expected-error @+1 {{'tile.tensor_copy' op C3: expected one dimension of i64, got '!tile.buffer<4xf32, shared>'}}
  tile.tensor_copy %v[%i, %i] -> %s signal %b[%i] map #map
    : !tile.view<64x64xf16> -> !tile.buffer<16x32xf16, shared>, !tile.buffer<4xf32, shared>
  return
}

// -----

func.func @pending_negative_c1() {
  // expected-error @+1 {{'tile.mma_wait' op C1: expected a number of products in [0, 7], got -1}}
  tile.mma_wait -1
  return
}

// -----

func.func @pending_many_c1() {
  // expected-error @+1 {{'tile.mma_wait' op C1: expected a number of products in [0, 7], got 8}}
  tile.mma_wait 8
  return
}

// -----

func.func @results_c2(%a: tensor<64x8xf32>) {
  // expected-error @+1 {{'tile.mma_wait' op C2: expected results of the operands' types}}
  %d = tile.mma_wait 0 (%a) : tensor<64x8xf32> -> tensor<64x16xf32>
  return
}
