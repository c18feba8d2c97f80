//===-- LayoutAlgebra.cpp - Composition, complement, inverses, tiling -------===//
//
// The operations under which layouts are closed. Each function's property is stated in Layout.h.
//
//===------------------------------------------------------------------------===//

#include "Failure.h"
#include "ashlar/Layout/Layout.h"

#include <algorithm>
#include <tuple>

namespace ashlar::layout {

static std::vector<Layout> modesOf(const Layout &layout) {
  std::vector<Layout> result;
  for (int i = 0; i < layout.rank(); ++i)
    result.push_back(layout.mode(i));
  return result;
}

static std::optional<Layout> pair(const Layout &first, const Layout &second, std::string *error) {
  return Layout::concat(std::vector<Layout>{first, second}, error);
}

static std::optional<Layout> coalescedFrom(const std::vector<Leaf> &leaves, std::string *error) {
  std::vector<Layout> modes;
  for (const Leaf &leaf : leaves) {
    std::optional<Layout> mode = Layout::leaf(leaf.shape, leaf.stride, error);
    if (!mode)
      return std::nullopt;
    modes.push_back(*mode);
  }
  std::optional<Layout> tuple = Layout::concat(modes, error);
  return tuple ? std::optional(coalesce(*tuple)) : std::nullopt;
}

std::optional<Layout> append(const Layout &layout, const Layout &mode, std::string *error) {
  std::vector<Layout> modes = modesOf(layout);
  modes.push_back(mode);
  return Layout::concat(modes, error);
}

//===-- Composition ---------------------------------------------------------===//

namespace {
/// Composes the leaves of b with a, one after the other. An offset of b is read in the mixed radix of a's
/// modes, its digits. A leaf of b becomes one counter in each digit that it moves. The sum of all counters in
/// a digit must stay below the digit's size: then nothing carries, digits add independently, and the
/// composition is the sum of the parts. The last digit is unbounded.
class Composer {
public:
  Composer(const Layout &a, std::string *error)
      : digits(coalesce(a).leaves()), reach(digits.size(), 0), error(error) {}

  std::optional<Layout> compose(const Layout &b);
  std::optional<Layout> checkCarries(std::optional<Layout> result);

private:
  std::optional<Layout> composeLeaf(const Leaf &b);
  /// A counter of `shape` steps of `stride` in digit k.
  std::optional<Layout> counter(size_t k, int64_t shape, int64_t stride);

  std::vector<Leaf> digits;
  /// The largest value that the counters so far can add up to, for each digit.
  std::vector<int64_t> reach;
  std::string *error;
};
} // namespace

std::optional<Layout> Composer::counter(size_t k, int64_t shape, int64_t stride) {
  reach[k] = std::min(reach[k] + (shape - 1) * stride, Layout::maxExtent);
  int64_t product;
  if (__builtin_mul_overflow(stride, digits[k].stride, &product))
    return failure(error, "a composition reaches beyond 2^56");
  return Layout::leaf(shape, product, error);
}

std::optional<Layout> Composer::composeLeaf(const Leaf &b) {
  if (b.shape == 1 || b.stride == 0)
    return Layout::leaf(b.shape, 0, error);
  int64_t shape = b.shape, stride = b.stride;
  std::vector<Layout> counters;
  for (size_t k = 0; k < digits.size(); ++k) {
    int64_t size = digits[k].shape;
    bool isRest = k + 1 == digits.size() || (shape - 1) * stride < size;
    int64_t steps = isRest ? shape : size / stride;
    if (!isRest && stride % size == 0) {
      stride /= size;
      continue;
    }
    if (!isRest && (size % stride != 0 || shape % steps != 0))
      return failure(error, "composition: mode " + std::to_string(b.shape) + ":" + std::to_string(b.stride) +
                                " steps unevenly across a mode of size " + std::to_string(size));
    std::optional<Layout> part = counter(k, steps, stride);
    if (!part)
      return std::nullopt;
    counters.push_back(*part);
    if (isRest)
      break;
    shape /= steps;
    stride = 1;
  }
  return counters.size() == 1 ? counters.front() : Layout::concat(counters, error);
}

std::optional<Layout> Composer::compose(const Layout &b) {
  if (b.isLeaf())
    return composeLeaf(b.leaves().front());
  std::vector<Layout> modes;
  for (const Layout &mode : modesOf(b)) {
    std::optional<Layout> composed = compose(mode);
    if (!composed)
      return std::nullopt;
    modes.push_back(std::move(*composed));
  }
  return Layout::concat(modes, error);
}

std::optional<Layout> Composer::checkCarries(std::optional<Layout> result) {
  for (size_t k = 0; result && k + 1 < digits.size(); ++k)
    if (reach[k] >= digits[k].shape)
      return failure(error, "composition: the modes together reach element " + std::to_string(reach[k]) +
                                " of a mode of size " + std::to_string(digits[k].shape) +
                                " and carry into the next");
  return result;
}

std::optional<Layout> composition(const Layout &a, const Layout &b, std::string *error) {
  Composer composer(a, error);
  return composer.checkCarries(composer.compose(b));
}

//===-- Complement and inverses ---------------------------------------------===//

std::optional<Layout> complement(const Layout &layout, int64_t extent, std::string *error) {
  if (extent < 1 || extent > Layout::maxExtent)
    return failure(error, "complement: the extent " + std::to_string(extent) + " is outside [1, 2^56]");
  std::vector<Leaf> sorted = layout.leaves();
  std::erase_if(sorted, [](const Leaf &leaf) { return leaf.shape == 1 || leaf.stride == 0; });
  std::sort(sorted.begin(), sorted.end(), [](const Leaf &a, const Leaf &b) {
    return std::tie(a.stride, a.shape) < std::tie(b.stride, b.shape);
  });
  std::vector<Leaf> gaps;
  int64_t covered = 1;
  for (const Leaf &leaf : sorted) {
    if (leaf.stride % covered != 0)
      return failure(error, "complement: stride " + std::to_string(leaf.stride) +
                                " is no multiple of the block of " + std::to_string(covered) +
                                " that the smaller modes occupy");
    gaps.push_back({leaf.stride / covered, covered});
    // At most 2^57: a leaf reaches (shape - 1) * stride <= 2^56, and its stride is at most that.
    covered = leaf.shape * leaf.stride;
  }
  gaps.push_back({(extent + covered - 1) / covered, covered});
  std::erase_if(gaps, [](const Leaf &leaf) { return leaf.shape == 1; });
  return coalescedFrom(gaps, error);
}

Layout rightInverse(const Layout &layout) {
  struct Place {
    int64_t stride, shape, index;
  };
  std::vector<Place> places;
  int64_t index = 1;
  for (const Leaf &leaf : layout.leaves()) {
    if (leaf.shape > 1 && leaf.stride > 0)
      places.push_back({leaf.stride, leaf.shape, index});
    index *= leaf.shape;
  }
  std::sort(places.begin(), places.end(), [](const Place &a, const Place &b) {
    return std::tie(a.stride, a.index) < std::tie(b.stride, b.index);
  });
  std::vector<Leaf> result;
  int64_t covered = 1;
  for (const Place &place : places) {
    if (place.stride != covered)
      break;
    result.push_back({place.shape, place.index});
    covered *= place.shape;
  }
  return coalescedFrom(result, nullptr).value_or(Layout());
}

std::optional<Layout> leftInverse(const Layout &layout, std::string *error) {
  for (const Leaf &leaf : layout.leaves())
    if (leaf.shape > 1 && leaf.stride == 0)
      return failure(error, "leftInverse: the layout is not injective, a mode has stride 0");
  // Together with its complement the layout is a bijection, whose right inverse is the inverse. The
  // complement comes last, so the inverse of an offset that the layout takes is the layout's own index.
  std::optional<Layout> gaps = complement(layout, 1, error);
  if (!gaps)
    return std::nullopt;
  std::optional<Layout> bijection = pair(layout, *gaps, error);
  return bijection ? std::optional(rightInverse(*bijection)) : std::nullopt;
}

//===-- Tiling --------------------------------------------------------------===//

std::optional<Layout> logicalDivide(const Layout &layout, const Layout &tiler, std::string *error) {
  std::optional<Layout> rest = complement(tiler, layout.size(), error);
  if (!rest)
    return std::nullopt;
  std::optional<Layout> both = pair(tiler, *rest, error);
  return both ? composition(layout, *both, error) : std::nullopt;
}

std::optional<Layout> logicalDivide(const Layout &layout, std::span<const Layout> tilers,
                                    std::string *error) {
  if (tilers.size() > size_t(layout.rank()))
    return failure(error, "logicalDivide: " + std::to_string(tilers.size()) +
                              " tilers for a layout of rank " + std::to_string(layout.rank()));
  std::vector<Layout> modes = modesOf(layout);
  for (size_t i = 0; i < tilers.size(); ++i) {
    std::optional<Layout> divided = logicalDivide(modes[i], tilers[i], error);
    if (!divided)
      return std::nullopt;
    modes[i] = std::move(*divided);
  }
  return Layout::concat(modes, error);
}

std::optional<Layout> zippedDivide(const Layout &layout, std::span<const Layout> tilers, std::string *error) {
  std::optional<Layout> divided = logicalDivide(layout, tilers, error);
  if (!divided)
    return std::nullopt;
  std::vector<Layout> tiles, rests;
  for (int i = 0; i < divided->rank(); ++i) {
    const Layout &mode = divided->mode(i);
    if (size_t(i) >= tilers.size()) {
      rests.push_back(mode);
      continue;
    }
    tiles.push_back(mode.mode(0));
    rests.push_back(mode.mode(1));
  }
  std::optional<Layout> tile = Layout::concat(tiles, error), rest = Layout::concat(rests, error);
  return tile && rest ? pair(*tile, *rest, error) : std::nullopt;
}

std::optional<Layout> logicalProduct(const Layout &layout, const Layout &tiler, std::string *error) {
  int64_t extent;
  if (__builtin_mul_overflow(layout.size(), tiler.cosize(), &extent))
    extent = Layout::maxExtent + 1;
  std::optional<Layout> gaps = complement(layout, extent, error);
  if (!gaps)
    return std::nullopt;
  std::optional<Layout> copies = composition(*gaps, tiler, error);
  return copies ? pair(layout, *copies, error) : std::nullopt;
}

} // namespace ashlar::layout
