//===-- TensorCoreArithmetic.h - Sums as Hopper's tensor cores take them ---===//
//
// A tensor core adds all products of a block of k and the accumulator in one step: products are exact; every
// addend is aligned to the largest exponent among them and truncated there to F bits behind the point; the
// sum is exact and truncated to the result. The exponent of a product is the sum of its factors' exponents,
// of an operand that is subnormal the smallest one of its type. Infinities and NaN win.
//
// What is known for Hopper, which this models for all targets:
//   instruction         elements in a step   F    bits of the result's fraction
//   mma, wgmma of f16, bf16, tf32   all k    25   23 (f16 accumulators: rounded to nearest even)
//   wgmma of e4m3, e5m2             all k    13   13
//   integers                        all k    exact
//
// Sources: P. Xie et al., "MMA-Sim: Bit-Accurate Reference Model of Tensor Cores and Matrix Cores" (arXiv
// 2511.10909), whose published model these numbers are; F. Khattak, M. Mikaitis, "Accurate Models of NVIDIA
// Tensor Cores" (arXiv 2512.07004); M. Fasi, N. Higham, M. Mikaitis, S. Pranesh, "Numerical behavior of
// NVIDIA tensor cores" (PeerJ CS 7:e330, 2021) for the method on older cores. No GPU was asked here.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_TENSORCOREARITHMETIC_H
#define ASHLAR_LIB_SIMULATOR_TENSORCOREARITHMETIC_H

#include "WgmmaProduct.h"
#include <cstdint>

namespace ashlar::simulator {

/// One row of the table above.
struct FusedSum {
  /// Bits behind the point of the aligned addends, and of the result.
  int alignedBits, resultBits;
};
inline constexpr FusedSum fusedSumOfMma = {25, 23};
FusedSum fusedSumOfWgmma(uint32_t element);

/// A row of factors, widened to f32; `element` says what they were.
struct Factors {
  const float *values;
  uint32_t stride, element;
};

/// One step: a[0] * b[0] + … + a[count - 1] * b[count - 1] + c, as an f32 with `resultBits`.
float addFused(const Factors &a, const Factors &b, uint32_t count, float c, FusedSum sum);
/// The same rounded to nearest even, as an f16.
uint16_t addFusedToHalf(const Factors &a, const Factors &b, uint32_t count, float c, FusedSum sum);

/// As multiplyTiles.
void multiplyTilesExactly(const WgmmaShape &shape, const WgmmaTiles &tiles, bool accumulate,
                          uint32_t *const *accumulators);

} // namespace ashlar::simulator

#endif
