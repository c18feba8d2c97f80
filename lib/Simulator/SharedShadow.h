//===-- SharedShadow.h - What is known about every byte of shared memory ---===//
//
// For each byte: the last write and two last reads (by different threads, so that at least one of them is not
// the next writer's own), each as thread, stamp and site. An access is a race if a conflicting one is not
// ordered before it. Bytes that an asynchronous copy is going to write are marked until the thread that
// issued it has waited; nobody may touch them before that, not even that thread. Bytes that an asynchronous
// instruction reads (wgmma) are counted until it is complete; nobody may write them before that.
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

  /// An asynchronous instruction that these threads execute together starts to read: the bytes must be theirs
  /// to read now, and nobody may write them until `endAsyncRead` of the same bytes. This is where reads of the
  /// asynchronous proxy enter: bytes that the generic proxy wrote need a fence.proxy.async before.
  void beginAsyncRead(std::span<const uint16_t> readers, uint32_t offset, uint32_t bytes, uint32_t site);
  /// It is complete, and from now on an ordinary read of `reader` at its present clock.
  void endAsyncRead(uint32_t reader, uint32_t offset, uint32_t bytes, uint32_t site);

private:
  /// stamp:32, thread:10, site:20, pending:1, atomic:1. Zero is older than any block.
  using Mark = uint64_t;
  struct Entry {
    Mark write = 0, lastRead = 0, otherRead = 0;
  };
  struct AsyncReads {
    uint32_t count = 0;
    /// The one that began last.
    Mark last = 0;
  };
  bool reportUnreadable(const Entry &entry, uint32_t thread, uint32_t at, uint32_t bytes, uint32_t site);
  void markRead(Entry &entry, Mark now);
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
  /// By bytes; empty in kernels without such instructions.
  std::vector<AsyncReads> asyncReads;
  /// Bytes under asynchronous reads, each counted as often as it is read.
  uint64_t openAsyncReads = 0;
};

} // namespace ashlar::simulator

#endif
