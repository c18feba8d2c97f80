// RUN: ashlar-test-reference %s
//
// Tensors without elements: no batch, no query, no row.

func.func @conv_without_batch(%x: tensor<?x5x4xf32>, %f: tensor<8x3x4xf32>) -> tensor<?x3x8xf32> attributes {
    inputs = [dense<> : tensor<0x5x4xf32>, dense<1.0> : tensor<8x3x4xf32>],
    expected = [dense<> : tensor<0x3x8xf32>]} {
  %r = ashlar.conv %x, %f channels_last : tensor<?x5x4xf32>, tensor<8x3x4xf32> -> tensor<?x3x8xf32>
  return %r : tensor<?x3x8xf32>
}

func.func @attention_without_queries(%q: tensor<?x2x?x4xf32>) -> tensor<?x2x?x4xf32> attributes {
    inputs = [dense<> : tensor<1x2x0x4xf32>], expected = [dense<> : tensor<1x2x0x4xf32>]} {
  %r = ashlar.attention %q, %q, %q causal
    : tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32> -> tensor<?x2x?x4xf32>
  return %r : tensor<?x2x?x4xf32>
}

func.func @attention_without_static_queries(%q: tensor<1x2x0x4xf32>, %k: tensor<1x2x3x4xf32>) -> tensor<1x2x0x4xf32> attributes {
    inputs = [dense<> : tensor<1x2x0x4xf32>, dense<1.0> : tensor<1x2x3x4xf32>],
    expected = [dense<> : tensor<1x2x0x4xf32>]} {
  %r = ashlar.attention %q, %k, %k : tensor<1x2x0x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x0x4xf32>
  return %r : tensor<1x2x0x4xf32>
}

// Rows that see no key are zero.
func.func @attention_without_keys(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x0x4xf32>) -> tensor<1x2x3x4xf32> attributes {
    inputs = [dense<1.0> : tensor<1x2x3x4xf32>, dense<> : tensor<1x2x0x4xf32>],
    expected = [dense<0.0> : tensor<1x2x3x4xf32>]} {
  %r = ashlar.attention %q, %k, %k : tensor<1x2x3x4xf32>, tensor<1x2x0x4xf32>, tensor<1x2x0x4xf32> -> tensor<1x2x3x4xf32>
  return %r : tensor<1x2x3x4xf32>
}

func.func @quantize_without_rows(%x: tensor<?x4xf32>, %s: tensor<?x1xf32>) -> tensor<?x4xi4> attributes {
    inputs = [dense<> : tensor<0x4xf32>, dense<> : tensor<0x1xf32>], expected = [dense<> : tensor<0x4xi4>]} {
  %r = ashlar.quantize %x scale %s axis 1 : tensor<?x4xf32>, tensor<?x1xf32> -> tensor<?x4xi4>
  return %r : tensor<?x4xi4>
}
