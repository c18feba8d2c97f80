// RUN: not ashlar-compile %s --target=sm_80 --no-reference -o %t.ashlar 2>&1 | FileCheck %s

// The kernel would read a third element that is not there.
// CHECK: constants-invalid.mlir:[[#@LINE+2]]:8: error: its resource 'two' has 8 bytes, but 'tensor<3xf32>' takes 12
func.func @short_resource(%x: tensor<3xf32>) -> tensor<3xf32> {
  %c = arith.constant dense_resource<two> : tensor<3xf32>
  %r = arith.addf %c, %x : tensor<3xf32>
  return %r : tensor<3xf32>
}

{-# dialect_resources: { builtin: { two: "0x040000000000803F00000040" } } #-}
