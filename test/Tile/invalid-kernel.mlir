// RUN: ashlar-opt %s -split-input-file -verify-diagnostics
//
// One function for each constraint of TileKernelOps.td; its name ends with the constraint's label. What the custom
// syntax cannot say is written in the generic one.

// expected-error @+1 {{'tile.kernel' op C1: expected a grid map with 3 results, no dimensions and 0 symbols, got affine_map<() -> (1, 1)>}}
tile.kernel @two_axes_c1() grid affine_map<() -> (1, 1)> threads 32 {
  tile.return
}

// -----

// expected-error @+1 {{'tile.kernel' op C1: expected a grid map with 3 results, no dimensions and 1 symbols}}
tile.kernel @symbols_c1(%n: index) grid affine_map<() -> (1, 1, 1)> threads 32 {
  tile.return
}

// -----

// expected-error @+1 {{'tile.kernel' op C2: expected a multiple of 32 threads in [32, 1024], got 48}}
tile.kernel @part_of_a_warp_c2() grid affine_map<() -> (1, 1, 1)> threads 48 {
  tile.return
}

// -----

// expected-error @+1 {{'tile.kernel' op C2: expected a multiple of 32 threads in [32, 1024], got 2048}}
tile.kernel @too_many_threads_c2() grid affine_map<() -> (1, 1, 1)> threads 2048 {
  tile.return
}

// -----

// expected-error @+1 {{'tile.kernel' op C3: expected global buffers, then index arguments; argument 0 is 'index'}}
tile.kernel @index_first_c3(%n: index, %x: !tile.buffer<4xf32, global>) grid affine_map<()[s0] -> (s0, 1, 1)> threads 32 {
  tile.return
}

// -----

// expected-error @+1 {{'tile.kernel' op C3: expected global buffers, then index arguments; argument 0 is '!tile.buffer<4xf32, shared>'}}
tile.kernel @shared_argument_c3(%x: !tile.buffer<4xf32, shared>) grid affine_map<() -> (1, 1, 1)> threads 32 {
  tile.return
}

// -----

// expected-error @+1 {{'tile.kernel' op C3: expected global buffers, then index arguments; argument 0 is 'f32'}}
tile.kernel @scalar_argument_c3(%x: f32) grid affine_map<() -> (1, 1, 1)> threads 32 {
  tile.return
}

// -----

// expected-error @+1 {{'tile.kernel' op C4: expected no results, got '() -> f32'}}
tile.kernel @result_c4() -> f32 grid affine_map<() -> (1, 1, 1)> threads 32 {
  tile.return
}

// -----

// expected-error @+1 {{'tile.kernel' op C4: expected a body of one block that ends with tile.return}}
"tile.kernel"() <{sym_name = "declaration_c4", function_type = () -> (), grid = affine_map<() -> (1, 1, 1)>,
                  threads = 32 : i64}> ({}) : () -> ()

// -----

// expected-error @+1 {{'tile.kernel' op C4: expected a body of one block that ends with tile.return}}
tile.kernel @two_blocks_c4() grid affine_map<() -> (1, 1, 1)> threads 32 {
  cf.br ^next
^next:
  tile.return
}

// -----

// expected-error @+1 {{'tile.kernel' op C4: expected a body of one block that ends with tile.return}}
tile.kernel @other_end_c4() grid affine_map<() -> (1, 1, 1)> threads 32 {
  llvm.unreachable
}

// -----

// expected-error @+1 {{'tile.kernel' op C5: expected shared_bytes of at least 0, got -8}}
tile.kernel @negative_memory_c5() grid affine_map<() -> (1, 1, 1)> threads 32 attributes {shared_bytes = -8 : i64} {
  tile.return
}

// -----

// expected-error @+1 {{'tile.kernel' op C6: expected static tiles of 1 to 2^20 elements, got 'tensor<0xf32>'}}
tile.kernel @empty_tile_c6() grid affine_map<() -> (1, 1, 1)> threads 32 {
  // expected-note @+1 {{made here}}
  %0 = arith.constant dense<0.0> : tensor<0xf32>
  tile.return
}

// -----

// expected-error @+1 {{'tile.kernel' op C6: expected static tiles of 1 to 2^20 elements, got 'tensor<1024x1025xf32>'}}
tile.kernel @large_tile_c6() grid affine_map<() -> (1, 1, 1)> threads 32 {
  // expected-note @+1 {{made here}}
  %0 = arith.constant dense<0.0> : tensor<1024x1025xf32>
  tile.return
}

// -----

func.func @no_kernel_c1() {
  // expected-error @+1 {{'tile.launch' op C1: there is no kernel @nobody}}
  tile.launch @nobody() : () -> ()
  return
}

// -----

tile.kernel @takes_one(%x: !tile.buffer<4xf32, global>) grid affine_map<() -> (1, 1, 1)> threads 32 {
  tile.return
}
func.func @argument_count_c1() {
  // expected-error @+1 {{'tile.launch' op C1: kernel @takes_one takes 1 buffers and 0 dimensions, got 0 and 0}}
  tile.launch @takes_one() : () -> ()
  return
}

// -----

tile.kernel @takes_one(%x: !tile.buffer<4xf32, global>) grid affine_map<() -> (1, 1, 1)> threads 32 {
  tile.return
}
func.func @argument_type_c1(%x: tensor<5xf32>) {
  // expected-error @+1 {{'tile.launch' op C1: tensor 0 is 'tensor<5xf32>', but kernel @takes_one takes '!tile.buffer<4xf32, global>'}}
  tile.launch @takes_one(%x) : (tensor<5xf32>) -> ()
  return
}

// -----

tile.kernel @makes_one(%x: !tile.buffer<?xf32, global>) grid affine_map<() -> (1, 1, 1)> threads 32 {
  tile.return
}
func.func @result_dimensions_c2() {
  // expected-error @+1 {{'tile.launch' op C2: expected 1 result dimensions, got 0}}
  %0 = tile.launch @makes_one() : () -> tensor<?xf32>
  return
}

// -----

tile.kernel @works(%x: !tile.buffer<?xf32, global>) grid affine_map<() -> (1, 1, 1)> threads 32 {
  tile.return
}
func.func @dynamic_workspace_c3() {
  // expected-error @+1 {{'tile.launch' op C3: expected workspace of static tensors, got tensor<?xf32>}}
  tile.launch @works() {workspace = [tensor<?xf32>]} : () -> ()
  return
}

// -----

func.func @scalar_workspace_c3() {
  // expected-error @+1 {{'tile.launch' op C3: expected workspace of static tensors, got f32}}
  tile.launch @works() {workspace = [f32]} : () -> ()
  return
}

// -----

func.func @requirements_c4(%n: index) {
  // expected-error @+1 {{'tile.launch' op C4: expected requirements with no dimensions and 1 symbols, got affine_set<(d0) : (d0 - 1 == 0)>}}
  tile.launch @kernels::@anything() dimensions(%n) requires affine_set<(i) : (i - 1 == 0)> : () -> ()
  return
}

// -----

func.func @return_outside() {
  // expected-error @+1 {{'tile.return' op expects parent op 'tile.kernel'}}
  tile.return
}
