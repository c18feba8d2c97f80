//===-- ImageChoice.h - which image of a package a device runs --*- C++ -*-===//
//
// Architecture-specific code (sm_90a) runs on exactly its capability; a cubin on its major version from its minor
// version on; portable PTX on its capability and all later ones; shared objects on the simulator.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_RUNTIME_IMAGECHOICE_H
#define ASHLAR_RUNTIME_IMAGECHOICE_H

#include "ashlar/Package/Manifest.h"
#include "ashlar/Runtime/Device.h"

#include <vector>

namespace ashlar::runtime {

/// Whether the device can be expected to run the image.
bool canRun(const package::Target &target, const DeviceProperties &device);

/// Indices of the targets the device can run, best first: exact before portable, then the higher capability, then
/// cubin before PTX, then the order of the package.
std::vector<size_t> rankTargets(std::span<const package::Target> targets, const DeviceProperties &device);

} // namespace ashlar::runtime

#endif // ASHLAR_RUNTIME_IMAGECHOICE_H
