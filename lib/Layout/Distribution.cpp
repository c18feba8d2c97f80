//===-- Distribution.cpp - Which thread's register holds which element ------===//
//
// Normal form, coordinates, verification and the relations between distributions. The header explains the
// idea.
//
//===------------------------------------------------------------------------===//

#include "ashlar/Layout/Distribution.h"

#include "Failure.h"
#include "ModeText.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

namespace ashlar::layout {

static int64_t countOf(const std::vector<Mode> &modes) {
  int64_t count = 1;
  for (const Mode &mode : modes)
    count *= mode.size;
  return count;
}

/// Drops modes of size 1, gives stride 0 the dimension 0 and merges neighbours of which the second continues
/// the first. For stride 0 "continues" holds of itself: 0 == size * 0.
static std::vector<Mode> normalize(const std::vector<Mode> &modes) {
  std::vector<Mode> result;
  for (Mode mode : modes) {
    if (mode.size == 1)
      continue;
    if (mode.stride == 0)
      mode.dim = 0;
    bool continues = !result.empty() && mode.dim == result.back().dim &&
                     mode.stride == result.back().size * result.back().stride;
    if (continues) {
      result.back().size *= mode.size;
      continue;
    }
    result.push_back(mode);
  }
  return result;
}

static std::optional<std::string> checkModes(const std::vector<Mode> &modes, bool isThread) {
  const char *kind = isThread ? "thread" : "value";
  int64_t count = 1;
  for (size_t i = 0; i < modes.size(); ++i) {
    const Mode &mode = modes[i];
    std::string name = std::string(kind) + " mode " + std::to_string(i) + " (" + printMode(mode) + ")";
    if (mode.size < 1)
      return name + " has a size below 1";
    if (mode.stride < 0 || mode.stride > Distribution::maxStride)
      return name + " has a stride outside [0, 2^31]";
    if (mode.dim < 0 || mode.dim >= Distribution::maxRank)
      return name + " names a dimension outside [0, " + std::to_string(Distribution::maxRank) + ")";
    if (!isThread && mode.stride == 0 && mode.size > 1)
      return name + " has stride 0: a thread would hold an element twice; only thread modes replicate";
    if (mode.size > Distribution::maxCount / count)
      return std::string("the ") + kind + " modes count more than 2^20";
    count *= mode.size;
  }
  return std::nullopt;
}

std::optional<Distribution> Distribution::make(std::vector<Mode> thread, std::vector<Mode> value,
                                               std::string *error) {
  std::optional<std::string> problem = checkModes(thread, /*isThread=*/true);
  if (!problem)
    problem = checkModes(value, /*isThread=*/false);
  if (problem)
    return failure(error, *problem);
  Distribution result;
  result.threadList = normalize(thread);
  result.valueList = normalize(value);
  return result;
}

int64_t Distribution::threads() const { return countOf(threadList); }
int64_t Distribution::values() const { return countOf(valueList); }

int64_t Distribution::replication() const {
  int64_t result = 1;
  for (const Mode &mode : threadList)
    if (mode.stride == 0)
      result *= mode.size;
  return result;
}

int Distribution::minimumRank() const {
  int rank = 0;
  for (const std::vector<Mode> *modes : {&threadList, &valueList})
    for (const Mode &mode : *modes)
      if (mode.stride != 0)
        rank = std::max(rank, mode.dim + 1);
  return rank;
}

/// Adds to `coordinate` what the digits of `index` contribute. A dimension beyond the caller's rank is
/// dropped.
static void addDigits(const std::vector<Mode> &modes, int64_t index, std::vector<int64_t> &coordinate) {
  for (const Mode &mode : modes) {
    int64_t digit = index % mode.size;
    index /= mode.size;
    if (mode.stride != 0 && size_t(mode.dim) < coordinate.size())
      coordinate[mode.dim] += digit * mode.stride;
  }
}

std::vector<int64_t> Distribution::coordinate(int64_t thread, int64_t value, int rank) const {
  std::vector<int64_t> result = valueOffsets(value, rank);
  addDigits(threadList, thread, result);
  return result;
}

std::vector<int64_t> Distribution::valueOffsets(int64_t value, int rank) const {
  std::vector<int64_t> result(std::max(rank, 0), 0);
  addDigits(valueList, value, result);
  return result;
}

std::vector<ThreadDigit> Distribution::threadDigits() const {
  std::vector<ThreadDigit> result;
  int64_t divisor = 1;
  for (const Mode &mode : threadList) {
    result.push_back({mode, divisor});
    divisor *= mode.size;
  }
  return result;
}

std::vector<ThreadDigit> Distribution::threadDigitsAlong(int dim) const {
  std::vector<ThreadDigit> result = threadDigits();
  std::erase_if(result, [&](const ThreadDigit &d) { return d.mode.stride == 0 || d.mode.dim != dim; });
  return result;
}

std::vector<ThreadDigit> Distribution::replicatedDigits() const {
  std::vector<ThreadDigit> result = threadDigits();
  std::erase_if(result, [](const ThreadDigit &d) { return d.mode.stride != 0; });
  return result;
}

namespace {
struct NamedMode {
  Mode mode;
  bool isThread;

  std::string name() const { return (isThread ? "thread mode " : "value mode ") + printMode(mode); }
};
} // namespace

/// The chain condition along one dimension; see "What comes for free" in the header.
static std::optional<std::string> verifyChain(std::vector<NamedMode> modes, int64_t extent, int dim) {
  std::sort(modes.begin(), modes.end(), [](const NamedMode &a, const NamedMode &b) {
    return std::tie(a.mode.stride, b.isThread, a.mode.size) <
           std::tie(b.mode.stride, a.isThread, b.mode.size);
  });
  std::string where = " along dimension " + std::to_string(dim) + " of size " + std::to_string(extent);
  int64_t covered = 1;
  for (const NamedMode &named : modes) {
    const Mode &mode = named.mode;
    if (mode.stride < covered)
      return named.name() + " overlaps the smaller modes" + where + ", which already cover " +
             std::to_string(covered) + " consecutive elements: elements are held more than once";
    if (mode.stride > covered)
      return named.name() + " leaves a gap" + where + ": the smaller modes cover only " +
             std::to_string(covered) + " consecutive elements";
    covered = mode.stride * mode.size;
    if (covered > extent)
      return named.name() + " leaves the tile" + where + ": it reaches element " +
             std::to_string(covered - 1);
  }
  if (covered < extent)
    return "the modes" + where + " cover only " + std::to_string(covered) + " elements";
  return std::nullopt;
}

std::optional<std::string> Distribution::verify(std::span<const int64_t> dims) const {
  for (size_t dim = 0; dim < dims.size(); ++dim)
    if (dims[dim] < 1)
      return "dimension " + std::to_string(dim) + " of the tile has size " + std::to_string(dims[dim]) +
             "; registers hold at least one element";
  std::vector<std::vector<NamedMode>> byDim(dims.size());
  for (bool isThread : {true, false}) {
    for (const Mode &mode : isThread ? threadList : valueList) {
      if (mode.stride == 0)
        continue;
      NamedMode named{mode, isThread};
      if (size_t(mode.dim) >= dims.size())
        return named.name() + " names dimension " + std::to_string(mode.dim) + " of a tile of rank " +
               std::to_string(dims.size());
      byDim[mode.dim].push_back(named);
    }
  }
  for (size_t dim = 0; dim < dims.size(); ++dim)
    if (std::optional<std::string> problem = verifyChain(byDim[dim], dims[dim], int(dim)))
      return problem;
  return std::nullopt;
}

Distribution Distribution::slice(int dim) const {
  if (dim < 0)
    return *this;
  std::vector<Mode> thread, value;
  for (Mode mode : threadList) {
    if (mode.stride != 0 && mode.dim == dim)
      mode.stride = 0;
    else if (mode.dim > dim)
      --mode.dim;
    thread.push_back(mode);
  }
  for (Mode mode : valueList) {
    if (mode.dim == dim)
      continue;
    if (mode.dim > dim)
      --mode.dim;
    value.push_back(mode);
  }
  Distribution result;
  result.threadList = normalize(thread);
  result.valueList = normalize(value);
  return result;
}

std::vector<int64_t> Distribution::sliceRegisters(int dim) const {
  std::vector<int64_t> result(values());
  for (int64_t value = 0; value < int64_t(result.size()); ++value) {
    int64_t rest = value, scale = 1, reg = 0;
    for (const Mode &mode : valueList) {
      int64_t digit = rest % mode.size;
      rest /= mode.size;
      if (mode.dim == dim)
        continue;
      reg += digit * scale;
      scale *= mode.size;
    }
    result[value] = reg;
  }
  return result;
}

Distribution Distribution::insertDimension(int dim) const {
  Distribution result = *this;
  for (std::vector<Mode> *modes : {&result.threadList, &result.valueList})
    for (Mode &mode : *modes)
      if (mode.stride != 0 && mode.dim >= dim)
        ++mode.dim;
  return result;
}

std::optional<Distribution> Distribution::transpose(std::span<const int> permutation) const {
  if (permutation.size() > size_t(maxRank) || permutation.size() < size_t(minimumRank()))
    return std::nullopt;
  std::array<int, maxRank> position;
  position.fill(-1);
  for (size_t i = 0; i < permutation.size(); ++i) {
    int source = permutation[i];
    if (source < 0 || size_t(source) >= permutation.size() || position[source] != -1)
      return std::nullopt;
    position[source] = int(i);
  }
  Distribution result = *this;
  for (std::vector<Mode> *modes : {&result.threadList, &result.valueList})
    for (Mode &mode : *modes)
      if (mode.stride != 0)
        mode.dim = position[mode.dim];
  return result;
}

int64_t Distribution::contiguousValues(int dim) const {
  if (valueList.empty() || valueList.front().dim != dim || valueList.front().stride != 1)
    return 1;
  return valueList.front().size;
}

std::optional<std::vector<int64_t>> registerPermutation(const Distribution &source,
                                                        const Distribution &destination) {
  // Strides are not negative, so the least element of a thread, dimension by dimension, is its thread part.
  // Equal sets in every thread therefore mean equal thread parts, and equal sets of register offsets.
  int64_t count = destination.values();
  if (source.threadModes() != destination.threadModes() || source.values() != count)
    return std::nullopt;
  int rank = std::max(source.minimumRank(), destination.minimumRank());
  std::map<std::vector<int64_t>, int64_t> registerAt;
  for (int64_t value = 0; value < count; ++value)
    registerAt[source.valueOffsets(value, rank)] = value;
  std::vector<int64_t> result;
  for (int64_t value = 0; value < count; ++value) {
    auto found = registerAt.find(destination.valueOffsets(value, rank));
    if (found == registerAt.end())
      return std::nullopt;
    result.push_back(found->second);
    registerAt.erase(found);
  }
  return result;
}

} // namespace ashlar::layout
