//===-- SharedShadow.h - What is known about every byte of shared memory ---===//
//
// For each byte: the last write and two last reads (by different parties, so that at least one of them is not
// the next writer's own), each as party, stamp and site. An access is a race if a conflicting one is not
// ordered before it. Bytes that an asynchronous copy is going to write are marked until it is complete;
// nobody may touch them before that, not even the thread that issued it.
//
// Copies by tensor maps and the operands of wgmma go through the *async proxy*. They are ordered by what the
// thread that issues them knows, and accesses of the generic proxy before them need a proxy fence by the
// thread that made them. What they write belongs to an agent (Ordering.h): only who waited for it knows of
// it.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_SHAREDSHADOW_H
#define ASHLAR_LIB_SIMULATOR_SHAREDSHADOW_H

#include "Findings.h"
#include "Ordering.h"
#include <optional>

namespace ashlar::simulator {

/// A range of shared memory that a party accesses at a site.
struct SharedAccess {
  uint32_t party, offset, bytes, site;
};

class SharedShadow {
public:
  SharedShadow(const Ordering &ordering, Findings &findings) : ordering(ordering), findings(findings) {}

  /// Sites are those of another module.
  void startLaunch(uint32_t siteCount);
  /// Shared memory has this many bytes and nothing in it is initialised.
  void startBlock(uint32_t bytes);

  // All ranges lie within the shared memory.

  void read(uint32_t party, uint32_t offset, uint32_t bytes, uint32_t site);
  void write(uint32_t party, uint32_t offset, uint32_t bytes, uint32_t site);
  /// Reads and writes; unordered atomics are no race among themselves.
  void atomic(uint32_t party, uint32_t offset, uint32_t bytes, uint32_t site);

  void beginCopy(uint32_t party, uint32_t offset, uint32_t bytes, uint32_t site);
  /// The thread has waited: from now on the copy counts as a write it makes now.
  void endCopy(uint32_t party, uint32_t offset, uint32_t bytes, uint32_t site);

  /// The thread lets the agent read, some time until those who write know of `stamp`.
  void lendToAgent(const SharedAccess &access, uint32_t agent, uint32_t stamp) {
    lendToAgent(std::span(&access.party, 1), access, agent, stamp);
  }
  /// The same of several threads, of which each may read.
  void lendToAgent(std::span<const uint32_t> parties, const SharedAccess &access, uint32_t agent,
                   uint32_t stamp);
  /// The thread issues a copy through the async proxy into these bytes.
  void beginAsyncWrite(const SharedAccess &access);
  /// It is complete: a write by the agent with this stamp.
  void endAsyncWrite(const SharedAccess &access, uint32_t agent, uint32_t stamp);

private:
  /// stamp:32, party:14, site:16, pending:1, flag:1. Zero is older than any block. The flag says of writes
  /// that they are atomic, of reads that they went through the async proxy.
  using Mark = uint64_t;
  struct Entry {
    Mark write = 0, lastRead = 0, otherRead = 0;
  };
  Mark mark(uint32_t party, uint32_t site, uint64_t flags) {
    return mark(party, ordering.clock(party), site, flags);
  }
  Mark mark(uint32_t party, uint32_t stamp, uint32_t site, uint64_t flags);
  uint32_t siteOf(Mark mark) const;
  bool isUnordered(Mark earlier, uint32_t party) const;
  /// A generic access of this cluster without the proxy fence that an asynchronous one needs.
  bool lacksFence(Mark earlier, uint32_t party) const;
  void noteRead(Entry &entry, uint32_t party, Mark now) const;
  /// What is wrong with the party's reading, if anything.
  std::optional<ReportKind> troubleOfRead(const Entry &entry, uint32_t party, bool isAsync) const;
  void readAs(std::span<const uint32_t> parties, const SharedAccess &access, Mark now, bool isAsync);
  /// True when the write was reported.
  bool reportConflict(const Entry &entry, const SharedAccess &access, uint32_t at, bool isAtomic,
                      bool isAsync);
  void overwrite(const SharedAccess &access, uint64_t flags, bool isAsync);
  void report(ReportKind kind, const SharedAccess &access, uint32_t at, Mark other);

  const Ordering &ordering;
  Findings &findings;
  std::vector<Entry> entries;
  uint32_t generation = 0;
  /// Sites by their number in marks, and the numbers.
  std::vector<uint32_t> numberedSites;
  std::vector<uint16_t> siteNumbers;
};

} // namespace ashlar::simulator

#endif
