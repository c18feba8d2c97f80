// RUN: ashlar-opt %s -ashlar-tensor-assign-schedules -split-input-file -verify-diagnostics

func.func @odd_nibbles(%x: tensor<3x5xi4>) -> tensor<5x3xi4> {
  %y = ashlar.kernel (%a = %x : tensor<3x5xi4>) -> tensor<5x3xi4> {
    %e = tensor.empty() : tensor<5x3xi4>
    // expected-error @+1 {{an odd number of four-bit elements, 15, cannot be stored, since two share a byte; pad the tensor by an element, or make it of i8}}
    %0 = linalg.transpose ins(%a : tensor<3x5xi4>) outs(%e : tensor<5x3xi4>) permutation = [1, 0]
    ashlar.yield %0#0 : tensor<5x3xi4>
  }
  return %y : tensor<5x3xi4>
}

// -----

func.func @odd_packed_nibbles(%x: tensor<3x5xi4>) -> tensor<15xi4> {
  %y = ashlar.kernel (%a = %x : tensor<3x5xi4>) -> tensor<15xi4> {
    // expected-error @+1 {{an odd number of four-bit elements, 15, cannot be stored}}
    %0 = ashlar.pack %a packing<"transposed", [[?], [?]] -> [1, 0]> : tensor<3x5xi4> -> tensor<15xi4>
    ashlar.yield %0 : tensor<15xi4>
  }
  return %y : tensor<15xi4>
}
