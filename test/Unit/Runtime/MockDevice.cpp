//===-- MockDevice.cpp - a device that records ----------------------------===//
//
// Host memory, no kernels.
//
//===----------------------------------------------------------------------===//

#include "MockDevice.h"

#include <cstdlib>
#include <cstring>

namespace ashlar::runtime::test {

namespace {
class MockKernel final : public KernelHandle {
public:
  explicit MockKernel(std::string name) : name(std::move(name)) {}
  const std::string name;
};

class MockModule final : public Module {
public:
  Expected<std::unique_ptr<KernelHandle>> prepareKernel(const std::string &name, const KernelNeeds &) override {
    return std::make_unique<MockKernel>(name);
  }
};

class MockEvent final : public Event {
public:
  double time = 0;
};
} // namespace

MockDevice::MockDevice() {
  facts.name = "mock";
  facts.capability = 80;
  facts.sharedBytesPerBlock = 1 << 20;
  facts.imageKinds = {package::ImageKind::Ptx};
}

MockDevice::~MockDevice() {
  for (auto [address, bytes] : live)
    std::free(address);
}

Expected<void *> MockDevice::allocate(int64_t bytes) {
  if (bytes == 0)
    return nullptr;
  if (bytes > memoryLimit)
    return Status(StatusCode::OutOfMemory, "the mock is full");
  void *address = std::aligned_alloc(256, static_cast<size_t>((bytes + 255) / 256 * 256));
  live[address] = bytes;
  ++allocations;
  return address;
}

void MockDevice::release(void *address) {
  if (live.erase(address))
    std::free(address);
}

Status MockDevice::upload(void *destination, const void *source, int64_t bytes, Stream) {
  if (bytes > 0)
    std::memcpy(destination, source, static_cast<size_t>(bytes));
  return {};
}

Status MockDevice::download(void *destination, const void *source, int64_t bytes, Stream) {
  return upload(destination, source, bytes, nullptr);
}

Status MockDevice::copy(void *destination, const void *source, int64_t bytes, Stream) {
  if (recording)
    copies.push_back(bytes);
  return upload(destination, source, bytes, nullptr);
}

Status MockDevice::synchronize(Stream) {
  ++waits;
  return {};
}

Status MockDevice::synchronizeAll() { return synchronize(nullptr); }

Expected<std::unique_ptr<Module>> MockDevice::loadModule(package::ImageKind, std::span<const uint8_t>) {
  return std::make_unique<MockModule>();
}

Status MockDevice::encodeTensorMap(const TensorMap &map, EncodedTensorMap &encoded) {
  ++encodings;
  std::memcpy(&encoded, &map, sizeof(map));
  return {};
}

Status MockDevice::launch(KernelHandle &kernel, const LaunchConfig &config, Stream stream, LaunchReport *report) {
  if (!recording)
    return launchStatus;
  MockLaunch launch{static_cast<MockKernel &>(kernel).name, config, {}, {}, stream};
  for (void *argument : config.arguments)
    launch.arguments.push_back(*static_cast<uint64_t *>(argument));
  launch.buffers.assign(config.buffers.begin(), config.buffers.end());
  launches.push_back(std::move(launch));
  if (report)
    report->counters = {{"launches", static_cast<int64_t>(launches.size())}};
  return launchStatus;
}

Expected<std::unique_ptr<Event>> MockDevice::createEvent() { return std::make_unique<MockEvent>(); }

Status MockDevice::record(Event &event, Stream) {
  static double now = 0;
  static_cast<MockEvent &>(event).time = ++now;
  return {};
}

Expected<double> MockDevice::elapsed(Event &start, Event &end) {
  return static_cast<MockEvent &>(end).time - static_cast<MockEvent &>(start).time;
}

} // namespace ashlar::runtime::test
