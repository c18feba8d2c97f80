//===-- Block.h - The threads of one block and their meetings -------------===//
//
// A `Block` is what a host thread needs to run one block of a cluster after another: fibers for the threads,
// shared memory, and the state of checks and counters. A thread runs until it has to wait, then switches
// straight to the next runnable one, of its own warp first, then of its block, then of its cluster
// (Cluster.h).
//
// Two kinds of meeting exist here. A *warp meeting* collects lanes of a warp that execute the same collective
// with the same lane mask; the last to arrive computes the result for all. A *barrier* collects threads of
// the block. What else makes threads wait (memory barriers, clusters, registers) uses `wait` and `release`
// below.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_BLOCK_H
#define ASHLAR_LIB_SIMULATOR_BLOCK_H

#include "AccessRecorder.h"
#include "AsyncCopy.h"
#include "BulkStores.h"
#include "Fiber.h"
#include "Findings.h"
#include "Memory.h"
#include "MemoryBarrier.h"
#include "Mma.h"
#include "Ordering.h"
#include "RegisterBudget.h"
#include "SharedShadow.h"
#include "Wgmma.h"
#include <atomic>

namespace ashlar::simulator {

inline constexpr uint32_t exchangeWords = 4, maximumWarps = maximumBlockThreads / warpLanes,
                          barrierCount = 16;

/// What the agents of a block (Ordering.h) do: one makes initialised memory barriers known, others write for
/// memory barriers, others read for threads that start stores, one reads for each warp group.
inline constexpr uint32_t makerAgent = 0, firstBarrierAgent = 1, firstStoreAgent = 48, firstGroupAgent = 64;

/// Instructions counted per thread; a warp's count is that of its busiest lane.
enum class Instruction : uint8_t {
  Mma,
  LoadMatrix,
  StoreMatrix,
  CopyAsync,
  Barrier,
  WarpSync,
  Shuffle,
  Vote,
  SpecialFunction,
  GlobalLoad,
  GlobalStore,
  SharedLoad,
  SharedStore,
  Atomic,
  Wgmma,
  TensorLoad,
  TensorStore,
  MemoryBarrier,
  ClusterBarrier,
  ProxyFence
};
inline constexpr size_t instructionKinds = size_t(Instruction::ProxyFence) + 1;

/// What all blocks of a launch share; constant while it runs, but for the atomics.
struct Launch {
  const AshlarSimulatorModule *module;
  const AshlarSimulatorKernel *kernel;
  LaunchShape shape;
  LaunchOptions options;
  RangeSet ranges;
  /// Clusters along each dimension of the grid, and all of them.
  Dim3 clusterGrid;
  uint64_t clusterCount;
  std::atomic<uint64_t> nextCluster{0};
  /// Set when a cluster is stuck: further ones would be stuck as well.
  std::atomic<bool> stop{false};
};

struct Block;
struct Cluster;

struct Thread : AshlarSimulatorThread {
  Block *block = nullptr;
  /// In the block, and among the parties of the cluster.
  uint32_t index = 0, party = 0;
  bool hasExited = false;
  /// The operation at which the thread waits.
  uint32_t waitSite = none;
  std::array<uint32_t, instructionKinds> counts{};
  AsyncCopies copies;
  BulkStores stores;
  /// Phases of the cluster's barrier at which the thread has arrived and waited.
  uint32_t clusterArrivals = 0, clusterWaits = 0;
  /// Blocks of the cluster that are known to run, as a mask.
  uint32_t knownBlocks = 0;
  Fiber fiber;

  void count(Instruction instruction, uint32_t times = 1) { counts[size_t(instruction)] += times; }
};

struct Warp;
struct WarpMeeting;
/// Computes the results of a complete warp meeting in the exchange area.
using FinishMeeting = void (*)(Block &block, Warp &warp, const WarpMeeting &meeting);

struct WarpMeeting {
  FinishMeeting finish;
  /// What distinguishes instructions with the same `finish`: a kind, flags, or a list of instructions.
  uint64_t parameter;
  uint32_t count, mask, arrived, site, firstThread;
  /// The instruction is `.aligned`: all lanes that exist must execute this very one.
  bool isAligned;
};

struct Warp {
  uint32_t index = 0;
  uint32_t firstThread = 0;
  /// Lanes that exist in this block, that have not exited, that can run.
  uint32_t existing = 0, live = 0, runnable = 0;
  uint32_t meetingCount = 0;
  std::array<WarpMeeting, warpLanes> meetings;
  /// Operands and results of collectives, one row a lane.
  alignas(64) uint32_t exchange[warpLanes][exchangeWords];
  /// For collectives on memory: a row, or a list of them, and the registers of each lane.
  std::array<char *, warpLanes> pointers;
  std::array<const void *const *, warpLanes> rowLists;
  std::array<uint32_t *, warpLanes> registers;
};

struct BlockBarrier {
  uint32_t arrived = 0, expected = 0, site = none, firstThread = none;
  uint32_t popc = 0, all = 1, any = 0;
  /// What threads did that arrived without waiting.
  Release arrivals;
  /// Results of the last completed reduction.
  uint32_t results[3] = {};
  std::array<uint32_t, maximumWarps> lanes{};
};

struct Block {
  Block(Cluster &cluster, uint32_t rank);
  ~Block();
  Block(const Block &) = delete;

  //===-- For the cluster -------------------------------------------------------------------------------===//

  /// Gets ready for the blocks of a launch; false when there is no memory for the stacks.
  bool prepare(Launch &launch);
  /// Makes all threads runnable at the start of the kernel.
  void start(uint64_t index, const Dim3 &clusterId);
  /// A thread that can run, or null.
  Thread *anyRunnable();
  bool hasEnded() const { return exitedCount == threadCount; }
  uint32_t liveThreads() const { return threadCount - exitedCount; }
  /// Names who waits, and for whom, when nobody can go on.
  void reportStuck();
  /// Completes what outlives the threads, and counts.
  void finish();
  /// The fibers are in the middle of a kernel that will not go on.
  void abandonFibers() { fibersAreFresh = false; }

  //===-- For the instructions (called on a thread's fiber) ---------------------------------------------===//

  /// Waits for the lanes of `mask`; returns when `finish` has run. `count` instructions meet at once.
  void meet(Thread &thread, uint32_t mask, FinishMeeting finish, uint64_t parameter, uint32_t site,
            bool isAligned, uint32_t count = 1);
  /// `count` 0: all threads. Returns the barrier, whose `results` are those of this completion.
  const BlockBarrier &waitAtBarrier(Thread &thread, uint32_t id, uint32_t count, uint32_t predicate,
                                    uint32_t site);
  /// bar.arrive: counts like a thread that waits.
  void arriveAtBarrier(Thread &thread, uint32_t id, uint32_t count, uint32_t site);
  /// Gives up the host thread until the thread is released.
  void wait(Thread &thread, uint32_t site);
  void release(Thread &thread) { release(warpOf(thread), 1u << thread.lane); }
  void release(Warp &warp, uint32_t lanes);
  /// One access, announced by generated code; returns the address to use.
  void *access(Thread &thread, void *address, uint32_t bytes, uint32_t flags, uint32_t site);
  /// Checks and counts an access to this block's shared memory that an instruction makes, maybe of another
  /// block; false when it is out of bounds.
  bool accessShared(Thread &thread, const void *address, uint32_t bytes, uint32_t flags, uint32_t site,
                    bool isCounted);
  bool accessGlobal(Thread &thread, const void *address, uint32_t bytes, uint32_t flags, uint32_t site);
  /// Checks and counts both ends of a copy; redirects those that are out of bounds.
  void admitCopy(Thread &thread, AsyncCopy &copy);
  /// Reports where a thread of another block of the cluster uses this one's shared memory and does not know
  /// that the block has started, or it has ended.
  void checkIsRunning(Thread &thread, uint32_t site) {
    if (thread.block != this)
      checkLifetime(thread, site);
  }
  /// The same; and before this block ends, its threads must know of the access.
  void noteRemoteAccess(Thread &thread, uint32_t site) {
    if (thread.block != this)
      addRemoteAccess(thread, site);
  }
  /// A place for accesses out of bounds; reads give poison. At most 128 bytes.
  char *sink();

  void report(ReportKind kind, const Thread &thread, uint32_t site, int64_t offset, uint32_t bytes,
              uint32_t otherThread = none, uint32_t otherSite = none);
  /// A finding of this thread at this site, to be completed.
  Finding finding(ReportKind kind, const Thread &thread, uint32_t site) const;
  Thread &threadAt(uint32_t index) { return *threads[index]; }
  Warp &warpAt(uint32_t index) { return *warps[index]; }
  Warp &warpOf(const Thread &thread) { return *warps[thread.warp]; }
  uint32_t sharedOffset(const void *address) const {
    return uint32_t(static_cast<const char *>(address) - shared);
  }

  Cluster &cluster;
  const uint32_t rank;
  Launch *launch = nullptr;
  uint64_t blockIndex = 0;
  char *shared = nullptr;
  bool checks = false, counters = false, isLatest = false, isExact = false;

  Findings findings;
  Ordering &ordering;
  SharedShadow shadow{ordering, findings};
  AccessRecorder recorder;
  std::array<uint64_t, instructionKinds> instructionTotals{};
  MmaWorkspace mmaWorkspace;
  MemoryBarriers memoryBarriers{*this};
  RegisterBudget registerBudget{*this};
  /// Threads so far that started stores by tensor maps.
  uint32_t storingThreads = 0;
  WarpGroups warpGroups{*this};
  uint64_t wgmmaMultiplyAdds = 0;

private:
  /// Has a meeting of its own.
  friend class WarpGroup;
  static void threadMain(void *argument);
  void startThreads();
  void exitThread(Thread &thread);
  void checkLifetime(Thread &thread, uint32_t site);
  void addRemoteAccess(Thread &thread, uint32_t site);
  void reportUnorderedEnd();
  BlockBarrier &enterBarrier(Thread &thread, uint32_t id, uint32_t count, uint32_t site);
  Thread *nextRunnable(const Warp &warp, uint32_t lane);
  void completeMeeting(Warp &warp, uint32_t index);
  void supplyAbsentLanes(Warp &warp, uint32_t present);
  void completeBarrier(BlockBarrier &barrier);
  void completeIfAllArrived(BlockBarrier &barrier);
  void collectCounts();

  uint32_t threadCount = 0, warpCount = 0, exitedCount = 0, lastExited = none, runnableWarps = 0;
  std::vector<std::unique_ptr<Thread>> threads;
  std::vector<std::unique_ptr<Warp>> warps;
  std::array<BlockBarrier, barrierCount> barriers;
  StackPool stacks;
  bool fibersAreFresh = false;
  char *sharedAllocation = nullptr;
  size_t rangeHint = 0;
  alignas(64) char sinkBytes[128];
  /// The last access of each party of another block.
  struct RemoteAccess {
    uint32_t party, stamp, site;
  };
  std::vector<RemoteAccess> remoteAccesses;
  std::vector<uint32_t> absentRegisters;
  std::vector<const void *> absentRows;
};

} // namespace ashlar::simulator

#endif
