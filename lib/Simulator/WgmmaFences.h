//===-- WgmmaFences.h - Which registers of a thread stand behind a fence ---===//
//
// wgmma.fence has to stand between what other instructions do with a register and the products that use it.
// Registers have no names here, so this goes by value: a word is fenced when one of the last fences passed a
// word of that value on, or when a fence without registers (which means all) stands behind the last wait.
// Values that changed only to what a fence has seen before are taken for fenced.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_WGMMAFENCES_H
#define ASHLAR_LIB_SIMULATOR_WGMMAFENCES_H

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace ashlar::simulator {

class WgmmaFences {
public:
  void start();
  void fence(std::span<const uint32_t> registers);
  /// The thread has waited for products, and may use their registers for other things from now on.
  void endProducts() { isFenced = allAreFenced = false; }

  /// Whether there was a fence since products last ended.
  bool hasFence() const { return isFenced; }
  bool contain(std::span<const uint32_t> words) const;

  /// Fences of which the words are kept.
  static constexpr size_t remembered = 16;

private:
  bool isFenced = false, allAreFenced = false;
  /// Sorted words of the last fences.
  std::array<std::vector<uint32_t>, remembered> passed;
  size_t next = 0;
};

} // namespace ashlar::simulator

#endif
