//===-- Memory.h - Device memory ------------------------------------------===//
//
// Allocations between red zones, and the question whether an address lies in memory that a kernel may use.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_MEMORY_H
#define ASHLAR_LIB_SIMULATOR_MEMORY_H

#include "ashlar/Simulator/Simulator.h"
#include <map>
#include <vector>

namespace ashlar::simulator {

/// What uninitialised memory and missing data look like: NaN in every float type, -1 as an integer.
inline constexpr int poisonByte = 0xff;

/// Address ranges a kernel may access; sorted, found by bisection.
class RangeSet {
public:
  void add(uint64_t address, uint64_t bytes, bool writable);
  /// Must be called after the last `add`.
  void sort();

  struct Range {
    uint64_t begin, end;
    bool writable;
  };
  /// The range that holds all the bytes, or null. `hint` remembers the last answer of one caller.
  const Range *find(uint64_t address, uint64_t bytes, size_t &hint) const;
  /// Start of the nearest range at or below the address, 0 if there is none.
  uint64_t nearestBelow(uint64_t address) const;

private:
  std::vector<Range> ranges;
};

class DeviceMemory {
public:
  ~DeviceMemory();
  Expected<void *> allocate(size_t bytes);
  Status free(void *address);
  /// Fails unless one allocation holds the bytes.
  Status check(const void *address, size_t bytes) const;
  void addRanges(RangeSet &ranges) const;
  /// The start of every allocation whose red zones were written, which restores them.
  std::vector<void *> takeWrittenRedZones();

private:
  struct Allocation {
    void *base;
    size_t bytes;
  };
  std::map<uint64_t, Allocation> allocations;
};

} // namespace ashlar::simulator

#endif
