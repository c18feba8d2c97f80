//===-- AccessRecorder.cpp - Traffic of warp instructions -----------------===//
//
// Groups the accesses of lanes into warp instructions and counts their sectors and bank conflicts.
//
//===----------------------------------------------------------------------===//

#include "AccessRecorder.h"
#include "ashlar/Layout/BankConflicts.h"
#include <algorithm>
#include <bit>

namespace ashlar::simulator {

static constexpr uint32_t classCount = 4, sectorBytes = 32;

void AccessRecorder::startLaunch(uint32_t siteCount, uint32_t warpCount) {
  sites.assign(siteCount, {});
  warps.resize(std::max<size_t>(warps.size(), warpCount));
  for (Warp &warp : warps) {
    warp.slotOf.assign(size_t(siteCount) * classCount, 0);
    warp.touched.clear();
  }
}

void AccessRecorder::add(uint32_t warpIndex, uint32_t lane, AccessClass accessClass, uint64_t address,
                         uint32_t bytes, uint32_t site) {
  uint32_t key = site * classCount + uint32_t(accessClass);
  Warp &warp = warps[warpIndex];
  if (key >= warp.slotOf.size())
    return;
  uint32_t &index = warp.slotOf[key];
  if (!index) {
    warp.touched.push_back(key);
    index = uint32_t(warp.touched.size());
    if (warp.slots.size() < index)
      warp.slots.emplace_back();
    warp.slots[index - 1].occurrences.fill(0);
    warp.slots[index - 1].used = 0;
  }
  Slot &slot = warp.slots[index - 1];
  uint32_t occurrence = slot.occurrences[lane]++;
  if (occurrence == slot.used) {
    if (slot.used == slot.groups.size())
      slot.groups.emplace_back();
    Group &fresh = slot.groups[slot.used++];
    fresh.mask = fresh.bytes = fresh.totalBytes = 0;
  }
  if (!bytes)
    return;
  Group &group = slot.groups[occurrence];
  group.mask |= 1u << lane;
  group.bytes = std::max(group.bytes, bytes);
  group.totalBytes += bytes;
  group.addresses[lane] = address;
}

/// Different 32-byte sectors that the lanes touch.
static uint64_t countSectors(const std::array<uint64_t, 32> &addresses, uint32_t mask, uint32_t bytes) {
  std::array<uint64_t, 32> starts;
  size_t count = 0;
  bool isSorted = true;
  for (uint32_t rest = mask; rest; rest &= rest - 1) {
    starts[count] = addresses[size_t(std::countr_zero(rest))];
    isSorted &= count == 0 || starts[count - 1] <= starts[count];
    ++count;
  }
  if (!isSorted)
    std::sort(starts.begin(), starts.begin() + count);
  uint64_t sectors = 0, next = 0; // sectors below `next` are counted
  for (size_t i = 0; i < count; ++i) {
    uint64_t first = std::max(starts[i] / sectorBytes, next), end = (starts[i] + bytes - 1) / sectorBytes + 1;
    if (end > first) {
      sectors += end - first;
      next = end;
    }
  }
  return sectors;
}

static uint64_t countConflicts(const std::array<uint64_t, 32> &offsets, uint32_t mask, uint32_t bytes) {
  constexpr uint32_t widest = 16; // wider accesses are several instructions
  uint64_t conflicts = 0;
  for (uint32_t first = 0; first < bytes; first += widest) {
    std::array<int64_t, 32> lanes;
    for (uint32_t lane = 0; lane < 32; ++lane)
      lanes[lane] = mask >> lane & 1 ? int64_t(offsets[lane] + first) : -1;
    // Nothing for accesses the hardware would trap on; those are reported as misaligned.
    conflicts += uint64_t(layout::bankConflicts(lanes, int(std::min(widest, bytes - first))).value_or(0));
  }
  return conflicts;
}

void AccessRecorder::account(const Group &group, uint32_t key) {
  SiteTotals &site = sites[key / classCount];
  TrafficCounts &traffic = site.traffic;
  if (!group.mask)
    return;
  uint64_t bytes = group.totalBytes;
  ++site.executions;
  switch (AccessClass(key % classCount)) {
  case AccessClass::GlobalRead:
    traffic.globalBytesRead += bytes;
    traffic.globalSectorsRead += countSectors(group.addresses, group.mask, group.bytes);
    break;
  case AccessClass::GlobalWrite:
    traffic.globalBytesWritten += bytes;
    traffic.globalSectorsWritten += countSectors(group.addresses, group.mask, group.bytes);
    break;
  case AccessClass::SharedRead:
    traffic.sharedBytesRead += bytes;
    traffic.bankConflicts += countConflicts(group.addresses, group.mask, group.bytes);
    break;
  case AccessClass::SharedWrite:
    traffic.sharedBytesWritten += bytes;
    traffic.bankConflicts += countConflicts(group.addresses, group.mask, group.bytes);
    break;
  }
}

void AccessRecorder::addRows(const uint64_t *offsets, uint32_t rows, AccessClass accessClass, uint32_t site) {
  Group group;
  group.mask = rows == 32 ? ~0u : (1u << rows) - 1;
  group.bytes = 16;
  group.totalBytes = 16 * rows;
  std::copy_n(offsets, rows, group.addresses.begin());
  if (site < sites.size())
    account(group, site * classCount + uint32_t(accessClass));
}

void AccessRecorder::addOperands(uint64_t bytes, uint32_t site) {
  if (site >= sites.size())
    return;
  ++sites[site].executions;
  sites[site].traffic.sharedBytesMultiplied += bytes;
}

void AccessRecorder::addBulk(AccessClass accessClass, uint64_t bytes, uint64_t sectors, uint32_t site) {
  if (site >= sites.size())
    return;
  TrafficCounts &traffic = sites[site].traffic;
  switch (accessClass) {
  case AccessClass::GlobalRead:
    ++sites[site].executions;
    traffic.globalBytesRead += bytes;
    traffic.globalSectorsRead += sectors;
    break;
  case AccessClass::GlobalWrite:
    ++sites[site].executions;
    traffic.globalBytesWritten += bytes;
    traffic.globalSectorsWritten += sectors;
    break;
  case AccessClass::SharedRead:
    traffic.sharedBytesRead += bytes;
    break;
  case AccessClass::SharedWrite:
    traffic.sharedBytesWritten += bytes;
    break;
  }
}

void AccessRecorder::flush(uint32_t warpIndex) {
  Warp &warp = warps[warpIndex];
  for (size_t i = 0; i < warp.touched.size(); ++i) {
    Slot &slot = warp.slots[i];
    for (uint32_t group = 0; group < slot.used; ++group)
      account(slot.groups[group], warp.touched[i]);
    warp.slotOf[warp.touched[i]] = 0;
  }
  warp.touched.clear();
}

} // namespace ashlar::simulator
