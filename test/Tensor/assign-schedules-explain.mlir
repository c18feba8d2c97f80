// Why a schedule was chosen.
// RUN: ashlar-opt %s -pass-pipeline='builtin.module(func.func(ashlar-tensor-assign-schedules{target=sm_90a warpgroups explain}))' -o %t 2>&1 | FileCheck %s

// CHECK: remark: ashlar.matmul 4096 x 4096 x 4096 for sm_90a: {{[0-9]+}} legal schedules, predicted clocks
// CHECK-NEXT: rank     total    tensor    shared        l2    memory     issue   special   latency  epilogue    launch   waves  schedule
// CHECK-NEXT: {{^}}     1 {{.*}} wgmma cooperative {{[0-9]+}}x{{[0-9]+}}x64, 2 consumers, {{[0-9]+}} stages, persistent, groups of {{[0-9]+}} along {{[MN]}}
// CHECK-NEXT: {{^}}     2 {{.*}} wgmma
// CHECK: {{^ +[0-9]+ .*}} mma_sync
// CHECK-NEXT: the first is bound by {{tensor|shared}}
// CHECK: {{^}}     2  {{[0-9.]+}}% slower: {{.*}} more
// CHECK: {{^ +[0-9]+}}  {{[0-9.]+}}% slower: bound by {{[a-z0-9]+}}, which takes {{[0-9]+}} more
func.func @large(%x: tensor<4096x4096xbf16>, %w: tensor<4096x4096xbf16>) -> tensor<4096x4096xbf16> {
  %y = ashlar.kernel (%a = %x : tensor<4096x4096xbf16>, %b = %w : tensor<4096x4096xbf16>) -> tensor<4096x4096xbf16> {
    %0 = ashlar.matmul %a, transpose %b : tensor<4096x4096xbf16>, tensor<4096x4096xbf16> -> tensor<4096x4096xbf16>
    ashlar.yield %0 : tensor<4096x4096xbf16>
  }
  return %y : tensor<4096x4096xbf16>
}

// CHECK: remark: ashlar.matmul 512 x 512 x 1023 for sm_90a
// CHECK-NOT: wgmma
// CHECK: no wgmma: rows of an operand are not multiples of 16 bytes apart
func.func @odd_rows(%x: tensor<512x1023xf16>, %w: tensor<512x1023xf16>) -> tensor<512x512xf16> {
  %y = ashlar.kernel (%a = %x : tensor<512x1023xf16>, %b = %w : tensor<512x1023xf16>) -> tensor<512x512xf16> {
    %0 = ashlar.matmul %a, transpose %b : tensor<512x1023xf16>, tensor<512x1023xf16> -> tensor<512x512xf16>
    ashlar.yield %0 : tensor<512x512xf16>
  }
  return %y : tensor<512x512xf16>
}
