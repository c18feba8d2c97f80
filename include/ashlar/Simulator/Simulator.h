//===-- Simulator.h - A functional GPU simulator --------------------------===//
//
// Runs kernels that GPUToHost compiled to x86-64 code, thread by thread: the threads of a block are fibers,
// warp collectives and barriers make them meet, tensor-core instructions and asynchronous copies are
// functions of the simulator. It answers what a kernel computes, whether it is correct in ways that a GPU
// would not tell (races, reads of uninitialised memory, missing waits), and what traffic it causes. It does
// not model time.
//
// A `Device` is memory plus loaded modules. Device pointers are host pointers; every allocation stands
// between two red zones of which the device notices when they were written.
//
//   Device device;
//   Expected<const Module *> module = device.load(bytes, "kernels");
//   Expected<void *> data = device.allocate(1024);
//   const void *arguments[] = {&*data};
//   Expected<LaunchResult> result = device.launch(**module, "fill", {grid, block, sharedBytes, arguments},
//   options);
//
// Arithmetic of the tensor cores: the products of an mma are exact, their sum over k is taken in f32 (round
// to nearest even, in order of k, starting from zero) and then added to the accumulator in f32; integer sums
// are exact modulo 2^32. Hardware sums in another order and with truncation, so results agree within a few
// units of the last f32 place of the largest product. TensorCoreMode::Exact models it instead.
//
// Needs an x86-64 processor with AVX2, FMA and F16C.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_SIMULATOR_SIMULATOR_H
#define ASHLAR_SIMULATOR_SIMULATOR_H

#include "ashlar/Support/Status.h"
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ashlar::simulator {

/// x, y, z.
using Dim3 = std::array<uint32_t, 3>;

enum class ReportKind : uint8_t {
  OutOfBoundsGlobal,   ///< outside every registered range, or a write to a read-only one
  OutOfBoundsShared,   ///< outside the dynamic shared memory of the launch
  UninitializedShared, ///< a read of shared bytes that nobody wrote in this block
  SharedRace,          ///< two unordered accesses to a byte of shared memory, one of them a write
  IncompleteCopy,      ///< an access to shared bytes that a cp.async still may write: a wait is missing
  Misaligned,          ///< an address that is no multiple of the size the instruction moves
  BarrierDivergence,   ///< threads of a block are at different barriers, or some have left
  WarpDivergence,      ///< lanes that a warp-collective instruction needs are elsewhere or have left
  Deadlock,            ///< no thread of the block can go on
  RedZoneWritten, ///< after the launch the bytes around an allocation had changed (found with checks off,
                  ///< too)
  AsyncRace, ///< a write to bytes that an asynchronous store or wgmma still may read, or the end of the block
             ///< before it has
  MissingProxyFence, ///< an access through the async proxy after one of the generic proxy, without
                     ///< fence.proxy.async between them by the thread that made the first
  MemoryBarrier,  ///< an mbarrier is used before its initialisation, beyond its counts, or as ordinary memory
  BlockLifetime,  ///< shared memory of another block of the cluster that may not have begun or may have ended
  RegisterBudget, ///< a setmaxnreg that the hardware forbids or that waits for registers forever
  InvalidTensorMap,  ///< a copy by an argument that is no tensor map, or in another mode than its own
  WgmmaMissingFence, ///< registers that other instructions wrote go into a wgmma without a wgmma.fence
  WgmmaIncomplete,   ///< a thread leaves the kernel without having waited for its wgmma
};

/// A stable kebab-case name such as "shared-race".
const char *reportKindName(ReportKind kind);

/// One finding. Findings of one kind at one pair of locations count as one; the values are those of the first
/// of them in the order of blocks.
struct Report {
  ReportKind kind;
  std::string kernel;
  Dim3 block = {}, thread = {};
  /// "file:line:column" and name of the operation, and of the other party (races, divergence) where there is
  /// one.
  std::string location, operation;
  std::string otherLocation, otherOperation;
  Dim3 otherBlock = {}, otherThread = {};
  /// Global accesses: bytes from the start of the nearest allocation below. Shared accesses: offset in shared
  /// memory.
  int64_t offset = 0;
  uint32_t bytes = 0;
  /// What the kind leaves open, in words; may be empty.
  std::string detail;
  /// How many times it happened.
  uint64_t count = 0;

  /// One line for a person.
  std::string text() const;
};

/// Executed instructions. A warp that executes an instruction counts once, however many lanes take part.
struct InstructionCounts {
  uint64_t mma = 0, ldmatrix = 0, stmatrix = 0, copyAsync = 0, barrier = 0, warpSync = 0, shuffle = 0,
           vote = 0;
  uint64_t specialFunction = 0;
  uint64_t tmaLoad = 0, tmaStore = 0, mbarrier = 0, clusterBarrier = 0, proxyFence = 0;
  /// Of warp groups: each counts once. Multiply-accumulates of all of them.
  uint64_t wgmma = 0, wgmmaMultiplyAdds = 0;
  /// These need `LaunchOptions::counters`.
  uint64_t globalLoad = 0, globalStore = 0, sharedLoad = 0, sharedStore = 0, atomic = 0;
};

/// Memory traffic of warp instructions; all of it needs `LaunchOptions::counters`.
struct TrafficCounts {
  /// Bytes the lanes asked for, and the 32-byte sectors their warp instructions touched.
  uint64_t globalBytesRead = 0, globalBytesWritten = 0;
  uint64_t globalSectorsRead = 0, globalSectorsWritten = 0;
  uint64_t sharedBytesRead = 0, sharedBytesWritten = 0;
  /// Operands of wgmma in shared memory, not among the above: each once, however many warps use it.
  uint64_t sharedBytesMultiplied = 0;
  /// Extra wavefronts; 0 is conflict-free. See ashlar/Layout/BankConflicts.h.
  uint64_t bankConflicts = 0;

  /// The bytes that go over the bus.
  uint64_t globalBytesMoved() const { return 32 * (globalSectorsRead + globalSectorsWritten); }
};

/// The traffic of one operation of the kernel.
struct SiteCounts {
  std::string location, operation;
  uint64_t executions = 0;
  TrafficCounts traffic;
};

/// When asynchronous copies and products happen.
enum class AsyncMode : uint8_t {
  Earliest, ///< at issue
  Latest,   ///< at the wait that needs them, or when no thread can go on without them; until then the
            ///< destination of loads holds NaN, and the source of stores is not read
};

/// How tensor cores add up.
enum class TensorCoreMode : uint8_t {
  Fast, ///< in f32, see above
  Exact ///< as is known of Hopper, bit by bit; slow
};

struct MemoryRange {
  const void *address = nullptr;
  size_t bytes = 0;
  bool writable = true;
};

struct LaunchOptions {
  /// Check every access and every ordering. Slows kernels down several times.
  bool checks = false;
  /// Count traffic. Slows kernels down about twice.
  bool counters = false;
  AsyncMode asyncMode = AsyncMode::Earliest;
  TensorCoreMode tensorCores = TensorCoreMode::Fast;
  /// Host threads that run blocks; 0 means as many as there are processors.
  unsigned threads = 0;
  /// Reports kept; further distinct ones are dropped (the result says so).
  size_t maxReports = 100;
  /// With checks, global accesses must fall into one of these. Empty: all allocations of the device.
  std::vector<MemoryRange> ranges;
};

struct LaunchShape {
  Dim3 grid = {1, 1, 1}, block = {1, 1, 1};
  uint32_t sharedBytes = 0;
  /// Element i points to the value of parameter i.
  std::span<const void *const> arguments;
  /// Blocks of a cluster, which share barriers and see each other's shared memory.
  Dim3 cluster = {1, 1, 1};
};

struct LaunchResult {
  /// False when a block could not run to its end (a deadlock); memory then holds partial results.
  bool completed = true;
  /// Ordered by block, then by kind and site.
  std::vector<Report> reports;
  /// Distinct findings beyond `maxReports`.
  size_t droppedReports = 0;
  InstructionCounts instructions;
  TrafficCounts traffic;
  /// Sites with traffic, those with the most bank conflicts first, then by sectors.
  std::vector<SiteCounts> sites;
  double seconds = 0;
};

struct ModuleContents;
struct DeviceState;

/// A loaded shared object; lives as long as its device.
class Module {
public:
  std::vector<std::string> kernelNames() const;

private:
  friend class Device;
  explicit Module(std::unique_ptr<ModuleContents> contents);
  std::unique_ptr<ModuleContents> contents;

public:
  ~Module();
};

/// Largest dynamic shared memory a launch may ask for: 227 KiB, as on Hopper.
inline constexpr uint32_t maximumSharedBytes = 227 * 1024;
inline constexpr uint32_t maximumBlockThreads = 1024;
/// Blocks of a cluster that every device with clusters runs.
inline constexpr uint32_t maximumClusterBlocks = 8;

/// Memory and modules. Calls on one device must not overlap; different devices are independent.
class Device {
public:
  Device();
  ~Device();
  Device(const Device &) = delete;
  Device &operator=(const Device &) = delete;

  /// Loads an object that `emitSimulatorObject` made. Fails on objects of another ABI version and on
  /// processors without AVX2, FMA and F16C. The bytes run as code of this process.
  Expected<const Module *> load(std::span<const uint8_t> bytes, const std::string &name);

  /// Memory aligned to 256 bytes, filled with 0xff (NaN in every float type). Zero bytes are allowed.
  Expected<void *> allocate(size_t bytes);
  Status free(void *address);
  /// The ranges must lie inside one allocation.
  Status copyToDevice(void *destination, const void *source, size_t bytes);
  Status copyToHost(void *destination, const void *source, size_t bytes) const;

  /// Runs the whole grid and returns when it is done. Fails when the kernel is unknown or the shape is not
  /// one the kernel or the device takes; findings about the kernel's behaviour are in the result.
  Expected<LaunchResult> launch(const Module &module, const std::string &kernel, const LaunchShape &shape,
                                const LaunchOptions &options = {});

private:
  std::unique_ptr<DeviceState> state;
};

} // namespace ashlar::simulator

#endif
