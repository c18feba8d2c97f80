//===-- WgmmaRunner.cpp - Runs products of warp groups on matrices --------===//
//
// The places of elements in registers follow the PTX manual, as everywhere in these tests without the help of
// the simulator.
//
//===----------------------------------------------------------------------===//

#include "WgmmaRunner.h"
#include <cstring>
#include <random>

using namespace ashlar::simulator;

namespace ashlar::test {

template <typename Put>
static void fill(const ElementFormat &format, const OperandLayout &layout, std::mt19937 &random,
                 std::vector<double> &values, Put put) {
  for (uint32_t index = 0; index < layout.extent; ++index)
    for (uint32_t k = 0; k < layout.depth; ++k) {
      uint32_t code = format.encode(int(random() % 15) - 7);
      values.push_back(format.decode(code));
      put(index, k, code);
    }
}

WgmmaRunner::WgmmaRunner(const WgmmaKernel &kernel)
    : kernel(kernel), runner(kernel.text()), image(size_t(kernel.tiles) * kernel.stageBytes()),
      registers(size_t(kernel.tiles) * kernel.a.stepCount() * WgmmaKernel::groupThreads * 4) {
  std::mt19937 random(kernel.columns());
  for (uint32_t tile = 0; tile < kernel.tiles; ++tile) {
    uint8_t *stage = image.data() + tile * kernel.stageBytes();
    fill(kernel.aFormat, kernel.a, random, a, [&](uint32_t row, uint32_t k, uint32_t code) {
      if (kernel.aIsInRegisters)
        putInRegister(tile, row, k, code);
      else
        std::memcpy(stage + kernel.a.byteOf(row, k), &code, kernel.a.elementBytes);
    });
    fill(kernel.bFormat, kernel.b, random, b, [&](uint32_t column, uint32_t k, uint32_t code) {
      std::memcpy(stage + kernel.bOffset() + kernel.b.byteOf(column, k), &code, kernel.b.elementBytes);
    });
  }
}

void WgmmaRunner::putInRegister(uint32_t tile, uint32_t row, uint32_t k, uint32_t code) {
  uint32_t perStep = kernel.a.elementsOfStep(), p = 4 / kernel.a.elementBytes, within = k % perStep;
  uint32_t thread = row / 16 * 32 + row % 8 * 4 + within % (perStep / 2) / p;
  uint32_t r = within / (perStep / 2) * 2 + row % 16 / 8;
  uint32_t step = tile * kernel.a.stepCount() + k / perStep;
  registers[(step * WgmmaKernel::groupThreads + thread) * 4 + r] |= code
                                                                    << (within % p * kernel.aFormat.bits);
}

double WgmmaRunner::product(uint32_t row, uint32_t column) const {
  double sum = 0;
  for (uint32_t tile = 0; tile < kernel.tiles; ++tile)
    for (uint32_t k = 0; k < kernel.a.depth; ++k)
      sum += a[(tile * 64 + row) * kernel.a.depth + k] *
             b[(tile * kernel.columns() + column) * kernel.b.depth + k];
  return sum;
}

ProductRun WgmmaRunner::run(const LaunchOptions &options) {
  const uint32_t count = kernel.columns() / 2, threads = kernel.threads();
  void *imageBuffer = runner.upload(image), *registerBuffer = runner.upload(registers);
  void *out = runner.upload(std::vector<uint32_t>(threads * count, 0xffffffff));
  ProductRun run;
  run.result = runner.run("product", {1, 1, 1}, {threads, 1, 1}, kernel.sharedBytes(),
                          {&imageBuffer, &registerBuffer, &out}, options);
  std::vector<uint32_t> words = runner.download<uint32_t>(out, threads * count);
  for (uint32_t row = 0; row < 64 * kernel.groups; ++row)
    for (uint32_t column = 0; column < kernel.columns(); ++column) {
      uint32_t thread = row / 16 * 32 + row % 8 * 4 + column % 8 / 2;
      uint32_t word = words[thread * count + column / 8 * 4 + row % 16 / 8 * 2 + column % 2];
      double value = kernel.isInteger() ? double(int32_t(word)) : double(std::bit_cast<float>(word));
      double error = std::fabs(value - product(row % 64, column));
      run.worstError = std::isnan(error) ? NAN : std::max(run.worstError, error);
    }
  return run;
}

} // namespace ashlar::test
