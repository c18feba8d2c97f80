// RUN: ashlar-opt %s -ashlar-tensor-fuse-kernels -split-input-file | FileCheck %s

// Bias, activation and residual follow the product into its kernel; the size comes in as an index.
// CHECK-LABEL: func.func @epilogue
// CHECK: %[[ROWS:.+]] = tensor.dim %arg0
// CHECK: ashlar.kernel @epilogue_matmul (%{{.+}} = %arg0 : tensor<?x64xf16>, %{{.+}} = %arg1 : tensor<256x64xf16>, %{{.+}} = %arg2 : tensor<256xf16>, %{{.+}} = %arg3 : tensor<?x256xf16>, %{{.+}} = %[[ROWS]] : index) -> tensor<?x256xf16>
// CHECK: %[[P:.+]] = ashlar.matmul
// CHECK: %[[Y:.+]] = linalg.generic {{.*}} ins(%[[P]],
// CHECK: arith.addf
// CHECK: math.tanh
// CHECK: arith.addf
// CHECK: ashlar.yield %[[Y]]
// CHECK-NOT: ashlar.kernel
func.func @epilogue(%x: tensor<?x64xf16>, %w: tensor<256x64xf16>, %bias: tensor<256xf16>, %residual: tensor<?x256xf16>)
    -> tensor<?x256xf16> {
  %0 = ashlar.matmul %x, transpose %w : tensor<?x64xf16>, tensor<256x64xf16> -> tensor<?x256xf16>
  %c0 = arith.constant 0 : index
  %d = tensor.dim %0, %c0 : tensor<?x256xf16>
  %e = tensor.empty(%d) : tensor<?x256xf16>
  %b = linalg.broadcast ins(%bias : tensor<256xf16>) outs(%e : tensor<?x256xf16>) dimensions = [0]
  %1 = linalg.add ins(%0, %b : tensor<?x256xf16>, tensor<?x256xf16>) outs(%e : tensor<?x256xf16>) -> tensor<?x256xf16>
  %2 = math.tanh %1 : tensor<?x256xf16>
  %3 = arith.addf %2, %residual : tensor<?x256xf16>
  return %3 : tensor<?x256xf16>
}

// -----
// A product that is used twice ends its kernel; what follows is one kernel for both uses.
// CHECK-LABEL: func.func @two_uses
// CHECK: %[[P:.+]] = ashlar.kernel @two_uses_matmul
// CHECK-NOT: math.exp
// CHECK: %[[FLAT:.+]] = tensor.collapse_shape %[[P]]
// CHECK: ashlar.kernel @two_uses_elementwise ({{.*}} = %[[FLAT]]
// CHECK: math.exp
// CHECK: arith.mulf
func.func @two_uses(%x: tensor<8x16xf32>, %w: tensor<16x8xf32>) -> (tensor<8x8xf32>, tensor<8x8xf32>) {
  %0 = ashlar.matmul %x, %w : tensor<8x16xf32>, tensor<16x8xf32> -> tensor<8x8xf32>
  %1 = math.exp %0 : tensor<8x8xf32>
  %2 = arith.mulf %1, %0 : tensor<8x8xf32>
  return %0, %2 : tensor<8x8xf32>, tensor<8x8xf32>
}

// -----
// A cheap producer that only the product uses, and a transposition, are its prologue.
// CHECK-LABEL: func.func @prologue
// CHECK: ashlar.kernel @prologue_matmul (%{{.+}} = %arg1 : tensor<16x8xf32>, %{{.+}} = %arg0 : tensor<16x8xf32>)
// CHECK: arith.mulf
// CHECK: ashlar.matmul
// CHECK-NOT: ashlar.kernel
func.func @prologue(%x: tensor<16x8xf32>, %w: tensor<16x8xf32>) -> tensor<8x8xf32> {
  %two = arith.constant dense<2.0> : tensor<16x8xf32>
  %e = tensor.empty() : tensor<8x16xf32>
  %t = linalg.transpose ins(%x : tensor<16x8xf32>) outs(%e : tensor<8x16xf32>) permutation = [1, 0]
  %s = arith.mulf %w, %two : tensor<16x8xf32>
  %0 = ashlar.matmul %t, %s : tensor<8x16xf32>, tensor<16x8xf32> -> tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}

// -----
// An exponential would be repeated for every block that reads the operand: it stays outside.
// CHECK-LABEL: func.func @expensive_producer
// CHECK: ashlar.kernel @expensive_producer_elementwise
// CHECK: math.exp
// CHECK: ashlar.kernel @expensive_producer_matmul
// CHECK-NOT: math.exp
func.func @expensive_producer(%x: tensor<8x16xf32>, %w: tensor<16x8xf32>) -> tensor<8x8xf32> {
  %s = math.exp %x : tensor<8x16xf32>
  %0 = ashlar.matmul %s, %w : tensor<8x16xf32>, tensor<16x8xf32> -> tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}

// -----
// Reshapes between a product and its epilogue go along; a last one stays outside.
// CHECK-LABEL: func.func @reshapes
// CHECK: %[[K:.+]] = ashlar.kernel @reshapes_matmul {{.*}} -> tensor<2x4x128x64xf16>
// CHECK: tensor.expand_shape
// CHECK: linalg.generic
// CHECK: ashlar.yield
// CHECK: tensor.collapse_shape %[[K]]
func.func @reshapes(%x: tensor<2x128x64xf16>, %w: tensor<256x64xf16>) -> tensor<8x128x64xf16> {
  %0 = ashlar.matmul %x, transpose %w : tensor<2x128x64xf16>, tensor<256x64xf16> -> tensor<2x128x256xf16>
  %1 = tensor.expand_shape %0 [[0], [1], [2, 3]] output_shape [2, 128, 4, 64]
      : tensor<2x128x256xf16> into tensor<2x128x4x64xf16>
  %e = tensor.empty() : tensor<2x4x128x64xf16>
  %2 = linalg.transpose ins(%1 : tensor<2x128x4x64xf16>) outs(%e : tensor<2x4x128x64xf16>) permutation = [0, 2, 1, 3]
  %3 = tensor.collapse_shape %2 [[0, 1], [2], [3]] : tensor<2x4x128x64xf16> into tensor<8x128x64xf16>
  return %3 : tensor<8x128x64xf16>
}

// -----
// Elementwise operations become one kernel of one loop; a broadcast keeps two.
// CHECK-LABEL: func.func @elementwise
// CHECK: tensor.collapse_shape %arg0 {{\[\[}}0, 1, 2]]
// CHECK: ashlar.kernel @elementwise_elementwise {{.*}} -> tensor<16384xf16>
// CHECK: arith.mulf
// CHECK-NEXT: math.exp
// CHECK: tensor.expand_shape
// CHECK: ashlar.kernel @elementwise_elementwise (%{{.+}} = %arg1 : tensor<64xf32>) -> tensor<128x64xf32>
func.func @elementwise(%x: tensor<2x128x64xf16>, %y: tensor<64xf32>) -> (tensor<2x128x64xf16>, tensor<128x64xf32>) {
  %0 = arith.mulf %x, %x : tensor<2x128x64xf16>
  %1 = math.exp %0 : tensor<2x128x64xf16>
  %one = arith.constant dense<1.0> : tensor<128x64xf32>
  %e = tensor.empty() : tensor<128x64xf32>
  %b = linalg.broadcast ins(%y : tensor<64xf32>) outs(%e : tensor<128x64xf32>) dimensions = [0]
  %c = arith.addf %b, %one : tensor<128x64xf32>
  return %1, %c : tensor<2x128x64xf16>, tensor<128x64xf32>
}

// -----
// Both reductions of a softmax and what is computed with them on the rows again are one kernel.
// CHECK-LABEL: func.func @softmax
// CHECK: ashlar.kernel @softmax_rows (%{{.+}} = %arg0 : tensor<100x70xf32>) -> tensor<100x70xf32>
// CHECK: arith.maxnumf
// CHECK: math.exp
// CHECK: arith.addf
// CHECK: arith.divf
// CHECK: ashlar.yield
// CHECK-NOT: ashlar.kernel
func.func @softmax(%x: tensor<100x70xf32>) -> tensor<100x70xf32> {
  %e = tensor.empty() : tensor<100x70xf32>
  %0 = linalg.softmax dimension(1) ins(%x : tensor<100x70xf32>) outs(%e : tensor<100x70xf32>) -> tensor<100x70xf32>
  return %0 : tensor<100x70xf32>
}

// -----
// A column's maximum is subtracted from rows: the reduction is not along rows, so it ends its kernel.
// CHECK-LABEL: func.func @columns
// CHECK: ashlar.kernel @columns_reduction
// CHECK: ashlar.kernel @columns_elementwise
func.func @columns(%x: tensor<100x70xf32>, %z: tensor<70xf32>) -> tensor<100x70xf32> {
  %m = linalg.reduce {arith.maximumf} ins(%x : tensor<100x70xf32>) outs(%z : tensor<70xf32>) dimensions = [0]
  %e = tensor.empty() : tensor<100x70xf32>
  %b = linalg.broadcast ins(%m : tensor<70xf32>) outs(%e : tensor<100x70xf32>) dimensions = [0]
  %0 = arith.subf %x, %b : tensor<100x70xf32>
  return %0 : tensor<100x70xf32>
}

// -----
// A product with what follows from the row's sum stands between two members of the row program; the kernel of the rows
// comes before it.
// CHECK-LABEL: func.func @product_between
// CHECK: %[[R:.+]]:2 = ashlar.kernel @product_between_rows
// CHECK: math.exp
// CHECK: ashlar.kernel @product_between_matmul ({{.*}} = %[[R]]#{{[01]}}
func.func @product_between(%x: tensor<16x16xf32>, %w: tensor<16x16xf32>, %z: tensor<16xf32>)
    -> (tensor<16x16xf32>, tensor<16x16xf32>) {
  %s = linalg.reduce {arith.addf} ins(%x : tensor<16x16xf32>) outs(%z : tensor<16xf32>) dimensions = [1]
  %e = tensor.empty() : tensor<16x16xf32>
  %b = linalg.broadcast ins(%s : tensor<16xf32>) outs(%e : tensor<16x16xf32>) dimensions = [1]
  %y = arith.subf %x, %b : tensor<16x16xf32>
  %p = ashlar.matmul %y, %w : tensor<16x16xf32>, tensor<16x16xf32> -> tensor<16x16xf32>
  %t = math.exp %y : tensor<16x16xf32>
  return %p, %t : tensor<16x16xf32>, tensor<16x16xf32>
}

// -----
// A slice is read through by who uses it; a slice that is returned is a copy.
// CHECK-LABEL: func.func @slices
// CHECK: ashlar.kernel @slices_elementwise (%{{.+}} = %arg0 : tensor<6x8xf32>) -> tensor<3x8xf32>
// CHECK: tensor.extract_slice
// CHECK: ashlar.kernel @slices_matmul (%{{.+}} = %arg0 : tensor<6x8xf32>)
// CHECK: tensor.extract_slice
// CHECK: ashlar.matmul
func.func @slices(%x: tensor<6x8xf32>) -> (tensor<3x8xf32>, tensor<3x3xf32>) {
  %0 = tensor.extract_slice %x[0, 0] [3, 8] [1, 1] : tensor<6x8xf32> to tensor<3x8xf32>
  %1 = ashlar.matmul %0, transpose %0 : tensor<3x8xf32>, tensor<3x8xf32> -> tensor<3x3xf32>
  return %0, %1 : tensor<3x8xf32>, tensor<3x3xf32>
}

// -----
// Unpacking is a way of reading: it goes into each kernel that reads the weight. Packing is a kernel, with what makes
// the weight in it.
// CHECK-LABEL: func.func @packing
// CHECK: ashlar.kernel @packing_pack (%{{.+}} = %arg1 : tensor<16x8xf32>) -> tensor<128xf16>
// CHECK: linalg.generic
// CHECK: ashlar.pack
// CHECK-NOT: ashlar.kernel @packing_elementwise
// CHECK: ashlar.kernel @packing_matmul (%{{.+}} = %arg0 : tensor<6x8xf16>, %[[P:.+]] = %arg2 : tensor<128xf16>)
// CHECK-NEXT: %[[W:.+]] = ashlar.unpack %[[P]]
// CHECK-NEXT: ashlar.matmul %{{.+}}, transpose %[[W]]
func.func @packing(%x: tensor<6x8xf16>, %v: tensor<16x8xf32>, %p: tensor<128xf16>) -> (tensor<128xf16>, tensor<6x16xf16>) {
  %0 = arith.truncf %v : tensor<16x8xf32> to tensor<16x8xf16>
  %1 = ashlar.pack %0 packing<"blocked", [[?, 8], [?, 4]] -> [0, 2, 3, 1]> : tensor<16x8xf16> -> tensor<128xf16>
  %w = ashlar.unpack %p packing<"blocked", [[?, 8], [?, 4]] -> [0, 2, 3, 1]> : tensor<128xf16> -> tensor<16x8xf16>
  %2 = ashlar.matmul %x, transpose %w : tensor<6x8xf16>, tensor<16x8xf16> -> tensor<6x16xf16>
  return %1, %2 : tensor<128xf16>, tensor<6x16xf16>
}

// -----
// Rows of an odd number of four-bit elements must be made in memory's order, which a product does not.
// CHECK-LABEL: func.func @torn_rows
// CHECK: ashlar.kernel @torn_rows_matmul
// CHECK-NOT: arith.fptosi
// CHECK: ashlar.kernel @torn_rows_elementwise
// CHECK: arith.fptosi
func.func @torn_rows(%x: tensor<6x8xf16>, %w: tensor<8x15xf16>) -> tensor<6x15xi4> {
  %0 = ashlar.matmul %x, %w : tensor<6x8xf16>, tensor<8x15xf16> -> tensor<6x15xf16>
  %1 = arith.fptosi %0 : tensor<6x15xf16> to tensor<6x15xi4>
  return %1 : tensor<6x15xi4>
}

// -----
// A function that computes nothing has no kernel.
// CHECK-LABEL: func.func @nothing
// CHECK-NOT: ashlar.kernel
func.func @nothing(%x: tensor<6x8xf32>) -> tensor<48xf32> {
  %0 = tensor.collapse_shape %x [[0, 1]] : tensor<6x8xf32> into tensor<48xf32>
  return %0 : tensor<48xf32>
}
