// A package with ptxas's image in place of PTX, for the same launch plan; without ptxas there is none.
// REQUIRES: ptxas
// RUN: ashlar-compile %s -o %t.ashlar --target=sm_90a,sim --cubin
// RUN: ashlar-run %t.ashlar --list | FileCheck %s
// CHECK: sm_90a: kernels/sm_90a.cubin (cubin)
// CHECK: sim: kernels/sim.so (shared-object)
// CHECK: sm_90a: {{[0-9]+}} registers, 0 bytes spilled
// RUN: ashlar-run %t.ashlar --device=sim --check --input=@random:1 | FileCheck %s --check-prefix=RESULT
// RESULT: twice: PASS

// RUN: not env PATH=/nonexistent %ashlar_bin/ashlar-compile %s -o %t.none.ashlar --target=sm_90a --cubin 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: images without PTX are ptxas's, which is not on PATH

func.func @twice(%x: tensor<64xf32>) -> tensor<64xf32> {
  %y = arith.addf %x, %x : tensor<64xf32>
  return %y : tensor<64xf32>
}
