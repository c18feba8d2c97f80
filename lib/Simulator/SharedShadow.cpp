//===-- SharedShadow.cpp - What is known about every byte of shared memory ---===//
//
// Checks accesses to shared memory against the marks of earlier ones.
//
//===----------------------------------------------------------------------===//

#include "SharedShadow.h"

namespace ashlar::simulator {

static constexpr uint64_t pendingFlag = 2, atomicFlag = 1;
static constexpr uint32_t siteMask = (1u << 20) - 1;

static uint32_t stampOf(uint64_t mark) { return uint32_t(mark >> 32); }
static uint32_t threadOf(uint64_t mark) { return uint32_t(mark >> 22) & 1023; }
static uint32_t siteOf(uint64_t mark) { return uint32_t(mark >> 2) & siteMask; }

SharedShadow::Mark SharedShadow::mark(uint32_t thread, uint32_t site, uint64_t flags) const {
  return Mark(ordering.clock(thread)) << 32 | Mark(thread) << 22 | Mark(site & siteMask) << 2 | flags;
}

bool SharedShadow::isUnordered(Mark earlier, uint32_t thread) const {
  return !ordering.isOrdered(threadOf(earlier), stampOf(earlier), thread);
}

void SharedShadow::report(ReportKind kind, uint32_t thread, uint32_t offset, uint32_t bytes, uint32_t site,
                          Mark other) {
  Finding finding{kind};
  finding.site = site;
  finding.thread = thread;
  finding.block = block;
  finding.offset = offset;
  finding.bytes = bytes;
  if (other) {
    finding.otherSite = siteOf(other);
    finding.otherThread = threadOf(other);
  }
  findings.add(finding);
}

void SharedShadow::startBlock(uint64_t index, uint32_t bytes) {
  block = index;
  if (entries.size() < bytes)
    entries.resize(bytes);
  // A block that leaves reads open has ended without its waits, which is reported elsewhere.
  if (openAsyncReads)
    asyncReads.assign(asyncReads.size(), {});
  openAsyncReads = 0;
}

// In each of the following an access is reported once, for the first byte with a given trouble: the loop goes
// on to keep the marks, but a 16-byte access is one finding and not sixteen.

void SharedShadow::read(uint32_t thread, uint32_t offset, uint32_t bytes, uint32_t site) {
  const Mark now = mark(thread, site, 0);
  bool reported = false;
  for (uint32_t at = offset; at < offset + bytes; ++at) {
    reported = reported || reportUnreadable(entries[at], thread, at, bytes, site);
    markRead(entries[at], now);
  }
}

bool SharedShadow::reportUnreadable(const Entry &entry, uint32_t thread, uint32_t at, uint32_t bytes,
                                    uint32_t site) {
  bool isStale = stampOf(entry.write) < ordering.blockStart(), isPending = entry.write & pendingFlag;
  if (!isStale && !isPending && !isUnordered(entry.write, thread))
    return false;
  ReportKind kind = isStale     ? ReportKind::UninitializedShared
                    : isPending ? ReportKind::IncompleteCopy
                                : ReportKind::SharedRace;
  report(kind, thread, at, bytes, site, isStale ? 0 : entry.write);
  return true;
}

void SharedShadow::markRead(Entry &entry, Mark now) {
  if (threadOf(entry.lastRead) != threadOf(now))
    entry.otherRead = entry.lastRead;
  entry.lastRead = now;
}

bool SharedShadow::reportConflict(const Entry &entry, uint32_t thread, uint32_t at, uint32_t bytes,
                                  uint32_t site, bool isAtomic) {
  bool isCurrent = stampOf(entry.write) >= ordering.blockStart();
  if (isCurrent && (entry.write & pendingFlag)) {
    report(ReportKind::IncompleteCopy, thread, at, bytes, site, entry.write);
    return true;
  }
  if (openAsyncReads && asyncReads[at].count) {
    report(ReportKind::SharedRace, thread, at, bytes, site, asyncReads[at].last);
    return true;
  }
  bool bothAtomic = isAtomic && (entry.write & atomicFlag);
  if (isCurrent && !bothAtomic && isUnordered(entry.write, thread)) {
    report(ReportKind::SharedRace, thread, at, bytes, site, entry.write);
    return true;
  }
  for (Mark earlier : {entry.lastRead, entry.otherRead})
    if (isUnordered(earlier, thread)) {
      report(ReportKind::SharedRace, thread, at, bytes, site, earlier);
      return true;
    }
  return false;
}

void SharedShadow::overwrite(uint32_t thread, uint32_t offset, uint32_t bytes, uint32_t site,
                             uint64_t flags) {
  const Mark now = mark(thread, site, flags);
  bool reported = false;
  Entry previous;
  for (uint32_t at = offset; at < offset + bytes; ++at) {
    Entry &entry = entries[at];
    // Neighbours mostly share their history, which has then been checked.
    bool isChecked = at != offset && !openAsyncReads && entry.write == previous.write && entry.lastRead == previous.lastRead &&
                     entry.otherRead == previous.otherRead;
    if (!reported && !isChecked)
      reported = reportConflict(entry, thread, at, bytes, site, flags & atomicFlag);
    previous = entry;
    entry.write = now;
  }
}

void SharedShadow::write(uint32_t thread, uint32_t offset, uint32_t bytes, uint32_t site) {
  overwrite(thread, offset, bytes, site, 0);
}

void SharedShadow::atomic(uint32_t thread, uint32_t offset, uint32_t bytes, uint32_t site) {
  for (uint32_t at = offset; at < offset + bytes; ++at)
    if (stampOf(entries[at].write) < ordering.blockStart()) {
      report(ReportKind::UninitializedShared, thread, at, bytes, site, 0);
      break;
    }
  overwrite(thread, offset, bytes, site, atomicFlag);
}

void SharedShadow::beginCopy(uint32_t thread, uint32_t offset, uint32_t bytes, uint32_t site) {
  overwrite(thread, offset, bytes, site, pendingFlag);
}

void SharedShadow::endCopy(uint32_t thread, uint32_t offset, uint32_t bytes, uint32_t site) {
  const Mark done = mark(thread, site, 0);
  for (uint32_t at = offset; at < offset + bytes; ++at) {
    Mark &write = entries[at].write;
    // Somebody may have written over it meanwhile, which has been reported.
    if ((write & pendingFlag) && threadOf(write) == thread)
      write = done;
  }
}

void SharedShadow::beginAsyncRead(std::span<const uint16_t> readers, uint32_t offset, uint32_t bytes,
                                  uint32_t site) {
  if (asyncReads.size() < entries.size())
    asyncReads.resize(entries.size());
  const Mark now = mark(readers.front(), site, 0);
  bool reported = false;
  Mark previous = 0;
  for (uint32_t at = offset; at < offset + bytes; ++at) {
    const Entry &entry = entries[at];
    for (uint16_t reader : readers)
      if (!reported && (at == offset || entry.write != previous))
        reported = reportUnreadable(entry, reader, at, bytes, site);
    previous = entry.write;
    ++asyncReads[at].count;
    asyncReads[at].last = now;
  }
  openAsyncReads += bytes;
}

void SharedShadow::endAsyncRead(uint32_t reader, uint32_t offset, uint32_t bytes, uint32_t site) {
  const Mark now = mark(reader, site, 0);
  for (uint32_t at = offset; at < offset + bytes; ++at) {
    --asyncReads[at].count;
    markRead(entries[at], now);
  }
  openAsyncReads -= bytes;
}

} // namespace ashlar::simulator
