// A program that has no kernels is refused by the pass that knows why, not by the reference that goes into the package.
// RUN: not ashlar-compile %s -o %t.ashlar 2>&1 | FileCheck %s
// CHECK: refused.mlir:[[#@LINE+2]]:8: error: 'tosa.transpose' has no GPU kernel: {{.*}}; express it with those
func.func @transpose(%a: tensor<64x32xf32>) -> tensor<32x64xf32> {
  %c = "tosa.transpose"(%a) {perms = array<i32: 1, 0>} : (tensor<64x32xf32>) -> tensor<32x64xf32>
  return %c : tensor<32x64xf32>
}
