//===-- CApi.cpp - C API of the runtime -----------------------------------===//
//
// Checks pointers, translates between C and C++ types, and turns statuses into codes and a message per thread. What
// the library itself never throws, the standard library may (memory); that too becomes a code here.
//
//===----------------------------------------------------------------------===//

#include "ashlar-c/Runtime.h"
#include "ashlar/Package/PackageReader.h"
#include "ashlar/Runtime/Executable.h"
#include "ashlar/Runtime/Version.h"

#include <algorithm>
#include <new>

using namespace ashlar;
using namespace ashlar::runtime;
using package::Dim;
using package::DimSymbol;
using package::Function;
using package::Manifest;
using package::PackageReader;
using package::Tensor;

struct AshlarPackage {
  std::shared_ptr<const PackageReader> reader;
  std::string manifestText;
  /// Arrays that AshlarTensorInfo points into: per tensor the sizes, then the symbols.
  struct TensorArrays {
    std::vector<int64_t> dims, symbols;
  };
  std::vector<std::vector<TensorArrays>> inputs, outputs;
};

struct AshlarDevice {
  std::shared_ptr<Device> device;
};

struct AshlarExecutable {
  std::unique_ptr<Executable> executable;
  /// Converted arguments; grown on the first call of a function and reused, so that later calls don't allocate.
  std::vector<TensorBuffer> inputs, outputs;
  std::vector<StepProfile> profile;
  std::vector<AshlarStepProfile> steps;
};

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

static thread_local std::string lastError;

static AshlarStatus fail(StatusCode code, const std::string &message) {
  try {
    lastError = message;
  } catch (...) {
    lastError.clear();
  }
  return static_cast<AshlarStatus>(code);
}

/// Runs `body`, which returns a Status, and converts whatever comes out of it.
template <typename Body> static AshlarStatus guarded(Body body) {
  try {
    Status status = body();
    return status.ok() ? ASHLAR_OK : fail(status.code(), status.message());
  } catch (const std::bad_alloc &) {
    return fail(StatusCode::OutOfMemory, "host memory is exhausted");
  } catch (const std::exception &error) {
    return fail(StatusCode::Internal, error.what());
  }
}

/// The status for a null argument; `what` names it.
static Status requireNonNull(std::initializer_list<const void *> pointers) {
  for (const void *pointer : pointers)
    if (!pointer)
      return invalidArgument("a required pointer argument is null");
  return {};
}

uint32_t ashlarRuntimeVersion(void) { return versionNumber; }
const char *ashlarRuntimeVersionText(void) { return versionText; }
const char *ashlarLastErrorMessage(void) { return lastError.c_str(); }
const char *ashlarStatusName(AshlarStatus status) { return statusCodeName(static_cast<StatusCode>(status)); }

//===----------------------------------------------------------------------===//
// Packages
//===----------------------------------------------------------------------===//

static AshlarPackage::TensorArrays arraysOf(const Tensor &tensor) {
  AshlarPackage::TensorArrays arrays;
  for (const Dim &dim : tensor.type.dims) {
    arrays.dims.push_back(dim.symbol ? -1 : dim.size);
    arrays.symbols.push_back(dim.symbol ? static_cast<int64_t>(*dim.symbol) : -1);
  }
  return arrays;
}

static Status finishLoad(Expected<PackageReader> reader, AshlarPackage **package) {
  if (!reader)
    return reader.status();
  auto result = std::make_unique<AshlarPackage>();
  result->reader = std::make_shared<const PackageReader>(*std::move(reader));
  result->manifestText = manifestToJson(result->reader->manifest());
  for (const Function &function : result->reader->manifest().functions) {
    std::vector<AshlarPackage::TensorArrays> &inputs = result->inputs.emplace_back();
    std::vector<AshlarPackage::TensorArrays> &outputs = result->outputs.emplace_back();
    for (const Tensor &tensor : function.inputs)
      inputs.push_back(arraysOf(tensor));
    for (const Tensor &tensor : function.outputs)
      outputs.push_back(arraysOf(tensor));
  }
  *package = result.release();
  return {};
}

AshlarStatus ashlarPackageLoadFile(const char *path, AshlarPackage **package) {
  return guarded([&]() -> Status {
    ASHLAR_RETURN_IF_ERROR(requireNonNull({path, package}));
    return finishLoad(PackageReader::openFile(path), package);
  });
}

AshlarStatus ashlarPackageLoadMemory(const void *bytes, size_t size, AshlarPackage **package) {
  return guarded([&]() -> Status {
    ASHLAR_RETURN_IF_ERROR(requireNonNull({bytes, package}));
    const uint8_t *begin = static_cast<const uint8_t *>(bytes);
    return finishLoad(PackageReader::openBytes({begin, begin + size}), package);
  });
}

void ashlarPackageDestroy(AshlarPackage *package) { delete package; }

size_t ashlarPackageFunctionCount(const AshlarPackage *package) {
  return package ? package->reader->manifest().functions.size() : 0;
}

const char *ashlarPackageManifest(const AshlarPackage *package) {
  return package ? package->manifestText.c_str() : "";
}

AshlarStatus ashlarPackageFindFunction(const AshlarPackage *package, const char *name, size_t *function) {
  return guarded([&]() -> Status {
    ASHLAR_RETURN_IF_ERROR(requireNonNull({package, name, function}));
    std::optional<unsigned> found = package->reader->manifest().findFunction(name);
    if (!found)
      return notFound(std::string("the package has no function '") + name + "'");
    *function = *found;
    return {};
  });
}

static Expected<const Function *> findFunction(const AshlarPackage *package, size_t function) {
  if (!package)
    return invalidArgument("a required pointer argument is null");
  const Manifest &manifest = package->reader->manifest();
  if (function >= manifest.functions.size())
    return invalidArgument("there is no function " + std::to_string(function) + "; the package has " +
                           std::to_string(manifest.functions.size()));
  return &manifest.functions[function];
}

AshlarStatus ashlarPackageFunction(const AshlarPackage *package, size_t function, AshlarFunctionInfo *info) {
  return guarded([&]() -> Status {
    ASHLAR_RETURN_IF_ERROR(requireNonNull({info}));
    ASHLAR_ASSIGN_OR_RETURN(const Function *entry, findFunction(package, function));
    *info = {entry->name.c_str(), entry->inputs.size(), entry->outputs.size(), entry->symbols.size()};
    return {};
  });
}

static Status describeTensor(const std::vector<Tensor> &tensors,
                             const std::vector<AshlarPackage::TensorArrays> &arrays, size_t index,
                             AshlarTensorInfo *info) {
  if (index >= tensors.size())
    return invalidArgument("there is no tensor " + std::to_string(index) + "; the function has " +
                           std::to_string(tensors.size()));
  *info = {tensors[index].name.c_str(), static_cast<AshlarElementType>(tensors[index].type.element),
           arrays[index].dims.size(), arrays[index].dims.data(), arrays[index].symbols.data()};
  return {};
}

AshlarStatus ashlarPackageInput(const AshlarPackage *package, size_t function, size_t input, AshlarTensorInfo *info) {
  return guarded([&]() -> Status {
    ASHLAR_RETURN_IF_ERROR(requireNonNull({info}));
    ASHLAR_ASSIGN_OR_RETURN(const Function *entry, findFunction(package, function));
    return describeTensor(entry->inputs, package->inputs[function], input, info);
  });
}

AshlarStatus ashlarPackageOutput(const AshlarPackage *package, size_t function, size_t output,
                                 AshlarTensorInfo *info) {
  return guarded([&]() -> Status {
    ASHLAR_RETURN_IF_ERROR(requireNonNull({info}));
    ASHLAR_ASSIGN_OR_RETURN(const Function *entry, findFunction(package, function));
    return describeTensor(entry->outputs, package->outputs[function], output, info);
  });
}

AshlarStatus ashlarPackageSymbol(const AshlarPackage *package, size_t function, size_t symbol,
                                 AshlarSymbolInfo *info) {
  return guarded([&]() -> Status {
    ASHLAR_RETURN_IF_ERROR(requireNonNull({info}));
    ASHLAR_ASSIGN_OR_RETURN(const Function *entry, findFunction(package, function));
    if (symbol >= entry->symbols.size())
      return invalidArgument("there is no symbol " + std::to_string(symbol) + "; the function has " +
                             std::to_string(entry->symbols.size()));
    const DimSymbol &found = entry->symbols[symbol];
    *info = {found.name.c_str(), found.input, found.axis, found.max.value_or(-1), found.multipleOf};
    return {};
  });
}

AshlarStatus ashlarPackageOutputSize(const AshlarPackage *package, size_t function, size_t output,
                                     const int64_t *symbols, size_t symbolCount, int64_t *dims, int64_t *bytes) {
  return guarded([&]() -> Status {
    ASHLAR_ASSIGN_OR_RETURN(const Function *entry, findFunction(package, function));
    if (symbolCount > 0)
      ASHLAR_RETURN_IF_ERROR(requireNonNull({symbols}));
    if (output >= entry->outputs.size() || symbolCount != entry->symbols.size())
      return invalidArgument("function '" + entry->name + "' has " + std::to_string(entry->outputs.size()) +
                             " outputs and " + std::to_string(entry->symbols.size()) + " dimension symbols");
    std::span<const int64_t> values(symbols, symbolCount);
    for (int64_t value : values)
      if (value < 0)
        return invalidArgument("a dimension cannot be " + std::to_string(value));
    const package::TensorType &type = entry->outputs[output].type;
    ASHLAR_ASSIGN_OR_RETURN(int64_t size, type.byteSize(values));
    std::vector<int64_t> sizes = type.resolve(values);
    if (dims)
      std::copy(sizes.begin(), sizes.end(), dims);
    if (bytes)
      *bytes = size;
    return {};
  });
}

//===----------------------------------------------------------------------===//
// Devices and memory
//===----------------------------------------------------------------------===//

AshlarStatus ashlarDeviceCreate(const char *name, const char *const *options, size_t optionCount,
                                AshlarDevice **device) {
  return guarded([&]() -> Status {
    ASHLAR_RETURN_IF_ERROR(requireNonNull({name, device}));
    DeviceOptions table;
    for (size_t i = 0; i < optionCount; ++i) {
      ASHLAR_RETURN_IF_ERROR(requireNonNull({options}));
      ASHLAR_RETURN_IF_ERROR(requireNonNull({options[2 * i], options[2 * i + 1]}));
      table[options[2 * i]] = options[2 * i + 1];
    }
    ASHLAR_ASSIGN_OR_RETURN(std::shared_ptr<Device> created, createDevice(name, table));
    *device = new AshlarDevice{std::move(created)};
    return {};
  });
}

void ashlarDeviceDestroy(AshlarDevice *device) { delete device; }

AshlarStatus ashlarDeviceQuery(const AshlarDevice *device, AshlarDeviceInfo *info) {
  return guarded([&]() -> Status {
    ASHLAR_RETURN_IF_ERROR(requireNonNull({device, info}));
    const DeviceProperties &facts = device->device->properties();
    *info = {facts.name.c_str(), facts.capability, facts.multiprocessors, facts.sharedBytesPerBlock,
             facts.memoryBytes};
    return {};
  });
}

AshlarStatus ashlarDeviceAllocate(AshlarDevice *device, size_t bytes, void **address) {
  return guarded([&]() -> Status {
    ASHLAR_RETURN_IF_ERROR(requireNonNull({device, address}));
    if (bytes > static_cast<size_t>(package::ManifestLimits::bufferBytes))
      return Status(StatusCode::OutOfMemory, "no device has " + std::to_string(bytes) + " bytes");
    ASHLAR_ASSIGN_OR_RETURN(*address, device->device->allocate(static_cast<int64_t>(bytes)));
    return {};
  });
}

AshlarStatus ashlarDeviceRelease(AshlarDevice *device, void *address) {
  return guarded([&]() -> Status {
    ASHLAR_RETURN_IF_ERROR(requireNonNull({device}));
    device->device->release(address);
    return {};
  });
}

/// Common checks of the three copies.
static Status checkCopy(const AshlarDevice *device, const void *destination, const void *source, size_t bytes) {
  ASHLAR_RETURN_IF_ERROR(requireNonNull({device}));
  if (bytes > 0)
    ASHLAR_RETURN_IF_ERROR(requireNonNull({destination, source}));
  if (bytes > static_cast<size_t>(package::ManifestLimits::bufferBytes))
    return invalidArgument("a copy of " + std::to_string(bytes) + " bytes is larger than any buffer");
  return {};
}

AshlarStatus ashlarDeviceUpload(AshlarDevice *device, void *destination, const void *source, size_t bytes,
                                void *stream) {
  return guarded([&]() -> Status {
    ASHLAR_RETURN_IF_ERROR(checkCopy(device, destination, source, bytes));
    return device->device->upload(destination, source, static_cast<int64_t>(bytes), stream);
  });
}

AshlarStatus ashlarDeviceDownload(AshlarDevice *device, void *destination, const void *source, size_t bytes,
                                  void *stream) {
  return guarded([&]() -> Status {
    ASHLAR_RETURN_IF_ERROR(checkCopy(device, destination, source, bytes));
    return device->device->download(destination, source, static_cast<int64_t>(bytes), stream);
  });
}

AshlarStatus ashlarDeviceCopy(AshlarDevice *device, void *destination, const void *source, size_t bytes,
                              void *stream) {
  return guarded([&]() -> Status {
    ASHLAR_RETURN_IF_ERROR(checkCopy(device, destination, source, bytes));
    return device->device->copy(destination, source, static_cast<int64_t>(bytes), stream);
  });
}

AshlarStatus ashlarDeviceSynchronize(AshlarDevice *device, void *stream) {
  return guarded([&]() -> Status {
    ASHLAR_RETURN_IF_ERROR(requireNonNull({device}));
    return device->device->synchronize(stream);
  });
}

//===----------------------------------------------------------------------===//
// Executables
//===----------------------------------------------------------------------===//

AshlarStatus ashlarExecutableCreate(const AshlarPackage *package, AshlarDevice *device,
                                    AshlarExecutable **executable) {
  return guarded([&]() -> Status {
    ASHLAR_RETURN_IF_ERROR(requireNonNull({package, device, executable}));
    auto result = std::make_unique<AshlarExecutable>();
    ASHLAR_ASSIGN_OR_RETURN(result->executable, Executable::create(package->reader, device->device));
    size_t inputs = 0, outputs = 0;
    for (const Function &function : package->reader->manifest().functions) {
      inputs = std::max(inputs, function.inputs.size());
      outputs = std::max(outputs, function.outputs.size());
    }
    result->inputs.reserve(inputs);
    result->outputs.reserve(outputs);
    *executable = result.release();
    return {};
  });
}

void ashlarExecutableDestroy(AshlarExecutable *executable) { delete executable; }

const char *ashlarExecutableTarget(const AshlarExecutable *executable) {
  return executable ? executable->executable->target().name.c_str() : "";
}

AshlarStatus ashlarExecutableReserve(AshlarExecutable *executable, size_t function, const int64_t *symbols,
                                     size_t symbolCount) {
  return guarded([&]() -> Status {
    ASHLAR_RETURN_IF_ERROR(requireNonNull({executable}));
    if (symbolCount > 0)
      ASHLAR_RETURN_IF_ERROR(requireNonNull({symbols}));
    return executable->executable->reserve(static_cast<unsigned>(std::min<size_t>(function, UINT32_MAX)),
                                           {symbols, symbolCount});
  });
}

static Status convertTensors(const AshlarTensor *tensors, size_t count, std::vector<TensorBuffer> &result) {
  if (count > package::ManifestLimits::tensorsPerFunction)
    return invalidArgument("no function has " + std::to_string(count) + " tensors");
  result.clear();
  for (size_t i = 0; i < count; ++i) {
    ASHLAR_RETURN_IF_ERROR(requireNonNull({tensors}));
    const AshlarTensor &tensor = tensors[i];
    if (tensor.dims && tensor.rank > package::ManifestLimits::rank)
      return invalidArgument("tensor " + std::to_string(i) + " has rank " + std::to_string(tensor.rank));
    size_t bytes = std::min(tensor.bytes, static_cast<size_t>(INT64_MAX));
    result.push_back({tensor.data, static_cast<int64_t>(bytes),
                      tensor.dims ? std::span<const int64_t>(tensor.dims, tensor.rank) : std::span<const int64_t>()});
  }
  return {};
}

AshlarStatus ashlarExecutableInvoke(AshlarExecutable *executable, size_t function, const AshlarTensor *inputs,
                                    size_t inputCount, const AshlarTensor *outputs, size_t outputCount,
                                    void *stream) {
  return guarded([&]() -> Status {
    ASHLAR_RETURN_IF_ERROR(requireNonNull({executable}));
    ASHLAR_RETURN_IF_ERROR(convertTensors(inputs, inputCount, executable->inputs));
    ASHLAR_RETURN_IF_ERROR(convertTensors(outputs, outputCount, executable->outputs));
    return executable->executable->invoke(static_cast<unsigned>(std::min<size_t>(function, UINT32_MAX)),
                                          executable->inputs, executable->outputs, stream);
  });
}

AshlarStatus ashlarExecutableSetProfiling(AshlarExecutable *executable, int enabled) {
  return guarded([&]() -> Status {
    ASHLAR_RETURN_IF_ERROR(requireNonNull({executable}));
    return executable->executable->setProfiling(enabled != 0);
  });
}

AshlarStatus ashlarExecutableProfile(AshlarExecutable *executable, const AshlarStepProfile **steps,
                                     size_t *stepCount) {
  return guarded([&]() -> Status {
    ASHLAR_RETURN_IF_ERROR(requireNonNull({executable, steps, stepCount}));
    ASHLAR_ASSIGN_OR_RETURN(executable->profile, executable->executable->profile());
    executable->steps.clear();
    for (const StepProfile &step : executable->profile)
      executable->steps.push_back({step.name.c_str(),
                                   step.milliseconds,
                                   {step.grid[0], step.grid[1], step.grid[2]},
                                   {step.block[0], step.block[1], step.block[2]},
                                   step.dynamicSharedBytes});
    *steps = executable->steps.data();
    *stepCount = executable->steps.size();
    return {};
  });
}
