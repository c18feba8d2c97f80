//===-- SharedShadow.h - What is known about every byte of shared memory ---===//
//
// For each byte: the last write and two last reads (by different threads, so that at least one of them is not
// the next writer's own), each as thread, stamp and site. An access is a race if a conflicting one is not
// ordered before it. Bytes that an asynchronous copy is going to write are marked until the thread that
// issued it has waited; nobody may touch them before that, not even that thread.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_SHAREDSHADOW_H
#define ASHLAR_LIB_SIMULATOR_SHAREDSHADOW_H

#include "Findings.h"
#include "Ordering.h"

namespace ashlar::simulator {

class SharedShadow {
public:
  SharedShadow(const Ordering &ordering, Findings &findings) : ordering(ordering), findings(findings) {}

  /// Shared memory has this many bytes and nothing in it is initialised.
  void startBlock(uint64_t block, uint32_t bytes);

  /// All ranges lie within the shared memory.
  void read(uint32_t thread, uint32_t offset, uint32_t bytes, uint32_t site);
  void write(uint32_t thread, uint32_t offset, uint32_t bytes, uint32_t site);
  /// Reads and writes; unordered atomics are no race among themselves.
  void atomic(uint32_t thread, uint32_t offset, uint32_t bytes, uint32_t site);

  void beginCopy(uint32_t thread, uint32_t offset, uint32_t bytes, uint32_t site);
  /// The thread has waited: from now on the copy counts as a write it makes now.
  void endCopy(uint32_t thread, uint32_t offset, uint32_t bytes, uint32_t site);

private:
  /// stamp:32, thread:10, site:20, pending:1, atomic:1. Zero is older than any block.
  using Mark = uint64_t;
  struct Entry {
    Mark write = 0, lastRead = 0, otherRead = 0;
  };
  Mark mark(uint32_t thread, uint32_t site, uint64_t flags) const;
  bool isUnordered(Mark earlier, uint32_t thread) const;
  /// True when the write was reported.
  bool reportConflict(const Entry &entry, uint32_t thread, uint32_t at, uint32_t bytes, uint32_t site,
                      bool isAtomic);
  void overwrite(uint32_t thread, uint32_t offset, uint32_t bytes, uint32_t site, uint64_t flags);
  void report(ReportKind kind, uint32_t thread, uint32_t offset, uint32_t bytes, uint32_t site, Mark other);

  const Ordering &ordering;
  Findings &findings;
  uint64_t block = 0;
  std::vector<Entry> entries;
};

} // namespace ashlar::simulator

#endif
