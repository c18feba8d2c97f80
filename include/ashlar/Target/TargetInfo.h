//===-- TargetInfo.h - Hardware facts of the GPUs we compile for -*- C++ -*-===//
//
// One table, one row a target. Everything that depends on the hardware asks this table for a number or a
// capability; nothing compares target names or compute capabilities. Plain C++: the runtime and the cost
// model include it too.
//
// A target is an instruction set (`sm_90a`); the numbers that vary between boards of one instruction set
// (processors, clock, memory) are those of a representative board, named in the row, and serve the cost model
// only. Nothing that decides correctness depends on them.
//
// Sources: CUDA C Programming Guide, table "Technical Specifications per Compute Capability" and section
// "Arithmetic Instructions" (limits, rates of the ordinary units); PTX ISA, "Release History" (versions); the
// vendors' data sheets of the boards (processors, clock, memory, tensor-core peak, from which the rates per
// clock are computed). What no vendor states (latencies, the rate of the L2 cache under load) comes from
// published microbenchmarks or is an estimate; the field, or the row, says which:
//
//   [Hopper]   "Benchmarking and Dissecting the Nvidia Hopper GPU Architecture", arXiv 2402.13499, and its
//              sequel, arXiv 2501.12084
//   [C&C]      Chips and Cheese, "Nvidia's H100: Funny L2, and Tons of Bandwidth"
//   [DeepGEMM] the constants of DeepGEMM's schedule heuristics, csrc/jit_kernels/heuristics/sm90.hpp
//
// docs/CostModel.md says what is made of these numbers.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TARGET_TARGETINFO_H
#define ASHLAR_TARGET_TARGETINFO_H

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ashlar {

/// Dense tensor-core rates in floating-point or integer operations (a multiply-add counts two) per clock and
/// multiprocessor. Zero: the instruction is missing or emulated, and a schedule must not choose it for speed.
struct MmaRates {
  unsigned half = 0; ///< f16 and bf16 operands, f32 accumulator.
  unsigned tf32 = 0; ///< tf32 operands, f32 accumulator.
  unsigned fp8 = 0;  ///< e4m3 and e5m2 operands, f32 accumulator.
  unsigned int8 = 0; ///< s8 and u8 operands, s32 accumulator.
  unsigned int4 = 0; ///< s4 and u4 operands, s32 accumulator.
};

struct TargetInfo {
  std::string_view name;  ///< Name of the instruction set, as LLVM and ptxas spell it: "sm_80".
  std::string_view board; ///< The board whose processor count, clock and memory the row holds.
  unsigned computeCapability =
      0;                    ///< Major version times ten plus minor: what the driver reports for the device.
  bool runsOnNewer = false; ///< Its PTX runs on every device of at least this compute capability.
  unsigned ptxVersion = 0;  ///< PTX ISA version to emit, major times ten plus minor: 74 for 7.4.

  // Limits. Exceeding one is an error, not a matter of speed.
  unsigned registersPerMultiprocessor = 0;
  unsigned maxRegistersPerThread = 0;
  unsigned maxThreadsPerBlock = 0;
  unsigned maxThreadsPerMultiprocessor = 0;
  unsigned maxBlocksPerMultiprocessor = 0;
  unsigned sharedBytesPerMultiprocessor = 0;
  unsigned sharedBytesPerBlock = 0; ///< Most dynamic plus static shared memory a block may ask for (opt-in).
  unsigned sharedBytesReservedPerBlock = 0; ///< Taken from the multiprocessor's for every resident block.
  unsigned maxClusterBlocks = 0;            ///< Of a cluster that every device can place; 0 without clusters.
  unsigned registerStep = 0;                ///< setmaxnreg takes multiples of this; 0 without it.
  unsigned minRegistersPerThread = 0;       ///< The least that setmaxnreg takes.

  // Capabilities: instructions that exist.
  bool hasMmaSync = false;  ///< mma.sync, ldmatrix.
  bool hasCpAsync = false;  ///< cp.async.
  bool hasTma = false;      ///< cp.async.bulk(.tensor), mbarrier transactions.
  bool hasWgmma = false;    ///< wgmma.mma_async, setmaxnreg.
  bool hasCluster = false;  ///< Thread-block clusters, distributed shared memory.
  bool hasStMatrix = false; ///< stmatrix.

  // Rates, per clock and multiprocessor unless said otherwise. For the cost model.
  unsigned multiprocessors = 0;
  double clockHz = 0;              ///< The clock at which the data sheet's peak rates hold.
  double memoryBytesPerSecond = 0; ///< Device memory, data-sheet peak.
  uint64_t memoryBytes = 0;        ///< Device memory, data-sheet size.
  uint64_t l2Bytes = 0;
  unsigned fmaLanes = 0;             ///< f32 multiply-adds.
  unsigned specialLanes = 0;         ///< ex2, lg2, rcp, rsqrt, tanh: special-function results.
  unsigned issueSlots = 4;           ///< Warp instructions that start: one for each sub-processor.
  unsigned sharedBytesPerClock = 0;  ///< Shared-memory bandwidth.
  unsigned l2PortBytesPerClock = 64; ///< What the multiprocessor's port to the L2 cache takes in at most.
  /// What a multiprocessor gets from the L2 cache when all of them ask at once. An estimate, two thirds of
  /// the port.
  unsigned l2BytesPerClock = 42;
  MmaRates warpMma = {};      ///< mma.sync.
  MmaRates warpgroupMma = {}; ///< wgmma.

  // Latencies, in clocks unless said otherwise. For the cost model.
  unsigned l2LatencyClocks = 0;      ///< From a load's issue to its data, out of the L2 cache.
  unsigned memoryLatencyClocks = 0;  ///< The same out of device memory.
  unsigned clusterLatencyClocks = 0; ///< The same out of another multiprocessor's shared memory.
  /// A barrier in shared memory: from the last arrival to the first instruction of who waits. An estimate,
  /// twice the latency of shared memory, 29 [Hopper].
  unsigned barrierClocks = 60;
  /// From an asynchronous copy's issue to its data while many are in flight. An estimate.
  unsigned copyLatencyClocks = 700;
  /// Of starting and ending a block: its launch, first addresses, the last stores. An estimate.
  unsigned blockClocks = 1500;
  /// From one kernel's end to the next one's start in a stream. An estimate.
  double launchSeconds = 2e-6;
};

/// Every target, oldest first.
std::span<const TargetInfo> allTargets();

/// The target of that name, or null. If `error` is given, it then receives a sentence that lists the known
/// names.
const TargetInfo *lookupTarget(std::string_view name, std::string *error = nullptr);

/// How many blocks of a kernel a multiprocessor holds at once; 0 where a block exceeds a limit.
/// `registersPerThread` as ptxas reports them, `sharedBytes` dynamic plus static per block.
unsigned residentBlocks(const TargetInfo &target, unsigned threadsPerBlock, unsigned registersPerThread,
                        unsigned sharedBytes);

} // namespace ashlar

#endif // ASHLAR_TARGET_TARGETINFO_H
