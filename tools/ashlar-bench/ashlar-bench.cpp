//===-- ashlar-bench.cpp - times functions of compiled packages -----------===//
//
// Package, function, inputs, device, samples, figures. Every failure is one line on standard error.
//
//===----------------------------------------------------------------------===//

#include "Options.h"
#include "Timing.h"

#include "tools/ashlar-run/FunctionCall.h"

#include "ashlar/SimulatorDevice/SimulatorDevice.h"
#include "ashlar/Support/FileIO.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <exception>

using namespace ashlar;
using namespace ashlar::bench;
using Json = nlohmann::ordered_json;

/// What inputs are where the user says nothing.
static std::vector<std::string> randomInputs(const package::Function &function) {
  std::vector<std::string> specs;
  for (const package::Tensor &input : function.inputs)
    specs.push_back((isFloat(input.type.element) ? "@random:" : "@bits:") + std::to_string(specs.size() + 1));
  return specs;
}

static int64_t bytesOf(const std::vector<run::HostTensor> &tensors) {
  int64_t bytes = 0;
  for (const run::HostTensor &tensor : tensors)
    bytes += static_cast<int64_t>(tensor.bytes.size());
  return bytes;
}

static Json spreadOf(const std::vector<double> &values) {
  return {{"median", run::quantile(values, 0.5)},
          {"p10", run::quantile(values, 0.1)},
          {"p90", run::quantile(values, 0.9)}};
}

static void print(const Json &figures) {
  const Json &device = figures["device_us"], &host = figures["host_us"];
  std::printf("%s on %s, image %s\n", figures["function"].get<std::string>().c_str(),
              figures["device"].get<std::string>().c_str(), figures["target"].get<std::string>().c_str());
  std::printf("  device  %10.2f us a call (p10 %.2f, p90 %.2f)\n", device["median"].get<double>(),
              device["p10"].get<double>(), device["p90"].get<double>());
  std::printf("  host    %10.2f us a call\n", host["median"].get<double>());
  std::printf("  bytes   %10.3f TB/s of %lld bytes, every tensor once\n",
              figures["terabytes_per_second"].get<double>(), figures["bytes"].get<long long>());
  if (figures.contains("teraflops"))
    std::printf("  work    %10.2f TFLOP/s\n", figures["teraflops"].get<double>());
  std::printf("  %d samples of %d calls, %lld sets of buffers\n", figures["samples"].get<int>(),
              figures["calls_of_sample"].get<int>(), figures["buffer_sets"].get<long long>());
}

static Expected<Json> measure(const Options &options) {
  ASHLAR_ASSIGN_OR_RETURN(package::PackageReader reader, package::PackageReader::openFile(options.file));
  auto package = std::make_shared<const package::PackageReader>(std::move(reader));
  ASHLAR_ASSIGN_OR_RETURN(unsigned index, run::chooseFunction(package->manifest(), options.function));
  const package::Function &function = package->manifest().functions[index];
  ASHLAR_ASSIGN_OR_RETURN(
      std::vector<run::HostTensor> inputs,
      run::readInputs(function, options.inputs.empty() ? randomInputs(function) : options.inputs));
  ASHLAR_ASSIGN_OR_RETURN(std::vector<run::HostTensor> outputs, run::makeOutputs(function, inputs));
  ASHLAR_ASSIGN_OR_RETURN(std::shared_ptr<runtime::Device> device, runtime::createDevice(options.device));
  ASHLAR_ASSIGN_OR_RETURN(std::unique_ptr<runtime::Executable> executable,
                          runtime::Executable::create(package, device));
  ASHLAR_ASSIGN_OR_RETURN(std::vector<BufferSet> sets,
                          makeBufferSets(*device, inputs, outputs, options.rotateBytes));
  ASHLAR_ASSIGN_OR_RETURN(Samples samples, takeSamples(*executable, index, sets, options));

  int64_t bytes = bytesOf(inputs) + bytesOf(outputs);
  double median = run::quantile(samples.device, 0.5);
  Json figures = {{"function", function.name},
                  {"device", device->properties().name},
                  {"target", executable->target().name},
                  {"samples", samples.device.size()},
                  {"calls_of_sample", samples.callsOfSample},
                  {"buffer_sets", sets.size()},
                  {"bytes", bytes},
                  {"device_us", spreadOf(samples.device)},
                  {"host_us", spreadOf(samples.host)},
                  {"terabytes_per_second", static_cast<double>(bytes) / median * 1e-6}};
  if (options.flops > 0)
    figures["teraflops"] = options.flops / median * 1e-6;
  return figures;
}

static Status runTool(const Options &options) {
  ASHLAR_ASSIGN_OR_RETURN(Json figures, measure(options));
  print(figures);
  if (options.json.empty())
    return {};
  std::string text = figures.dump(1) + "\n";
  return writeFile(options.json, {reinterpret_cast<const uint8_t *>(text.data()), text.size()});
}

int main(int argc, char **argv) {
  Options options;
  if (std::optional<int> exitCode = parseOptions(argc, argv, options))
    return *exitCode;
  runtime::registerSimulatorDevice();
  Status failure;
  try {
    failure = runTool(options);
  } catch (const std::bad_alloc &) {
    failure = Status(StatusCode::OutOfMemory, "host memory is exhausted");
  } catch (const std::exception &error) {
    failure = Status(StatusCode::Internal, error.what());
  }
  if (failure.ok())
    return 0;
  std::fflush(stdout);
  std::fprintf(stderr, "ashlar-bench: error: %s\n", failure.message().c_str());
  return 2;
}
