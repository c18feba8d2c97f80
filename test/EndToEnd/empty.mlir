// Tensors without elements, and reductions over none of them: every program runs and agrees with the reference.
// RUN: rm -rf %t && mkdir %t && ashlar-compile %s -o %t/p.ashlar --target=sim,sm_80
// RUN: ashlar-run %t/p.ashlar --function=no_rows --check --input=@random:1 --input=@random:2
// RUN: ashlar-run %t/p.ashlar --function=no_depth --check --input=@random:1 --input=@random:2
// RUN: ashlar-run %t/p.ashlar --function=no_batch --check --input=@random:1 --input=@random:2
// RUN: ashlar-run %t/p.ashlar --function=no_queries --check --input=@random:1 --input=@random:2
// RUN: ashlar-run %t/p.ashlar --function=no_keys --check --input=@random:1 --input=@random:2
// RUN: ashlar-run %t/p.ashlar --function=no_image --check --input=@random:1 --input=@random:2
// RUN: ashlar-run %t/p.ashlar --function=no_activations --check --input=@random:1 --input=@random:2 --input=@random:3
// RUN: ashlar-run %t/p.ashlar --function=no_elements --check --input=@random:1
// RUN: ashlar-run %t/p.ashlar --function=sum_of_none --check --input=@random:1
// RUN: ashlar-run %t/p.ashlar --function=softmax_of_none --check --input=@random:1
// RUN: ashlar-run %t/p.ashlar --function=transposed --check --input=@random:1
// RUN: ashlar-run %t/p.ashlar --function=padded --check --input=@random:1

func.func @no_rows(%a: tensor<0x32xf16>, %b: tensor<32x16xf16>) -> tensor<0x16xf16> {
  %r = ashlar.matmul %a, %b : tensor<0x32xf16>, tensor<32x16xf16> -> tensor<0x16xf16>
  return %r : tensor<0x16xf16>
}

func.func @no_depth(%a: tensor<8x0xf16>, %b: tensor<0x16xf16>) -> tensor<8x16xf32> {
  %r = ashlar.matmul %a, %b : tensor<8x0xf16>, tensor<0x16xf16> -> tensor<8x16xf32>
  return %r : tensor<8x16xf32>
}

func.func @no_batch(%a: tensor<0x8x32xf32>, %b: tensor<0x32x16xf32>) -> tensor<0x8x16xf32> {
  %r = ashlar.matmul %a, %b : tensor<0x8x32xf32>, tensor<0x32x16xf32> -> tensor<0x8x16xf32>
  return %r : tensor<0x8x16xf32>
}

func.func @no_queries(%q: tensor<1x4x0x64xf16>, %k: tensor<1x2x16x64xf16>) -> tensor<1x4x0x64xf16> {
  %r = ashlar.attention %q, %k, %k : tensor<1x4x0x64xf16>, tensor<1x2x16x64xf16>, tensor<1x2x16x64xf16> -> tensor<1x4x0x64xf16>
  return %r : tensor<1x4x0x64xf16>
}

func.func @no_keys(%q: tensor<1x4x16x64xf16>, %k: tensor<1x2x0x64xf16>) -> (tensor<1x4x16x64xf16>, tensor<1x4x16xf32>) {
  %r:2 = ashlar.attention %q, %k, %k causal
    : tensor<1x4x16x64xf16>, tensor<1x2x0x64xf16>, tensor<1x2x0x64xf16> -> tensor<1x4x16x64xf16>, tensor<1x4x16xf32>
  return %r#0, %r#1 : tensor<1x4x16x64xf16>, tensor<1x4x16xf32>
}

func.func @no_image(%x: tensor<0x8x8x16xf16>, %w: tensor<8x3x3x16xf16>) -> tensor<0x6x6x8xf16> {
  %r = ashlar.conv %x, %w channels_last : tensor<0x8x8x16xf16>, tensor<8x3x3x16xf16> -> tensor<0x6x6x8xf16>
  return %r : tensor<0x6x6x8xf16>
}

func.func @no_activations(%x: tensor<2x0x64xf16>, %w: tensor<32x64xi4>, %s: tensor<32x2xf16>) -> tensor<2x0x32xf16> {
  %r = ashlar.quantized_matmul %x, %w scales %s : (tensor<2x0x64xf16>, tensor<32x64xi4>, tensor<32x2xf16>) -> tensor<2x0x32xf16>
  return %r : tensor<2x0x32xf16>
}

func.func @no_elements(%x: tensor<3x0x3xf32>) -> tensor<3x0x3xf32> {
  %r = math.exp %x : tensor<3x0x3xf32>
  return %r : tensor<3x0x3xf32>
}

func.func @sum_of_none(%x: tensor<300x0xf32>) -> tensor<300xf32> {
  %c = arith.constant 2.0 : f32
  %e = tensor.empty() : tensor<300xf32>
  %z = linalg.fill ins(%c : f32) outs(%e : tensor<300xf32>) -> tensor<300xf32>
  %r = linalg.reduce {arith.addf} ins(%x : tensor<300x0xf32>) outs(%z : tensor<300xf32>) dimensions = [1]
  return %r : tensor<300xf32>
}

func.func @softmax_of_none(%x: tensor<4x0xf32>) -> tensor<4x0xf32> {
  %e = tensor.empty() : tensor<4x0xf32>
  %r = linalg.softmax dimension(1) ins(%x : tensor<4x0xf32>) outs(%e : tensor<4x0xf32>) -> tensor<4x0xf32>
  return %r : tensor<4x0xf32>
}

func.func @transposed(%x: tensor<0x4xf32>) -> tensor<4x0xf32> {
  %e = tensor.empty() : tensor<4x0xf32>
  %r = linalg.transpose ins(%x : tensor<0x4xf32>) outs(%e : tensor<4x0xf32>) permutation = [1, 0]
  return %r : tensor<4x0xf32>
}

func.func @padded(%x: tensor<4x0xf32>) -> tensor<4x3xf32> {
  %c = arith.constant 2.0 : f32
  %r = tensor.pad %x low[0, 1] high[0, 2] {
  ^bb0(%i: index, %j: index):
    tensor.yield %c : f32
  } : tensor<4x0xf32> to tensor<4x3xf32>
  return %r : tensor<4x3xf32>
}
