// RUN: ashlar-compile %s -o %t.ashlar --target=sim
// RUN: ashlar-run %t.ashlar --function=plain --check --profile --device=sim --sim-async=both --input=@random:1 --input=@bits:2 --input=@random:3*0.01 --input=@bits:4 | FileCheck %s --check-prefix=PLAIN
// RUN: ashlar-run %t.ashlar --function=packed --check --profile --device=sim --sim-async=both --input=@random:1 --input=@bits:2 --input=@random:3*0.01 --input=@bits:4 | FileCheck %s --check-prefix=PACKED
// RUN: ashlar-run %t.ashlar --function=nibbles_along_columns --check --device=sim --sim-async=both --input=@random:1 --input=@bits:2 --input=@random:3*0.1
// RUN: ashlar-run %t.ashlar --function=torn_rows --check --device=sim --sim-async=both --input=@random:1 --input=@bits:2 --input=@random:3*0.1
// RUN: ashlar-run %t.ashlar --function=quantize_to_torn_rows --check --device=sim --sim-async=both --input=@random:1 --input=@random:2
// RUN: ashlar-run %t.ashlar --function=long_sum --check --tolerance=0,0 --device=sim --input=127 --input=@bits:2 --input=1 --input=-128 --input=1

// Weights in the order of fragments: one kernel, which reads the same bytes, with one wide shared load in the place of
// sixteen narrow ones, and no bank conflict.
// PLAIN: plain_quantized_matmul {{.*}} grid 16x1x1, block 32x1x1
// PLAIN: shared_load 2048
// PLAIN: global_bytes_read 352256
// PACKED: packed_quantized_matmul {{.*}} grid 16x1x1, block 32x1x1
// PACKED: cp_async
// PACKED: shared_load 128
// PACKED: global_bytes_read 352256
// PACKED-NOT: bank_conflicts
func.func @plain(%x: tensor<16x512xf16>, %w: tensor<256x512xi4>, %scales: tensor<256x4xf16>,
                 %zeros: tensor<256x4xi4>) -> tensor<16x256xf16> {
  %y = ashlar.quantized_matmul %x, %w scales %scales zero_points %zeros unsigned_weights
    : (tensor<16x512xf16>, tensor<256x512xi4>, tensor<256x4xf16>, tensor<256x4xi4>) -> tensor<16x256xf16>
  return %y : tensor<16x256xf16>
}

func.func @packed(%x: tensor<16x512xf16>, %p: tensor<16384xi32>, %scales: tensor<256x4xf16>,
                  %zeros: tensor<256x4xi4>) -> tensor<16x256xf16> {
  %w = ashlar.unpack %p packing<"fragments", [[?, 2, 8], [?, 4, 2, 4, 2]] -> [0, 3, 2, 6, 1, 4, 5, 7]>
    : tensor<16384xi32> -> tensor<256x512xi4>
  %y = ashlar.quantized_matmul %x, %w scales %scales zero_points %zeros unsigned_weights
    : (tensor<16x512xf16>, tensor<256x512xi4>, tensor<256x4xf16>, tensor<256x4xi4>) -> tensor<16x256xf16>
  return %y : tensor<16x256xf16>
}

// Fragments run across what lies contiguous, so every four-bit weight is picked out of its byte in shared memory.
func.func @nibbles_along_columns(%x: tensor<16x64xf16>, %w: tensor<64x34xi4>, %s: tensor<34xf16>) -> tensor<16x34xf16> {
  %d = ashlar.dequantize %w scale %s axis 1 : tensor<64x34xi4>, tensor<34xf16> -> tensor<64x34xf16>
  %y = ashlar.matmul %x, %d : tensor<16x64xf16>, tensor<64x34xf16> -> tensor<16x34xf16>
  return %y : tensor<16x34xf16>
}

// Rows of 63 do not start at bytes.
func.func @torn_rows(%x: tensor<16x63xf16>, %w: tensor<24x63xi4>, %s: tensor<24xf16>) -> tensor<16x24xf16> {
  %d = ashlar.dequantize %w scale %s axis 0 : tensor<24x63xi4>, tensor<24xf16> -> tensor<24x63xf16>
  %y = ashlar.matmul %x, transpose %d : tensor<16x63xf16>, tensor<24x63xf16> -> tensor<16x24xf16>
  return %y : tensor<16x24xf16>
}

func.func @quantize_to_torn_rows(%x: tensor<24x63xf16>, %s: tensor<24xf16>) -> tensor<24x63xi4> {
  %q = ashlar.quantize %x scale %s axis 0 : tensor<24x63xf16>, tensor<24xf16> -> tensor<24x63xi4>
  return %q : tensor<24x63xi4>
}

// Differences of two i8 are no i8 and are multiplied as floats; a sum of 8192 of them goes beyond what floats hold.
func.func @long_sum(%x: tensor<16x8192xi8>, %w: tensor<16x8192xi8>, %s: tensor<16xf32>, %z: tensor<16xi8>,
                    %i: tensor<f32>) -> tensor<16x16xf32> {
  %r = ashlar.quantized_matmul %x, %w scales %s zero_points %z input_scale %i
    : (tensor<16x8192xi8>, tensor<16x8192xi8>, tensor<16xf32>, tensor<16xi8>, tensor<f32>) -> tensor<16x16xf32>
  return %r : tensor<16x16xf32>
}
