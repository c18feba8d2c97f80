// A schedule that the pipelines refuse gives way to the next alternative, with a remark; what can be built stays.
// RUN: ashlar-compile %s --target=sm_90a --emit=tile -o %t.mlir 2> %t.remarks
// RUN: FileCheck %s < %t.mlir
// RUN: FileCheck %s --check-prefix=REMARK < %t.remarks

// REMARK: decline-schedules.mlir:[[#@LINE+7]]:8: remark: declines the schedule {{[{].*}}stages = 12 : i64{{.*[}]}}: 'tile.kernel' op needs {{[0-9]+}} bytes of shared memory, but a block has 232448
// REMARK: decline-schedules.mlir:[[#@LINE+6]]:8: remark: declines the schedule {{[{].*}}stages = 8 : i64{{.*[}]}}: 'tile.kernel' op needs {{[0-9]+}} bytes
// REMARK-NOT: remark
// CHECK-LABEL: tile.kernel @matmul(
// CHECK-SAME: stages = 2 : i64
// CHECK-NOT: alternatives
func.func @third(%a: tensor<256x256xbf16>, %b: tensor<256x512xbf16>) -> tensor<256x512xbf16> {
  %c = ashlar.kernel (%x = %a : tensor<256x256xbf16>, %y = %b : tensor<256x512xbf16>)
      schedule({consumers = 2 : i64, mma = "wgmma", roles = "cooperative", stages = 12 : i64, threads = 256 : i64, tile = [128, 128, 64]})
      -> tensor<256x512xbf16> attributes {alternatives = [
        {consumers = 2 : i64, mma = "wgmma", roles = "cooperative", stages = 8 : i64, threads = 256 : i64, tile = [128, 128, 64]},
        {consumers = 2 : i64, mma = "wgmma", roles = "cooperative", stages = 2 : i64, threads = 256 : i64, tile = [128, 128, 64]},
        {consumers = 2 : i64, mma = "wgmma", roles = "cooperative", stages = 3 : i64, threads = 256 : i64, tile = [128, 128, 64]}]} {
    %p = ashlar.matmul %x, %y : tensor<256x256xbf16>, tensor<256x512xbf16> -> tensor<256x512xbf16>
    ashlar.yield %p : tensor<256x512xbf16>
  }
  return %c : tensor<256x512xbf16>
}

// CHECK-LABEL: tile.kernel @matmul_{{[0-9]+}}(
// CHECK-SAME: stages = 4 : i64
func.func @first(%a: tensor<256x256xbf16>, %b: tensor<256x512xbf16>) -> tensor<256x512xbf16> {
  %c = ashlar.kernel (%x = %a : tensor<256x256xbf16>, %y = %b : tensor<256x512xbf16>)
      schedule({consumers = 2 : i64, mma = "wgmma", roles = "cooperative", stages = 4 : i64, threads = 256 : i64, tile = [128, 128, 64]})
      -> tensor<256x512xbf16> attributes {alternatives = [
        {consumers = 2 : i64, mma = "wgmma", roles = "cooperative", stages = 2 : i64, threads = 256 : i64, tile = [128, 128, 64]}]} {
    %p = ashlar.matmul %x, %y : tensor<256x256xbf16>, tensor<256x512xbf16> -> tensor<256x512xbf16>
    ashlar.yield %p : tensor<256x512xbf16>
  }
  return %c : tensor<256x512xbf16>
}
