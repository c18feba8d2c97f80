// RUN: ashlar-opt %s -ashlar-convert-tensor-to-tile -split-input-file -verify-diagnostics

func.func @no_schedule(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{needs a schedule with the entry 'threads', a number in [1, 65536]}}
  %y = ashlar.kernel (%a = %x : tensor<8xf32>) -> tensor<8xf32> {
    %0 = arith.addf %a, %a : tensor<8xf32>
    ashlar.yield %0 : tensor<8xf32>
  }
  return %y : tensor<8xf32>
}

// -----
func.func @short_tile(%x: tensor<8x16xf16>, %w: tensor<16x8xf16>) -> tensor<8x8xf16> {
  // expected-error @+1 {{needs a schedule with the entry 'tile', a list of numbers in [1, 65536]; run ashlar-tensor-assign-schedules or write it (expected 3)}}
  %y = ashlar.kernel (%a = %x : tensor<8x16xf16>, %b = %w : tensor<16x8xf16>)
      schedule({tile = [16, 16], threads = 32 : i64, mma = "mma_sync"}) -> tensor<8x8xf16> {
    %0 = ashlar.matmul %a, %b : tensor<8x16xf16>, tensor<16x8xf16> -> tensor<8x8xf16>
    ashlar.yield %0 : tensor<8x8xf16>
  }
  return %y : tensor<8x8xf16>
}

// -----
func.func @unknown_mma(%x: tensor<8x16xf16>, %w: tensor<16x8xf16>) -> tensor<8x8xf16> {
  // expected-error @+1 {{has a schedule with the unknown mma 'abacus'; expected mma_sync or fma}}
  %y = ashlar.kernel (%a = %x : tensor<8x16xf16>, %b = %w : tensor<16x8xf16>)
      schedule({tile = [16, 16, 16], threads = 32 : i64, mma = "abacus"}) -> tensor<8x8xf16> {
    %0 = ashlar.matmul %a, %b : tensor<8x16xf16>, tensor<16x8xf16> -> tensor<8x8xf16>
    ashlar.yield %0 : tensor<8x8xf16>
  }
  return %y : tensor<8x8xf16>
}

// -----
func.func @two_main_operations(%x: tensor<16x16xf16>) -> tensor<16x16xf16> {
  %y = ashlar.kernel (%a = %x : tensor<16x16xf16>)
      schedule({tile = [16, 16, 16], threads = 32 : i64, mma = "mma_sync"}) -> tensor<16x16xf16> {
    // expected-remark @+1 {{the first one is 'ashlar.matmul'}}
    %0 = ashlar.matmul %a, %a : tensor<16x16xf16>, tensor<16x16xf16> -> tensor<16x16xf16>
    // expected-error @+1 {{'ashlar.matmul' is a second main operation of one kernel; give it a kernel of its own}}
    %1 = ashlar.matmul %0, %a : tensor<16x16xf16>, tensor<16x16xf16> -> tensor<16x16xf16>
    ashlar.yield %1 : tensor<16x16xf16>
  }
  return %y : tensor<16x16xf16>
}

// -----
#mn = affine_map<(m, n) -> (m, n)>
#m = affine_map<(m, n) -> (m)>
func.func @chunked_but_not_combinable(%x: tensor<100x70xf32>, %z: tensor<100xf32>) -> tensor<100xf32> {
  %y = ashlar.kernel (%a = %x : tensor<100x70xf32>, %i = %z : tensor<100xf32>)
      schedule({tile = [4, 64], threads = 128 : i64}) -> tensor<100xf32> {
    // expected-error @+1 {{its body is no sum, product, maximum or minimum of 8 to 32 bits, so it can only be reduced element by element; give the loops of its reduction the tile size 1}}
    %0 = linalg.generic {indexing_maps = [#mn, #m], iterator_types = ["parallel", "reduction"]}
        ins(%a : tensor<100x70xf32>) outs(%i : tensor<100xf32>) {
      ^bb0(%v: f32, %acc: f32):
        %s = arith.subf %v, %acc : f32
        linalg.yield %s : f32
    } -> tensor<100xf32>
    ashlar.yield %0 : tensor<100xf32>
  }
  return %y : tensor<100xf32>
}

// -----
#id = affine_map<(m) -> (m)>
func.func @gather(%x: tensor<100xf32>, %i: tensor<8xindex>) -> tensor<8xf32> {
  // expected-error @+1 {{has an input of type 'tensor<8xindex>'; kernels take integers and floats}}
  %y = ashlar.kernel (%a = %x : tensor<100xf32>, %b = %i : tensor<8xindex>)
      schedule({tile = [8], threads = 32 : i64}) -> tensor<8xf32> {
    %e = tensor.empty() : tensor<8xf32>
    %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
        ins(%b : tensor<8xindex>) outs(%e : tensor<8xf32>) {
      ^bb0(%j: index, %o: f32):
        %v = tensor.extract %a[%j] : tensor<100xf32>
        linalg.yield %v : f32
    } -> tensor<8xf32>
    ashlar.yield %0 : tensor<8xf32>
  }
  return %y : tensor<8xf32>
}

// -----
#id = affine_map<(m) -> (m)>
func.func @gather_by_i32(%x: tensor<100xf32>, %i: tensor<8xi32>) -> tensor<8xf32> {
  %y = ashlar.kernel (%a = %x : tensor<100xf32>, %b = %i : tensor<8xi32>)
      schedule({tile = [8], threads = 32 : i64}) -> tensor<8xf32> {
    %e = tensor.empty() : tensor<8xf32>
    %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
        ins(%b : tensor<8xi32>) outs(%e : tensor<8xf32>) {
      ^bb0(%j: i32, %o: f32):
        %k = arith.index_cast %j : i32 to index
        // expected-error @+1 {{'tensor.extract' has no lowering inside a kernel: it reads at computed indices}}
        %v = tensor.extract %a[%k] : tensor<100xf32>
        linalg.yield %v : f32
    } -> tensor<8xf32>
    ashlar.yield %0 : tensor<8xf32>
  }
  return %y : tensor<8xf32>
}

// -----
func.func @constant_of_several_values(%x: tensor<2xf32>) -> tensor<2xf32> {
  %y = ashlar.kernel (%a = %x : tensor<2xf32>) schedule({tile = [2], threads = 32 : i64}) -> tensor<2xf32> {
    // expected-error @+1 {{a constant of several values must be an input of the kernel}}
    %c = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
    %0 = arith.addf %a, %c : tensor<2xf32>
    ashlar.yield %0 : tensor<2xf32>
  }
  return %y : tensor<2xf32>
}

// -----
func.func @scalar_input(%x: tensor<2xf32>, %s: f32) -> tensor<2xf32> {
  // expected-error @+1 {{has an input of type 'f32', which a kernel cannot take; pass it as a tensor of rank 0}}
  %y = ashlar.kernel (%a = %x : tensor<2xf32>, %b = %s : f32) schedule({tile = [2], threads = 32 : i64})
      -> tensor<2xf32> {
    %c = tensor.splat %b : tensor<2xf32>
    %0 = arith.addf %a, %c : tensor<2xf32>
    ashlar.yield %0 : tensor<2xf32>
  }
  return %y : tensor<2xf32>
}

// -----
func.func @enormous_tile(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{needs a schedule with the entry 'tile', a list of numbers in [1, 65536]}}
  %y = ashlar.kernel (%a = %x : tensor<8xf32>) schedule({tile = [1000000000000], threads = 32 : i64}) -> tensor<8xf32> {
    %0 = arith.addf %a, %a : tensor<8xf32>
    ashlar.yield %0 : tensor<8xf32>
  }
  return %y : tensor<8xf32>
}

// -----
func.func @enormous_heads(%q: tensor<1x1x8x2147483648xf16>) -> tensor<1x1x8x2147483648xf16> {
  %y = ashlar.kernel (%a = %q : tensor<1x1x8x2147483648xf16>)
      schedule({tile = [64, 64], packing = 1, warps = [4, 1], stages = 2, threads = 128, mma = "mma_sync"})
      -> tensor<1x1x8x2147483648xf16> {
    // expected-error @+1 {{has heads of 2147483648 values; kernels keep a head on chip and take at most 4096}}
    %0 = ashlar.attention %a, %a, %a : tensor<1x1x8x2147483648xf16>, tensor<1x1x8x2147483648xf16>, tensor<1x1x8x2147483648xf16>
      -> tensor<1x1x8x2147483648xf16>
    ashlar.yield %0 : tensor<1x1x8x2147483648xf16>
  }
  return %y : tensor<1x1x8x2147483648xf16>
}

// -----
func.func @enormous_tensor(%x: tensor<4294967296x4294967296xf32>) -> tensor<4294967296x4294967296xf32> {
  // expected-error @+1 {{'ashlar.kernel' op has a tensor that no buffer can be: '!tile.buffer' C4: expected at most 2^48 elements}}
  %y = ashlar.kernel (%a = %x : tensor<4294967296x4294967296xf32>) schedule({tile = [8, 8], threads = 32 : i64})
      -> tensor<4294967296x4294967296xf32> {
    %0 = arith.addf %a, %a : tensor<4294967296x4294967296xf32>
    ashlar.yield %0 : tensor<4294967296x4294967296xf32>
  }
  return %y : tensor<4294967296x4294967296xf32>
}

// -----
func.func @odd_elements(%x: tensor<8xi37>) -> tensor<8xi37> {
  // expected-error @+1 {{'ashlar.kernel' op has a tensor that no buffer can be: '!tile.buffer' C1: expected an integer or float element of 1, 4, 8, 16, 32 or 64 bits, got 'i37'}}
  %y = ashlar.kernel (%a = %x : tensor<8xi37>) schedule({tile = [8], threads = 32 : i64}) -> tensor<8xi37> {
    %0 = arith.addi %a, %a : tensor<8xi37>
    ashlar.yield %0 : tensor<8xi37>
  }
  return %y : tensor<8xi37>
}

// -----
func.func @size_of_no_dimension(%x: tensor<?xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{cannot express a size of the kernel through the shapes of its inputs}}
  %y = ashlar.kernel (%a = %x : tensor<?xf32>) schedule({tile = [8], threads = 32 : i64}) -> tensor<?xf32> {
    %c7 = arith.constant 7 : index
    %d = tensor.dim %a, %c7 : tensor<?xf32>
    %e = tensor.empty(%d) : tensor<?xf32>
    %0 = linalg.exp ins(%a : tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
    ashlar.yield %0 : tensor<?xf32>
  }
  return %y : tensor<?xf32>
}
