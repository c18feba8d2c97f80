//===-- CudaDevice.cpp - the CUDA driver as a device ----------------------===//
//
// Each call makes the primary context current for its duration and restores what was current before, so callers with
// contexts of their own are not disturbed.
//
//===----------------------------------------------------------------------===//

#include "CudaDevice.h"
#include "CudaModule.h"

#include <cstdlib>

namespace ashlar::runtime {

static CudaAddress toAddress(const void *pointer) { return reinterpret_cast<CudaAddress>(pointer); }
static CudaStream toStream(Stream stream) { return static_cast<CudaStream>(stream); }

namespace {

class CudaEventHandle final : public Event {
public:
  CudaEventHandle(ContextPointer context, CudaEvent event) : context(std::move(context)), event(event) {}
  ~CudaEventHandle() override {
    ContextScope scope(*context);
    context->driver->eventDestroy(event);
  }

  const ContextPointer context;
  const CudaEvent event;
};

class CudaDevice final : public Device {
public:
  CudaDevice(ContextPointer context, DeviceProperties facts)
      : context(std::move(context)), driver(*this->context->driver), facts(std::move(facts)) {}

  const DeviceProperties &properties() const override { return facts; }
  Expected<void *> allocate(int64_t bytes) override;
  void release(void *address) override;
  Status upload(void *destination, const void *source, int64_t bytes, Stream stream) override;
  Status download(void *destination, const void *source, int64_t bytes, Stream stream) override;
  Status copy(void *destination, const void *source, int64_t bytes, Stream stream) override;
  Status synchronize(Stream stream) override;
  Status synchronizeAll() override;
  Expected<std::unique_ptr<Module>> loadModule(package::ImageKind kind, std::span<const uint8_t> image) override;
  Status encodeTensorMap(const TensorMap &map, EncodedTensorMap &encoded) override;
  Status launch(KernelHandle &kernel, const LaunchConfig &config, Stream stream, LaunchReport *report) override;
  Expected<std::unique_ptr<Event>> createEvent() override;
  Status record(Event &event, Stream stream) override;
  Expected<double> elapsed(Event &start, Event &end) override;
  Expected<bool> isCapturing(Stream stream) override;

private:
  const ContextPointer context;
  const CudaDriver &driver;
  const DeviceProperties facts;
};

} // namespace

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Expected<void *> CudaDevice::allocate(int64_t bytes) {
  if (bytes == 0)
    return nullptr;
  ContextScope scope(*context);
  ASHLAR_RETURN_IF_ERROR(scope.status());
  CudaAddress address = 0;
  Status status = driver.check(driver.memAlloc(&address, static_cast<size_t>(bytes)), "cuMemAlloc");
  if (!status.ok())
    return status.withContext("cannot allocate " + std::to_string(bytes) + " bytes on " + facts.name);
  return reinterpret_cast<void *>(address);
}

void CudaDevice::release(void *address) {
  if (!address)
    return;
  ContextScope scope(*context);
  if (scope.status().ok())
    driver.memFree(toAddress(address));
}

Status CudaDevice::upload(void *destination, const void *source, int64_t bytes, Stream stream) {
  if (bytes == 0)
    return {};
  ContextScope scope(*context);
  ASHLAR_RETURN_IF_ERROR(scope.status());
  ASHLAR_RETURN_IF_ERROR(driver.check(
      driver.copyHostToDevice(toAddress(destination), source, static_cast<size_t>(bytes), toStream(stream)),
      "cuMemcpyHtoDAsync"));
  return driver.check(driver.streamSynchronize(toStream(stream)), "cuStreamSynchronize");
}

Status CudaDevice::download(void *destination, const void *source, int64_t bytes, Stream stream) {
  if (bytes == 0)
    return {};
  ContextScope scope(*context);
  ASHLAR_RETURN_IF_ERROR(scope.status());
  ASHLAR_RETURN_IF_ERROR(driver.check(
      driver.copyDeviceToHost(destination, toAddress(source), static_cast<size_t>(bytes), toStream(stream)),
      "cuMemcpyDtoHAsync"));
  return driver.check(driver.streamSynchronize(toStream(stream)), "cuStreamSynchronize");
}

Status CudaDevice::copy(void *destination, const void *source, int64_t bytes, Stream stream) {
  if (bytes == 0)
    return {};
  ContextScope scope(*context);
  ASHLAR_RETURN_IF_ERROR(scope.status());
  return driver.check(driver.copyDeviceToDevice(toAddress(destination), toAddress(source), static_cast<size_t>(bytes),
                                                toStream(stream)),
                      "cuMemcpyDtoDAsync");
}

Status CudaDevice::synchronize(Stream stream) {
  ContextScope scope(*context);
  ASHLAR_RETURN_IF_ERROR(scope.status());
  return driver.check(driver.streamSynchronize(toStream(stream)), "cuStreamSynchronize");
}

Status CudaDevice::synchronizeAll() {
  ContextScope scope(*context);
  ASHLAR_RETURN_IF_ERROR(scope.status());
  return driver.check(driver.contextSynchronize(), "cuCtxSynchronize");
}

//===----------------------------------------------------------------------===//
// Modules and launches
//===----------------------------------------------------------------------===//

Expected<std::unique_ptr<Module>> CudaDevice::loadModule(package::ImageKind kind, std::span<const uint8_t> image) {
  ContextScope scope(*context);
  ASHLAR_RETURN_IF_ERROR(scope.status());
  // The driver reads PTX up to a zero byte.
  std::string text(image.begin(), image.end());
  char log[4096] = "";
  int options[] = {cudaJitErrorLogBuffer, cudaJitErrorLogBufferBytes};
  void *values[] = {log, reinterpret_cast<void *>(sizeof(log))};
  CudaModule module = nullptr;
  Status status = driver.check(driver.moduleLoad(&module, text.c_str(), 2, options, values), "cuModuleLoadDataEx");
  if (!status.ok()) {
    log[sizeof(log) - 1] = '\0';
    return Status(status.code(), status.message() + (log[0] ? std::string("; the driver says: ") + log : ""));
  }
  return std::make_unique<CudaModuleHandle>(context, module, facts);
}

Status CudaDevice::encodeTensorMap(const TensorMap &map, EncodedTensorMap &encoded) {
  ContextScope scope(*context);
  ASHLAR_RETURN_IF_ERROR(scope.status());
  return ashlar::runtime::encodeTensorMap(driver, map, encoded);
}

Status CudaDevice::launch(KernelHandle &kernel, const LaunchConfig &config, Stream stream, LaunchReport *) {
  ContextScope scope(*context);
  ASHLAR_RETURN_IF_ERROR(scope.status());
  CudaFunction function = static_cast<CudaKernel &>(kernel).function;
  void **arguments = const_cast<void **>(config.arguments.data());
  if (config.cluster != std::array<uint32_t, 3>{1, 1, 1} || config.programmaticLaunch) {
    CudaLaunch launch(config, toStream(stream));
    return driver.check(driver.launchKernelEx(&launch.config, function, arguments, nullptr),
                        "cuLaunchKernelEx");
  }
  return driver.check(driver.launchKernel(function, config.grid[0], config.grid[1], config.grid[2],
                                          config.block[0], config.block[1], config.block[2],
                                          config.dynamicSharedBytes, toStream(stream), arguments, nullptr),
                      "cuLaunchKernel");
}

//===----------------------------------------------------------------------===//
// Events and capture
//===----------------------------------------------------------------------===//

Expected<std::unique_ptr<Event>> CudaDevice::createEvent() {
  ContextScope scope(*context);
  ASHLAR_RETURN_IF_ERROR(scope.status());
  CudaEvent event = nullptr;
  ASHLAR_RETURN_IF_ERROR(driver.check(driver.eventCreate(&event, 0), "cuEventCreate"));
  return std::make_unique<CudaEventHandle>(context, event);
}

Status CudaDevice::record(Event &event, Stream stream) {
  ContextScope scope(*context);
  ASHLAR_RETURN_IF_ERROR(scope.status());
  return driver.check(driver.eventRecord(static_cast<CudaEventHandle &>(event).event, toStream(stream)),
                      "cuEventRecord");
}

Expected<double> CudaDevice::elapsed(Event &start, Event &end) {
  ContextScope scope(*context);
  ASHLAR_RETURN_IF_ERROR(scope.status());
  CudaEvent first = static_cast<CudaEventHandle &>(start).event, last = static_cast<CudaEventHandle &>(end).event;
  ASHLAR_RETURN_IF_ERROR(driver.check(driver.eventSynchronize(last), "cuEventSynchronize"));
  float milliseconds = 0;
  ASHLAR_RETURN_IF_ERROR(driver.check(driver.eventElapsedTime(&milliseconds, first, last), "cuEventElapsedTime"));
  return milliseconds;
}

Expected<bool> CudaDevice::isCapturing(Stream stream) {
  ContextScope scope(*context);
  ASHLAR_RETURN_IF_ERROR(scope.status());
  int state = 0;
  ASHLAR_RETURN_IF_ERROR(driver.check(driver.streamIsCapturing(toStream(stream), &state), "cuStreamIsCapturing"));
  return state != 0;
}

//===----------------------------------------------------------------------===//
// Creation
//===----------------------------------------------------------------------===//

static std::string driverPath(const DeviceOptions &options) {
  auto option = options.find("library");
  if (option != options.end() && !option->second.empty())
    return option->second;
  const char *variable = std::getenv("ASHLAR_CUDA_LIBRARY");
  return variable && *variable ? variable : "libcuda.so.1";
}

static Expected<DeviceProperties> readProperties(const CudaDriver &driver, CudaDeviceId id) {
  DeviceProperties facts;
  char name[256] = "";
  size_t memory = 0;
  int major = 0, minor = 0, sharedBytes = 0;
  auto attribute = [&](int which, int &value) {
    return driver.check(driver.deviceGetAttribute(&value, which, id), "cuDeviceGetAttribute");
  };
  ASHLAR_RETURN_IF_ERROR(driver.check(driver.deviceGetName(name, sizeof(name) - 1, id), "cuDeviceGetName"));
  ASHLAR_RETURN_IF_ERROR(driver.check(driver.deviceTotalMem(&memory, id), "cuDeviceTotalMem"));
  ASHLAR_RETURN_IF_ERROR(attribute(cudaAttributeCapabilityMajor, major));
  ASHLAR_RETURN_IF_ERROR(attribute(cudaAttributeCapabilityMinor, minor));
  ASHLAR_RETURN_IF_ERROR(attribute(cudaAttributeMultiprocessors, facts.multiprocessors));
  ASHLAR_RETURN_IF_ERROR(attribute(cudaAttributeSharedMemoryOptIn, sharedBytes));
  facts.name = name;
  facts.capability = 10 * major + minor;
  facts.sharedBytesPerBlock = sharedBytes;
  facts.memoryBytes = static_cast<int64_t>(memory);
  facts.imageKinds = {package::ImageKind::Ptx, package::ImageKind::Cubin};
  return facts;
}

Expected<std::shared_ptr<Device>> createCudaDevice(int index, const DeviceOptions &options) {
  ASHLAR_ASSIGN_OR_RETURN(DriverPointer driver, CudaDriver::open(driverPath(options)));
  int count = 0;
  ASHLAR_RETURN_IF_ERROR(driver->check(driver->deviceGetCount(&count), "cuDeviceGetCount"));
  if (index >= count)
    return notFound("there is no device cuda:" + std::to_string(index) + "; the driver has " +
                    std::to_string(count) + (count == 1 ? " device" : " devices"));
  CudaDeviceId id = 0;
  ASHLAR_RETURN_IF_ERROR(driver->check(driver->deviceGet(&id, index), "cuDeviceGet"));
  ASHLAR_ASSIGN_OR_RETURN(DeviceProperties facts, readProperties(*driver, id));
  CudaContext context = nullptr;
  ASHLAR_RETURN_IF_ERROR(driver->check(driver->primaryContextRetain(&context, id), "cuDevicePrimaryCtxRetain"));
  auto primary = std::make_shared<const PrimaryContext>(driver, id, context);
  return std::shared_ptr<Device>(std::make_shared<CudaDevice>(std::move(primary), std::move(facts)));
}

} // namespace ashlar::runtime
