// Sizes that must agree and that types leave open: a call in which they do runs, any other is refused with both sizes.
// RUN: rm -rf %t && mkdir %t && ashlar-compile %s -o %t/p.ashlar --target=sim,sm_80

// RUN: ashlar-run %t/p.ashlar --function=batches --check --input=2x5x16xf16=@random:1 --input=2x16x8xf16=@random:2
// RUN: not ashlar-run %t/p.ashlar --function=batches --input=2x5x16xf16=@random:1 --input=3x16x8xf16=@random:2 2>&1 | FileCheck %s --check-prefix=BATCHES
// BATCHES: error: function 'batches': dimension 0 of input 0 ('input0') is 2 and dimension 0 of input 1 ('input1') is 3, but they must be equal: kernel 'batches_matmul' relies on it
func.func @batches(%a: tensor<?x?x16xf16>, %b: tensor<?x16x8xf16>) -> tensor<?x?x8xf16> {
  %r = ashlar.matmul %a, %b : tensor<?x?x16xf16>, tensor<?x16x8xf16> -> tensor<?x?x8xf16>
  return %r : tensor<?x?x8xf16>
}

// RUN: ashlar-run %t/p.ashlar --function=depth --check --input=5x16xf32=@random:1 --input=16x8xf32=@random:2
// RUN: not ashlar-run %t/p.ashlar --function=depth --input=5x12xf32=@random:1 --input=16x8xf32=@random:2 2>&1 | FileCheck %s --check-prefix=DEPTH
// DEPTH: error: function 'depth': dimension 1 of input 0 ('input0') is 12, but must be 16:
func.func @depth(%a: tensor<5x?xf32>, %b: tensor<16x8xf32>) -> tensor<5x8xf32> {
  %r = ashlar.matmul %a, %b : tensor<5x?xf32>, tensor<16x8xf32> -> tensor<5x8xf32>
  return %r : tensor<5x8xf32>
}

// RUN: ashlar-run %t/p.ashlar --function=lengths --check --input=1x2x3x32xf16=@random:1 --input=1x2x9x32xf16=@random:2 --input=1x2x9x32xf16=@random:3
// RUN: not ashlar-run %t/p.ashlar --function=lengths --input=1x2x3x32xf16=@random:1 --input=1x2x9x32xf16=@random:2 --input=1x2x8x32xf16=@random:3 2>&1 | FileCheck %s --check-prefix=LENGTHS
// LENGTHS: error: function 'lengths': dimension 2 of input 1 ('input1') is 9 and dimension 2 of input 2 ('input2') is 8, but they must be equal:
func.func @lengths(%q: tensor<1x2x?x32xf16>, %k: tensor<1x2x?x32xf16>, %v: tensor<1x2x?x32xf16>) -> tensor<1x2x?x32xf16> {
  %r = ashlar.attention %q, %k, %v : tensor<1x2x?x32xf16>, tensor<1x2x?x32xf16>, tensor<1x2x?x32xf16> -> tensor<1x2x?x32xf16>
  return %r : tensor<1x2x?x32xf16>
}

// Of the mask, too, whose first dimensions broadcast only where their size is 1 in the type.
// RUN: ashlar-run %t/p.ashlar --function=mask --check --input=1x2x3x32xf16=@random:1 --input=1x2x9x32xf16=@random:2 --input=1x1x3x9xf32=@random:3
// RUN: not ashlar-run %t/p.ashlar --function=mask --input=1x2x3x32xf16=@random:1 --input=1x2x9x32xf16=@random:2 --input=1x1x3x7xf32=@random:3 2>&1 | FileCheck %s --check-prefix=MASK
// MASK: error: function 'mask': dimension 2 of input 1 ('input1') is 9 and dimension 3 of input 2 ('input2') is 7, but they must be equal:
// RUN: not ashlar-run %t/p.ashlar --function=mask --input=1x2x3x32xf16=@random:1 --input=1x2x9x32xf16=@random:2 --input=1x1x1x9xf32=@random:3 2>&1 | FileCheck %s --check-prefix=MASK-ROWS
// MASK-ROWS: error: function 'mask': dimension 2 of input 0 ('input0') is 3 and dimension 2 of input 2 ('input2') is 1, but they must be equal:
func.func @mask(%q: tensor<1x2x?x32xf16>, %k: tensor<1x2x?x32xf16>, %m: tensor<1x1x?x?xf32>) -> tensor<1x2x?x32xf16> {
  %r = ashlar.attention %q, %k, %k mask %m : tensor<1x2x?x32xf16>, tensor<1x2x?x32xf16>, tensor<1x2x?x32xf16>, tensor<1x1x?x?xf32> -> tensor<1x2x?x32xf16>
  return %r : tensor<1x2x?x32xf16>
}

// Through an intermediate tensor.
// RUN: ashlar-run %t/p.ashlar --function=residual --check --input=7x16xf32=@random:1 --input=16x8xf32=@random:2 --input=7x8xf32=@random:3
// RUN: not ashlar-run %t/p.ashlar --function=residual --input=7x16xf32=@random:1 --input=16x8xf32=@random:2 --input=6x8xf32=@random:3 2>&1 | FileCheck %s --check-prefix=RESIDUAL
// RESIDUAL: error: function 'residual': dimension 0 of input 0 ('input0') is 7 and dimension 0 of input 2 ('input2') is 6, but they must be equal:
func.func @residual(%a: tensor<?x16xf32>, %b: tensor<16x8xf32>, %c: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %p = ashlar.matmul %a, %b : tensor<?x16xf32>, tensor<16x8xf32> -> tensor<?x8xf32>
  %r = arith.addf %p, %c : tensor<?x8xf32>
  return %r : tensor<?x8xf32>
}

// RUN: ashlar-run %t/p.ashlar --function=cast --check --input=4xf32=@random:1
// RUN: not ashlar-run %t/p.ashlar --function=cast --input=5xf32=@random:1 2>&1 | FileCheck %s --check-prefix=CAST
// CAST: error: function 'cast': dimension 0 of input 0 ('input0') is 5, but must be 4:
func.func @cast(%a: tensor<?xf32>) -> tensor<4xf32> {
  %c = tensor.cast %a : tensor<?xf32> to tensor<4xf32>
  %r = math.exp %c : tensor<4xf32>
  return %r : tensor<4xf32>
}

// RUN: ashlar-run %t/p.ashlar --function=slice --check --input=4x8xf32=@random:1
// RUN: not ashlar-run %t/p.ashlar --function=slice --input=3x8xf32=@random:1 2>&1 | FileCheck %s --check-prefix=SLICE
// SLICE: error: function 'slice': {{.*}}dimension 0 of input 0 ('input0') is 3,
func.func @slice(%a: tensor<?x8xf32>) -> tensor<4x8xf32> {
  %s = tensor.extract_slice %a[0, 0] [4, 8] [1, 1] : tensor<?x8xf32> to tensor<4x8xf32>
  %r = math.exp %s : tensor<4x8xf32>
  return %r : tensor<4x8xf32>
}

// Kernels for dynamic sizes compute addresses in 32 bits, and the plan says how far that goes.
// RUN: %python -c "import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).read('manifest.json').decode())" %t/p.ashlar | FileCheck %s --check-prefix=REACH
// REACH: "at_most": {{\[\[}}"*",5,["dim","input0_dim1"]],2130706432],
// REACH-NEXT: "reason": "kernel 'depth_matmul' computes addresses in 32 bits
