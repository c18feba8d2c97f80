//===-- DeviceRegistry.cpp - devices by name ------------------------------===//
//
// Kinds of device register a factory; cuda is there from the start, the simulator where a program links it.
//
//===----------------------------------------------------------------------===//

#include "CudaDevice.h"

#include "ashlar/Runtime/Device.h"

#include <charconv>
#include <mutex>

namespace ashlar::runtime {

namespace {
struct Registry {
  std::mutex mutex;
  std::map<std::string, DeviceFactory> factories = {{"cuda", createCudaDevice}};
};
} // namespace

static Registry &registry() {
  static Registry instance;
  return instance;
}

void registerDeviceFactory(const std::string &kind, DeviceFactory factory) {
  Registry &known = registry();
  std::lock_guard<std::mutex> lock(known.mutex);
  known.factories[kind] = factory;
}

static DeviceFactory findFactory(const std::string &kind) {
  Registry &known = registry();
  std::lock_guard<std::mutex> lock(known.mutex);
  auto found = known.factories.find(kind);
  return found == known.factories.end() ? nullptr : found->second;
}

static std::string knownKinds() {
  Registry &known = registry();
  std::lock_guard<std::mutex> lock(known.mutex);
  std::string names;
  for (const auto &[kind, factory] : known.factories)
    names += (names.empty() ? "" : ", ") + kind;
  return names;
}

bool isDeviceKindKnown(const std::string &name) { return findFactory(name.substr(0, name.find(':'))) != nullptr; }

Expected<std::shared_ptr<Device>> createDevice(const std::string &name, const DeviceOptions &options) {
  if (name == "auto") {
    Expected<std::shared_ptr<Device>> cuda = createDevice("cuda:0", options);
    if (cuda || !findFactory("sim"))
      return cuda;
    return createDevice("sim", options);
  }
  size_t colon = name.find(':');
  std::string kind = name.substr(0, colon);
  DeviceFactory factory = findFactory(kind);
  if (!factory)
    return notFound("there is no device '" + name + "'; this program knows: " + knownKinds() + ", auto");
  int index = 0;
  if (colon != std::string::npos) {
    const char *begin = name.data() + colon + 1, *end = name.data() + name.size();
    auto [stop, error] = std::from_chars(begin, end, index);
    if (error != std::errc() || stop != end || index < 0)
      return invalidArgument("device '" + name + "': expected a number after '" + kind + ":'");
  }
  return factory(index, options);
}

} // namespace ashlar::runtime
