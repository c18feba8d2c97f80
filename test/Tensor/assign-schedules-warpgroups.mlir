// Schedules for blocks of warp groups, where they are asked for.
// RUN: ashlar-opt %s -pass-pipeline='builtin.module(func.func(ashlar-tensor-assign-schedules{target=sm_90a warpgroups}))' | FileCheck %s
// RUN: ashlar-opt %s -pass-pipeline='builtin.module(func.func(ashlar-tensor-assign-schedules{target=sm_90a warpgroups alternatives=3}))' | FileCheck %s --check-prefix=NEXT
// RUN: ashlar-opt %s -pass-pipeline='builtin.module(func.func(ashlar-tensor-assign-schedules{target=sm_90a alternatives=3}))' | FileCheck %s --check-prefix=WITHOUT
// RUN: ashlar-opt %s -pass-pipeline='builtin.module(func.func(ashlar-tensor-assign-schedules{target=sm_80 warpgroups}))' | FileCheck %s --check-prefix=WITHOUT

// WITHOUT-NOT: wgmma

// A large product: two consumers; blocks with several tiles, numbered such that neighbours share operands. No clusters
// yet.
// CHECK-LABEL: func.func @large
// CHECK: schedule({consumers = 2 : i64, mma = "wgmma", persistent,
// CHECK-SAME: raster_group = {{[0-9]+}} : i64, registers = [240, 24], roles = "cooperative", stages = {{[2-6]}} : i64, threads = 256 : i64, tile = [{{[0-9]+, [0-9]+}}, 64]})
// CHECK-NOT: alternatives
// The last alternative is of another kind.
// NEXT-LABEL: func.func @large
// NEXT: ashlar.kernel
// NEXT-SAME: attributes {alternatives = [{{[{].*}} mma = "wgmma"{{.*}}, {{[{].*}} mma = "wgmma"{{.*}}, {mma = "mma_sync"{{.*}}}]}
func.func @large(%x: tensor<4096x4096xbf16>, %w: tensor<4096x4096xbf16>) -> tensor<4096x4096xbf16> {
  %y = ashlar.kernel (%a = %x : tensor<4096x4096xbf16>, %b = %w : tensor<4096x4096xbf16>) -> tensor<4096x4096xbf16> {
    %0 = ashlar.matmul %a, transpose %b : tensor<4096x4096xbf16>, tensor<4096x4096xbf16> -> tensor<4096x4096xbf16>
    ashlar.yield %0 : tensor<4096x4096xbf16>
  }
  return %y : tensor<4096x4096xbf16>
}

// Few rows: a warp group's 64 all the same, since products are not swapped yet, but a long pipeline.
// CHECK-LABEL: func.func @few_rows
// CHECK: schedule({consumers = 1 : i64, mma = "wgmma",{{.*}} stages = {{1[0-9]}} : i64, threads = 128 : i64, tile = [64, 64, 64]})
func.func @few_rows(%x: tensor<16x8192xf16>, %w: tensor<8192x8192xf16>) -> tensor<16x8192xf16> {
  %y = ashlar.kernel (%a = %x : tensor<16x8192xf16>, %b = %w : tensor<8192x8192xf16>) -> tensor<16x8192xf16> {
    %0 = ashlar.matmul %a, transpose %b : tensor<16x8192xf16>, tensor<8192x8192xf16> -> tensor<16x8192xf16>
    ashlar.yield %0 : tensor<16x8192xf16>
  }
  return %y : tensor<16x8192xf16>
}

// Rows of 1023 elements of 2 bytes are no multiple of 16 bytes apart.
// CHECK-LABEL: func.func @odd_rows
// CHECK: schedule({mma = "mma_sync"
func.func @odd_rows(%x: tensor<512x1023xf16>, %w: tensor<512x1023xf16>) -> tensor<512x512xf16> {
  %y = ashlar.kernel (%a = %x : tensor<512x1023xf16>, %b = %w : tensor<512x1023xf16>) -> tensor<512x512xf16> {
    %0 = ashlar.matmul %a, transpose %b : tensor<512x1023xf16>, tensor<512x1023xf16> -> tensor<512x512xf16>
    ashlar.yield %0 : tensor<512x512xf16>
  }
  return %y : tensor<512x512xf16>
}

// Nobody knows how far apart these rows are.
// CHECK-LABEL: func.func @dynamic_rows
// CHECK: schedule({mma = "mma_sync"
func.func @dynamic_rows(%x: tensor<512x?xf16>, %w: tensor<512x?xf16>) -> tensor<512x512xf16> {
  %y = ashlar.kernel (%a = %x : tensor<512x?xf16>, %b = %w : tensor<512x?xf16>) -> tensor<512x512xf16> {
    %0 = ashlar.matmul %a, transpose %b : tensor<512x?xf16>, tensor<512x?xf16> -> tensor<512x512xf16>
    ashlar.yield %0 : tensor<512x512xf16>
  }
  return %y : tensor<512x512xf16>
}

// TMA copies what lies in memory, not what is computed from it.
// CHECK-LABEL: func.func @computed_operand
// CHECK: schedule({mma = "mma_sync"
func.func @computed_operand(%x: tensor<512x512xf16>, %w: tensor<512x512xf16>) -> tensor<512x512xf16> {
  %y = ashlar.kernel (%a = %x : tensor<512x512xf16>, %b = %w : tensor<512x512xf16>) -> tensor<512x512xf16> {
    %c = arith.negf %a : tensor<512x512xf16>
    %0 = ashlar.matmul %c, transpose %b : tensor<512x512xf16>, tensor<512x512xf16> -> tensor<512x512xf16>
    ashlar.yield %0 : tensor<512x512xf16>
  }
  return %y : tensor<512x512xf16>
}

// Two groups of consumers share the keys; each block makes several tiles.
// CHECK-LABEL: func.func @attention
// CHECK: schedule({consumers = 2 : i64, mma = "wgmma", packing = 1 : i64, persistent, registers = [240, 24],
// CHECK-SAME: roles = "cooperative", stages = {{[2-4]}} : i64, threads = 256 : i64, tile = [128, {{[0-9]+}}]})
func.func @attention(%q: tensor<2x16x4096x128xf16>, %k: tensor<2x16x4096x128xf16>, %v: tensor<2x16x4096x128xf16>)
    -> tensor<2x16x4096x128xf16> {
  %y = ashlar.kernel (%a = %q : tensor<2x16x4096x128xf16>, %b = %k : tensor<2x16x4096x128xf16>,
                      %c = %v : tensor<2x16x4096x128xf16>) -> tensor<2x16x4096x128xf16> {
    %0 = ashlar.attention %a, %b, %c
      : tensor<2x16x4096x128xf16>, tensor<2x16x4096x128xf16>, tensor<2x16x4096x128xf16> -> tensor<2x16x4096x128xf16>
    ashlar.yield %0 : tensor<2x16x4096x128xf16>
  }
  return %y : tensor<2x16x4096x128xf16>
}

// One query for a long cache: one group of consumers. Heads do not share a tile, nor blocks the keys, yet.
// CHECK-LABEL: func.func @decode
// CHECK: schedule({consumers = 1 : i64, mma = "wgmma", packing = 1 : i64, {{.*}}roles = "cooperative",
// CHECK-SAME: threads = 128 : i64, tile = [64, {{[0-9]+}}]})
func.func @decode(%q: tensor<1x64x1x128xf16>, %k: tensor<1x8x32768x128xf16>, %v: tensor<1x8x32768x128xf16>)
    -> tensor<1x64x1x128xf16> {
  %y = ashlar.kernel (%a = %q : tensor<1x64x1x128xf16>, %b = %k : tensor<1x8x32768x128xf16>,
                      %c = %v : tensor<1x8x32768x128xf16>) -> tensor<1x64x1x128xf16> {
    %0 = ashlar.attention %a, %b, %c
      : tensor<1x64x1x128xf16>, tensor<1x8x32768x128xf16>, tensor<1x8x32768x128xf16> -> tensor<1x64x1x128xf16>
    ashlar.yield %0 : tensor<1x64x1x128xf16>
  }
  return %y : tensor<1x64x1x128xf16>
}

// A head of 20 elements is not a multiple of 16 bytes long.
// CHECK-LABEL: func.func @short_heads
// CHECK: schedule({mma = "mma_sync"
func.func @short_heads(%q: tensor<1x2x64x20xf16>) -> tensor<1x2x64x20xf16> {
  %y = ashlar.kernel (%a = %q : tensor<1x2x64x20xf16>) -> tensor<1x2x64x20xf16> {
    %0 = ashlar.attention %a, %a, %a
      : tensor<1x2x64x20xf16>, tensor<1x2x64x20xf16>, tensor<1x2x64x20xf16> -> tensor<1x2x64x20xf16>
    ashlar.yield %0 : tensor<1x2x64x20xf16>
  }
  return %y : tensor<1x2x64x20xf16>
}
