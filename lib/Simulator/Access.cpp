//===-- Access.cpp - Checked and counted memory accesses ------------------===//
//
// What happens before a load or store when checks or counters are on.
//
//===----------------------------------------------------------------------===//

#include "Block.h"
#include <bit>
#include <cstring>

namespace ashlar::simulator {

static uint32_t alignmentOf(uint32_t flags) { return 1u << (flags >> ASHLAR_ACCESS_ALIGNMENT_SHIFT); }

static bool isWrite(uint32_t flags) { return flags & (ASHLAR_ACCESS_WRITE | ASHLAR_ACCESS_ATOMIC); }

bool Block::accessShared(Thread &thread, const void *address, uint32_t bytes, uint32_t flags, uint32_t site,
                         bool isCounted) {
  int64_t offset = static_cast<const char *>(address) - shared;
  bool isInside = offset >= 0 && offset + bytes <= launch->shape.sharedBytes;
  if (counters && isCounted && isInside)
    recorder.add(thread.warp, thread.lane,
                 isWrite(flags) ? AccessClass::SharedWrite : AccessClass::SharedRead, uint64_t(offset), bytes,
                 site);
  if (!checks)
    return true;
  if (!isInside) {
    report(ReportKind::OutOfBoundsShared, thread, site, offset, bytes);
    return false;
  }
  if (offset % alignmentOf(flags))
    report(ReportKind::Misaligned, thread, site, offset, bytes);
  if (flags & ASHLAR_ACCESS_ATOMIC)
    shadow.atomic(thread.index, uint32_t(offset), bytes, site);
  else if (flags & ASHLAR_ACCESS_WRITE)
    shadow.write(thread.index, uint32_t(offset), bytes, site);
  else
    shadow.read(thread.index, uint32_t(offset), bytes, site);
  return true;
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
  if (space == ASHLAR_ACCESS_GENERIC) {
    if (stacks.contains(address))
      return address;
    int64_t offset = static_cast<const char *>(address) - shared;
    space = offset >= 0 && offset < int64_t(maximumSharedBytes) ? ASHLAR_ACCESS_SHARED : ASHLAR_ACCESS_GLOBAL;
  }
  bool isShared = space == ASHLAR_ACCESS_SHARED;
  if (flags & ASHLAR_ACCESS_ATOMIC)
    thread.count(Instruction::Atomic);
  else if (isWrite(flags))
    thread.count(isShared ? Instruction::SharedStore : Instruction::GlobalStore);
  else
    thread.count(isShared ? Instruction::SharedLoad : Instruction::GlobalLoad);
  bool isAllowed = isShared ? accessShared(thread, address, bytes, flags, site, true)
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
