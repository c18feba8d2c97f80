// RUN: ashlar-opt %s -pass-pipeline='builtin.module(func.func(ashlar-tensor-assign-schedules{target=sm_80}))' | FileCheck %s

// CHECK-LABEL: func.func @tensor_cores
// CHECK: ashlar.kernel {{.*}} schedule({mma = "mma_sync", stages = {{[0-9]+}} : i64, threads = {{[0-9]+}} : i64, tile = [{{[0-9]+, [0-9]+, [0-9]+}}], warps = [{{[0-9]+, [0-9]+}}]})
func.func @tensor_cores(%x: tensor<4096x4096xf16>, %w: tensor<4096x4096xf16>) -> tensor<4096x4096xf16> {
  %y = ashlar.kernel (%a = %x : tensor<4096x4096xf16>, %b = %w : tensor<4096x4096xf16>) -> tensor<4096x4096xf16> {
    %0 = ashlar.matmul %a, %b : tensor<4096x4096xf16>, tensor<4096x4096xf16> -> tensor<4096x4096xf16>
    ashlar.yield %0 : tensor<4096x4096xf16>
  }
  return %y : tensor<4096x4096xf16>
}

// CHECK-LABEL: func.func @full_precision
// CHECK: schedule({mma = "fma", {{.*}}thread_grid = [{{[0-9]+, [0-9]+}}]
func.func @full_precision(%x: tensor<64x64xf32>, %w: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %y = ashlar.kernel (%a = %x : tensor<64x64xf32>, %b = %w : tensor<64x64xf32>) -> tensor<64x64xf32> {
    %0 = ashlar.matmul %a, %b : tensor<64x64xf32>, tensor<64x64xf32> -> tensor<64x64xf32>
    ashlar.yield %0 : tensor<64x64xf32>
  }
  return %y : tensor<64x64xf32>
}

// CHECK-LABEL: func.func @rows
// CHECK: schedule({threads = {{[0-9]+}} : i64, tile = [{{[0-9]+}}, 256]})
func.func @rows(%x: tensor<4096x256xf32>, %i: tensor<4096xf32>) -> tensor<4096xf32> {
  %y = ashlar.kernel (%a = %x : tensor<4096x256xf32>, %b = %i : tensor<4096xf32>) -> tensor<4096xf32> {
    %0 = linalg.reduce {arith.addf} ins(%a : tensor<4096x256xf32>) outs(%b : tensor<4096xf32>) dimensions = [1]
    ashlar.yield %0 : tensor<4096xf32>
  }
  return %y : tensor<4096xf32>
}

// A schedule that is there stays.
// CHECK-LABEL: func.func @given
// CHECK: schedule("mine")
func.func @given(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = ashlar.kernel (%a = %x : tensor<8xf32>) schedule("mine") -> tensor<8xf32> {
    %0 = arith.addf %a, %a : tensor<8xf32>
    ashlar.yield %0 : tensor<8xf32>
  }
  return %y : tensor<8xf32>
}

// Tiles are made of the blocks of a packed weight, 16 x 64, where these are to be copied as they lie.
// CHECK-LABEL: func.func @blocks
// CHECK: schedule({mma = "mma_sync", {{.*}}tile = [{{[0-9]+}}, {{16|32|64|128|256}}, 64]
func.func @blocks(%x: tensor<8x512xf16>, %p: tensor<16384xi32>, %s: tensor<256xf16>) -> tensor<8x256xf16> {
  %y = ashlar.kernel (%a = %x : tensor<8x512xf16>, %b = %p : tensor<16384xi32>, %c = %s : tensor<256xf16>)
      -> tensor<8x256xf16> {
    %w = ashlar.unpack %b packing<"mma", [[?, 2, 8], [?, 4, 2, 4, 2]] -> [0, 3, 2, 6, 1, 4, 5, 7]>
      : tensor<16384xi32> -> tensor<256x512xi4>
    %0 = ashlar.quantized_matmul %a, %w scales %c
      : (tensor<8x512xf16>, tensor<256x512xi4>, tensor<256xf16>) -> tensor<8x256xf16>
    ashlar.yield %0 : tensor<8x256xf16>
  }
  return %y : tensor<8x256xf16>
}

// CHECK-LABEL: func.func @pack
// CHECK: schedule({threads = 64 : i64, tile = [{{[0-9]+}}]})
func.func @pack(%w: tensor<256x512xi4>) -> tensor<16384xi32> {
  %y = ashlar.kernel (%a = %w : tensor<256x512xi4>) -> tensor<16384xi32> {
    %0 = ashlar.pack %a packing<"mma", [[?, 2, 8], [?, 4, 2, 4, 2]] -> [0, 3, 2, 6, 1, 4, 5, 7]>
      : tensor<256x512xi4> -> tensor<16384xi32>
    ashlar.yield %0 : tensor<16384xi32>
  }
  return %y : tensor<16384xi32>
}
