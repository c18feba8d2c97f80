//===-- KernelRunner.h - From kernel text to values -----------------------===//
//
// What the tests of kernels share: compile an LLVM-level kernel module to a shared object, load it into a
// device, keep typed buffers there.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TEST_UNIT_SIMULATOR_KERNELRUNNER_H
#define ASHLAR_TEST_UNIT_SIMULATOR_KERNELRUNNER_H

#include "ashlar/Simulator/Simulator.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <string>
#include <vector>

namespace ashlar::test {

/// The shared object of the kernel modules in `text`. Empty, with the diagnostics, on errors.
std::vector<char> compileKernels(const std::string &text, std::string &diagnostics);

struct KernelRunner {
  simulator::Device device;
  const simulator::Module *module = nullptr;

  explicit KernelRunner(const std::string &text) {
    std::string diagnostics;
    std::vector<char> object = compileKernels(text, diagnostics);
    EXPECT_FALSE(object.empty()) << diagnostics;
    auto *bytes = reinterpret_cast<const uint8_t *>(object.data());
    auto loaded = device.load(std::span(bytes, object.size()), "kernels");
    EXPECT_TRUE(loaded.ok()) << loaded.status().message();
    if (loaded.ok())
      module = *loaded;
  }

  template <typename T>
  void *upload(const std::vector<T> &values) {
    auto buffer = device.allocate(values.size() * sizeof(T));
    EXPECT_TRUE(buffer.ok());
    EXPECT_TRUE(device.copyToDevice(*buffer, values.data(), values.size() * sizeof(T)).ok());
    return *buffer;
  }
  template <typename T>
  std::vector<T> download(void *buffer, size_t count) {
    std::vector<T> values(count);
    EXPECT_TRUE(device.copyToHost(values.data(), buffer, count * sizeof(T)).ok());
    return values;
  }

  /// Launches; arguments are pointers to the parameters' values.
  simulator::LaunchResult run(const std::string &kernel, simulator::Dim3 grid, simulator::Dim3 block,
                              uint32_t shared, const std::vector<const void *> &arguments,
                              const simulator::LaunchOptions &options) {
    auto result = device.launch(*module, kernel, {grid, block, shared, arguments}, options);
    EXPECT_TRUE(result.ok()) << result.status().message();
    return result.ok() ? *result : simulator::LaunchResult();
  }
};

/// Checks and counters, one host thread.
inline simulator::LaunchOptions checked(simulator::AsyncMode mode = simulator::AsyncMode::Earliest) {
  simulator::LaunchOptions options;
  options.checks = options.counters = true;
  options.asyncMode = mode;
  options.threads = 1;
  return options;
}

inline const simulator::Report *find(const simulator::LaunchResult &result, simulator::ReportKind kind) {
  auto position = std::find_if(result.reports.begin(), result.reports.end(),
                               [&](const simulator::Report &report) { return report.kind == kind; });
  return position == result.reports.end() ? nullptr : &*position;
}

inline std::string texts(const simulator::LaunchResult &result) {
  std::string all;
  for (const simulator::Report &report : result.reports)
    all += report.text() + "\n";
  return all;
}

} // namespace ashlar::test

#endif
