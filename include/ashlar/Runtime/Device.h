//===-- Device.h - what the runtime asks of a device ------------*- C++ -*-===//
//
// The narrow interface between the launch-plan interpreter (Executable.h) and the things that run kernels: the CUDA
// driver, the simulator, and mocks in tests. Device memory is addressed by `void *`, which only the device may
// dereference; a stream is an opaque pointer of the device (a CUstream for cuda; ignored by devices that run
// synchronously), null being the default stream.
//
// Devices are safe to use from several threads. All errors are values.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_RUNTIME_DEVICE_H
#define ASHLAR_RUNTIME_DEVICE_H

#include "ashlar/Package/Manifest.h"
#include "ashlar/Support/Status.h"
#include "ashlar/Support/TensorMap.h"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace ashlar::runtime {

using Stream = void *;

struct DeviceProperties {
  /// "NVIDIA H200", "simulator".
  std::string name;
  /// Compute capability as 10 * major + minor; 0 for devices that run shared objects.
  int capability = 0;
  int multiprocessors = 1;
  /// Largest dynamic shared memory of a block, after opting in.
  int64_t sharedBytesPerBlock = 0;
  int64_t memoryBytes = 0;
  /// Kinds of image the device loads.
  std::vector<package::ImageKind> imageKinds;
};

/// A buffer that a kernel was given, for devices that check accesses.
struct BufferRange {
  const void *address = nullptr;
  int64_t bytes = 0;
  bool writable = true;
};

struct LaunchConfig {
  std::array<uint32_t, 3> grid = {1, 1, 1};
  std::array<uint32_t, 3> block = {1, 1, 1};
  std::array<uint32_t, 3> cluster = {1, 1, 1};
  uint32_t dynamicSharedBytes = 0;
  /// The kernel may start before the one ahead of it in the stream has ended; it waits itself for what they
  /// share.
  bool programmaticLaunch = false;
  /// One pointer to the value of each parameter, as for cuLaunchKernel.
  std::span<void *const> arguments;
  /// The buffers among the arguments; the kernel must touch nothing else. Devices need not check it.
  std::span<const BufferRange> buffers;
};

/// What a device found out while it ran a kernel; only the simulator has something to say.
struct LaunchReport {
  /// Faults: races, out-of-bounds accesses, …; each a complete sentence with its place.
  std::vector<std::string> findings;
  /// Named counts such as "global_bytes_read", in a fixed order.
  std::vector<std::pair<std::string, int64_t>> counters;
  /// The same per operation of the kernel, "file:line:column operation", most expensive first.
  std::vector<std::pair<std::string, std::vector<std::pair<std::string, int64_t>>>> sites;
};

/// A point in a stream's time; created by and for one device.
class Event {
public:
  virtual ~Event() = default;
};

/// A kernel of a loaded module, ready to launch. Lives as long as its module.
class KernelHandle {
public:
  virtual ~KernelHandle() = default;
};

/// What the launches of a kernel will ask for.
struct KernelNeeds {
  int64_t dynamicSharedBytes = 0;
  std::array<uint32_t, 3> block = {1, 1, 1};
  std::array<uint32_t, 3> cluster = {1, 1, 1};
  bool tensorMaps = false;
  bool programmaticLaunch = false;

  int64_t blockThreads() const { return int64_t{block[0]} * block[1] * block[2]; }
  int64_t clusterBlocks() const { return int64_t{cluster[0]} * cluster[1] * cluster[2]; }
};

/// A tensor map as the device's kernels take it; what an argument for one points to. Drivers ask for an alignment of 64
/// bytes, the header of CUDA 13 for 128.
struct alignas(128) EncodedTensorMap {
  std::array<unsigned char, 128> bytes = {};
};

/// A loaded image. Destroyed before its device.
class Module {
public:
  virtual ~Module() = default;

  /// Looks a kernel up and prepares it, so that a later launch has nothing left to load. May be called again for the
  /// same kernel with other needs; all of them then hold. Fails when the device or the kernel offers less.
  virtual Expected<std::unique_ptr<KernelHandle>> prepareKernel(const std::string &name, const KernelNeeds &needs) = 0;
};

class Device {
public:
  virtual ~Device() = default;
  virtual const DeviceProperties &properties() const = 0;

  /// Memory aligned to package::bufferAlignment; zero bytes give null.
  virtual Expected<void *> allocate(int64_t bytes) = 0;
  /// Frees what allocate gave; null is fine. The caller sees to it that no work still uses it.
  virtual void release(void *address) = 0;

  /// Host to device and back, after earlier work of `stream`; the bytes have arrived when the call returns.
  virtual Status upload(void *destination, const void *source, int64_t bytes, Stream stream) = 0;
  virtual Status download(void *destination, const void *source, int64_t bytes, Stream stream) = 0;
  /// Device to device, in stream order, asynchronous.
  virtual Status copy(void *destination, const void *source, int64_t bytes, Stream stream) = 0;
  /// Waits for all work of `stream`.
  virtual Status synchronize(Stream stream) = 0;
  /// Waits for all work of the device.
  virtual Status synchronizeAll() = 0;

  virtual Expected<std::unique_ptr<Module>> loadModule(package::ImageKind kind, std::span<const uint8_t> image) = 0;

  /// Encodes a map that keeps the limits of TensorMap.h; asked of devices that prepared a kernel with maps. A
  /// host computation that touches no stream.
  virtual Status encodeTensorMap(const TensorMap &map, EncodedTensorMap &encoded) = 0;

  /// Enqueues a launch. `report`, where not null, receives what the device found; a device with findings and no
  /// place for them fails.
  virtual Status launch(KernelHandle &kernel, const LaunchConfig &config, Stream stream, LaunchReport *report) = 0;

  virtual Expected<std::unique_ptr<Event>> createEvent() = 0;
  virtual Status record(Event &event, Stream stream) = 0;
  /// Waits for `end`; milliseconds between the two.
  virtual Expected<double> elapsed(Event &start, Event &end) = 0;

  /// Whether `stream` is being captured into a graph, where memory must not be allocated.
  virtual Expected<bool> isCapturing(Stream stream) = 0;
};

//===----------------------------------------------------------------------===//
// Creating devices
//===----------------------------------------------------------------------===//

/// Options by name. cuda: "library" (path of the driver, default libcuda.so.1, or the environment variable
/// ASHLAR_CUDA_LIBRARY). Others: see the device.
using DeviceOptions = std::map<std::string, std::string>;

/// Makes device number `index` of its kind.
using DeviceFactory = Expected<std::shared_ptr<Device>> (*)(int index, const DeviceOptions &options);

/// Makes `kind` known to createDevice; replaces an earlier factory of that kind. "cuda" is known from the start.
void registerDeviceFactory(const std::string &kind, DeviceFactory factory);

/// A device by `name`: "cuda", "cuda:1", "sim", … . "auto" is cuda:0 where there is a driver with a device, else sim.
Expected<std::shared_ptr<Device>> createDevice(const std::string &name, const DeviceOptions &options = {});

/// Whether `name` asks for a kind that is registered in this program.
bool isDeviceKindKnown(const std::string &name);

} // namespace ashlar::runtime

#endif // ASHLAR_RUNTIME_DEVICE_H
