//===-- Executable.h - a package loaded onto a device -----------*- C++ -*-===//
//
// Loads the best image of a package, uploads its constants, allocates the arena, and then interprets launch plans.
//
//   auto package = std::make_shared<PackageReader>(*PackageReader::openFile("model.ashlar"));
//   auto device = *createDevice("cuda:0");
//   auto executable = *Executable::create(package, device);
//   Status status = executable->invoke(0, inputs, outputs, stream);
//
// After creation a call allocates no memory, neither on the host nor on the device, and never waits, unless a symbol
// is larger than what the arena was made for (its `max`, or `reserve`); then the arena grows once, which waits for the
// device. So calls can be captured into a CUDA graph, and one that would have to grow while captured fails instead.
// The graph keeps the addresses of the buffers, the constants and the arena: keep them alive and don't grow.
//
// An executable is not thread-safe, and its calls share one arena: enqueue them on one stream, or order the streams.
// Make one executable per concurrent user; they can share package and device.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_RUNTIME_EXECUTABLE_H
#define ASHLAR_RUNTIME_EXECUTABLE_H

#include "ashlar/Package/PackageReader.h"
#include "ashlar/Runtime/Device.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ashlar::runtime {

/// Buffers passed to a call start at multiples of this many bytes, so that kernels may use vector accesses.
inline constexpr uintptr_t tensorAlignment = 16;

/// A row-major tensor in device memory.
struct TensorBuffer {
  void *data = nullptr;
  /// Size of the memory at `data`; at least what the type needs.
  int64_t bytes = 0;
  /// Sizes of all axes. May be empty where the function's type is static.
  std::span<const int64_t> dims;
};

/// What one step of the last profiled call took and did.
struct StepProfile {
  /// Name of the kernel, or "copy".
  std::string name;
  double milliseconds = 0;
  std::array<uint32_t, 3> grid = {}, block = {};
  uint32_t dynamicSharedBytes = 0;
  /// Nothing was launched because the grid is empty.
  bool skipped = false;
  LaunchReport report;
};

/// Reads the dimension symbols off the inputs' sizes and checks all sizes against `function`'s types, maxima and
/// multiples. `symbols` must have one element per symbol.
Status bindSymbols(const package::Function &function, std::span<const TensorBuffer> inputs,
                   std::span<int64_t> symbols);

class Executable {
public:
  /// Tries the images the device can run, best first, until the device accepts one.
  static Expected<std::unique_ptr<Executable>> create(std::shared_ptr<const package::PackageReader> package,
                                                      std::shared_ptr<Device> device);
  ~Executable();
  Executable(const Executable &) = delete;
  Executable &operator=(const Executable &) = delete;

  const package::Manifest &manifest() const;
  /// The target whose image was loaded; its name is "none" when no function launches a kernel.
  const package::Target &target() const;
  Device &device() const;

  /// Makes the arena large enough for calls of `function` with these symbol values. May wait for the device.
  Status reserve(unsigned function, std::span<const int64_t> symbols);

  /// Enqueues a call. `inputs` and `outputs` are in the order of the function's tables; their memory must live until
  /// the work is done. An output may share memory with no other buffer of the call.
  Status invoke(unsigned function, std::span<const TensorBuffer> inputs, std::span<const TensorBuffer> outputs,
                Stream stream);

  /// Bytes of the arena now.
  int64_t arenaBytes() const;

  /// From now on every call of any function is timed step by step (not while captured). Allocates; off by default.
  Status setProfiling(bool enabled);
  /// Steps of the last call since profiling was turned on; waits for it to finish.
  Expected<std::vector<StepProfile>> profile();

private:
  struct State;
  explicit Executable(std::unique_ptr<State> state);
  std::unique_ptr<State> state;
};

} // namespace ashlar::runtime

#endif // ASHLAR_RUNTIME_EXECUTABLE_H
