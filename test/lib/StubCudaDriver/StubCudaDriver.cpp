//===-- StubCudaDriver.cpp - a CUDA driver without a GPU ------------------===//
//
// One state behind one lock; every entry point records itself, lets a planned failure happen, and checks its
// arguments. Types are spelled plainly: this file must not share the runtime's idea of the interface.
//
//===----------------------------------------------------------------------===//

#include "StubCudaDriver.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

typedef int Result;
typedef unsigned long long Address;

enum : Result { success = 0, invalidValue = 1, outOfMemory = 2, invalidContext = 201, notFound = 500 };

namespace {

struct StubFunction {
  std::string name;
  std::vector<int> widths;
  int sharedLimit = 48 * 1024, staticShared = 0, maxThreads = 1024;
};

struct StubModule {
  std::map<std::string, StubFunction> functions;
};

struct Allocation {
  size_t index, bytes;
};

struct PlannedFailure {
  int number, result;
};

struct State {
  std::recursive_mutex mutex;
  std::string trace;
  size_t violations = 0, modules = 0, events = 0, nextAllocation = 1;
  int capability = 90, devices = 1, capturing = 0;
  std::vector<const void *> contexts;
  std::map<Address, Allocation> allocations;
  std::map<std::string, PlannedFailure> failures;
  std::map<std::string, int> calls;
  std::string rejectedText;
  int rejectedResult = 0;
};

} // namespace

static State &state() {
  static State instance;
  return instance;
}

static constexpr int sharedOptIn = 227 * 1024;

//===----------------------------------------------------------------------===//
// Recording
//===----------------------------------------------------------------------===//

static void violation(const std::string &what) {
  ++state().violations;
  state().trace += "VIOLATION: " + what + "\n";
}

/// An address as "A<allocation>+<offset>", null as "0", anything else as "?".
static std::string addressText(Address address) {
  if (address == 0)
    return "0";
  auto above = state().allocations.upper_bound(address);
  if (above == state().allocations.begin())
    return "?";
  auto found = std::prev(above);
  if (address > found->first + found->second.bytes)
    return "?";
  std::string text = "A" + std::to_string(found->second.index);
  return address == found->first ? text : text + "+" + std::to_string(address - found->first);
}

static bool isInside(Address address, size_t bytes) {
  auto above = state().allocations.upper_bound(address);
  if (above == state().allocations.begin())
    return false;
  auto found = std::prev(above);
  return address + bytes <= found->first + found->second.bytes;
}

/// Records a call; the result is the failure planned for it.
static Result record(const std::string &function, const std::string &arguments, bool needsContext = true) {
  State &stub = state();
  stub.trace += function + (arguments.empty() ? "" : " ") + arguments + "\n";
  if (needsContext && stub.contexts.empty()) {
    violation(function + " without a current context");
    return invalidContext;
  }
  int number = ++stub.calls[function];
  auto planned = stub.failures.find(function);
  if (planned != stub.failures.end() && (planned->second.number == 0 || planned->second.number == number))
    return planned->second.result;
  return success;
}

/// Locks, records and leaves the entry point when a failure is planned.
#define ENTER(function, arguments, needsContext)                                                                  \
  std::lock_guard<std::recursive_mutex> lock(state().mutex);                                                      \
  if (Result planned = record(function, arguments, needsContext))                                                 \
  return planned

//===----------------------------------------------------------------------===//
// Control
//===----------------------------------------------------------------------===//

extern "C" {

void stubCudaReset() {
  State &stub = state();
  std::lock_guard<std::recursive_mutex> lock(stub.mutex);
  stub.trace.clear();
  stub.failures.clear();
  stub.calls.clear();
  stub.rejectedText.clear();
  stub.violations = 0;
  stub.capability = 90;
  stub.devices = 1;
  stub.capturing = 0;
}

void stubCudaSetCapability(int capability) { state().capability = capability; }
void stubCudaSetDeviceCount(int count) { state().devices = count; }
void stubCudaSetCapturing(int capturing) { state().capturing = capturing; }
void stubCudaFail(const char *function, int number, int result) {
  state().failures[function] = {number, result};
  state().calls[function] = 0;
}
void stubCudaRejectImage(const char *text, int result) {
  state().rejectedText = text;
  state().rejectedResult = result;
}
const char *stubCudaTrace() { return state().trace.c_str(); }
size_t stubCudaViolations() { return state().violations; }
size_t stubCudaLiveAllocations() { return state().allocations.size(); }
size_t stubCudaContextDepth() { return state().contexts.size(); }
size_t stubCudaLiveModules() { return state().modules; }
size_t stubCudaLiveEvents() { return state().events; }

//===----------------------------------------------------------------------===//
// Devices and contexts
//===----------------------------------------------------------------------===//

static void readEnvironment() {
  if (const char *capability = std::getenv("ASHLAR_STUB_CUDA_CAPABILITY"))
    state().capability = std::atoi(capability);
  if (const char *failure = std::getenv("ASHLAR_STUB_CUDA_FAIL")) {
    std::stringstream text(failure);
    std::string function, number, result;
    std::getline(text, function, ':');
    std::getline(text, number, ':');
    std::getline(text, result);
    stubCudaFail(function.c_str(), std::atoi(number.c_str()), std::atoi(result.c_str()));
  }
}

Result cuInit(unsigned flags) {
  readEnvironment();
  ENTER("cuInit", "", false);
  return flags == 0 ? success : invalidValue;
}

Result cuGetErrorName(Result result, const char **name) {
  switch (result) {
  case outOfMemory:
    *name = "CUDA_ERROR_OUT_OF_MEMORY";
    return success;
  case 209:
    *name = "CUDA_ERROR_NO_BINARY_FOR_GPU";
    return success;
  case 222:
    *name = "CUDA_ERROR_UNSUPPORTED_PTX_VERSION";
    return success;
  case 700:
    *name = "CUDA_ERROR_ILLEGAL_ADDRESS";
    return success;
  default:
    *name = nullptr;
    return invalidValue;
  }
}

Result cuGetErrorString(Result result, const char **text) {
  *text = result == outOfMemory ? "out of memory" : nullptr;
  return *text ? success : invalidValue;
}

Result cuDeviceGetCount(int *count) {
  ENTER("cuDeviceGetCount", "", false);
  *count = state().devices;
  return success;
}

Result cuDeviceGet(int *device, int ordinal) {
  ENTER("cuDeviceGet", std::to_string(ordinal), false);
  if (ordinal < 0 || ordinal >= state().devices)
    return 101;
  *device = 10 + ordinal;
  return success;
}

Result cuDeviceGetName(char *name, int length, int device) {
  ENTER("cuDeviceGetName", std::to_string(device), false);
  std::snprintf(name, static_cast<size_t>(length), "stub GPU %d", device - 10);
  return success;
}

Result cuDeviceGetAttribute(int *value, int attribute, int device) {
  ENTER("cuDeviceGetAttribute", std::to_string(attribute), false);
  switch (attribute) {
  case 16:
    *value = 132;
    return success;
  case 75:
    *value = state().capability / 10;
    return success;
  case 76:
    *value = state().capability % 10;
    return success;
  case 97:
    *value = sharedOptIn;
    return success;
  default:
    return invalidValue;
  }
}

Result cuDeviceTotalMem_v2(size_t *bytes, int) {
  ENTER("cuDeviceTotalMem_v2", "", false);
  *bytes = size_t{80} << 30;
  return success;
}

Result cuDevicePrimaryCtxRetain(void **context, int device) {
  ENTER("cuDevicePrimaryCtxRetain", std::to_string(device), false);
  static char object;
  *context = &object;
  return success;
}

Result cuDevicePrimaryCtxRelease_v2(int device) {
  ENTER("cuDevicePrimaryCtxRelease_v2", std::to_string(device), false);
  return success;
}

// Push and pop stand around everything; a trace of them would say little.
Result cuCtxPushCurrent_v2(void *context) {
  std::lock_guard<std::recursive_mutex> lock(state().mutex);
  state().contexts.push_back(context);
  return success;
}

Result cuCtxPopCurrent_v2(void **context) {
  std::lock_guard<std::recursive_mutex> lock(state().mutex);
  if (state().contexts.empty())
    return invalidContext;
  *context = const_cast<void *>(state().contexts.back());
  state().contexts.pop_back();
  return success;
}

Result cuCtxSynchronize() {
  ENTER("cuCtxSynchronize", "", true);
  return success;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Result cuMemAlloc_v2(Address *address, size_t bytes) {
  ENTER("cuMemAlloc_v2", std::to_string(bytes), true);
  if (bytes == 0)
    return invalidValue;
  if (state().capturing) {
    violation("cuMemAlloc_v2 while capturing");
    return 900;
  }
  void *memory = std::aligned_alloc(512, (bytes + 511) / 512 * 512);
  if (!memory)
    return outOfMemory;
  *address = reinterpret_cast<Address>(memory);
  state().allocations[*address] = {state().nextAllocation++, bytes};
  return success;
}

Result cuMemFree_v2(Address address) {
  ENTER("cuMemFree_v2", addressText(address), true);
  if (!state().allocations.erase(address)) {
    violation("cuMemFree_v2 of an address that was not allocated");
    return invalidValue;
  }
  std::free(reinterpret_cast<void *>(address));
  return success;
}

static Result checkRange(const char *function, Address address, size_t bytes) {
  if (isInside(address, bytes))
    return success;
  violation(std::string(function) + " outside of an allocation");
  return invalidValue;
}

Result cuMemcpyHtoDAsync_v2(Address destination, const void *source, size_t bytes, void *stream) {
  ENTER("cuMemcpyHtoDAsync_v2", addressText(destination) + " " + std::to_string(bytes), true);
  if (Result wrong = checkRange("cuMemcpyHtoDAsync_v2", destination, bytes))
    return wrong;
  std::memcpy(reinterpret_cast<void *>(destination), source, bytes);
  return success;
}

Result cuMemcpyDtoHAsync_v2(void *destination, Address source, size_t bytes, void *stream) {
  ENTER("cuMemcpyDtoHAsync_v2", addressText(source) + " " + std::to_string(bytes), true);
  if (Result wrong = checkRange("cuMemcpyDtoHAsync_v2", source, bytes))
    return wrong;
  std::memcpy(destination, reinterpret_cast<const void *>(source), bytes);
  return success;
}

static std::string streamText(void *stream) {
  return stream ? " stream=" + std::to_string(reinterpret_cast<uintptr_t>(stream)) : "";
}

Result cuMemcpyDtoDAsync_v2(Address destination, Address source, size_t bytes, void *stream) {
  ENTER("cuMemcpyDtoDAsync_v2",
        addressText(destination) + " " + addressText(source) + " " + std::to_string(bytes) + streamText(stream), true);
  if (checkRange("cuMemcpyDtoDAsync_v2", destination, bytes) || checkRange("cuMemcpyDtoDAsync_v2", source, bytes))
    return invalidValue;
  std::memmove(reinterpret_cast<void *>(destination), reinterpret_cast<const void *>(source), bytes);
  return success;
}

Result cuStreamSynchronize(void *stream) {
  ENTER("cuStreamSynchronize", "", true);
  if (state().capturing) {
    violation("cuStreamSynchronize while capturing");
    return 900;
  }
  return success;
}

Result cuStreamIsCapturing(void *stream, int *capturing) {
  ENTER("cuStreamIsCapturing", "", true);
  *capturing = state().capturing;
  return success;
}

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

static StubFunction parseEntry(const std::string &line) {
  StubFunction function;
  size_t open = line.find('(');
  function.name = line.substr(7, open - 7);
  std::stringstream parameters(line.substr(open + 1, line.find(')') - open - 1));
  for (std::string word; std::getline(parameters, word, ',');)
    function.widths.push_back(word.find("u32") != std::string::npos ? 4 : 8);
  if (size_t shared = line.find(".shared "); shared != std::string::npos)
    function.staticShared = std::atoi(line.c_str() + shared + 8);
  if (size_t threads = line.find(".maxntid "); threads != std::string::npos)
    function.maxThreads = std::atoi(line.c_str() + threads + 9);
  return function;
}

Result cuModuleLoadDataEx(void **module, const void *image, unsigned count, int *options, void **values) {
  std::string text(static_cast<const char *>(image));
  ENTER("cuModuleLoadDataEx", "\"" + text.substr(0, text.find('\n')) + "\"", true);
  if (!state().rejectedText.empty() && text.find(state().rejectedText) != std::string::npos) {
    for (unsigned i = 0; i < count; ++i)
      if (options[i] == 5)
        std::strcpy(static_cast<char *>(values[i]), "the stub was told to reject it");
    return state().rejectedResult;
  }
  auto *loaded = new StubModule;
  std::stringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.rfind(".entry ", 0) == 0) {
      StubFunction function = parseEntry(line);
      loaded->functions[function.name] = function;
    }
  ++state().modules;
  *module = loaded;
  return success;
}

Result cuModuleUnload(void *module) {
  ENTER("cuModuleUnload", "", true);
  --state().modules;
  delete static_cast<StubModule *>(module);
  return success;
}

Result cuModuleGetFunction(void **function, void *module, const char *name) {
  ENTER("cuModuleGetFunction", name, true);
  auto &functions = static_cast<StubModule *>(module)->functions;
  auto found = functions.find(name);
  if (found == functions.end())
    return notFound;
  *function = &found->second;
  return success;
}

Result cuFuncGetAttribute(int *value, int attribute, void *function) {
  auto *target = static_cast<StubFunction *>(function);
  ENTER("cuFuncGetAttribute", target->name + " " + std::to_string(attribute), true);
  if (attribute > 1)
    return invalidValue;
  *value = attribute == 0 ? target->maxThreads : target->staticShared;
  return success;
}

Result cuFuncSetAttribute(void *function, int attribute, int value) {
  auto *target = static_cast<StubFunction *>(function);
  ENTER("cuFuncSetAttribute", target->name + " " + std::to_string(attribute) + "=" + std::to_string(value), true);
  if (attribute == 8) {
    if (value > sharedOptIn)
      return invalidValue;
    target->sharedLimit = value;
  }
  return success;
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

static std::string dims(unsigned x, unsigned y, unsigned z) {
  return std::to_string(x) + "," + std::to_string(y) + "," + std::to_string(z);
}

static std::vector<uint64_t> readArguments(const StubFunction &function, void **arguments) {
  std::vector<uint64_t> values;
  for (size_t i = 0; i < function.widths.size(); ++i) {
    uint64_t value = 0;
    std::memcpy(&value, arguments[i], static_cast<size_t>(function.widths[i]));
    values.push_back(value);
  }
  return values;
}

static void runKernel(const StubFunction &function, const std::vector<uint64_t> &values) {
  if (function.name == "scale2_f32") {
    auto *in = reinterpret_cast<const float *>(values[0]);
    auto *out = reinterpret_cast<float *>(values[1]);
    for (uint32_t i = 0; i < values[2]; ++i)
      out[i] = 2 * in[i];
  } else if (function.name == "copy_bytes") {
    std::memcpy(reinterpret_cast<void *>(values[1]), reinterpret_cast<const void *>(values[0]), values[2]);
  }
}

/// Everything that a driver checks at a launch; arguments of eight bytes are taken for addresses when they look so.
static Result launch(const StubFunction &function, const unsigned *grid, const unsigned *block, unsigned shared,
                     void **arguments) {
  bool geometry = grid[0] >= 1 && grid[1] >= 1 && grid[2] >= 1 && grid[1] <= 65535 && grid[2] <= 65535 &&
                  block[0] * block[1] * block[2] <= 1024 && block[0] * block[1] * block[2] > 0 && block[2] <= 64;
  if (!geometry) {
    violation("launch of " + function.name + " with a bad grid or block");
    return invalidValue;
  }
  if (shared > static_cast<unsigned>(function.sharedLimit)) {
    violation("launch of " + function.name + " with more shared memory than was asked for");
    return invalidValue;
  }
  runKernel(function, readArguments(function, arguments));
  return success;
}

static std::string launchText(const StubFunction &function, const unsigned *grid, const unsigned *block,
                              unsigned shared, void *stream, void **arguments) {
  std::string text = function.name + " grid=" + dims(grid[0], grid[1], grid[2]) +
                     " block=" + dims(block[0], block[1], block[2]) + " shared=" + std::to_string(shared) +
                     streamText(stream) + " arguments=";
  std::vector<uint64_t> values = readArguments(function, arguments);
  for (size_t i = 0; i < values.size(); ++i) {
    bool isAddress = function.widths[i] == 8 && addressText(values[i]) != "?";
    text += (i ? "," : "") + (isAddress ? addressText(values[i]) : std::to_string(values[i]));
  }
  return text;
}

Result cuLaunchKernel(void *function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                      unsigned blockY, unsigned blockZ, unsigned shared, void *stream, void **arguments, void **) {
  const StubFunction &target = *static_cast<StubFunction *>(function);
  unsigned grid[] = {gridX, gridY, gridZ}, block[] = {blockX, blockY, blockZ};
  ENTER("cuLaunchKernel", launchText(target, grid, block, shared, stream, arguments), true);
  return launch(target, grid, block, shared, arguments);
}

struct LaunchAttribute {
  int id;
  char padding[4];
  unsigned value[16];
};

struct LaunchConfig {
  unsigned grid[3], block[3], shared;
  void *stream;
  LaunchAttribute *attributes;
  unsigned count;
};

Result cuLaunchKernelEx(const LaunchConfig *config, void *function, void **arguments, void **) {
  const StubFunction &target = *static_cast<StubFunction *>(function);
  std::string cluster;
  for (unsigned i = 0; i < config->count; ++i) {
    const LaunchAttribute &attribute = config->attributes[i];
    if (attribute.id == 4)
      cluster = " cluster=" + dims(attribute.value[0], attribute.value[1], attribute.value[2]);
  }
  ENTER("cuLaunchKernelEx",
        launchText(target, config->grid, config->block, config->shared, config->stream, arguments) + cluster, true);
  return launch(target, config->grid, config->block, config->shared, arguments);
}

//===----------------------------------------------------------------------===//
// Events
//===----------------------------------------------------------------------===//

Result cuEventCreate(void **event, unsigned) {
  ENTER("cuEventCreate", "", true);
  ++state().events;
  *event = new int(0);
  return success;
}

Result cuEventDestroy_v2(void *event) {
  ENTER("cuEventDestroy_v2", "", true);
  --state().events;
  delete static_cast<int *>(event);
  return success;
}

Result cuEventRecord(void *event, void *stream) {
  ENTER("cuEventRecord", "", true);
  static int time = 0;
  *static_cast<int *>(event) = ++time;
  return success;
}

Result cuEventSynchronize(void *) {
  ENTER("cuEventSynchronize", "", true);
  return success;
}

Result cuEventElapsedTime(float *milliseconds, void *start, void *end) {
  ENTER("cuEventElapsedTime", "", true);
  *milliseconds = static_cast<float>(*static_cast<int *>(end) - *static_cast<int *>(start));
  return success;
}

} // extern "C"
