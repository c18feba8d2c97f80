// RUN: split-file %s %t
// RUN: not ashlar-test-reference %t/library-name.mlir 2>&1 | FileCheck %s --check-prefix=NAME
// RUN: not ashlar-test-reference %t/no-lowering.mlir 2>&1 | FileCheck %s --check-prefix=LOWERING
// RUN: not ashlar-test-reference %t/wrong.mlir | FileCheck %s --check-prefix=WRONG
//
// What cannot be compiled is refused by a diagnostic, and the checker that the other tests rely on can fail.

//--- library-name.mlir
// NAME: error: 'func.func' op has the name of a function of the C library; give it another one
func.func @expf(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

//--- no-lowering.mlir
// LOWERING: no-lowering.mlir:3:{{.*}}error: {{.*}}bufferized
func.func @shape(%x: tensor<?xf32>) -> tensor<1xindex> {
  %r = shape.shape_of %x : tensor<?xf32> -> tensor<1xindex>
  return %r : tensor<1xindex>
}

//--- wrong.mlir
// WRONG: element 1: expected 3.000000e+00, got 2.000000e+00
// WRONG: identity: FAILED
func.func @identity(%x: tensor<2xf32>) -> tensor<2xf32> attributes {
    inputs = [dense<[1.0, 2.0]> : tensor<2xf32>], expected = [dense<[1.0, 3.0]> : tensor<2xf32>]} {
  return %x : tensor<2xf32>
}
