//===-- TargetInfo.cpp - Hardware facts of the GPUs we compile for -------===//
//
// The table and its look-up. Adding a target is adding a row.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Target/TargetInfo.h"

#include <algorithm>

using namespace ashlar;

static constexpr uint64_t mebibyte = uint64_t(1) << 20;
static constexpr uint64_t gibibyte = uint64_t(1) << 30;

// PTX versions are the oldest that hold what we emit, so that old drivers can load the package: 7.4 has the
// cache policies of cp.async and ld, 7.8 knows sm_89, 8.0 knows sm_90a and wgmma.
static constexpr TargetInfo targets[] = {
    {
        .name = "sm_80",
        .board = "A100 SXM 80 GB",
        .computeCapability = 80,
        .runsOnNewer = true,
        .ptxVersion = 74,
        .registersPerMultiprocessor = 65536,
        .maxRegistersPerThread = 255,
        .maxThreadsPerBlock = 1024,
        .maxThreadsPerMultiprocessor = 2048,
        .maxBlocksPerMultiprocessor = 32,
        .sharedBytesPerMultiprocessor = 164 * 1024,
        .sharedBytesPerBlock = 163 * 1024,
        .sharedBytesReservedPerBlock = 1024,
        .hasMmaSync = true,
        .hasCpAsync = true,
        .multiprocessors = 108,
        .clockHz = 1.41e9,
        .memoryBytesPerSecond = 2.039e12,
        .memoryBytes = 80 * gibibyte,
        .l2Bytes = 40 * mebibyte,
        .fmaLanes = 64,
        .specialLanes = 16,
        .sharedBytesPerClock = 128,
        .warpMma = {.half = 2048, .tf32 = 1024, .int8 = 4096, .int4 = 8192},
    },
    {
        .name = "sm_86",
        .board = "A40",
        .computeCapability = 86,
        .runsOnNewer = true,
        .ptxVersion = 74,
        .registersPerMultiprocessor = 65536,
        .maxRegistersPerThread = 255,
        .maxThreadsPerBlock = 1024,
        .maxThreadsPerMultiprocessor = 1536,
        .maxBlocksPerMultiprocessor = 16,
        .sharedBytesPerMultiprocessor = 100 * 1024,
        .sharedBytesPerBlock = 99 * 1024,
        .sharedBytesReservedPerBlock = 1024,
        .hasMmaSync = true,
        .hasCpAsync = true,
        .multiprocessors = 84,
        .clockHz = 1.74e9,
        .memoryBytesPerSecond = 696e9,
        .memoryBytes = 48 * gibibyte,
        .l2Bytes = 6 * mebibyte,
        .fmaLanes = 128,
        .specialLanes = 16,
        .sharedBytesPerClock = 128,
        .warpMma = {.half = 1024, .tf32 = 512, .int8 = 2048, .int4 = 4096},
    },
    {
        .name = "sm_89",
        .board = "L40S",
        .computeCapability = 89,
        .runsOnNewer = true,
        .ptxVersion = 78,
        .registersPerMultiprocessor = 65536,
        .maxRegistersPerThread = 255,
        .maxThreadsPerBlock = 1024,
        .maxThreadsPerMultiprocessor = 1536,
        .maxBlocksPerMultiprocessor = 24,
        .sharedBytesPerMultiprocessor = 100 * 1024,
        .sharedBytesPerBlock = 99 * 1024,
        .sharedBytesReservedPerBlock = 1024,
        .hasMmaSync = true,
        .hasCpAsync = true,
        .multiprocessors = 142,
        .clockHz = 2.52e9,
        .memoryBytesPerSecond = 864e9,
        .memoryBytes = 48 * gibibyte,
        .l2Bytes = 96 * mebibyte,
        .fmaLanes = 128,
        .specialLanes = 16,
        .sharedBytesPerClock = 128,
        // fp8 mma.sync needs PTX 8.4, more than this row emits; its rate counts once a kernel asks for it.
        .warpMma = {.half = 1024, .tf32 = 512, .fp8 = 2048, .int8 = 2048, .int4 = 4096},
    },
    {
        .name = "sm_90a",
        .board = "H200 SXM",
        .computeCapability = 90,
        .runsOnNewer = false,
        .ptxVersion = 80,
        .registersPerMultiprocessor = 65536,
        .maxRegistersPerThread = 255,
        .maxThreadsPerBlock = 1024,
        .maxThreadsPerMultiprocessor = 2048,
        .maxBlocksPerMultiprocessor = 32,
        .sharedBytesPerMultiprocessor = 228 * 1024,
        .sharedBytesPerBlock = 227 * 1024,
        .sharedBytesReservedPerBlock = 1024,
        .maxClusterBlocks = 8, // CUDA C Programming Guide, "Thread Block Clusters": the portable size.
        .registerStep = 8,     // PTX ISA, "setmaxnreg": multiples of 8 from 24 to 256.
        .minRegistersPerThread = 24,
        .hasMmaSync = true,
        .hasCpAsync = true,
        .hasTma = true,
        .hasWgmma = true,
        .hasCluster = true,
        .hasStMatrix = true,
        .multiprocessors = 132,
        .clockHz = 1.83e9,
        .memoryBytesPerSecond = 4.8e12,
        .memoryBytes = 141'000'000'000,
        .l2Bytes = 50 * mebibyte,
        .fmaLanes = 128,
        .specialLanes = 16,
        .sharedBytesPerClock = 128,
        // The measured 5.5 TB/s of [C&C] are 35 for each of an H100 PCIe's 114 multiprocessors at the 1.4 GHz
        // to which it then drops; [DeepGEMM] counts with 46. Two thirds of the port lie between.
        .l2BytesPerClock = 42,
        // An estimate: published microbenchmarks of mma.sync lie between a half and two thirds of wgmma's
        // rate. Its fp8 and int4 forms are sequences of other instructions in the machine code, hence zero.
        .warpMma = {.half = 2048, .tf32 = 1024, .int8 = 4096},
        .warpgroupMma = {.half = 4096, .tf32 = 2048, .fp8 = 8192, .int8 = 8192},
        // [Hopper], measured on an H100.
        .l2LatencyClocks = 263,
        .memoryLatencyClocks = 480,
        .clusterLatencyClocks = 180,
    },
};

std::span<const TargetInfo> ashlar::allTargets() { return targets; }

const TargetInfo *ashlar::lookupTarget(std::string_view name, std::string *error) {
  const auto *found = std::ranges::find(targets, name, &TargetInfo::name);
  if (found != std::end(targets))
    return found;
  if (error) {
    *error = "unknown target '" + std::string(name) + "'; the targets are ";
    for (const TargetInfo &target : targets)
      *error += (&target == targets ? "" : ", ") + std::string(target.name);
  }
  return nullptr;
}

static constexpr unsigned roundUp(unsigned value, unsigned unit) { return (value + unit - 1) / unit * unit; }

unsigned ashlar::residentBlocks(const TargetInfo &target, unsigned threadsPerBlock,
                                unsigned registersPerThread, unsigned sharedBytes) {
  if (threadsPerBlock == 0 || threadsPerBlock > target.maxThreadsPerBlock ||
      registersPerThread > target.maxRegistersPerThread || sharedBytes > target.sharedBytesPerBlock)
    return 0;
  // The hardware hands out registers to a warp in units of 256 and shared memory to a block in units of 128
  // bytes.
  constexpr unsigned warpThreads = 32, registerUnit = 256, sharedUnit = 128;
  unsigned warps = (threadsPerBlock + warpThreads - 1) / warpThreads;
  unsigned registers = warps * roundUp(std::max(registersPerThread, 1u) * warpThreads, registerUnit);
  unsigned shared = roundUp(sharedBytes + target.sharedBytesReservedPerBlock, sharedUnit);
  return std::min(
      {target.maxBlocksPerMultiprocessor, target.maxThreadsPerMultiprocessor / (warps * warpThreads),
       target.registersPerMultiprocessor / registers, target.sharedBytesPerMultiprocessor / shared});
}
