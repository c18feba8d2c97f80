//===-- ImageChoice.cpp - which image of a package a device runs ----------===//
//
// The compatibility rules of images, as data in one comparison.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Runtime/ImageChoice.h"

#include <algorithm>
#include <tuple>

namespace ashlar::runtime {

using package::ImageKind;
using package::Target;

bool canRun(const Target &target, const DeviceProperties &device) {
  bool loads = std::find(device.imageKinds.begin(), device.imageKinds.end(), target.kind) != device.imageKinds.end();
  if (!loads)
    return false;
  if (target.kind == ImageKind::SharedObject)
    return true;
  if (target.exact)
    return target.capability == device.capability;
  bool sameMajor = target.capability / 10 == device.capability / 10;
  return target.capability <= device.capability && (target.kind == ImageKind::Ptx || sameMajor);
}

std::vector<size_t> rankTargets(std::span<const Target> targets, const DeviceProperties &device) {
  std::vector<size_t> order;
  for (size_t i = 0; i < targets.size(); ++i)
    if (canRun(targets[i], device))
      order.push_back(i);
  auto key = [&](size_t i) {
    const Target &target = targets[i];
    return std::tuple(!target.exact, -target.capability, target.kind != ImageKind::Cubin, i);
  };
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return key(a) < key(b); });
  return order;
}

} // namespace ashlar::runtime
