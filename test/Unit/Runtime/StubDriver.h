//===-- StubDriver.h - the stub driver inside a test ------------*- C++ -*-===//
//
// Opens the stub's library, which the runtime under test opens as well, and gives access to its controls.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TEST_UNIT_RUNTIME_STUBDRIVER_H
#define ASHLAR_TEST_UNIT_RUNTIME_STUBDRIVER_H

#include "test/lib/StubCudaDriver/StubCudaDriver.h"

#include <string>

namespace ashlar::runtime::test {

struct StubDriver {
  decltype(&stubCudaReset) reset;
  decltype(&stubCudaSetCapability) setCapability;
  decltype(&stubCudaSetDeviceCount) setDeviceCount;
  decltype(&stubCudaSetCapturing) setCapturing;
  decltype(&stubCudaSetActiveClusters) setActiveClusters;
  decltype(&stubCudaSetCurrent) setCurrent;
  decltype(&stubCudaSetQuiet) setQuiet;
  decltype(&stubCudaFail) failCall;
  decltype(&stubCudaRejectImage) rejectImage;
  decltype(&stubCudaTrace) trace;
  decltype(&stubCudaViolations) violations;
  decltype(&stubCudaLiveAllocations) liveAllocations;
  decltype(&stubCudaContextDepth) contextDepth;
  decltype(&stubCudaLiveModules) liveModules;
  decltype(&stubCudaLiveEvents) liveEvents;
};

/// The controls, reset.
StubDriver &stubDriver();

/// What happened since `trace()` had the length `start`.
std::string traceSince(size_t start);

} // namespace ashlar::runtime::test

#endif // ASHLAR_TEST_UNIT_RUNTIME_STUBDRIVER_H
