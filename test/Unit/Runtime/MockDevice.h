//===-- MockDevice.h - a device that records --------------------*- C++ -*-===//
//
// Host memory and a list of what was asked for, to test the executable alone.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TEST_UNIT_RUNTIME_MOCKDEVICE_H
#define ASHLAR_TEST_UNIT_RUNTIME_MOCKDEVICE_H

#include "ashlar/Runtime/Device.h"

namespace ashlar::runtime::test {

/// One recorded launch; `arguments` are the eight bytes at each pointer.
struct MockLaunch {
  std::string kernel;
  LaunchConfig config;
  std::vector<uint64_t> arguments;
  std::vector<BufferRange> buffers;
  Stream stream = nullptr;
};

class MockDevice final : public Device {
public:
  MockDevice();
  ~MockDevice() override;

  DeviceProperties facts;
  std::vector<MockLaunch> launches;
  std::vector<int64_t> copies;
  size_t encodings = 0;
  /// Size by address of what is allocated now, and how many allocations there were.
  std::map<void *, int64_t> live;
  size_t allocations = 0;
  size_t waits = 0;
  bool capturing = false;
  /// Launches and copies are recorded, which allocates.
  bool recording = true;
  /// Allocations beyond this many bytes fail.
  int64_t memoryLimit = INT64_MAX;
  Status launchStatus;

  const DeviceProperties &properties() const override { return facts; }
  Expected<void *> allocate(int64_t bytes) override;
  void release(void *address) override;
  Status upload(void *destination, const void *source, int64_t bytes, Stream) override;
  Status download(void *destination, const void *source, int64_t bytes, Stream) override;
  Status copy(void *destination, const void *source, int64_t bytes, Stream) override;
  Status synchronize(Stream) override;
  Status synchronizeAll() override;
  Expected<std::unique_ptr<Module>> loadModule(package::ImageKind kind, std::span<const uint8_t> image) override;
  /// The encoding is the map itself.
  Status encodeTensorMap(const TensorMap &map, EncodedTensorMap &encoded) override;
  Status launch(KernelHandle &kernel, const LaunchConfig &config, Stream stream, LaunchReport *report) override;
  Expected<std::unique_ptr<Event>> createEvent() override;
  Status record(Event &event, Stream) override;
  Expected<double> elapsed(Event &start, Event &end) override;
  Expected<bool> isCapturing(Stream) override { return capturing; }
};

} // namespace ashlar::runtime::test

#endif // ASHLAR_TEST_UNIT_RUNTIME_MOCKDEVICE_H
