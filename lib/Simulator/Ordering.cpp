//===-- Ordering.cpp - Which accesses of a block are ordered --------------===//
//
// Moves clocks and joins knowledge at synchronisation points.
//
//===----------------------------------------------------------------------===//

#include "Ordering.h"
#include <algorithm>

namespace ashlar::simulator {

static void joinInto(std::array<uint32_t, 32> &target, const std::array<uint32_t, 32> &source) {
  for (size_t i = 0; i < 32; ++i)
    target[i] = std::max(target[i], source[i]);
}

void Ordering::startBlock(uint32_t threadCount) {
  if (clocks.size() < threadCount) {
    clocks.resize(threadCount);
    knowledge.resize(threadCount);
  }
  synchronizeAll();
  start = floor;
}

void Ordering::synchronizeAll() {
  floor = ++highest;
  std::fill(clocks.begin(), clocks.end(), floor);
}

void Ordering::synchronize(std::span<const uint16_t> threads) {
  // Lanes are joined warp by warp: the participants of one warp follow each other.
  std::array<uint32_t, 32> warps{};
  for (uint16_t thread : threads) {
    joinInto(warps, knowledge[thread].warps);
    warps[thread / 32] = std::max(warps[thread / 32], clocks[thread]);
  }
  uint32_t now = ++highest;
  for (size_t first = 0; first < threads.size();) {
    size_t end = first;
    std::array<uint32_t, 32> lanes{};
    for (; end < threads.size() && threads[end] / 32 == threads[first] / 32; ++end) {
      joinInto(lanes, knowledge[threads[end]].lanes);
      lanes[threads[end] % 32] = std::max(lanes[threads[end] % 32], clocks[threads[end]]);
    }
    for (; first < end; ++first) {
      knowledge[threads[first]].lanes = lanes;
      knowledge[threads[first]].warps = warps;
      clocks[threads[first]] = now;
    }
  }
}

uint32_t Ordering::advance(uint32_t thread) {
  uint32_t before = clocks[thread];
  clocks[thread] = ++highest;
  return before;
}

void Ordering::learn(uint32_t thread, uint32_t earlier, uint32_t stamp) {
  Knowledge &known = knowledge[thread];
  uint32_t &last =
      earlier / 32 == thread / 32 ? known.lanes[earlier % 32] : known.warps[earlier / 32];
  last = std::max(last, stamp);
}

} // namespace ashlar::simulator
