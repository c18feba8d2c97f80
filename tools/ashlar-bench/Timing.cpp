//===-- Timing.cpp - the time of calls ------------------------------------===//
//
// Events of the device enclose a sample, so that what the host does beside it does not count.
//
//===----------------------------------------------------------------------===//

#include "Timing.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace ashlar::bench {

using run::DeviceBuffer;
using run::HostTensor;
using runtime::Device;
using runtime::Event;
using runtime::Executable;
using runtime::TensorBuffer;

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

static Status addTensors(Device &device, const std::vector<HostTensor> &tensors, BufferSet &set,
                         std::vector<TensorBuffer> &arguments) {
  for (const HostTensor &tensor : tensors) {
    int64_t bytes = static_cast<int64_t>(tensor.bytes.size());
    ASHLAR_ASSIGN_OR_RETURN(DeviceBuffer buffer, DeviceBuffer::create(device, bytes));
    ASHLAR_RETURN_IF_ERROR(device.upload(buffer.data(), tensor.bytes.data(), bytes, nullptr));
    arguments.push_back({buffer.data(), bytes, tensor.dims});
    set.memory.push_back(std::move(buffer));
  }
  return {};
}

Expected<std::vector<BufferSet>> makeBufferSets(Device &device, const std::vector<HostTensor> &inputs,
                                                const std::vector<HostTensor> &outputs, int64_t rotateBytes) {
  int64_t bytesOfSet = 0;
  for (const std::vector<HostTensor> *tensors : {&inputs, &outputs})
    for (const HostTensor &tensor : *tensors)
      bytesOfSet += static_cast<int64_t>(tensor.bytes.size());
  // Two at least where there is anything to rotate: even then each call finds what the call before it left,
  // nothing else.
  size_t wanted =
      bytesOfSet == 0 || rotateBytes == 0
          ? 1
          : static_cast<size_t>(std::max<int64_t>(2, (rotateBytes + bytesOfSet - 1) / bytesOfSet));
  std::vector<BufferSet> sets;
  for (size_t i = 0; i < std::min(wanted, mostSets); ++i) {
    BufferSet set;
    ASHLAR_RETURN_IF_ERROR(addTensors(device, inputs, set, set.inputs));
    ASHLAR_RETURN_IF_ERROR(addTensors(device, outputs, set, set.outputs));
    sets.push_back(std::move(set));
  }
  return sets;
}

//===----------------------------------------------------------------------===//
// Samples
//===----------------------------------------------------------------------===//

namespace {
/// Enqueues calls, round and round over the sets.
class Caller {
public:
  Caller(Executable &executable, unsigned index, const std::vector<BufferSet> &sets)
      : executable(executable), index(index), sets(sets) {}

  Status call(int count) {
    for (int i = 0; i < count; ++i) {
      const BufferSet &set = sets[next];
      ASHLAR_RETURN_IF_ERROR(executable.invoke(index, set.inputs, set.outputs, nullptr));
      next = (next + 1) % sets.size();
    }
    return {};
  }

private:
  Executable &executable;
  unsigned index;
  const std::vector<BufferSet> &sets;
  size_t next = 0;
};
} // namespace

/// One sample: microseconds of a call on the device and on the host.
static Expected<std::pair<double, double>> sample(Caller &caller, Device &device, Event &start, Event &end,
                                                  int calls) {
  using Clock = std::chrono::steady_clock;
  ASHLAR_RETURN_IF_ERROR(device.record(start, nullptr));
  Clock::time_point before = Clock::now();
  ASHLAR_RETURN_IF_ERROR(caller.call(calls));
  std::chrono::duration<double, std::micro> host = Clock::now() - before;
  ASHLAR_RETURN_IF_ERROR(device.record(end, nullptr));
  ASHLAR_ASSIGN_OR_RETURN(double milliseconds, device.elapsed(start, end));
  return std::pair(milliseconds * 1000 / calls, host.count() / calls);
}

Expected<Samples> takeSamples(Executable &executable, unsigned index, const std::vector<BufferSet> &sets,
                              const Options &options) {
  Device &device = executable.device();
  Caller caller(executable, index, sets);
  ASHLAR_ASSIGN_OR_RETURN(std::unique_ptr<Event> start, device.createEvent());
  ASHLAR_ASSIGN_OR_RETURN(std::unique_ptr<Event> end, device.createEvent());
  // The first call loads code; the second tells how long one takes.
  ASHLAR_RETURN_IF_ERROR(sample(caller, device, *start, *end, 1).status());
  ASHLAR_ASSIGN_OR_RETURN(auto single, sample(caller, device, *start, *end, 1));
  Samples samples;
  samples.callsOfSample = options.calls;
  if (options.calls == 0) {
    double calls = std::ceil(options.sampleMilliseconds * 1000 / std::max(single.first, 0.1));
    samples.callsOfSample = static_cast<int>(std::clamp(calls, 1.0, 10000.0));
  }
  ASHLAR_RETURN_IF_ERROR(sample(caller, device, *start, *end, samples.callsOfSample).status());
  for (int i = 0; i < options.samples; ++i) {
    ASHLAR_ASSIGN_OR_RETURN(auto times, sample(caller, device, *start, *end, samples.callsOfSample));
    samples.device.push_back(times.first);
    samples.host.push_back(times.second);
  }
  return samples;
}

} // namespace ashlar::bench
