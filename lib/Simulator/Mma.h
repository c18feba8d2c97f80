//===-- Mma.h - The arithmetic of tensor cores ----------------------------===//
//
// mma.sync of one warp as a function of the registers of its lanes: D = A * B + C with A 16 x K, B K x 8, C
// 16 x 8.
//
// Registers. With w-bit elements a 32-bit register packs p = 32 / w of them, the first in the low bits. For
// lane L, g = L / 4, t = L % 4:
//   A register r, element i:  row g + 8 * (r % 2),  column p * t + i + 4 * p * (r / 2)
//   B register r, element i:  row p * t + i + 4 * p * r,  column g
//   C, D (32 bits) register r:  row g + 8 * (r / 2),  column 2 * t + r % 2
//   C, D (f16) register r, element i:  row g + 8 * r,  column 2 * t + i
//
// Arithmetic. Products are exact. Their sum over k is taken in f32 with round to nearest even, in the order
// of k and starting from zero, and added to C in f32 (for f16 accumulators: C widened, the result rounded
// once). Sums of integers are exact; adding C wraps, or saturates where the variant says so. tf32 operands
// use the high 19 bits of a register. With `isExact` floats are added as TensorCoreArithmetic.h says instead.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_MMA_H
#define ASHLAR_LIB_SIMULATOR_MMA_H

#include "ashlar/Simulator/SimulatorABI.h"
#include <cstdint>

namespace ashlar::simulator {

inline constexpr uint32_t warpLanes = 32;

/// Operands widened to f32. The instructions of a list share operands: a 4 x 8 arrangement of tiles has 32
/// instructions, but 12 operands.
struct MmaWorkspace {
  static constexpr uint32_t slots = 32, maximumDepth = 64;
  /// Which operand a slot holds: its first word and type, valid for one list only.
  struct Tag {
    uint32_t word = 0, variant = 0;
    bool isValid = false;
  };
  Tag tagA[slots], tagB[slots];
  /// A by rows, B by columns of k: a[row][k], b[k][column].
  alignas(32) float a[slots][16 * maximumDepth];
  alignas(32) float b[slots][8 * maximumDepth];
};

/// Executes a list in order. `registers[lane]` are the words of that lane. Variants (ASHLAR_MMA_VARIANT) that
/// do not exist are left out; the compiler refuses them.
void computeMma(const AshlarSimulatorMma *list, uint32_t count, uint32_t *const *registers,
                MmaWorkspace &workspace, bool isExact = false);

} // namespace ashlar::simulator

#endif
