//===-- Manifest.cpp - queries on the manifest's structs ------------------===//
//
// Sizes of tensors and tensor maps for given symbol values, and look-up by name.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Package/Manifest.h"

#include <algorithm>
#include <limits>

namespace ashlar::package {

const char *imageKindName(ImageKind kind) {
  switch (kind) {
  case ImageKind::Ptx:
    return "ptx";
  case ImageKind::Cubin:
    return "cubin";
  case ImageKind::SharedObject:
    return "shared-object";
  }
  return "unknown";
}

std::vector<int64_t> TensorType::resolve(std::span<const int64_t> symbols) const {
  std::vector<int64_t> sizes;
  for (const Dim &dim : dims)
    sizes.push_back(dim.symbol ? symbols[*dim.symbol] : dim.size);
  return sizes;
}

Expected<int64_t> TensorType::byteSize(std::span<const int64_t> symbols) const {
  int64_t count = 1;
  for (const Dim &dim : dims)
    if (__builtin_mul_overflow(count, dim.symbol ? symbols[*dim.symbol] : dim.size, &count))
      return invalidArgument("the tensor's element count does not fit in 64 bits");
  return storageBytes(element, count);
}

bool TensorType::isDynamic() const {
  for (const Dim &dim : dims)
    if (dim.symbol)
      return true;
  return false;
}

namespace {
/// A list of at most as many numbers as a map has dimensions, without allocation.
template <typename T>
struct MapList {
  std::array<T, tensorMapMaximumRank> values = {};
  size_t size = 0;

  std::span<const T> span() const { return {values.data(), size}; }
};
} // namespace

/// Numbers that do not fit become ones that no map may have.
template <typename T>
static T clampTo(int64_t number) {
  return static_cast<T>(std::clamp<int64_t>(number, std::numeric_limits<T>::min(), INT32_MAX));
}

template <typename T>
static MapList<T> toList(const std::vector<int64_t> &numbers) {
  MapList<T> list;
  list.size = std::min<size_t>(numbers.size(), tensorMapMaximumRank);
  std::transform(numbers.begin(), numbers.begin() + static_cast<ptrdiff_t>(list.size), list.values.begin(),
                 clampTo<T>);
  return list;
}

static Status evaluateAll(const std::vector<Expression> &expressions, std::span<const int64_t> symbols,
                          MapList<uint64_t> &list) {
  list.size = std::min<size_t>(expressions.size(), tensorMapMaximumRank);
  for (size_t i = 0; i < list.size; ++i) {
    ASHLAR_ASSIGN_OR_RETURN(int64_t value, expressions[i].evaluate(symbols));
    // A negative size is refused as one that is too large.
    list.values[i] = static_cast<uint64_t>(value);
  }
  return {};
}

/// Bytes from the first element of the map's tensor to the end of the last one, as far as ends are known; nothing
/// when that overflows.
static std::optional<int64_t> reach(const TensorMap &map) {
  int64_t elementBytes = tensorMapElementBytes(map.element), bytes = elementBytes;
  for (unsigned i = 0; i < map.rank; ++i) {
    if (map.extents[i] == tensorMapBoundless)
      continue;
    int64_t stride = i == 0 ? elementBytes : static_cast<int64_t>(map.strides[i - 1]), span = 0;
    if (__builtin_mul_overflow(static_cast<int64_t>(map.extents[i] - 1), stride, &span) ||
        __builtin_add_overflow(bytes, span, &bytes))
      return std::nullopt;
  }
  return bytes;
}

Expected<TensorMap> TensorMapArgument::resolve(std::span<const int64_t> symbols, uint64_t address,
                                               int64_t bytes) const {
  // Lists that are too long are cut, so they must be refused here.
  for (size_t length : {extents.size(), strides.size() + 1, box.size(), elementStrides.size()})
    if (length > tensorMapMaximumRank)
      return invalidArgument("tensor map: a list of " + std::to_string(length) + " dimensions; at most " +
                             std::to_string(tensorMapMaximumRank) + " are possible");
  MapList<uint64_t> sizes, steps;
  ASHLAR_RETURN_IF_ERROR(evaluateAll(extents, symbols, sizes));
  ASHLAR_RETURN_IF_ERROR(evaluateAll(strides, symbols, steps));
  // The hardware knows no empty tensors. A kernel copies nothing of one, so any extent will do.
  std::span<uint64_t> nonEmpty(sizes.values.data(), sizes.size);
  bool isEmpty = std::ranges::find(nonEmpty, 0u) != nonEmpty.end();
  std::ranges::replace(nonEmpty, uint64_t(0), uint64_t(1));
  MapList<uint32_t> elementSteps = toList<uint32_t>(elementStrides);
  TensorMapSource source{element, address + static_cast<uint64_t>(offset), sizes.span(), steps.span()};
  source.elementStrides = elementSteps.span();
  source.swizzleBytes = clampTo<uint32_t>(swizzle);
  Expected<TensorMap> map =
      im2col ? im2colTensorMap(source, toList<int32_t>(im2col->lower).span(),
                               toList<int32_t>(im2col->upper).span(), clampTo<uint32_t>(im2col->channels),
                               clampTo<uint32_t>(im2col->pixels))
             : tiledTensorMap(source, toList<uint32_t>(box).span());
  if (!map)
    return map;
  std::optional<int64_t> end = reach(*map);
  if (!isEmpty && (!end || *end > bytes - offset))
    return invalidArgument("tensor map: the tensor reaches beyond its buffer of " + std::to_string(bytes) +
                           " bytes");
  return map;
}

const Plan &Function::planFor(std::string_view target) const {
  for (const TargetPlan &plan : targetPlans)
    if (plan.target == target)
      return plan;
  return *this;
}

std::optional<unsigned> Manifest::findFunction(std::string_view name) const {
  for (size_t i = 0; i < functions.size(); ++i)
    if (functions[i].name == name)
      return static_cast<unsigned>(i);
  return std::nullopt;
}

} // namespace ashlar::package
