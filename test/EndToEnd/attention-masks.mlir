// Masks as exporters write them: the lowest finite number hides a key, which in a row of nothing else hides none of them
// from another, so that all weigh the same.
// RUN: ashlar-compile %s -o %t.ashlar --target=sim
// RUN: ashlar-run %t.ashlar --check --device=sim --sim-async=both --input=@random:1 --input=@random:2 --input=@random:3 --input=-3.4028234e38
// RUN: ashlar-run %t.ashlar --check --device=sim --sim-async=both --input=@random:1 --input=@random:2 --input=@random:3 --input=@random:4*1e36
func.func @lowest(%q: tensor<1x2x17x32xf16>, %k: tensor<1x2x70x32xf16>, %v: tensor<1x2x70x32xf16>,
                  %mask: tensor<1x1x17x70xf32>) -> (tensor<1x2x17x32xf16>, tensor<1x2x17xf32>) {
  %o, %lse = ashlar.attention %q, %k, %v mask %mask
    : tensor<1x2x17x32xf16>, tensor<1x2x70x32xf16>, tensor<1x2x70x32xf16>, tensor<1x1x17x70xf32>
    -> tensor<1x2x17x32xf16>, tensor<1x2x17xf32>
  return %o, %lse : tensor<1x2x17x32xf16>, tensor<1x2x17xf32>
}
