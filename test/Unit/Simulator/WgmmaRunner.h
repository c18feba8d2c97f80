//===-- WgmmaRunner.h - Runs products of warp groups on matrices ----------===//
//
// Fills matrices with small integers, so that every sum is exact, lays them out as a WgmmaKernel wants them,
// and compares what it computes.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TEST_UNIT_SIMULATOR_WGMMARUNNER_H
#define ASHLAR_TEST_UNIT_SIMULATOR_WGMMARUNNER_H

#include "KernelRunner.h"
#include "WgmmaKernel.h"

namespace ashlar::test {

struct ProductRun {
  simulator::LaunchResult result;
  /// NaN if there is one among the results.
  double worstError = 0;
};

class WgmmaRunner {
public:
  explicit WgmmaRunner(const WgmmaKernel &kernel);
  ProductRun run(const simulator::LaunchOptions &options);

private:
  void putInRegister(uint32_t tile, uint32_t row, uint32_t k, uint32_t code);
  double product(uint32_t row, uint32_t column) const;

  const WgmmaKernel kernel;
  KernelRunner runner;
  /// The numbers, tile after tile, by index of M or N and of K.
  std::vector<double> a, b;
  /// The same as the kernel reads them.
  std::vector<uint8_t> image;
  std::vector<uint32_t> registers;
};

inline ProductRun runProduct(const WgmmaKernel &kernel, const simulator::LaunchOptions &options) {
  return WgmmaRunner(kernel).run(options);
}

} // namespace ashlar::test

#endif
