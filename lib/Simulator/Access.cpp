//===-- Access.cpp - Checked and counted memory accesses ------------------===//
//
// What happens before a load or store when checks or counters are on.
//
//===----------------------------------------------------------------------===//

#include "Cluster.h"
#include <bit>
#include <cstring>

namespace ashlar::simulator {

static uint32_t alignmentOf(uint32_t flags) { return 1u << (flags >> ASHLAR_ACCESS_ALIGNMENT_SHIFT); }

static bool isWrite(uint32_t flags) { return flags & (ASHLAR_ACCESS_WRITE | ASHLAR_ACCESS_ATOMIC); }

bool Block::accessShared(Thread &thread, const void *address, uint32_t bytes, uint32_t flags, uint32_t site,
                         bool isCounted) {
  int64_t offset = static_cast<const char *>(address) - shared;
  bool isInside = offset >= 0 && offset + bytes <= launch->shape.sharedBytes;
  AccessRecorder &recorder = thread.block->recorder;
  if (counters && isCounted && isInside)
    recorder.add(thread.warp, thread.lane,
                 isWrite(flags) ? AccessClass::SharedWrite : AccessClass::SharedRead, uint64_t(offset), bytes,
                 site);
  if (!checks)
    return true;
  if (!isInside) {
    thread.block->report(ReportKind::OutOfBoundsShared, thread, site, offset, bytes);
    return false;
  }
  noteRemoteAccess(thread, site);
  if (offset % alignmentOf(flags))
    thread.block->report(ReportKind::Misaligned, thread, site, offset, bytes);
  if (memoryBarriers.covers(uint32_t(offset), bytes)) {
    Finding finding = thread.block->finding(ReportKind::MemoryBarrier, thread, site);
    finding.offset = offset;
    finding.bytes = bytes;
    finding.detail = "an ordinary access to a barrier in use";
    thread.block->findings.add(finding);
  }
  if (flags & ASHLAR_ACCESS_ATOMIC)
    shadow.atomic(thread.party, uint32_t(offset), bytes, site);
  else if (flags & ASHLAR_ACCESS_WRITE)
    shadow.write(thread.party, uint32_t(offset), bytes, site);
  else
    shadow.read(thread.party, uint32_t(offset), bytes, site);
  return true;
}

void Block::checkLifetime(Thread &thread, uint32_t site) {
  const char *detail = nullptr;
  if (hasEnded())
    detail = "the block whose shared memory this is has ended";
  else if (checks && !(thread.knownBlocks >> rank & 1)) {
    if (ordering.knowsOfBlock(thread.party, rank))
      thread.knownBlocks |= 1u << rank;
    else
      detail = "nothing orders the start of the block whose shared memory this is before the access";
  }
  if (detail) {
    Finding finding = thread.block->finding(ReportKind::BlockLifetime, thread, site);
    finding.detail = detail;
    finding.otherBlock = blockIndex;
    thread.block->findings.add(finding);
  }
}

void Block::addRemoteAccess(Thread &thread, uint32_t site) {
  checkLifetime(thread, site);
  if (!checks)
    return;
  RemoteAccess access{thread.party, ordering.clock(thread.party), site};
  for (RemoteAccess &earlier : remoteAccesses)
    if (earlier.party == thread.party) {
      earlier = access;
      return;
    }
  remoteAccesses.push_back(access);
}

/// Accesses by other blocks of which no thread of this block knew when it ended.
void Block::reportUnorderedEnd() {
  for (const RemoteAccess &access : remoteAccesses) {
    if (ordering.knownInBlock(rank, access.party) >= access.stamp)
      continue;
    Finding finding{ReportKind::BlockLifetime};
    finding.block = ordering.blockOf(access.party);
    finding.thread = ordering.threadOf(access.party);
    finding.site = access.site;
    finding.otherBlock = blockIndex;
    finding.detail = "nothing orders the access before the end of the block whose shared memory this is";
    findings.add(finding);
  }
}

bool Block::accessGlobal(Thread &thread, const void *address, uint32_t bytes, uint32_t flags, uint32_t site) {
  uint64_t value = reinterpret_cast<uint64_t>(address);
  if (counters)
    recorder.add(thread.warp, thread.lane,
                 isWrite(flags) ? AccessClass::GlobalWrite : AccessClass::GlobalRead, value, bytes, site);
  if (!checks)
    return true;
  const RangeSet::Range *range = launch->ranges.find(value, bytes, rangeHint);
  if (!range || (isWrite(flags) && !range->writable)) {
    report(ReportKind::OutOfBoundsGlobal, thread, site, int64_t(value - launch->ranges.nearestBelow(value)),
           bytes);
    return false;
  }
  if (value % alignmentOf(flags))
    report(ReportKind::Misaligned, thread, site, int64_t(value - range->begin), bytes);
  return true;
}

void *Block::access(Thread &thread, void *address, uint32_t bytes, uint32_t flags, uint32_t site) {
  uint32_t space = flags & ASHLAR_ACCESS_SPACE_MASK;
  Block *owner = this;
  if (space == ASHLAR_ACCESS_GENERIC || space == ASHLAR_ACCESS_CLUSTER) {
    if (space == ASHLAR_ACCESS_GENERIC && stacks.contains(address))
      return address;
    owner = cluster.blockOf(address);
    if (space == ASHLAR_ACCESS_CLUSTER && !owner)
      owner = this; // where it is out of bounds
    space = owner ? ASHLAR_ACCESS_SHARED : ASHLAR_ACCESS_GLOBAL;
  }
  bool isShared = space == ASHLAR_ACCESS_SHARED;
  if (flags & ASHLAR_ACCESS_ATOMIC)
    thread.count(Instruction::Atomic);
  else if (isWrite(flags))
    thread.count(isShared ? Instruction::SharedStore : Instruction::GlobalStore);
  else
    thread.count(isShared ? Instruction::SharedLoad : Instruction::GlobalLoad);
  bool isAllowed = isShared ? owner->accessShared(thread, address, bytes, flags, site, true)
                            : accessGlobal(thread, address, bytes, flags, site);
  if (isAllowed)
    return address;
  return sink();
}

char *Block::sink() {
  std::memset(sinkBytes, poisonByte, sizeof sinkBytes);
  return sinkBytes;
}

void Block::admitCopy(Thread &thread, AsyncCopy &copy) {
  int64_t offset = copy.destination - shared;
  bool isInside = offset >= 0 && offset + copy.bytes <= launch->shape.sharedBytes;
  uint32_t alignment = uint32_t(std::countr_zero(copy.bytes)) << ASHLAR_ACCESS_ALIGNMENT_SHIFT;
  if (counters && isInside)
    recorder.add(thread.warp, thread.lane, AccessClass::SharedWrite, uint64_t(offset), copy.bytes, copy.site);
  if (checks && isInside && offset % copy.bytes)
    report(ReportKind::Misaligned, thread, copy.site, offset, copy.bytes);
  if (checks && !isInside) {
    report(ReportKind::OutOfBoundsShared, thread, copy.site, offset, copy.bytes);
    copy.destination = sink();
    copy.isTracked = false;
  }
  uint32_t flags = ASHLAR_ACCESS_GLOBAL | ASHLAR_ACCESS_READ | alignment;
  if (!copy.sourceBytes && counters) // the address means nothing then
    recorder.add(thread.warp, thread.lane, AccessClass::GlobalRead, 0, 0, copy.site);
  else if (copy.sourceBytes && !accessGlobal(thread, copy.source, copy.sourceBytes, flags, copy.site))
    copy.source = sink() + sizeof sinkBytes / 2;
}

} // namespace ashlar::simulator
