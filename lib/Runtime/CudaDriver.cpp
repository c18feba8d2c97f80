//===-- CudaDriver.cpp - the part of the driver API that is used ----------===//
//
// Loads the driver library and its symbols, and turns result codes into statuses.
//
//===----------------------------------------------------------------------===//

#include "CudaDriver.h"

#include <dlfcn.h>

namespace ashlar::runtime {

Expected<std::shared_ptr<const CudaDriver>> CudaDriver::open(const std::string &path) {
  void *library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *reason = ::dlerror();
    return notFound("no CUDA driver: cannot load '" + path + "' (" + (reason ? reason : "no reason given") + ")");
  }
  auto driver = std::make_shared<CudaDriver>();
  const char *missing = nullptr;
#define ASHLAR_CUDA_LOAD(name, symbol, ...)                                                                       \
  driver->name = reinterpret_cast<decltype(driver->name)>(::dlsym(library, #symbol));                             \
  if (!driver->name)                                                                                              \
    missing = #symbol;
  ASHLAR_CUDA_OPTIONAL_FUNCTIONS(ASHLAR_CUDA_LOAD)
  missing = nullptr;
  ASHLAR_CUDA_FUNCTIONS(ASHLAR_CUDA_LOAD)
#undef ASHLAR_CUDA_LOAD
  if (missing)
    return unsupported("the CUDA driver '" + path + "' has no function " + missing + "; it is too old, update it");
  ASHLAR_RETURN_IF_ERROR(driver->check(driver->init(0), "cuInit"));
  return std::shared_ptr<const CudaDriver>(std::move(driver));
}

Status CudaDriver::check(CudaResult result, const char *call) const {
  if (result == cudaSuccess)
    return {};
  const char *name = nullptr, *text = nullptr;
  if (getErrorName(result, &name) != cudaSuccess || !name)
    name = "unknown error";
  if (getErrorString(result, &text) != cudaSuccess || !text)
    text = "no description";
  StatusCode code = StatusCode::DeviceError;
  if (result == cudaOutOfMemory)
    code = StatusCode::OutOfMemory;
  else if (result == cudaInvalidImage || result == cudaNoBinaryForGpu || result == cudaInvalidPtx ||
           result == cudaUnsupportedPtxVersion)
    code = StatusCode::Unsupported;
  return Status(code, std::string(call) + ": " + name + " (" + std::to_string(result) + "): " + text);
}

} // namespace ashlar::runtime
