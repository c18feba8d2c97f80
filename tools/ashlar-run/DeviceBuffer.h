//===-- DeviceBuffer.h - device memory with an owner ------------*- C++ -*-===//
//
// Memory of a device that is released with the object, on every path.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TOOLS_ASHLAR_RUN_DEVICEBUFFER_H
#define ASHLAR_TOOLS_ASHLAR_RUN_DEVICEBUFFER_H

#include "ashlar/Runtime/Device.h"

#include <utility>

namespace ashlar::run {

class DeviceBuffer {
public:
  static Expected<DeviceBuffer> create(runtime::Device &device, int64_t bytes) {
    ASHLAR_ASSIGN_OR_RETURN(void *address, device.allocate(bytes));
    return DeviceBuffer(device, address, bytes);
  }
  DeviceBuffer(DeviceBuffer &&other) noexcept
      : device(other.device), address(std::exchange(other.address, nullptr)), size(other.size) {}
  DeviceBuffer &operator=(DeviceBuffer &&) = delete;
  ~DeviceBuffer() { device->release(address); }

  void *data() const { return address; }
  int64_t bytes() const { return size; }

private:
  DeviceBuffer(runtime::Device &device, void *address, int64_t size)
      : device(&device), address(address), size(size) {}
  runtime::Device *device;
  void *address;
  int64_t size;
};

} // namespace ashlar::run

#endif // ASHLAR_TOOLS_ASHLAR_RUN_DEVICEBUFFER_H
