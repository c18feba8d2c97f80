// Compiling in steps gives what compiling at once gives, and compiling again gives the same bytes.

// RUN: ashlar-compile %s --target=sm_80 --emit=ptx -o %t.ptx
// RUN: ashlar-compile %s --target=sm_80 --emit=tensor -o %t.tensor
// RUN: ashlar-compile %t.tensor --from=tensor --target=sm_80 --emit=tile -o %t.tile
// RUN: ashlar-compile %t.tile --from=tile --target=sm_80 --emit=gpu -o %t.gpu
// RUN: ashlar-compile %t.gpu --from=gpu --target=sm_80 --emit=llvm -o %t.llvm
// RUN: ashlar-compile %t.llvm --from=llvm --target=sm_80 --emit=ptx -o %t.steps.ptx
// RUN: cmp %t.ptx %t.steps.ptx

// RUN: ashlar-compile %s --target=sm_90a,sm_80,sim -o %t.first.ashlar
// RUN: ashlar-compile %s --target=sm_90a,sm_80,sim -o %t.second.ashlar
// RUN: cmp %t.first.ashlar %t.second.ashlar

// RUN: not ashlar-compile %t.tile --from=tile --emit=tensor -o %t.none 2>&1 | FileCheck %s --check-prefix=BACKWARDS
// RUN: not ashlar-compile %t.tile --from=llvm --target=sm_80 -o %t.none 2>&1 | FileCheck %s --check-prefix=SKIPPED
// SKIPPED: error: {{.*}}there is no kernel @product_matmul of the LLVM dialect in gpu.module @kernels; let the compilation start on the level on which the program stands
// BACKWARDS: error: a compilation can start on the levels up to llvm, and must end behind its start

// The GPUs differ in what schedule suits them: the second has a launch plan of its own where it differs, and the
// simulator runs what the first runs.
// RUN: unzip -p %t.first.ashlar manifest.json | FileCheck %s --check-prefix=PLANS
// PLANS: "target_plans": [
// PLANS: "target": "sm_80"
// PLANS-NOT: "target": "sim"
func.func @product(%a: tensor<512x1024xf16>, %b: tensor<1024x1024xf16>) -> tensor<512x1024xf16> {
  %0 = ashlar.matmul %a, %b : tensor<512x1024xf16>, tensor<1024x1024xf16> -> tensor<512x1024xf16>
  return %0 : tensor<512x1024xf16>
}
