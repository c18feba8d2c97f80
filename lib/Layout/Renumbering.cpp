//===-- Renumbering.cpp - A tile's elements under other coordinates ---------===//
//
// Packed orders are made of digits of the coordinates. So each mode of a distribution, cut into its prime
// factors, is looked up by itself; that the parts add up is then checked on every element.
//
//===------------------------------------------------------------------------===//

#include "ashlar/Layout/Distribution.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace ashlar::layout {

namespace {
using CoordinateMap = std::function<std::vector<int64_t>(std::span<const int64_t>)>;

/// Renumbers modes one by one.
class ModeRenumbering {
public:
  ModeRenumbering(int rank, const CoordinateMap &map)
      : map(map), rank(rank), origin(map(std::vector<int64_t>(rank, 0))) {}

  /// The modes of the new tile that count like `modes`.
  std::optional<std::vector<Mode>> renumber(const std::vector<Mode> &modes) const {
    std::vector<Mode> result;
    for (const Mode &mode : modes) {
      int64_t left = mode.size, stride = mode.stride;
      for (int64_t prime = 2; left > 1;) {
        if (left % prime != 0) {
          ++prime;
          continue;
        }
        std::optional<Mode> part = renumberPrime({prime, stride, mode.dim});
        if (!part)
          return std::nullopt;
        result.push_back(*part);
        left /= prime;
        stride *= prime;
      }
    }
    return result;
  }

private:
  std::optional<Mode> renumberPrime(const Mode &mode) const {
    if (mode.stride == 0)
      return mode;
    std::vector<int64_t> at(rank, 0);
    at[mode.dim] = mode.stride;
    std::vector<int64_t> image = map(at);
    std::optional<Mode> result;
    for (size_t dim = 0; dim < image.size(); ++dim) {
      int64_t step = image[dim] - origin[dim];
      if (step == 0)
        continue;
      if (step < 0 || result)
        return std::nullopt;
      result = Mode{mode.size, step, int(dim)};
    }
    return result;
  }

  const CoordinateMap &map;
  int rank;
  std::vector<int64_t> origin;
};
} // namespace

static bool agree(const Distribution &original, int rank, const Distribution &renumbered, int newRank,
                  const std::vector<int64_t> &registers, const CoordinateMap &map) {
  for (int64_t thread = 0; thread < original.threads(); ++thread)
    for (int64_t value = 0; value < original.values(); ++value)
      if (map(original.coordinate(thread, value, rank)) !=
          renumbered.coordinate(thread, registers[value], newRank))
        return false;
  return true;
}

std::optional<Renumbering> renumber(const Distribution &original, int rank, std::span<const int64_t> dims,
                                    const CoordinateMap &map) {
  ModeRenumbering modes(rank, map);
  std::optional<std::vector<Mode>> thread = modes.renumber(original.threadModes());
  std::optional<std::vector<Mode>> value = modes.renumber(original.valueModes());
  if (!thread || !value)
    return std::nullopt;
  std::sort(value->begin(), value->end(), [](const Mode &a, const Mode &b) {
    return std::tuple(-a.dim, a.stride) < std::tuple(-b.dim, b.stride);
  });
  std::optional<Distribution> distribution = Distribution::make(*thread, *value);
  if (!distribution || distribution->verify(dims))
    return std::nullopt;

  int newRank = int(dims.size());
  std::map<std::vector<int64_t>, int64_t> registerAt;
  for (int64_t i = 0; i < distribution->values(); ++i)
    registerAt[distribution->valueOffsets(i, newRank)] = i;
  std::vector<int64_t> registers;
  for (int64_t i = 0; i < original.values(); ++i) {
    auto found = registerAt.find(map(original.valueOffsets(i, rank)));
    if (found == registerAt.end())
      return std::nullopt;
    registers.push_back(found->second);
  }
  if (!agree(original, rank, *distribution, newRank, registers, map))
    return std::nullopt;
  return Renumbering{*distribution, std::move(registers)};
}

} // namespace ashlar::layout
