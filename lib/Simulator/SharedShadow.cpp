//===-- SharedShadow.cpp - What is known about every byte of shared memory ---===//
//
// Checks accesses to shared memory against the marks of earlier ones.
//
//===----------------------------------------------------------------------===//

#include "SharedShadow.h"

namespace ashlar::simulator {

static constexpr uint64_t pendingFlag = 2, atomicFlag = 1, asyncFlag = 1;
static constexpr uint32_t unknownSite = 0xffff;

static uint32_t stampOf(uint64_t mark) { return uint32_t(mark >> 32); }
static uint32_t partyOf(uint64_t mark) { return uint32_t(mark >> 18) & 0x3fff; }

SharedShadow::Mark SharedShadow::mark(uint32_t party, uint32_t stamp, uint32_t site, uint64_t flags) {
  bool isKnown = site < siteNumbers.size();
  uint32_t number = isKnown ? siteNumbers[site] : unknownSite;
  if (number == unknownSite && isKnown && numberedSites.size() < unknownSite) {
    number = uint32_t(numberedSites.size());
    siteNumbers[site] = uint16_t(number);
    numberedSites.push_back(site);
  }
  return Mark(stamp) << 32 | Mark(party) << 18 | Mark(number) << 2 | flags;
}

uint32_t SharedShadow::siteOf(Mark mark) const {
  uint32_t number = uint32_t(mark >> 2) & 0xffff;
  return number < numberedSites.size() ? numberedSites[number] : none;
}

bool SharedShadow::isUnordered(Mark earlier, uint32_t party) const {
  return !ordering.isOrdered(partyOf(earlier), stampOf(earlier), party);
}

bool SharedShadow::lacksFence(Mark earlier, uint32_t party) const {
  uint32_t stamp = stampOf(earlier);
  return !ordering.isPast(stamp) && !ordering.isAgentStamp(stamp) &&
         !ordering.isFenced(partyOf(earlier), stamp, party);
}

void SharedShadow::report(ReportKind kind, const SharedAccess &access, uint32_t at, Mark other) {
  Finding finding{kind};
  finding.site = access.site;
  finding.thread = ordering.threadOf(access.party);
  finding.block = ordering.blockOf(access.party);
  finding.offset = at;
  finding.bytes = access.bytes;
  if (other) {
    finding.otherSite = siteOf(other);
    finding.otherThread = ordering.threadOf(partyOf(other));
    finding.otherBlock = ordering.blockOf(partyOf(other));
  }
  findings.add(finding);
}

void SharedShadow::startLaunch(uint32_t siteCount) {
  siteNumbers.assign(siteCount, unknownSite);
  numberedSites.clear();
}

void SharedShadow::startBlock(uint32_t bytes) {
  if (generation != ordering.generation())
    entries.clear();
  generation = ordering.generation();
  if (entries.size() < bytes)
    entries.resize(bytes);
}

// In each of the following an access is reported once, for the first byte with a given trouble: the loop goes
// on to keep the marks, but a 16-byte access is one finding and not sixteen.

//===-- Reads -------------------------------------------------------------===//

/// Both kept reads are by different parties, and one by an agent stays until it is over.
void SharedShadow::noteRead(Entry &entry, uint32_t party, Mark now) const {
  if (partyOf(entry.lastRead) != party) {
    uint32_t other = stampOf(entry.otherRead);
    if (!ordering.isAgentStamp(other) || !isUnordered(entry.otherRead, party))
      entry.otherRead = entry.lastRead;
  }
  entry.lastRead = now;
}

std::optional<ReportKind> SharedShadow::troubleOfRead(const Entry &entry, uint32_t party,
                                                      bool isAsync) const {
  uint32_t stamp = stampOf(entry.write);
  if (ordering.isPast(stamp))
    return ReportKind::UninitializedShared;
  if (entry.write & pendingFlag)
    return ReportKind::IncompleteCopy;
  if (isUnordered(entry.write, party))
    return ordering.isAgentStamp(stamp) ? ReportKind::IncompleteCopy : ReportKind::SharedRace;
  if (isAsync && lacksFence(entry.write, party))
    return ReportKind::MissingProxyFence;
  return std::nullopt;
}

void SharedShadow::readAs(std::span<const uint32_t> parties, const SharedAccess &access, Mark now,
                          bool isAsync) {
  bool reported = false;
  Mark checked = 0;
  for (uint32_t at = access.offset; at < access.offset + access.bytes; ++at) {
    Entry &entry = entries[at];
    // Neighbours mostly share their writer, which has then been checked.
    bool isChecked = at != access.offset && entry.write == checked;
    checked = entry.write;
    for (uint32_t party : parties)
      if (!reported && !isChecked)
        if (std::optional<ReportKind> trouble = troubleOfRead(entry, party, isAsync)) {
          Mark writer = *trouble == ReportKind::UninitializedShared ? 0 : entry.write;
          report(*trouble, {party, access.offset, access.bytes, access.site}, at, writer);
          reported = true;
        }
    noteRead(entry, partyOf(now), now);
  }
}

void SharedShadow::read(uint32_t party, uint32_t offset, uint32_t bytes, uint32_t site) {
  readAs(std::span(&party, 1), {party, offset, bytes, site}, mark(party, site, 0), false);
}

void SharedShadow::lendToAgent(std::span<const uint32_t> parties, const SharedAccess &access, uint32_t agent,
                               uint32_t stamp) {
  readAs(parties, access, mark(agent, stamp, access.site, asyncFlag), true);
}

//===-- Writes ------------------------------------------------------------===//

bool SharedShadow::reportConflict(const Entry &entry, const SharedAccess &access, uint32_t at, bool isAtomic,
                                  bool isAsync) {
  auto found = [&](ReportKind kind, Mark other) {
    report(kind, access, at, other);
    return true;
  };
  uint32_t stamp = stampOf(entry.write);
  if (!ordering.isPast(stamp)) {
    if (entry.write & pendingFlag)
      return found(ReportKind::IncompleteCopy, entry.write);
    bool bothAtomic = isAtomic && (entry.write & atomicFlag);
    if (!bothAtomic && isUnordered(entry.write, access.party))
      return found(ordering.isAgentStamp(stamp) ? ReportKind::IncompleteCopy : ReportKind::SharedRace,
                   entry.write);
    if (isAsync && lacksFence(entry.write, access.party))
      return found(ReportKind::MissingProxyFence, entry.write);
  }
  for (Mark earlier : {entry.lastRead, entry.otherRead}) {
    if (isUnordered(earlier, access.party))
      return found(ordering.isAgentStamp(stampOf(earlier)) ? ReportKind::AsyncRace : ReportKind::SharedRace,
                   earlier);
    if (isAsync && !(earlier & asyncFlag) && lacksFence(earlier, access.party))
      return found(ReportKind::MissingProxyFence, earlier);
  }
  return false;
}

void SharedShadow::overwrite(const SharedAccess &access, uint64_t flags, bool isAsync) {
  const Mark now = mark(access.party, access.site, flags);
  bool reported = false;
  Entry previous;
  for (uint32_t at = access.offset; at < access.offset + access.bytes; ++at) {
    Entry &entry = entries[at];
    // Neighbours mostly share their history, which has then been checked.
    bool isChecked = at != access.offset && entry.write == previous.write &&
                     entry.lastRead == previous.lastRead && entry.otherRead == previous.otherRead;
    if (!reported && !isChecked)
      reported = reportConflict(entry, access, at, flags & atomicFlag, isAsync);
    previous = entry;
    entry.write = now;
  }
}

void SharedShadow::write(uint32_t party, uint32_t offset, uint32_t bytes, uint32_t site) {
  overwrite({party, offset, bytes, site}, 0, false);
}

void SharedShadow::atomic(uint32_t party, uint32_t offset, uint32_t bytes, uint32_t site) {
  for (uint32_t at = offset; at < offset + bytes; ++at)
    if (ordering.isPast(stampOf(entries[at].write))) {
      report(ReportKind::UninitializedShared, {party, offset, bytes, site}, at, 0);
      break;
    }
  overwrite({party, offset, bytes, site}, atomicFlag, false);
}

void SharedShadow::beginCopy(uint32_t party, uint32_t offset, uint32_t bytes, uint32_t site) {
  overwrite({party, offset, bytes, site}, pendingFlag, false);
}

void SharedShadow::beginAsyncWrite(const SharedAccess &access) { overwrite(access, pendingFlag, true); }

// Somebody may have written over a pending byte meanwhile, which has been reported.

void SharedShadow::endCopy(uint32_t party, uint32_t offset, uint32_t bytes, uint32_t site) {
  const Mark done = mark(party, site, 0);
  for (uint32_t at = offset; at < offset + bytes; ++at) {
    Mark &write = entries[at].write;
    if ((write & pendingFlag) && partyOf(write) == party)
      write = done;
  }
}

void SharedShadow::endAsyncWrite(const SharedAccess &access, uint32_t agent, uint32_t stamp) {
  const Mark done = mark(agent, stamp, access.site, 0);
  for (uint32_t at = access.offset; at < access.offset + access.bytes; ++at) {
    Mark &write = entries[at].write;
    if ((write & pendingFlag) && partyOf(write) == access.party)
      write = done;
  }
}

} // namespace ashlar::simulator
