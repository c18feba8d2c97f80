// RUN: ashlar-opt %s -split-input-file -verify-diagnostics
//
// Attributes and types of TileBase.td; one function for each constraint, named after it.

// expected-error @+1 {{invalid distribution}}
func.func private @unreadable() -> tensor<4xf32, #tile.distribution<"thread = [4], value = []">>

// -----

// expected-error @+1 {{the distribution does not fit the tile}}
func.func private @other_rank() -> tensor<4xf32, #tile.distribution<"thread = [4:1@1], value = []">>

// -----

// expected-error @+1 {{'#tile.buffer_layout' C1: expected strides of at least 0, got -1}}
func.func private @buffer_layout_c1() -> !tile.buffer<4xf32, shared, #tile.buffer_layout<[-1]>>

// -----

// expected-error @+1 {{'#tile.buffer_layout' C2: the swizzle 3 : 0 : 1 does not exist}}
func.func private @buffer_layout_c2() -> !tile.buffer<4xf32, shared, #tile.buffer_layout<[1], swizzle = 3 : 0 : 1>>

// -----

// expected-error @+1 {{'#tile.buffer_layout' C2: the swizzle 1 : 4294967296 : 1 does not exist: its parameters must be small numbers}}
func.func private @buffer_layout_large_c2() -> !tile.buffer<4xf32, shared, #tile.buffer_layout<[1], swizzle = 1 : 4294967296 : 1>>

// -----

// expected-error @+1 {{'!tile.buffer' C1: expected an integer or float element of 1, 4, 8, 16, 32 or 64 bits, got 'i37'}}
func.func private @buffer_c1() -> !tile.buffer<4xi37, shared>

// -----

// expected-error @+1 {{'!tile.buffer' C1: expected an integer or float element of 1, 4, 8, 16, 32 or 64 bits, got 'index'}}
func.func private @buffer_index_c1() -> !tile.buffer<4xindex, shared>

// -----

// expected-error @+1 {{'!tile.buffer' C2: only the first dimension of a global buffer may be dynamic, got dimension 1}}
func.func private @buffer_second_c2() -> !tile.buffer<?x?xf32, global>

// -----

// expected-error @+1 {{'!tile.buffer' C2: only the first dimension of a global buffer may be dynamic, got dimension 0}}
func.func private @buffer_shared_c2() -> !tile.buffer<?xf32, shared>

// -----

// expected-error @+1 {{'!tile.buffer' C3: expected 2 strides, got 1}}
func.func private @buffer_c3() -> !tile.buffer<4x4xf32, shared, #tile.buffer_layout<[1]>>

// -----

// expected-error @+1 {{'!tile.buffer' C4: expected at most 2^48 elements}}
func.func private @buffer_c4() -> !tile.buffer<4294967296x4294967296xf32, global>

// -----

// expected-error @+1 {{'!tile.buffer' C4: expected at most 2^48 elements}}
func.func private @buffer_strides_c4() -> !tile.buffer<4x4xf32, shared, #tile.buffer_layout<[9000000000000000000, 1]>>

// -----

// expected-error @+1 {{'!tile.view' C1: expected an integer or float element of 1, 4, 8, 16, 32 or 64 bits, got 'vector<4xf32>'}}
func.func private @view_c1() -> !tile.view<4xvector<4xf32>>

// -----

// expected-error @+1 {{expected memory space 'global' or 'shared', got 'constant'}}
func.func private @memory_space() -> !tile.buffer<4xf32, constant>

// -----

// expected-error @+1 {{'!tile.buffer' C5: expected 1 to 2^20 elements in shared memory}}
func.func private @empty_shared_c5() -> !tile.buffer<4x0xf32, shared>

// -----

// expected-error @+1 {{'!tile.buffer' C5: expected 1 to 2^20 elements in shared memory}}
func.func private @large_shared_c5() -> !tile.buffer<1024x1025xf32, shared>

// -----

// expected-error @+1 {{'#tile.buffer_layout' C3: expected a panel of positive width and stride}}
func.func private @buffer_layout_no_stride_c3() -> !tile.buffer<4x256xf16, shared, #tile.buffer_layout<[2, 4], swizzle = 3 : 3 : 3, panel = 64 : 1024>>

// -----

// expected-error @+1 {{'#tile.buffer_layout' C3: expected a panel of positive width and stride}}
func.func private @buffer_layout_no_width_c3() -> !tile.buffer<4x256xf16, shared, #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3, panel = 0 : 1024>>

// -----

// expected-error @+1 {{'#tile.buffer_layout' C3: expected a panel of positive width and stride}}
func.func private @buffer_layout_no_panel_stride_c3() -> !tile.buffer<4x256xf16, shared, #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3, panel = 64 : 0>>

// -----

// expected-error @+1 {{'#tile.buffer_layout' C3: expected a panel of positive width and stride}}
func.func private @buffer_layout_negative_panel_c3() -> !tile.buffer<4x256xf16, shared, #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3, panel = -64 : 1024>>

// -----

// expected-error @+1 {{'#tile.tensor_map' C1: expected 1 to 5 coordinates, as many extents and entries of the box, and one stride less, got 6, 6, 6 and 5}}
#map = #tile.tensor_map<coordinates = (m, k) -> (k, m, 0, 0, 0, 0), extents = () -> (1, 1, 1, 1, 1, 1),
                        strides = () -> (16, 16, 16, 16, 16), offset = 0, box = [1, 1, 1, 1, 1, 1],
                        swizzle = 0>

// -----

// expected-error @+1 {{'#tile.tensor_map' C1: expected 1 to 5 coordinates, as many extents and entries of the box, and one stride less, got 2, 1, 2 and 1}}
#map = #tile.tensor_map<coordinates = (m, k) -> (k, m), extents = () -> (64),
                        strides = () -> (128), offset = 0, box = [32, 16],
                        swizzle = 0>

// -----

// expected-error @+1 {{'#tile.tensor_map' C1: expected 1 to 5 coordinates, as many extents and entries of the box, and one stride less, got 2, 2, 1 and 1}}
#map = #tile.tensor_map<coordinates = (m, k) -> (k, m), extents = () -> (64, 64),
                        strides = () -> (128), offset = 0, box = [32],
                        swizzle = 0>

// -----

// expected-error @+1 {{'#tile.tensor_map' C1: expected 1 to 5 coordinates, as many extents and entries of the box, and one stride less, got 2, 2, 2 and 2}}
#map = #tile.tensor_map<coordinates = (m, k) -> (k, m), extents = () -> (64, 64),
                        strides = () -> (2, 128), offset = 0, box = [32, 16],
                        swizzle = 0>

// -----

// expected-error @+1 {{'#tile.tensor_map' C2: expected a swizzle of 0, 32, 64 or 128 bytes and an offset that is a multiple of 16, got 16 and 0}}
#map = #tile.tensor_map<coordinates = (m, k) -> (k, m), extents = () -> (64, 64),
                        strides = () -> (128), offset = 0, box = [32, 16],
                        swizzle = 16>

// -----

// expected-error @+1 {{'#tile.tensor_map' C2: expected a swizzle of 0, 32, 64 or 128 bytes and an offset that is a multiple of 16, got 0 and 8}}
#map = #tile.tensor_map<coordinates = (m, k) -> (k, m), extents = () -> (64, 64),
                        strides = () -> (128), offset = 8, box = [32, 16],
                        swizzle = 0>

// -----

// expected-error @+1 {{'#tile.tensor_map' C2: expected a swizzle of 0, 32, 64 or 128 bytes and an offset that is a multiple of 16, got 0 and -16}}
#map = #tile.tensor_map<coordinates = (m, k) -> (k, m), extents = () -> (64, 64),
                        strides = () -> (128), offset = -16, box = [32, 16],
                        swizzle = 0>

// -----

// expected-error @+1 {{'#tile.tensor_map' C3: expected a box of 1 to 256 elements along each dimension, got 0}}
#map = #tile.tensor_map<coordinates = (m, k) -> (k, m), extents = () -> (64, 64),
                        strides = () -> (128), offset = 0, box = [0, 16],
                        swizzle = 0>

// -----

// expected-error @+1 {{'#tile.tensor_map' C3: expected a box of 1 to 256 elements along each dimension, got 257}}
#map = #tile.tensor_map<coordinates = (m, k) -> (k, m), extents = () -> (64, 64),
                        strides = () -> (128), offset = 0, box = [32, 257],
                        swizzle = 0>
