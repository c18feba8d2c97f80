//===-- AccessRecorder.h - Traffic of warp instructions -------------------===//
//
// Lanes run one after another, memory serves warps: what a warp instruction moves is known only when the
// accesses of its lanes are put together again. The recorder takes the n-th access of each lane at one site,
// counted since the warp last met, as one warp instruction. That is exact while the lanes of a warp execute a
// site equally often between two meetings (collectives and barriers); lanes that skip it in one loop
// iteration and not in the next may be grouped with their neighbours' other iterations.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_ACCESSRECORDER_H
#define ASHLAR_LIB_SIMULATOR_ACCESSRECORDER_H

#include "ashlar/Simulator/Simulator.h"
#include <array>
#include <cstdint>
#include <vector>

namespace ashlar::simulator {

/// What moves; each has its own rule for what it costs.
enum class AccessClass : uint8_t { GlobalRead, GlobalWrite, SharedRead, SharedWrite };

/// Sums for one site of a kernel.
struct SiteTotals {
  uint64_t executions = 0;
  TrafficCounts traffic;
};

/// The recorder of one block. Offsets into shared memory, addresses of global memory.
class AccessRecorder {
public:
  void startLaunch(uint32_t siteCount, uint32_t warpCount);

  /// `bytes` 0 takes part in the instruction without moving anything.
  void add(uint32_t warp, uint32_t lane, AccessClass accessClass, uint64_t address, uint32_t bytes,
           uint32_t site);
  /// A whole instruction of a warp at once: ldmatrix, stmatrix. Rows of 16 bytes.
  void addRows(const uint64_t *offsets, uint32_t rows, AccessClass accessClass, uint32_t site);
  /// A copy without threads.
  void addBulk(AccessClass accessClass, uint64_t bytes, uint64_t sectors, uint32_t site);
  /// Operands of a wgmma.
  void addOperands(uint64_t bytes, uint32_t site);
  /// The lanes of the warp have met: what they did before belongs to instructions before.
  void flush(uint32_t warp);

  const std::vector<SiteTotals> &totals() const { return sites; }

private:
  struct Group {
    /// Lanes that move something, the most bytes one moves, and the sum.
    uint32_t mask = 0, bytes = 0, totalBytes = 0;
    std::array<uint64_t, 32> addresses;
  };
  /// The open instructions of one warp at one site.
  struct Slot {
    std::array<uint32_t, 32> occurrences{};
    std::vector<Group> groups;
    uint32_t used = 0;
  };
  struct Warp {
    std::vector<uint32_t> slotOf;  // by site and class: index into slots + 1, 0 when none is open
    std::vector<uint32_t> touched; // the keys with an open slot, in the order of first access
    std::vector<Slot> slots;
  };
  void account(const Group &group, uint32_t key);

  std::vector<Warp> warps;
  std::vector<SiteTotals> sites;
};

} // namespace ashlar::simulator

#endif
