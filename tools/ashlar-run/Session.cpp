//===-- Session.cpp - one call of a function, from inputs to outputs ------===//
//
// Device buffers live for the call and are released on every path.
//
//===----------------------------------------------------------------------===//

#include "DeviceBuffer.h"
#include "FunctionCall.h"
#include "Session.h"

#include <algorithm>

namespace ashlar::run {

using runtime::Device;
using runtime::DeviceOptions;
using runtime::Executable;
using runtime::StepProfile;
using runtime::TensorBuffer;

//===----------------------------------------------------------------------===//
// Devices
//===----------------------------------------------------------------------===//

static DeviceOptions deviceOptions(const Options &options, const std::string &simAsync) {
  bool checks = options.simChecks.empty() ? options.check : options.simChecks == "on";
  return {{"checks", checks ? "on" : "off"},
          {"counters", options.profile ? "on" : "off"},
          {"async", simAsync},
          {"tensor-cores", options.simTensorCores},
          {"threads", std::to_string(options.simThreads)}};
}

static Expected<std::unique_ptr<Executable>> openOn(const std::string &device,
                                                    const std::shared_ptr<const package::PackageReader> &package,
                                                    const DeviceOptions &options) {
  ASHLAR_ASSIGN_OR_RETURN(std::shared_ptr<Device> opened, runtime::createDevice(device, options));
  return Executable::create(package, opened);
}

Expected<std::unique_ptr<Executable>> openExecutable(const std::shared_ptr<const package::PackageReader> &package,
                                                     const Options &options, const std::string &simAsync) {
  DeviceOptions table = deviceOptions(options, simAsync);
  if (options.device != "auto")
    return openOn(options.device, package, table);
  Expected<std::unique_ptr<Executable>> onGpu = openOn("cuda:0", package, table);
  StatusCode code = onGpu.status().code();
  if (code != StatusCode::NotFound && code != StatusCode::Unsupported)
    return onGpu;
  Expected<std::unique_ptr<Executable>> onSimulator = openOn("sim", package, table);
  if (onSimulator)
    return onSimulator;
  return Status(onSimulator.status().code(), "neither a GPU nor the simulator can run the package. GPU: " +
                                                 onGpu.status().message() + ". Simulator: " +
                                                 onSimulator.status().message());
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

/// Copies tensors to fresh device buffers.
static Status uploadAll(Device &device, const std::vector<HostTensor> &tensors, std::vector<DeviceBuffer> &buffers,
                        std::vector<TensorBuffer> &arguments) {
  for (const HostTensor &tensor : tensors) {
    int64_t bytes = static_cast<int64_t>(tensor.bytes.size());
    ASHLAR_ASSIGN_OR_RETURN(DeviceBuffer buffer, DeviceBuffer::create(device, bytes));
    ASHLAR_RETURN_IF_ERROR(device.upload(buffer.data(), tensor.bytes.data(), bytes, nullptr));
    arguments.push_back({buffer.data(), bytes, tensor.dims});
    buffers.push_back(std::move(buffer));
  }
  return {};
}

/// Calls `iterations` times and returns the last profile with median times.
static Expected<std::vector<StepProfile>> repeatCall(Executable &executable, unsigned index,
                                                     std::span<const TensorBuffer> inputs,
                                                     std::span<const TensorBuffer> outputs, int iterations) {
  std::vector<StepProfile> last;
  std::vector<std::vector<double>> times;
  for (int i = 0; i < iterations; ++i) {
    ASHLAR_RETURN_IF_ERROR(executable.invoke(index, inputs, outputs, nullptr));
    ASHLAR_RETURN_IF_ERROR(executable.device().synchronize(nullptr));
    ASHLAR_ASSIGN_OR_RETURN(last, executable.profile());
    times.resize(last.size());
    for (size_t step = 0; step < last.size(); ++step)
      times[step].push_back(last[step].milliseconds);
  }
  for (size_t step = 0; step < last.size(); ++step)
    last[step].milliseconds = quantile(times[step], 0.5);
  return last;
}

Expected<CallResult> callFunction(Executable &executable, unsigned index, const std::vector<HostTensor> &inputs,
                                  int iterations, bool profile) {
  Device &device = executable.device();
  CallResult result;
  result.device = device.properties().name;
  result.target = executable.target().name;
  ASHLAR_ASSIGN_OR_RETURN(result.outputs, makeOutputs(executable.manifest().functions[index], inputs));
  std::vector<DeviceBuffer> inputBuffers, outputBuffers;
  std::vector<TensorBuffer> inputArguments, outputArguments;
  ASHLAR_RETURN_IF_ERROR(uploadAll(device, inputs, inputBuffers, inputArguments));
  ASHLAR_RETURN_IF_ERROR(uploadAll(device, result.outputs, outputBuffers, outputArguments));
  ASHLAR_RETURN_IF_ERROR(executable.setProfiling(profile));
  ASHLAR_ASSIGN_OR_RETURN(result.steps,
                          repeatCall(executable, index, inputArguments, outputArguments, iterations));
  for (size_t i = 0; i < outputBuffers.size(); ++i)
    ASHLAR_RETURN_IF_ERROR(device.download(result.outputs[i].bytes.data(), outputBuffers[i].data(),
                                           outputBuffers[i].bytes(), nullptr));
  return result;
}

} // namespace ashlar::run
