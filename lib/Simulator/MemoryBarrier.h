//===-- MemoryBarrier.h - The mbarrier objects of one block ---------------===//
//
// An mbarrier counts arrivals and bytes: its phase is complete when all expected threads have arrived and all
// expected bytes were copied; the next phase begins at once (PTX ISA, "mbarrier"). The objects lie in shared
// memory for the kernel, and in a table beside it for the simulator, so that a kernel that writes over one is
// found out. A thread that waits for a phase gives up the host thread until the phase is complete.
//
// An arrival is a release of what the thread did, a wait that succeeds an acquisition of all completed
// phases. What a copy wrote is known to those who acquired the phase that counted its bytes.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_MEMORYBARRIER_H
#define ASHLAR_LIB_SIMULATOR_MEMORYBARRIER_H

#include "Ordering.h"
#include "ashlar/Simulator/Simulator.h"
#include <cstdint>
#include <string>
#include <vector>

namespace ashlar::simulator {

struct Block;
struct Thread;

inline constexpr uint32_t memoryBarrierBytes = 8;

struct MemoryBarrier {
  uint32_t offset = 0;
  bool isLive = false;
  /// Arrivals of a phase, those that the present one still needs, the number of the present one, and the
  /// bytes that it expects more than were copied.
  uint32_t expected = 0, pending = 0, phase = 0;
  int64_t bytes = 0;
  Release release;
  std::vector<Thread *> waiters;
  /// Who made it, what others must know for it to be theirs as well, and whether copies see it.
  uint32_t site = 0, maker = 0, madeBy = 0, madeAt = 0;
  bool isVisibleToCopies = false;
  /// The agent that writes for it and its last write.
  uint32_t agent = 0, lastCopyStamp = 0, lastCopySite = 0, lastCopyParty = 0;
};

class MemoryBarriers {
public:
  explicit MemoryBarriers(Block &block) : block(block) {}

  void start(uint32_t sharedBytes);

  // The thread may be one of another block of the cluster.

  void init(Thread &thread, void *address, uint32_t count, uint32_t site);
  void invalidate(Thread &thread, void *address, uint32_t site);
  /// `flags` of ASHLAR_ARRIVE_. Returns the phase.
  uint32_t arrive(Thread &thread, void *address, uint32_t flags, uint32_t count, uint32_t bytes,
                  uint32_t site);
  void wait(Thread &thread, void *address, uint32_t parity, uint32_t site);
  /// cp.async.mbarrier.arrive without .noinc: one more arrival belongs to the present phase.
  void expectOneMore(Thread &thread, void *address, uint32_t site);

  /// The barrier that a copy of this thread is to count at, or null with a report.
  MemoryBarrier *admitCopy(Thread &thread, uint32_t offset, uint32_t site);
  /// A copy for this thread has written its bytes: the stamp of that write by the barrier's agent, which
  /// those will know who wait for the phase.
  uint32_t stampCopy(MemoryBarrier &barrier, uint32_t party, uint32_t site);
  void completeBytes(MemoryBarrier &barrier, uint32_t bytes);
  void reportOverwrite(const Thread &thread, uint32_t offset, uint32_t site);
  /// The live barrier at this offset, or null.
  MemoryBarrier *find(uint32_t offset);

  /// A fence by this thread makes the barriers it initialised known: to copies, and with `toCluster` to
  /// threads that only meet it at a relaxed cluster barrier.
  void fence(Thread &thread, bool toCluster);
  /// Whether ordinary accesses to these bytes would hit a barrier.
  bool covers(uint32_t offset, uint32_t bytes) const;

  void reportStuck();
  /// Bytes that never balanced, and copies that nobody waited for.
  void reportUnfinished();

private:
  /// The live barrier at the address; null, with a report, where there is none that the thread may use.
  MemoryBarrier *admit(Thread &thread, void *address, uint32_t site, bool isCopy = false);
  void report(const Thread &thread, uint32_t site, uint32_t offset, std::string detail,
              const MemoryBarrier *barrier = nullptr, ReportKind kind = ReportKind::MemoryBarrier);
  void completeIfDone(MemoryBarrier &barrier);

  Block &block;
  std::vector<MemoryBarrier> barriers;
  size_t count = 0, liveCount = 0;
  /// By offset in words of 8 bytes: the index of a barrier plus one.
  std::vector<uint16_t> indexAt;
};

} // namespace ashlar::simulator

#endif
