//===-- Memory.cpp - Device memory ----------------------------------------===//
//
// Allocation, red zones, and range look-up.
//
//===----------------------------------------------------------------------===//

#include "Memory.h"
#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace ashlar::simulator {

static constexpr size_t redZoneBytes = 4096;
static constexpr unsigned char redZoneByte = 0xfb;

void RangeSet::add(uint64_t address, uint64_t bytes, bool writable) {
  if (bytes)
    ranges.push_back({address, address + bytes, writable});
}

void RangeSet::sort() {
  std::sort(ranges.begin(), ranges.end(), [](const Range &a, const Range &b) { return a.begin < b.begin; });
}

const RangeSet::Range *RangeSet::find(uint64_t address, uint64_t bytes, size_t &hint) const {
  auto holds = [&](const Range &range) { return range.begin <= address && address + bytes <= range.end; };
  if (hint < ranges.size() && holds(ranges[hint]))
    return &ranges[hint];
  auto above = std::upper_bound(ranges.begin(), ranges.end(), address,
                                [](uint64_t value, const Range &range) { return value < range.begin; });
  // Ranges given by a caller may overlap; starts equal to or below the address are the candidates.
  while (above != ranges.begin()) {
    --above;
    if (holds(*above)) {
      hint = size_t(above - ranges.begin());
      return &*above;
    }
  }
  return nullptr;
}

uint64_t RangeSet::nearestBelow(uint64_t address) const {
  auto above = std::upper_bound(ranges.begin(), ranges.end(), address,
                                [](uint64_t value, const Range &range) { return value < range.begin; });
  return above == ranges.begin() ? 0 : std::prev(above)->begin;
}

DeviceMemory::~DeviceMemory() {
  for (auto &[address, allocation] : allocations)
    std::free(allocation.base);
}

Expected<void *> DeviceMemory::allocate(size_t bytes) {
  size_t rounded = (bytes + redZoneBytes - 1) / redZoneBytes * redZoneBytes;
  auto *base = rounded < bytes
                   ? nullptr
                   : static_cast<char *>(std::aligned_alloc(redZoneBytes, rounded + 2 * redZoneBytes));
  if (!base)
    return Status(StatusCode::OutOfMemory,
                  "no memory for " + std::to_string(bytes) + " bytes of simulated device");
  char *data = base + redZoneBytes;
  std::memset(base, redZoneByte, redZoneBytes);
  std::memset(data, poisonByte, bytes);
  std::memset(data + bytes, redZoneByte, rounded - bytes + redZoneBytes);
  allocations[reinterpret_cast<uint64_t>(data)] = {base, bytes};
  return static_cast<void *>(data);
}

Status DeviceMemory::free(void *address) {
  auto position = allocations.find(reinterpret_cast<uint64_t>(address));
  if (position == allocations.end())
    return invalidArgument("the address to free is not the start of an allocation");
  std::free(position->second.base);
  allocations.erase(position);
  return {};
}

Status DeviceMemory::check(const void *address, size_t bytes) const {
  uint64_t begin = reinterpret_cast<uint64_t>(address);
  auto above = allocations.upper_bound(begin);
  if (above != allocations.begin()) {
    const auto &[start, allocation] = *std::prev(above);
    if (bytes <= allocation.bytes && begin - start <= allocation.bytes - bytes)
      return {};
  }
  return invalidArgument("no single allocation holds the " + std::to_string(bytes) + " bytes to copy");
}

void DeviceMemory::addRanges(RangeSet &ranges) const {
  for (const auto &[address, allocation] : allocations)
    ranges.add(address, allocation.bytes, true);
}

/// True if all bytes are the red zone's; otherwise makes them so.
static bool restoreRedZone(char *zone, size_t bytes) {
  bool isWhole = std::all_of(zone, zone + bytes, [](char c) { return (unsigned char)c == redZoneByte; });
  if (!isWhole)
    std::memset(zone, redZoneByte, bytes);
  return isWhole;
}

std::vector<void *> DeviceMemory::takeWrittenRedZones() {
  std::vector<void *> written;
  for (auto &[address, allocation] : allocations) {
    char *data = reinterpret_cast<char *>(address);
    bool below = restoreRedZone(data - redZoneBytes, redZoneBytes);
    bool above = restoreRedZone(data + allocation.bytes, redZoneBytes);
    if (!below || !above)
      written.push_back(data);
  }
  return written;
}

} // namespace ashlar::simulator
