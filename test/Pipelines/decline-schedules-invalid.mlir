// Where no alternative can be built, the error is the best schedule's.
// RUN: not ashlar-compile %s --target=sm_90a --emit=tile -o %t.mlir 2>&1 | FileCheck %s

// CHECK: remark: declines the schedule {{[{].*}}stages = 12 : i64
// CHECK: error: 'tile.kernel' op needs {{[0-9]+}} bytes of shared memory
func.func @none(%a: tensor<256x256xbf16>, %b: tensor<256x512xbf16>) -> tensor<256x512xbf16> {
  %c = ashlar.kernel (%x = %a : tensor<256x256xbf16>, %y = %b : tensor<256x512xbf16>)
      schedule({consumers = 2 : i64, mma = "wgmma", roles = "cooperative", stages = 12 : i64, threads = 256 : i64, tile = [128, 128, 64]})
      -> tensor<256x512xbf16> attributes {alternatives = [
        {consumers = 2 : i64, mma = "wgmma", roles = "cooperative", stages = 8 : i64, threads = 256 : i64, tile = [128, 128, 64]}]} {
    %p = ashlar.matmul %x, %y : tensor<256x256xbf16>, tensor<256x512xbf16> -> tensor<256x512xbf16>
    ashlar.yield %p : tensor<256x512xbf16>
  }
  return %c : tensor<256x512xbf16>
}
