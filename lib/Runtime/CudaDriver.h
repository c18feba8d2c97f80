//===-- CudaDriver.h - the part of the driver API that is used --*- C++ -*-===//
//
// The CUDA driver is found with dlopen at run time and never linked, and no CUDA header is needed: the few types and
// constants below follow the public, versioned C interface of libcuda, which is stable. The `_v2` names are what the
// interface's own header maps the plain names to.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_RUNTIME_CUDADRIVER_H
#define ASHLAR_LIB_RUNTIME_CUDADRIVER_H

#include "ashlar/Support/Status.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace ashlar::runtime {

using CudaResult = int;
using CudaDeviceId = int;
using CudaAddress = uint64_t;
using CudaContext = struct CudaContextObject *;
using CudaModule = struct CudaModuleObject *;
using CudaFunction = struct CudaFunctionObject *;
using CudaStream = struct CudaStreamObject *;
using CudaEvent = struct CudaEventObject *;

/// Result codes that are told apart.
enum : CudaResult {
  cudaSuccess = 0,
  cudaOutOfMemory = 2,
  cudaInvalidImage = 200,
  cudaNoBinaryForGpu = 209,
  cudaInvalidPtx = 218,
  cudaUnsupportedPtxVersion = 222,
};

/// Device attributes.
enum : int {
  cudaAttributeMultiprocessors = 16,
  cudaAttributeCapabilityMajor = 75,
  cudaAttributeCapabilityMinor = 76,
  cudaAttributeSharedMemoryOptIn = 97,
};

/// Function attributes.
enum : int {
  cudaFunctionMaxThreads = 0,
  cudaFunctionStaticSharedBytes = 1,
  cudaFunctionMaxDynamicSharedBytes = 8,
  cudaFunctionNonPortableCluster = 14,
};

/// Options of cuModuleLoadDataEx.
enum : int {
  cudaJitErrorLogBuffer = 5,
  cudaJitErrorLogBufferBytes = 6,
};

/// Parameters of the cuTensorMapEncode functions; their element types are the values of TensorMapElement, their
/// swizzles none, 32, 64 and 128 bytes in this order.
enum : int {
  cudaInterleaveNone = 0,
  cudaL2Promotion128 = 2,
  cudaOutOfBoundsZero = 0,
};

/// One launch attribute: an id and 64 bytes of value, of which the cluster dimension uses three numbers and the
/// programmatic stream serialisation one.
struct CudaLaunchAttribute {
  static constexpr int clusterDimension = 4;
  static constexpr int programmaticSerialization = 6;
  int id = 0;
  char padding[4] = {};
  union {
    uint32_t dims[3];
    int flag;
    char bytes[64] = {};
  };
};
static_assert(sizeof(CudaLaunchAttribute) == 72);

struct CudaLaunchConfig {
  uint32_t grid[3];
  uint32_t block[3];
  uint32_t sharedBytes;
  CudaStream stream;
  CudaLaunchAttribute *attributes;
  uint32_t attributeCount;
};
static_assert(sizeof(CudaLaunchConfig) == 56);

/// Name of the function in this table, name of the symbol, parameter types.
#define ASHLAR_CUDA_FUNCTIONS(X)                                                                                  \
  X(init, cuInit, unsigned)                                                                                       \
  X(getErrorName, cuGetErrorName, CudaResult, const char **)                                                      \
  X(getErrorString, cuGetErrorString, CudaResult, const char **)                                                  \
  X(deviceGetCount, cuDeviceGetCount, int *)                                                                      \
  X(deviceGet, cuDeviceGet, CudaDeviceId *, int)                                                                  \
  X(deviceGetName, cuDeviceGetName, char *, int, CudaDeviceId)                                                    \
  X(deviceGetAttribute, cuDeviceGetAttribute, int *, int, CudaDeviceId)                                           \
  X(deviceTotalMem, cuDeviceTotalMem_v2, size_t *, CudaDeviceId)                                                  \
  X(primaryContextRetain, cuDevicePrimaryCtxRetain, CudaContext *, CudaDeviceId)                                  \
  X(primaryContextRelease, cuDevicePrimaryCtxRelease_v2, CudaDeviceId)                                            \
  X(contextGetCurrent, cuCtxGetCurrent, CudaContext *)                                                            \
  X(contextPush, cuCtxPushCurrent_v2, CudaContext)                                                                \
  X(contextPop, cuCtxPopCurrent_v2, CudaContext *)                                                                \
  X(contextSynchronize, cuCtxSynchronize)                                                                         \
  X(memAlloc, cuMemAlloc_v2, CudaAddress *, size_t)                                                               \
  X(memFree, cuMemFree_v2, CudaAddress)                                                                           \
  X(copyHostToDevice, cuMemcpyHtoDAsync_v2, CudaAddress, const void *, size_t, CudaStream)                        \
  X(copyDeviceToHost, cuMemcpyDtoHAsync_v2, void *, CudaAddress, size_t, CudaStream)                              \
  X(copyDeviceToDevice, cuMemcpyDtoDAsync_v2, CudaAddress, CudaAddress, size_t, CudaStream)                       \
  X(streamSynchronize, cuStreamSynchronize, CudaStream)                                                           \
  X(streamIsCapturing, cuStreamIsCapturing, CudaStream, int *)                                                    \
  X(moduleLoad, cuModuleLoadDataEx, CudaModule *, const void *, unsigned, int *, void **)                         \
  X(moduleUnload, cuModuleUnload, CudaModule)                                                                     \
  X(moduleGetFunction, cuModuleGetFunction, CudaFunction *, CudaModule, const char *)                             \
  X(functionGetAttribute, cuFuncGetAttribute, int *, int, CudaFunction)                                           \
  X(functionSetAttribute, cuFuncSetAttribute, CudaFunction, int, int)                                             \
  X(launchKernel, cuLaunchKernel, CudaFunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,       \
    unsigned, CudaStream, void **, void **)                                                                       \
  X(eventCreate, cuEventCreate, CudaEvent *, unsigned)                                                            \
  X(eventDestroy, cuEventDestroy_v2, CudaEvent)                                                                   \
  X(eventRecord, cuEventRecord, CudaEvent, CudaStream)                                                            \
  X(eventSynchronize, cuEventSynchronize, CudaEvent)                                                              \
  X(eventElapsedTime, cuEventElapsedTime, float *, CudaEvent, CudaEvent)

/// The same for functions that an older driver may lack; null then.
#define ASHLAR_CUDA_OPTIONAL_FUNCTIONS(X)                                                                         \
  X(launchKernelEx, cuLaunchKernelEx, const CudaLaunchConfig *, CudaFunction, void **, void **)                   \
  X(occupancyMaxActiveClusters, cuOccupancyMaxActiveClusters, int *, CudaFunction, const CudaLaunchConfig *)      \
  X(tensorMapEncodeTiled, cuTensorMapEncodeTiled, void *, int, uint32_t, void *, const uint64_t *,                \
    const uint64_t *, const uint32_t *, const uint32_t *, int, int, int, int)                                     \
  X(tensorMapEncodeIm2col, cuTensorMapEncodeIm2col, void *, int, uint32_t, void *, const uint64_t *,              \
    const uint64_t *, const int *, const int *, uint32_t, uint32_t, const uint32_t *, int, int, int, int)

struct CudaDriver {
  /// Opens the library `path` and initialises the driver. The library is never closed.
  static Expected<std::shared_ptr<const CudaDriver>> open(const std::string &path);

  /// Success, or a status "call: CUDA_ERROR_X: text".
  Status check(CudaResult result, const char *call) const;

#define ASHLAR_CUDA_POINTER(name, symbol, ...) CudaResult (*name)(__VA_ARGS__) = nullptr;
  ASHLAR_CUDA_FUNCTIONS(ASHLAR_CUDA_POINTER)
  ASHLAR_CUDA_OPTIONAL_FUNCTIONS(ASHLAR_CUDA_POINTER)
#undef ASHLAR_CUDA_POINTER
};

} // namespace ashlar::runtime

#endif // ASHLAR_LIB_RUNTIME_CUDADRIVER_H
