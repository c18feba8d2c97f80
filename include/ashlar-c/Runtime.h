/*===-- Runtime.h - C API of the Ashlar runtime --------------------*- C -*-===*\
|*
|* Loads compiled packages (.ashlar) and runs their functions on a device. The library is self-contained: it needs
|* the C library and, for CUDA devices, the driver's libcuda.so.1, which it opens when the first such device is made.
|*
|*   AshlarPackage *package;
|*   AshlarDevice *device;
|*   AshlarExecutable *executable;
|*   if (ashlarPackageLoadFile("model.ashlar", &package) != ASHLAR_OK ||
|*       ashlarDeviceCreate("cuda:0", NULL, 0, &device) != ASHLAR_OK ||
|*       ashlarExecutableCreate(package, device, &executable) != ASHLAR_OK)
|*     fail(ashlarLastErrorMessage());
|*   ashlarExecutableInvoke(executable, 0, inputs, 2, outputs, 1, stream);
|*
|* Ownership: `…Create` and `…Load…` give an object to the caller, who frees it with `…Destroy` (null is fine). Objects
|*   keep what they were made from alive, so the order of destruction is free. Strings and arrays returned by queries
|*   belong to the object queried and live as long as it.
|* Errors: calls that can fail return an AshlarStatus; ASHLAR_OK is 0. After a failure ashlarLastErrorMessage() gives,
|*   for the same thread, one sentence on what was wrong. Output parameters are written on success only. No call
|*   aborts or throws for bad input; null where an object is expected is ASHLAR_INVALID_ARGUMENT. A package is
|*   checked when it is loaded: damaged, hostile and too new ones are refused with a status. Its kernels are code,
|*   though, and run with the rights of the process.
|* Threads: packages and devices may be used by several threads at once. An executable by one at a time; its calls
|*   share memory for intermediate values, so they must be ordered, e.g. by using one stream. Make one executable
|*   per concurrent user.
|* Tensors: row-major, little-endian, no strides. i4 is packed two elements a byte, low nibble first, in the linear
|*   order of the whole tensor; i1 takes one byte. Memory starts at a multiple of 16 bytes.
|* Streams: a CUstream / cudaStream_t of the device's primary context, or NULL for the default stream. The simulator
|*   ignores it and finishes before it returns.
|* CUDA graphs: calls may be captured. The graph holds the addresses of the call's tensors and of the executable's own
|*   memory, so both must live as long as the graph is replayed, and the executable must not grow in between: reserve
|*   for the largest sizes first. A call that would have to grow while captured fails. Executables do not order replays
|*   of their graphs against other calls; use one stream.
|* Versions: functions are only added; structs grow at their end only, together with a new minor version.
|*
\*===---------------------------------------------------------------------===*/

#ifndef ASHLAR_C_RUNTIME_H
#define ASHLAR_C_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define ASHLAR_RUNTIME_EXPORT __attribute__((visibility("default")))
#else
#define ASHLAR_RUNTIME_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum AshlarStatus {
  ASHLAR_OK = 0,
  ASHLAR_INVALID_ARGUMENT = 1,    /* something passed in is not what the call takes */
  ASHLAR_NOT_FOUND = 2,           /* a file, function, device or driver is not there */
  ASHLAR_INVALID_PACKAGE = 3,     /* the package is damaged or inconsistent */
  ASHLAR_UNSUPPORTED_VERSION = 4, /* the package needs a newer (or older) runtime */
  ASHLAR_UNSUPPORTED = 5,         /* this device cannot run it */
  ASHLAR_OUT_OF_MEMORY = 6,       /* host or device memory is exhausted */
  ASHLAR_DEVICE_ERROR = 7,        /* the driver or the simulator reported a failure */
  ASHLAR_INPUT_OUTPUT = 8,        /* the operating system could not read or write */
  ASHLAR_INTERNAL = 9             /* a defect of this library */
} AshlarStatus;

typedef enum AshlarElementType {
  ASHLAR_F32 = 0,
  ASHLAR_F16 = 1,
  ASHLAR_BF16 = 2,
  ASHLAR_I64 = 3,
  ASHLAR_I32 = 4,
  ASHLAR_I8 = 5,
  ASHLAR_I4 = 6,
  ASHLAR_I1 = 7
} AshlarElementType;

typedef struct AshlarPackage AshlarPackage;
typedef struct AshlarDevice AshlarDevice;
typedef struct AshlarExecutable AshlarExecutable;

/* Version of this library as 10000 * major + 100 * minor + patch, and as text "0.1.0". */
ASHLAR_RUNTIME_EXPORT uint32_t ashlarRuntimeVersion(void);
ASHLAR_RUNTIME_EXPORT const char *ashlarRuntimeVersionText(void);

/* The message of the last failed call of this thread; "" when there was none. Valid until the next call that fails. */
ASHLAR_RUNTIME_EXPORT const char *ashlarLastErrorMessage(void);
/* "ok", "invalid-argument", …. */
ASHLAR_RUNTIME_EXPORT const char *ashlarStatusName(AshlarStatus status);

/*===-- Packages -----------------------------------------------------------===*/

ASHLAR_RUNTIME_EXPORT AshlarStatus ashlarPackageLoadFile(const char *path, AshlarPackage **package);
/* Copies the bytes. */
ASHLAR_RUNTIME_EXPORT AshlarStatus ashlarPackageLoadMemory(const void *bytes, size_t size, AshlarPackage **package);
ASHLAR_RUNTIME_EXPORT void ashlarPackageDestroy(AshlarPackage *package);

ASHLAR_RUNTIME_EXPORT size_t ashlarPackageFunctionCount(const AshlarPackage *package);
ASHLAR_RUNTIME_EXPORT AshlarStatus ashlarPackageFindFunction(const AshlarPackage *package, const char *name,
                                                             size_t *function);
/* The manifest as JSON text. */
ASHLAR_RUNTIME_EXPORT const char *ashlarPackageManifest(const AshlarPackage *package);

typedef struct AshlarFunctionInfo {
  const char *name;
  size_t inputCount;
  size_t outputCount;
  size_t symbolCount; /* dimensions known only at the call */
} AshlarFunctionInfo;

ASHLAR_RUNTIME_EXPORT AshlarStatus ashlarPackageFunction(const AshlarPackage *package, size_t function,
                                                         AshlarFunctionInfo *info);

typedef struct AshlarTensorInfo {
  const char *name;
  AshlarElementType elementType;
  size_t rank;
  const int64_t *dims;    /* `rank` sizes; -1 where the size is a symbol */
  const int64_t *symbols; /* `rank` symbol indices; -1 where the size is fixed */
} AshlarTensorInfo;

ASHLAR_RUNTIME_EXPORT AshlarStatus ashlarPackageInput(const AshlarPackage *package, size_t function, size_t input,
                                                      AshlarTensorInfo *info);
ASHLAR_RUNTIME_EXPORT AshlarStatus ashlarPackageOutput(const AshlarPackage *package, size_t function, size_t output,
                                                       AshlarTensorInfo *info);

typedef struct AshlarSymbolInfo {
  const char *name;
  size_t input;       /* its value is the size of axis `axis` of this input */
  size_t axis;
  int64_t max;        /* -1: none */
  int64_t multipleOf; /* 1: any */
} AshlarSymbolInfo;

ASHLAR_RUNTIME_EXPORT AshlarStatus ashlarPackageSymbol(const AshlarPackage *package, size_t function, size_t symbol,
                                                       AshlarSymbolInfo *info);

/* Sizes and bytes of an output for given symbol values (`symbolCount` of them). `dims` has room for its rank and may
   be null, as may `bytes`. */
ASHLAR_RUNTIME_EXPORT AshlarStatus ashlarPackageOutputSize(const AshlarPackage *package, size_t function,
                                                           size_t output, const int64_t *symbols, size_t symbolCount,
                                                           int64_t *dims, int64_t *bytes);

/*===-- Devices and memory --------------------------------------------------===*/

/* `name`: "cuda" or "cuda:N" (N as the driver counts), "auto". A program that links the simulator also has "sim".
   Options are `optionCount` pairs of key and value; unknown keys are ignored. cuda: "library", the path of the driver
   (default: the environment variable ASHLAR_CUDA_LIBRARY, else libcuda.so.1). The device works in the driver's primary
   context, the one that the CUDA runtime and frameworks on top of it use. */
ASHLAR_RUNTIME_EXPORT AshlarStatus ashlarDeviceCreate(const char *name, const char *const *options,
                                                      size_t optionCount, AshlarDevice **device);
ASHLAR_RUNTIME_EXPORT void ashlarDeviceDestroy(AshlarDevice *device);

typedef struct AshlarDeviceInfo {
  const char *name;
  int32_t capability; /* compute capability, 10 * major + minor; 0 for the simulator */
  int32_t multiprocessors;
  int64_t sharedBytesPerBlock;
  int64_t memoryBytes;
} AshlarDeviceInfo;

ASHLAR_RUNTIME_EXPORT AshlarStatus ashlarDeviceQuery(const AshlarDevice *device, AshlarDeviceInfo *info);

/* Memory aligned to 256 bytes. Buffers of other origin (a framework's) serve as well. */
ASHLAR_RUNTIME_EXPORT AshlarStatus ashlarDeviceAllocate(AshlarDevice *device, size_t bytes, void **address);
ASHLAR_RUNTIME_EXPORT AshlarStatus ashlarDeviceRelease(AshlarDevice *device, void *address);
/* Ordered after earlier work of `stream`; the bytes have arrived when the call returns. */
ASHLAR_RUNTIME_EXPORT AshlarStatus ashlarDeviceUpload(AshlarDevice *device, void *destination, const void *source,
                                                      size_t bytes, void *stream);
ASHLAR_RUNTIME_EXPORT AshlarStatus ashlarDeviceDownload(AshlarDevice *device, void *destination, const void *source,
                                                        size_t bytes, void *stream);
/* Between buffers of the device, asynchronous. */
ASHLAR_RUNTIME_EXPORT AshlarStatus ashlarDeviceCopy(AshlarDevice *device, void *destination, const void *source,
                                                    size_t bytes, void *stream);
ASHLAR_RUNTIME_EXPORT AshlarStatus ashlarDeviceSynchronize(AshlarDevice *device, void *stream);

/*===-- Executables ---------------------------------------------------------===*/

/* Loads the image of the package that suits the device best (architecture-specific code of exactly its capability,
   else the newest portable one), uploads the constants and allocates memory for intermediate values. ASHLAR_UNSUPPORTED
   when no image runs there. */
ASHLAR_RUNTIME_EXPORT AshlarStatus ashlarExecutableCreate(const AshlarPackage *package, AshlarDevice *device,
                                                          AshlarExecutable **executable);
/* Waits for the device. */
ASHLAR_RUNTIME_EXPORT void ashlarExecutableDestroy(AshlarExecutable *executable);
/* Name of the target that was chosen, e.g. "sm_90a". */
ASHLAR_RUNTIME_EXPORT const char *ashlarExecutableTarget(const AshlarExecutable *executable);

/* Makes room for calls with these symbol values. Needed only for functions with a symbol without maximum, and only to
   keep the first such call from allocating. May wait for the device. */
ASHLAR_RUNTIME_EXPORT AshlarStatus ashlarExecutableReserve(AshlarExecutable *executable, size_t function,
                                                           const int64_t *symbols, size_t symbolCount);

typedef struct AshlarTensor {
  void *data;          /* device memory */
  size_t bytes;        /* its size; at least what the type needs */
  const int64_t *dims; /* `rank` sizes; null where the function's type is static, and for outputs */
  size_t rank;
} AshlarTensor;

/* Enqueues a call on `stream` and returns. After creation (and reserve, see there) it neither allocates nor waits, so it
   can be captured into a CUDA graph. Inputs and outputs must stay valid until the work is done, and an output must not
   overlap any other tensor of the call. Shapes are checked against the function's types. */
ASHLAR_RUNTIME_EXPORT AshlarStatus ashlarExecutableInvoke(AshlarExecutable *executable, size_t function,
                                                          const AshlarTensor *inputs, size_t inputCount,
                                                          const AshlarTensor *outputs, size_t outputCount,
                                                          void *stream);

/* Times the steps of every following call (0 turns it off); not during capture. */
ASHLAR_RUNTIME_EXPORT AshlarStatus ashlarExecutableSetProfiling(AshlarExecutable *executable, int enabled);

typedef struct AshlarStepProfile {
  const char *name; /* of the kernel, or "copy" */
  double milliseconds;
  uint32_t grid[3];
  uint32_t block[3];
  uint32_t dynamicSharedBytes;
} AshlarStepProfile;

/* The steps of the last call since profiling was turned on; waits for it. They live until the next call of this
   function. */
ASHLAR_RUNTIME_EXPORT AshlarStatus ashlarExecutableProfile(AshlarExecutable *executable,
                                                           const AshlarStepProfile **steps, size_t *stepCount);

#ifdef __cplusplus
}
#endif

#endif /* ASHLAR_C_RUNTIME_H */
