//===-- simulate.cpp - a test without a GPU: runtime and simulator ----------===//
//
// Runs the function 0 of a package, one tensor of 8xf32 in and one out, on the simulator with every check on.
//
//===-----------------------------------------------------------------------===//
#include "ashlar/Runtime/Executable.h"
#include "ashlar/SimulatorDevice/SimulatorDevice.h"

#include <cstdio>

using namespace ashlar;
using namespace ashlar::runtime;

static Status run(const char *path) {
  registerSimulatorDevice();
  ASHLAR_ASSIGN_OR_RETURN(auto reader, package::PackageReader::openFile(path));
  ASHLAR_ASSIGN_OR_RETURN(std::shared_ptr<Device> device, createDevice("sim", {{"checks", "on"}}));
  auto package = std::make_shared<package::PackageReader>(std::move(reader));
  ASHLAR_ASSIGN_OR_RETURN(auto executable, Executable::create(package, device));
  float values[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  ASHLAR_ASSIGN_OR_RETURN(void *input, device->allocate(sizeof(values)));
  ASHLAR_ASSIGN_OR_RETURN(void *output, device->allocate(sizeof(values)));
  ASHLAR_RETURN_IF_ERROR(device->upload(input, values, sizeof(values), nullptr));
  const TensorBuffer inputs[] = {{input, sizeof(values), {}}}, outputs[] = {{output, sizeof(values), {}}};
  ASHLAR_RETURN_IF_ERROR(executable->invoke(0, inputs, outputs, nullptr));
  ASHLAR_RETURN_IF_ERROR(device->download(values, output, sizeof(values), nullptr));
  for (float value : values)
    printf("%g ", value);
  device->release(input);
  device->release(output);
  return {};
}

int main(int argc, char **argv) {
  Status status = run(argc > 1 ? argv[1] : "model.ashlar");
  if (!status.ok())
    fprintf(stderr, "%s\n", status.message().c_str());
  return status.ok() ? 0 : 1;
}
