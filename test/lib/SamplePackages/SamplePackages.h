//===-- SamplePackages.h - packages for tests of the runtime ----*- C++ -*-===//
//
// A package made by hand that the stub driver and the simulator can run:
//   scale        x: 8xf32 -> y: 8xf32              one launch of scale2_f32
//   scale_twice  x: Nxf32 -> y: Nxf32, copy: Nxf32 two launches through an arena slot, one copy; N free
//   overrun, unwritten, wrong                      kernels and reference that contradict each other
//   nibbles      x: 5xi4 -> y: 5xi4                a copy
// and constants of 1000 bytes that no kernel reads.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TEST_LIB_SAMPLEPACKAGES_H
#define ASHLAR_TEST_LIB_SAMPLEPACKAGES_H

#include "ashlar/Package/PackageWriter.h"

#include <string>

namespace ashlar::test {

/// Images for sm_90a (exact), sm_80 (portable) and, where `simulatorImage` is not empty, sim.
package::PackageWriter makeScalePackage(const std::string &simulatorImage = "", const std::string &reference = "");

/// The same with the shared objects of this folder, which the build has put beside the tests.
Expected<package::PackageWriter> makeScalePackageWithHostCode(bool withSimulator = true, bool withReference = true);

/// Images for sm_90a and sm_80 of a product of x: NxK f16 and a constant weight 512xK, into an arena slot and
/// from there to y: Nx512 f16. On sm_90a both kernels take tensor maps, by a plan of that target's own:
/// `product` one of each of its buffers, in clusters and as many blocks as run at once, `finish` one of the
/// slot and of y, launched programmatically. Where `rows` is 0, N is known at the call only.
package::PackageWriter makeHopperPackage(int64_t rows = 0);

/// Paths of the stub driver, and of one that lacks what came with Hopper.
std::string stubDriverPath();
std::string stubOldDriverPath();

} // namespace ashlar::test

#endif // ASHLAR_TEST_LIB_SAMPLEPACKAGES_H
