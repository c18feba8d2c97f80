//===-- CudaDevice.h - the CUDA driver as a device --------------*- C++ -*-===//
//
// Works in the device's primary context, so memory and streams of the CUDA runtime API and of frameworks on top of
// it can be passed in as they are.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_RUNTIME_CUDADEVICE_H
#define ASHLAR_LIB_RUNTIME_CUDADEVICE_H

#include "ashlar/Runtime/Device.h"

namespace ashlar::runtime {

/// Device `index` as the driver counts. NotFound when there is no driver or no such device.
Expected<std::shared_ptr<Device>> createCudaDevice(int index, const DeviceOptions &options);

} // namespace ashlar::runtime

#endif // ASHLAR_LIB_RUNTIME_CUDADEVICE_H
