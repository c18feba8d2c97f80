//===-- WgmmaProduct.h - The product of a warp group ----------------------===//
//
// D = A * B + C with A 64 x K, B K x N, as a function of operands in memory or registers and of the
// accumulators of 128 threads. Operands are widened to f32 once. For thread t of warp w, g = t / 4:
//   accumulator register 4 * j + 2 * h + i:  row 16 * w + g + 8 * h,  column 8 * j + 2 * (t % 4) + i
//   A register r:                            as in Mma.h, in the rows of the warp
//
// Arithmetic. As in Mma.h: the sum over k in f32, added to the accumulator; integers are exact and wrap.
// TensorCoreArithmetic.h has the other choice.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_WGMMAPRODUCT_H
#define ASHLAR_LIB_SIMULATOR_WGMMAPRODUCT_H

#include "ashlar/Simulator/SimulatorABI.h"
#include <cstdint>

namespace ashlar::simulator {

inline constexpr uint32_t groupThreads = 128, groupRows = 64, maximumGroupColumns = 256,
                          maximumGroupDepth = 32, wgmmaRegistersOfA = 4;

/// What an instruction multiplies, from ASHLAR_WGMMA_VARIANT.
struct WgmmaShape {
  uint32_t aElement, bElement, columns, depth, flags;
  explicit constexpr WgmmaShape(uint32_t variant)
      : aElement(variant & 15), bElement(variant >> 4 & 15), columns(variant >> 16),
        depth(aElement == ASHLAR_MMA_TF32                                 ? 8
              : aElement == ASHLAR_MMA_F16 || aElement == ASHLAR_MMA_BF16 ? 16
                                                                          : 32),
        flags(variant >> 8 & 255) {}
  bool isInteger() const { return aElement == ASHLAR_MMA_S8 || aElement == ASHLAR_MMA_U8; }
  bool aIsInRegisters() const { return flags & ASHLAR_WGMMA_A_IN_REGISTERS; }
  bool aIsTransposed() const { return flags & ASHLAR_WGMMA_TRANSPOSED_A; }
  bool bIsTransposed() const { return flags & ASHLAR_WGMMA_TRANSPOSED_B; }
  uint32_t accumulators() const { return columns / 2; }
  uint64_t multiplyAdds() const { return uint64_t(groupRows) * columns * depth; }
};

/// The operands widened: A by rows, a[row * K + k]; B by rows of k, b[k * N + column].
struct WgmmaTiles {
  alignas(32) float a[groupRows * maximumGroupDepth];
  alignas(32) float b[maximumGroupDepth * maximumGroupColumns];
};

/// Widens an operand in memory, given as the addresses of its chunks in the order of MatrixOperand, to
/// tile[index * indexStride + k * kStride].
void widenChunks(uint32_t element, bool isTransposed, uint32_t extent, const char *const *chunks, float *tile,
                 uint32_t indexStride, uint32_t kStride);
/// Widens A from four registers of each thread.
void widenRegistersOfA(const WgmmaShape &shape, const uint32_t *const *registers, float *a);

/// Adds the product to the accumulators of each thread, or replaces them.
void multiplyTiles(const WgmmaShape &shape, const WgmmaTiles &tiles, bool accumulate,
                   uint32_t *const *accumulators);

} // namespace ashlar::simulator

#endif
