/*===-- SampleKernels.c - a simulator image made by hand -------------------===*\
|*
|* What GPUToHost would produce for a few small kernels, so that packages, runtime and ashlar-run can be
tested without
|* the compiler:
|*   scale2_f32(in, out, n)           out[i] = 2 * in[i]
|*   scale2_overrun_f32(in, out, n)   the same for i = 0..n: one element too many
|*   write_nothing_f32(in, out, n)    leaves the output as it is
|*   cluster_size_f32(out)            out[i] = how many blocks are in the cluster of thread i
|*   scale2_map_f32(out, map)         the first for the elements of a tensor map, with any number of blocks
|*
\*===---------------------------------------------------------------------===*/

#include "ashlar/Simulator/SimulatorABI.h"

const void *ashlar_simulator_api = 0;

static const AshlarSimulatorApi *api(void) { return (const AshlarSimulatorApi *)ashlar_simulator_api; }

static float *checked(AshlarSimulatorThread *thread, float *address, uint32_t kind, uint32_t site) {
  if (!thread->hooks)
    return address;
  return api()->access(thread, address, 4, ASHLAR_ACCESS_GLOBAL | kind | 2u << ASHLAR_ACCESS_ALIGNMENT_SHIFT, site);
}

static void scale(const void *const *arguments, uint32_t extra) {
  AshlarSimulatorThread *thread = api()->currentThread();
  float *in = *(float *const *)arguments[0], *out = *(float *const *)arguments[1];
  uint32_t count = *(const uint32_t *)arguments[2] + extra;
  uint32_t i = thread->blockId[0] * thread->blockSize[0] + thread->threadId[0];
  if (i < count)
    *checked(thread, out + i, ASHLAR_ACCESS_WRITE, 1) = 2 * *checked(thread, in + i, ASHLAR_ACCESS_READ, 0);
}

void scale2_f32(const void *const *arguments) { scale(arguments, 0); }
void scale2_overrun_f32(const void *const *arguments) { scale(arguments, 1); }
void write_nothing_f32(const void *const *arguments) { (void)arguments; }

void scale2_map_f32(const void *const *arguments) {
  AshlarSimulatorThread *thread = api()->currentThread();
  /* The simulator's encoding: a magic number, the address, then the extents (TensorMap.h). */
  const uint64_t *map = (const uint64_t *)arguments[1];
  float *in = (float *)(uintptr_t)map[1], *out = *(float *const *)arguments[0];
  uint32_t step = thread->gridSize[0] * thread->blockSize[0];
  for (uint32_t i = thread->blockId[0] * thread->blockSize[0] + thread->threadId[0]; i < map[2]; i += step)
    *checked(thread, out + i, ASHLAR_ACCESS_WRITE, 1) = 2 * *checked(thread, in + i, ASHLAR_ACCESS_READ, 0);
}

void cluster_size_f32(const void *const *arguments) {
  AshlarSimulatorThread *thread = api()->currentThread();
  uint32_t i = thread->blockId[0] * thread->blockSize[0] + thread->threadId[0];
  *checked(thread, *(float *const *)arguments[0] + i, ASHLAR_ACCESS_WRITE, 1) = (float)thread->clusterSize;
}

static const AshlarSimulatorKernel kernels[] = {
    {"scale2_f32", scale2_f32, 3, {0, 0, 0}},
    {"scale2_overrun_f32", scale2_overrun_f32, 3, {0, 0, 0}},
    {"write_nothing_f32", write_nothing_f32, 3, {0, 0, 0}},
    {"cluster_size_f32", cluster_size_f32, 1, {0, 0, 0}},
    {"scale2_map_f32", scale2_map_f32, 2, {0, 0, 0}},
};

/* Offsets of the texts below. */
static const char strings[] = "sample.mlir:3:7\0"
                              "load\0"
                              "store";
static const AshlarSimulatorSite sites[] = {{0, 16}, {0, 21}};

const AshlarSimulatorModule ashlar_simulator_module = {
    .version = ASHLAR_SIMULATOR_ABI_VERSION,
    .kernelCount = 5,
    .siteCount = 2,
    .globalCount = 0,
    .kernels = kernels,
    .sites = sites,
    .strings = strings,
    .globals = 0,
};
