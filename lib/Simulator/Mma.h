//===-- Mma.h - The arithmetic of tensor cores ------------------------------------------------------------===//
//
// mma.sync of one warp as a function of the registers of its lanes: D = A * B + C with A 16 x K, B K x 8, C 16 x 8.
//
// Registers. With w-bit elements a 32-bit register packs p = 32 / w of them, the first in the low bits. For lane
// L, g = L / 4, t = L % 4:
//   A register r, element i:  row g + 8 * (r % 2),  column p * t + i + 4 * p * (r / 2)
//   B register r, element i:  row p * t + i + 4 * p * r,  column g
//   C, D (32 bits) register r:  row g + 8 * (r / 2),  column 2 * t + r % 2
//   C, D (f16) register r, element i:  row g + 8 * r,  column 2 * t + i
//
// Arithmetic. Products are exact. Their sum over k is taken in f32 with round to nearest even, in the order of k and
// starting from zero, and added to C in f32 (for f16 accumulators: C widened, the result rounded once). Sums of integers
// are exact; adding C wraps, or saturates where the variant says so. tf32 operands use the high 19 bits of a register.
//
//===----------------------------------------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_MMA_H
#define ASHLAR_LIB_SIMULATOR_MMA_H

#include <cstdint>

namespace ashlar::simulator {

/// Words of one lane in the exchange area of a warp.
inline constexpr uint32_t exchangeWords = 16;

/// Registers that a lane holds of A, B and of the accumulator.
struct MmaShape {
  uint32_t aRegisters, bRegisters, accumulatorRegisters;
  uint32_t total() const { return aRegisters + bRegisters + accumulatorRegisters; }
};

MmaShape mmaShape(uint32_t variant);

/// `registers[lane]` holds A, B, C; D replaces C. False for a variant (ASHLAR_MMA_VARIANT) that does not exist.
bool computeMma(uint32_t variant, uint32_t (*registers)[exchangeWords]);

} // namespace ashlar::simulator

#endif
