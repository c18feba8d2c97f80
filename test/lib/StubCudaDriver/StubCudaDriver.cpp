//===-- StubCudaDriver.cpp - a CUDA driver without a GPU ------------------===//
//
// Control, devices, memory and events. Types are spelled plainly: the stub must not share the runtime's idea
// of the interface.
//
//===----------------------------------------------------------------------===//

#include "StubCudaDriver.h"
#include "StubCudaState.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>

using namespace stub;

State &stub::state() {
  static State instance;
  return instance;
}

//===----------------------------------------------------------------------===//
// Recording
//===----------------------------------------------------------------------===//

void stub::violation(const std::string &what) {
  ++state().violations;
  state().trace += "VIOLATION: " + what + "\n";
}

std::string stub::addressText(Address address) {
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

std::string stub::streamText(void *stream) {
  return stream ? " stream=" + std::to_string(reinterpret_cast<uintptr_t>(stream)) : "";
}

bool stub::isInside(Address address, size_t bytes) {
  auto above = state().allocations.upper_bound(address);
  if (above == state().allocations.begin())
    return false;
  auto found = std::prev(above);
  return address + bytes <= found->first + found->second.bytes;
}

Result stub::record(const char *function, const std::string &arguments, bool needsContext) {
  State &stub = state();
  if (stub.quiet)
    return success;
  stub.trace += function + std::string(arguments.empty() ? "" : " ") + arguments + "\n";
  if (needsContext && stub.contexts.empty()) {
    violation(function + std::string(" without a current context"));
    return invalidContext;
  }
  int number = ++stub.calls[function];
  auto planned = stub.failures.find(function);
  if (planned != stub.failures.end() && (planned->second.number == 0 || planned->second.number == number))
    return planned->second.result;
  return success;
}

/// What every device's primary context is.
static char primaryContext;

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
  stub.activeClusters = 8;
  stub.quiet = false;
}

void stubCudaSetCapability(int capability) { state().capability = capability; }
void stubCudaSetDeviceCount(int count) { state().devices = count; }
void stubCudaSetCapturing(int capturing) { state().capturing = capturing; }
void stubCudaSetActiveClusters(int clusters) { state().activeClusters = clusters; }
void stubCudaSetCurrent(int isCurrent) { state().contexts.assign(isCurrent ? 1 : 0, &primaryContext); }
void stubCudaSetQuiet(int quiet) { state().quiet = quiet != 0; }
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
  *context = &primaryContext;
  return success;
}

Result cuDevicePrimaryCtxRelease_v2(int device) {
  ENTER("cuDevicePrimaryCtxRelease_v2", std::to_string(device), false);
  return success;
}

// These stand around everything; a trace of them would say little.
Result cuCtxGetCurrent(void **context) {
  std::lock_guard<std::recursive_mutex> lock(state().mutex);
  *context = state().contexts.empty() ? nullptr : const_cast<void *>(state().contexts.back());
  return success;
}

Result cuCtxPushCurrent_v2(void *context) {
  std::lock_guard<std::recursive_mutex> lock(state().mutex);
  if (!state().contexts.empty() && state().contexts.back() == context)
    violation("cuCtxPushCurrent_v2 of the current context");
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
