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

/// Makes the context current while in scope; where it is already, as in programs that live in the primary
/// context, nothing is changed and one cheap question is all it costs.
class ContextScope {
public:
  explicit ContextScope(const PrimaryContext &context) : driver(*context.driver) {
    CudaContext current = nullptr;
    result = driver.contextGetCurrent(&current);
    if (result != cudaSuccess || current == context.context)
      return;
    result = driver.contextPush(context.context);
    mustPop = result == cudaSuccess;
  }
  ContextScope(const ContextScope &) = delete;
  ~ContextScope() {
    CudaContext previous = nullptr;
    if (mustPop)
      driver.contextPop(&previous);
  }
  Status status() const { return driver.check(result, "cuCtxPushCurrent"); }

private:
  const CudaDriver &driver;
  CudaResult result;
  bool mustPop = false;
};

} // namespace ashlar::runtime

#endif // ASHLAR_LIB_RUNTIME_CUDACONTEXT_H
