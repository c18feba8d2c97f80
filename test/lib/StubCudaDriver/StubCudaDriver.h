//===-- StubCudaDriver.h - a CUDA driver without a GPU ----------*- C++ -*-===//
//
// A shared library with the entry points of libcuda that the runtime uses. It keeps memory on the host,
// records every call in a trace, and checks what a real driver would refuse: a missing current context,
// addresses outside allocations, too many threads, shared memory without opt-in. Wrong calls leave a line
// "VIOLATION: …".
//
// Images are text. A line `.entry name(u64, u32, map, …)` declares a kernel and its parameters; `.shared N`
// and `.maxntid N` after it give static shared memory and the most threads. Kernels called `scale2_f32` and
// `copy_bytes` do something: out[i] = 2 * in[i] for (in, out, u32 n), and a copy of n bytes.
//
// Tests open the library and call the functions below. In programs that are started, the environment
// variables ASHLAR_STUB_CUDA_CAPABILITY ("80") and ASHLAR_STUB_CUDA_FAIL ("cuMemAlloc_v2:2:700", call,
// number, result) do the same.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TEST_LIB_STUBCUDADRIVER_H
#define ASHLAR_TEST_LIB_STUBCUDADRIVER_H

#include <cstddef>

extern "C" {

/// Forgets trace, failures and settings (not live memory). Capability 90 and one device.
void stubCudaReset();
void stubCudaSetCapability(int capability);
void stubCudaSetDeviceCount(int count);
/// What cuStreamIsCapturing answers.
void stubCudaSetCapturing(int capturing);
/// What cuOccupancyMaxActiveClusters answers; 8 after a reset.
void stubCudaSetActiveClusters(int clusters);
/// Whether the primary context is the current one, as in a program that uses the CUDA runtime.
void stubCudaSetCurrent(int isCurrent);
/// From now on launches and tensor maps are neither traced nor checked nor run, to measure what calls the
/// driver.
void stubCudaSetQuiet(int quiet);
/// Call number `number` (from 1) of `function` returns `result`; 0 as number means every call.
void stubCudaFail(const char *function, int number, int result);
/// Loading an image that contains `text` returns `result` and writes a log.
void stubCudaRejectImage(const char *text, int result);

/// Calls since the last reset, one a line, addresses as A<allocation>+<offset>. Valid until the next call.
const char *stubCudaTrace();
size_t stubCudaViolations();
size_t stubCudaLiveAllocations();
/// Depth of the context stack, loaded modules, events.
size_t stubCudaContextDepth();
size_t stubCudaLiveModules();
size_t stubCudaLiveEvents();
}

#endif // ASHLAR_TEST_LIB_STUBCUDADRIVER_H
