//===-- CudaContext.h - the primary context of a device ---------*- C++ -*-===//
//
// Shared by everything that lives in the context: the device, its modules and events.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_RUNTIME_CUDACONTEXT_H
#define ASHLAR_LIB_RUNTIME_CUDACONTEXT_H

#include "CudaDriver.h"

namespace ashlar::runtime {

using DriverPointer = std::shared_ptr<const CudaDriver>;

/// The retained primary context of a device; shared by everything that lives in it.
class PrimaryContext {
public:
  PrimaryContext(DriverPointer driver, CudaDeviceId id, CudaContext context)
      : driver(std::move(driver)), id(id), context(context) {}
  PrimaryContext(const PrimaryContext &) = delete;
  ~PrimaryContext() { driver->primaryContextRelease(id); }

  const DriverPointer driver;
  const CudaDeviceId id;
  const CudaContext context;
};
using ContextPointer = std::shared_ptr<const PrimaryContext>;

/// Makes the context current while in scope.
class ContextScope {
public:
  explicit ContextScope(const PrimaryContext &context) : driver(*context.driver) {
    result = driver.contextPush(context.context);
  }
  ContextScope(const ContextScope &) = delete;
  ~ContextScope() {
    CudaContext previous = nullptr;
    if (result == cudaSuccess)
      driver.contextPop(&previous);
  }
  Status status() const { return driver.check(result, "cuCtxPushCurrent"); }

private:
  const CudaDriver &driver;
  CudaResult result;
};

} // namespace ashlar::runtime

#endif // ASHLAR_LIB_RUNTIME_CUDACONTEXT_H
