//===-- SpecializedMatmulKernel.h - A warp-specialised product ------------===//
//
// Writes the main loop of Hopper's matrix multiplications as an LLVM-level module: one thread copies tiles by
// tensor maps into a ring of stages, two warp groups multiply them and hand a stage back when the products
// that read it are complete. The synchronisation between the two can be left out.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TEST_UNIT_SIMULATOR_SPECIALIZEDMATMULKERNEL_H
#define ASHLAR_TEST_UNIT_SIMULATOR_SPECIALIZEDMATMULKERNEL_H

#include <cstdint>
#include <string>

namespace ashlar::test {

enum class SpecializedMatmulFault {
  None,
  NoWaitForData,  ///< tiles are multiplied while they may still come
  NoWaitForStage, ///< tiles are copied where others may still be read
  EarlyRelease,   ///< a stage is handed back when its products have only begun
};

/// D = A * B of bf16, 128 x 128, for a K that is a multiple of 64. A is K-major, B is N-major.
struct SpecializedMatmulKernel {
  SpecializedMatmulFault fault = SpecializedMatmulFault::None;

  static constexpr uint32_t rows = 128, columns = 128, depth = 64, stages = 3, threads = 288;
  static constexpr uint32_t bOffset = rows * depth * 2, stageBytes = bOffset + columns * depth * 2;
  static constexpr uint32_t barrierOffset = stages * stageBytes, sharedBytes = barrierOffset + 256;

  /// The module, with kernel @matmul(steps of K, map of A with boxes of 64 x 128, map of B with boxes of 64 x
  /// 64, D).
  std::string text() const;
};

} // namespace ashlar::test

#endif
