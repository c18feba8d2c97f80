//===-- SimulatorBenchmark.cpp - How fast the simulator runs tensor-core kernels ---===//
//
// Prints figures, judges nothing: multiply-accumulates a second of processor time on one host thread, without
// hooks, with counters, and with all checks. Not part of the tests.
//
//===----------------------------------------------------------------------===//

#include "KernelRunner.h"
#include "MatmulKernel.h"
#include "WgmmaKernel.h"
#include <cstdio>
#include <ctime>

using namespace ashlar::test;
using namespace ashlar::simulator;

static double processorSeconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
}

static void measure(const MatmulKernel &kernel, uint32_t size, const char *label, LaunchOptions options) {
  KernelRunner runner(kernel.text());
  void *a = runner.upload(std::vector<uint16_t>(size_t(size) * size, 0x3c00));
  void *b = runner.upload(std::vector<uint16_t>(size_t(size) * size, 0x3c00));
  void *c = runner.upload(std::vector<float>(size_t(size) * size));
  Dim3 grid = {size / kernel.blockColumns(), size / kernel.blockRows(), 1};
  options.threads = 1;
  double best = 0;
  for (int i = 0; i < 3; ++i) {
    double begin = processorSeconds();
    runner.run("matmul", grid, {MatmulKernel::threads, 1, 1}, kernel.sharedBytes(),
               {&a, &b, &c, &size, &size, &size}, options);
    best = std::max(best, double(size) * size * size / (processorSeconds() - begin));
  }
  std::printf("%ux%u tile of a block, %-28s %8.0f million multiply-accumulates a second\n",
              kernel.blockRows(), kernel.blockColumns(), label, best / 1e6);
}

/// Blocks of one warp group, 12 products m64n256k16 each; copies and stores included.
static void measureWgmma(const char *label, LaunchOptions options) {
  WgmmaKernel kernel{bf16, bf16, {false, 128, 64, 64, 2}, {false, 128, 256, 64, 2}};
  KernelRunner runner(kernel.text());
  void *image = runner.upload(std::vector<uint8_t>(kernel.tiles * kernel.stageBytes()));
  void *none = runner.upload(std::vector<uint8_t>(4));
  void *out = runner.upload(std::vector<float>(64 * 256));
  options.threads = 1;
  double best = 0;
  for (int i = 0; i < 3; ++i) {
    double begin = processorSeconds();
    LaunchResult result =
        runner.run("product", {64, 1, 1}, {128, 1, 1}, kernel.sharedBytes(), {&image, &none, &out}, options);
    best = std::max(best, double(result.instructions.wgmmaMultiplyAdds) / (processorSeconds() - begin));
  }
  std::printf("wgmma m64n256k16 of bf16, %-28s %8.0f million multiply-accumulates a second\n", label,
              best / 1e6);
}

int main() {
  LaunchOptions wgmmaOptions;
  measureWgmma("checks off", wgmmaOptions);
  wgmmaOptions.asyncMode = AsyncMode::Latest;
  measureWgmma("checks off, products late", wgmmaOptions);
  wgmmaOptions.checks = true;
  measureWgmma("checks, products late", wgmmaOptions);
  wgmmaOptions = {};
  wgmmaOptions.tensorCores = TensorCoreMode::Exact;
  measureWgmma("exact sums", wgmmaOptions);
  for (MatmulKernel kernel : {MatmulKernel{1, 4}, MatmulKernel{4, 8}}) {
    double begin = processorSeconds();
    std::string diagnostics;
    size_t bytes = compileKernels(kernel.text(), diagnostics).size();
    std::printf("%ux%u tile of a block, compiled in %.2f s, %zu bytes\n", kernel.blockRows(),
                kernel.blockColumns(), processorSeconds() - begin, bytes);
    LaunchOptions options;
    measure(kernel, 512, "checks off", options);
    options.asyncMode = AsyncMode::Latest;
    measure(kernel, 512, "checks off, copies late", options);
    options.counters = true;
    measure(kernel, 512, "counters", options);
    options.checks = true;
    measure(kernel, 256, "counters and checks", options);
  }
}
