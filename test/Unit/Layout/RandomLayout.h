//===-- RandomLayout.h - Random layouts for property tests ------------------===//
//
// Seeded generators. Sizes include 1 and odd numbers; strides are compact, gapped, zero or arbitrary.
//
//===------------------------------------------------------------------------===//
#ifndef ASHLAR_TEST_UNIT_LAYOUT_RANDOMLAYOUT_H
#define ASHLAR_TEST_UNIT_LAYOUT_RANDOMLAYOUT_H

#include "ashlar/Layout/Layout.h"

#include <algorithm>
#include <random>

namespace ashlar::layout {

class RandomLayout {
public:
  explicit RandomLayout(unsigned seed) : engine(seed) {}

  int64_t below(int64_t limit) { return int64_t(engine() % uint64_t(limit)); }
  int64_t smallSize() {
    static const int64_t sizes[] = {1, 2, 2, 3, 4, 4, 5, 6, 7, 8};
    return sizes[below(10)];
  }

  /// Anything: strides are random, images may overlap.
  Layout any(int maxModes = 4) {
    std::vector<Layout> leaves;
    for (int64_t i = 0, count = 1 + below(maxModes); i < count; ++i)
      leaves.push_back(*Layout::leaf(smallSize(), below(4) ? below(30) : 0));
    return nested(leaves);
  }

  /// Injective, with strides that divide each other: permuted compact modes, some of them with gaps after
  /// them.
  Layout chain(int maxModes = 4, bool gaps = true) {
    std::vector<Layout> leaves;
    int64_t stride = 1;
    for (int64_t i = 0, count = 1 + below(maxModes); i < count; ++i) {
      if (gaps && below(3) == 0)
        stride *= 1 + below(3);
      int64_t size = smallSize();
      leaves.push_back(*Layout::leaf(size, stride));
      stride *= size;
    }
    std::shuffle(leaves.begin(), leaves.end(), engine);
    return nested(leaves);
  }

private:
  /// Groups neighbours at random; the function stays the same.
  Layout nested(std::vector<Layout> modes) {
    if (modes.size() == 1 && below(2))
      return modes.front();
    while (modes.size() > 1 && below(2)) {
      auto first = modes.begin() + below(int64_t(modes.size()) - 1);
      *first = *Layout::concat(std::vector<Layout>{first[0], first[1]});
      modes.erase(first + 1);
    }
    return *Layout::concat(modes);
  }

  std::mt19937_64 engine;
};

} // namespace ashlar::layout

#endif // ASHLAR_TEST_UNIT_LAYOUT_RANDOMLAYOUT_H
