//===-- StubDriver.cpp - the stub driver inside a test --------------------===//
//
// Finds the control functions by name.
//
//===----------------------------------------------------------------------===//

#include "StubDriver.h"

#include "test/lib/SamplePackages/SamplePackages.h"

#include <dlfcn.h>

namespace ashlar::runtime::test {

template <typename Function> static void find(void *library, const char *name, Function &function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
}

static StubDriver openStub() {
  void *library = ::dlopen(ashlar::test::stubDriverPath().c_str(), RTLD_NOW | RTLD_LOCAL);
  StubDriver stub;
  find(library, "stubCudaReset", stub.reset);
  find(library, "stubCudaSetCapability", stub.setCapability);
  find(library, "stubCudaSetDeviceCount", stub.setDeviceCount);
  find(library, "stubCudaSetCapturing", stub.setCapturing);
  find(library, "stubCudaSetActiveClusters", stub.setActiveClusters);
  find(library, "stubCudaSetCurrent", stub.setCurrent);
  find(library, "stubCudaSetQuiet", stub.setQuiet);
  find(library, "stubCudaFail", stub.failCall);
  find(library, "stubCudaRejectImage", stub.rejectImage);
  find(library, "stubCudaTrace", stub.trace);
  find(library, "stubCudaViolations", stub.violations);
  find(library, "stubCudaLiveAllocations", stub.liveAllocations);
  find(library, "stubCudaContextDepth", stub.contextDepth);
  find(library, "stubCudaLiveModules", stub.liveModules);
  find(library, "stubCudaLiveEvents", stub.liveEvents);
  return stub;
}

StubDriver &stubDriver() {
  static StubDriver stub = openStub();
  stub.reset();
  return stub;
}

std::string traceSince(size_t start) {
  static StubDriver stub = openStub();
  return std::string(stub.trace()).substr(start);
}

} // namespace ashlar::runtime::test
