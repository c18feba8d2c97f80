//===-- Layout.cpp - Functions from indices to offsets ----------------------===//
//
// Building, evaluating and coalescing layouts. The algebra is in LayoutAlgebra.cpp, the text in
// LayoutText.cpp.
//
//===------------------------------------------------------------------------===//

#include "ashlar/Layout/Layout.h"

#include "Failure.h"

#include <algorithm>

namespace ashlar::layout {

std::optional<Layout> Layout::leaf(int64_t shape, int64_t stride, std::string *error) {
  std::string text = std::to_string(shape) + ":" + std::to_string(stride);
  if (shape < 1)
    return failure(error, "mode " + text + " has a shape below 1");
  if (stride < 0)
    return failure(error, "mode " + text + " has a negative stride");
  int64_t reach;
  if (shape > maxExtent || stride > maxExtent || __builtin_mul_overflow(shape - 1, stride, &reach) ||
      reach > maxExtent)
    return failure(error, "mode " + text + " reaches beyond 2^56");
  Layout result;
  result.leafShape = shape;
  result.leafStride = stride;
  return result;
}

std::optional<Layout> Layout::concat(std::span<const Layout> modes, std::string *error) {
  int64_t size = 1, reach = 0;
  size_t leafCount = 0;
  for (const Layout &mode : modes) {
    if (__builtin_mul_overflow(size, mode.size(), &size) || size > maxExtent)
      return failure(error, "a layout has more than 2^56 elements");
    reach += mode.cosize() - 1;
    if (reach > maxExtent)
      return failure(error, "a layout reaches beyond 2^56");
    leafCount += mode.leaves().size();
    if (mode.depth() >= maxDepth || leafCount > maxLeaves)
      return failure(error, "a layout has more than 256 modes or 16 levels");
  }
  Layout result;
  result.tuple = true;
  result.modes.assign(modes.begin(), modes.end());
  return result;
}

/// Compact strides, growing from the first or from the last dimension.
static std::optional<Layout> compact(std::span<const int64_t> shape, bool firstFastest, std::string *error) {
  std::vector<Layout> modes(shape.size());
  int64_t stride = 1;
  for (size_t step = 0; step < shape.size(); ++step) {
    size_t dim = firstFastest ? step : shape.size() - 1 - step;
    std::optional<Layout> mode = Layout::leaf(shape[dim], stride, error);
    if (!mode)
      return std::nullopt;
    modes[dim] = *mode;
    if (__builtin_mul_overflow(stride, shape[dim], &stride))
      return failure(error, "a layout has more than 2^56 elements");
  }
  return Layout::concat(modes, error);
}

std::optional<Layout> Layout::columnMajor(std::span<const int64_t> shape, std::string *error) {
  return compact(shape, /*firstFastest=*/true, error);
}

std::optional<Layout> Layout::rowMajor(std::span<const int64_t> shape, std::string *error) {
  return compact(shape, /*firstFastest=*/false, error);
}

int Layout::depth() const {
  int result = 0;
  for (const Layout &mode : modes)
    result = std::max(result, mode.depth());
  return tuple ? result + 1 : 0;
}

std::vector<Leaf> Layout::leaves() const {
  if (!tuple)
    return {{leafShape, leafStride}};
  std::vector<Leaf> result;
  for (const Layout &mode : modes) {
    std::vector<Leaf> inner = mode.leaves();
    result.insert(result.end(), inner.begin(), inner.end());
  }
  return result;
}

int64_t Layout::size() const {
  int64_t result = leafShape;
  for (const Layout &mode : modes)
    result *= mode.size();
  return result;
}

int64_t Layout::cosize() const {
  int64_t result = (leafShape - 1) * leafStride + 1;
  for (const Layout &mode : modes)
    result += mode.cosize() - 1;
  return result;
}

std::vector<int64_t> Layout::shape() const {
  std::vector<int64_t> result;
  for (int i = 0; i < rank(); ++i)
    result.push_back(mode(i).size());
  return result;
}

void Layout::accumulate(Evaluation &state) const {
  for (const Layout &mode : modes)
    mode.accumulate(state);
  if (tuple || leafShape == 1)
    return;
  state.offset += state.rest % uint64_t(leafShape) * uint64_t(leafStride);
  state.rest /= uint64_t(leafShape);
  state.carryStride = uint64_t(leafShape) * uint64_t(leafStride);
}

int64_t Layout::operator()(int64_t index) const {
  Evaluation state{uint64_t(index), 0, 0};
  accumulate(state);
  return int64_t(state.offset + state.rest * state.carryStride);
}

int64_t Layout::operator()(std::span<const int64_t> coordinate) const {
  int64_t offset = 0;
  for (size_t i = 0; i < coordinate.size() && i < size_t(rank()); ++i)
    offset += mode(int(i))(coordinate[i]);
  return offset;
}

std::vector<int64_t> Layout::coordinate(int64_t index) const {
  std::vector<int64_t> result;
  for (int64_t extent : shape()) {
    result.push_back(index % extent);
    index /= extent;
  }
  return result;
}

Layout coalesce(const Layout &layout) {
  std::vector<Leaf> merged;
  for (const Leaf &leaf : layout.leaves()) {
    if (leaf.shape == 1)
      continue;
    if (!merged.empty() && leaf.stride == merged.back().shape * merged.back().stride)
      merged.back().shape *= leaf.shape;
    else
      merged.push_back(leaf);
  }
  std::vector<Layout> modes;
  for (const Leaf &leaf : merged)
    modes.push_back(*Layout::leaf(leaf.shape, leaf.stride));
  if (modes.empty())
    return Layout();
  return modes.size() == 1 ? modes.front() : *Layout::concat(modes);
}

Layout flatten(const Layout &layout) {
  std::vector<Layout> modes;
  for (const Leaf &leaf : layout.leaves())
    modes.push_back(*Layout::leaf(leaf.shape, leaf.stride));
  return *Layout::concat(modes);
}

bool equivalent(const Layout &a, const Layout &b) { return coalesce(a) == coalesce(b); }

} // namespace ashlar::layout
