//===-- WgmmaFences.cpp - Which registers of a thread stand behind a fence ---===//
//
// Remembers the words that the last fences passed on.
//
//===----------------------------------------------------------------------===//

#include "WgmmaFences.h"
#include <algorithm>

namespace ashlar::simulator {

void WgmmaFences::start() {
  isFenced = allAreFenced = false;
  for (std::vector<uint32_t> &words : passed)
    words.clear();
}

void WgmmaFences::fence(std::span<const uint32_t> registers) {
  isFenced = true;
  if (registers.empty()) {
    allAreFenced = true;
    return;
  }
  std::vector<uint32_t> &words = passed[next++ % remembered];
  words.assign(registers.begin(), registers.end());
  std::sort(words.begin(), words.end());
}

bool WgmmaFences::contain(std::span<const uint32_t> words) const {
  return allAreFenced || std::all_of(words.begin(), words.end(), [&](uint32_t word) {
           return std::any_of(passed.begin(), passed.end(), [&](const std::vector<uint32_t> &fence) {
             return std::binary_search(fence.begin(), fence.end(), word);
           });
         });
}

} // namespace ashlar::simulator
