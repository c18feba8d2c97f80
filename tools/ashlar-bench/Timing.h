//===-- Timing.h - the time of calls ----------------------------*- C++ -*-===//
//
// Calls of one function, each on the next of several sets of buffers. A kernel whose operands are still in
// the caches from the call before looks faster than it is where it will be used.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TOOLS_ASHLAR_BENCH_TIMING_H
#define ASHLAR_TOOLS_ASHLAR_BENCH_TIMING_H

#include "Options.h"

#include "tools/ashlar-run/DeviceBuffer.h"
#include "tools/ashlar-run/HostTensor.h"

#include "ashlar/Runtime/Executable.h"

namespace ashlar::bench {

/// The device memory of one call.
struct BufferSet {
  std::vector<run::DeviceBuffer> memory;
  std::vector<runtime::TensorBuffer> inputs, outputs;
};

/// Sets with the same values at different places: at least one, and so many that they have `rotateBytes`
/// together, but not more than `mostSets`.
inline constexpr size_t mostSets = 1024;
Expected<std::vector<BufferSet>> makeBufferSets(runtime::Device &device,
                                                const std::vector<run::HostTensor> &inputs,
                                                const std::vector<run::HostTensor> &outputs,
                                                int64_t rotateBytes);

/// Microseconds of a call, one number for each sample.
struct Samples {
  std::vector<double> device, host;
  int callsOfSample = 0;
};

/// Calls function `index` over and over, after a few calls that nobody times.
Expected<Samples> takeSamples(runtime::Executable &executable, unsigned index,
                              const std::vector<BufferSet> &sets, const Options &options);

} // namespace ashlar::bench

#endif // ASHLAR_TOOLS_ASHLAR_BENCH_TIMING_H
