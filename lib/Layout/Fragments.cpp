//===-- Fragments.cpp - The distributions that kernels use ------------------===//
//
// Coalesced tiles, tensor-core fragments for a grid of warps, and the outer product without tensor cores.
//
//===------------------------------------------------------------------------===//

#include "ashlar/Layout/Fragments.h"

#include <algorithm>
#include <initializer_list>
#include <numeric>

namespace ashlar::layout {

static bool allPositive(std::initializer_list<int64_t> sizes) {
  return std::all_of(sizes.begin(), sizes.end(), [](int64_t size) { return size > 0; });
}

std::optional<Distribution> blocked(std::span<const int64_t> dims, int64_t threads, int vectorDim,
                                    int64_t vectorWidth) {
  int rank = int(dims.size());
  if (threads < 1 || vectorWidth < 1 || vectorDim < 0 || vectorDim >= rank ||
      dims[vectorDim] % vectorWidth != 0 ||
      std::any_of(dims.begin(), dims.end(), [](int64_t dim) { return dim < 1; }))
    return std::nullopt;

  std::vector<int> order{vectorDim};
  for (int dim = rank - 1; dim >= 0; --dim)
    if (dim != vectorDim)
      order.push_back(dim);

  std::vector<Mode> thread, value;
  value.push_back({vectorWidth, 1, vectorDim});
  int64_t threadsLeft = threads;
  for (int dim : order) {
    int64_t width = dim == vectorDim ? vectorWidth : 1;
    int64_t vectors = dims[dim] / width;
    int64_t threadsHere = std::gcd(vectors, threadsLeft);
    thread.push_back({threadsHere, width, dim});
    value.push_back({vectors / threadsHere, width * threadsHere, dim});
    threadsLeft /= threadsHere;
  }
  thread.push_back({threadsLeft, 0});
  return Distribution::make(std::move(thread), std::move(value));
}

int64_t blockedVectorWidth(std::span<const int64_t> dims, int64_t threads, int vectorDim,
                           int64_t maxVectorWidth) {
  std::optional<Distribution> scalar = blocked(dims, threads, vectorDim, 1);
  int64_t best = 1;
  for (int64_t width = 2; scalar && width <= maxVectorWidth; width *= 2) {
    std::optional<Distribution> wide = blocked(dims, threads, vectorDim, width);
    if (!wide || wide->replication() > scalar->replication())
      break;
    best = width;
  }
  return best;
}

//===-- Tensor cores --------------------------------------------------------===//

/// Extents of one mma atom along M and N.
static constexpr int64_t atomM = 16, atomN = 8;

std::optional<int64_t> mmaDepth(int elementBits) {
  if (elementBits != 8 && elementBits != 16 && elementBits != 32)
    return std::nullopt;
  return 256 / elementBits;
}

/// How many atoms each of `warps` warps owns along a dimension; nothing if they do not divide it evenly.
static std::optional<int64_t> atomsPerWarp(int64_t extent, int64_t warps, int64_t atom) {
  if (!allPositive({extent, warps}) || extent % warps != 0 || extent / warps % atom != 0)
    return std::nullopt;
  return extent / warps / atom;
}

std::optional<Distribution> mmaAccumulator(int64_t m, int64_t n, int64_t warpsM, int64_t warpsN) {
  std::optional<int64_t> atomsM = atomsPerWarp(m, warpsM, atomM), atomsN = atomsPerWarp(n, warpsN, atomN);
  if (!atomsM || !atomsN)
    return std::nullopt;
  return Distribution::make({{4, 2, 1}, {8, 1, 0}, {warpsM, m / warpsM, 0}, {warpsN, n / warpsN, 1}},
                            {{2, 1, 1}, {2, 8, 0}, {*atomsM, atomM, 0}, {*atomsN, atomN, 1}});
}

std::optional<Distribution> mmaOperandA(int64_t m, int64_t k, int64_t warpsM, int64_t warpsN,
                                        int elementBits) {
  std::optional<int64_t> depth = mmaDepth(elementBits), atomsM = atomsPerWarp(m, warpsM, atomM);
  if (!depth || !atomsM || !allPositive({k, warpsN}) || k % *depth != 0)
    return std::nullopt;
  int64_t packed = 32 / elementBits;
  return Distribution::make(
      {{4, packed, 1}, {8, 1, 0}, {warpsM, m / warpsM, 0}, {warpsN, 0}},
      {{packed, 1, 1}, {2, 8, 0}, {2, 4 * packed, 1}, {*atomsM, atomM, 0}, {k / *depth, *depth, 1}});
}

std::optional<Distribution> mmaOperandB(int64_t k, int64_t n, int64_t warpsM, int64_t warpsN,
                                        int elementBits) {
  std::optional<int64_t> depth = mmaDepth(elementBits), atomsN = atomsPerWarp(n, warpsN, atomN);
  if (!depth || !atomsN || !allPositive({k, warpsM}) || k % *depth != 0)
    return std::nullopt;
  int64_t packed = 32 / elementBits;
  return Distribution::make(
      {{4, packed, 0}, {8, 1, 1}, {warpsM, 0}, {warpsN, n / warpsN, 1}},
      {{packed, 1, 0}, {2, 4 * packed, 0}, {*atomsN, atomN, 1}, {k / *depth, *depth, 0}});
}

//===-- Products of warp groups ---------------------------------------------===//

static constexpr int64_t groupRows = 64, groupWarps = 4;

std::optional<Distribution> wgmmaAccumulator(int64_t m, int64_t n, int64_t groups) {
  std::optional<int64_t> products = atomsPerWarp(m, groups, groupRows);
  if (!products || !allPositive({n}) || n % atomN != 0)
    return std::nullopt;
  return Distribution::make({{4, 2, 1}, {8, 1, 0}, {groupWarps, atomM, 0}, {groups, m / groups, 0}},
                            {{2, 1, 1}, {2, 8, 0}, {n / atomN, atomN, 1}, {*products, groupRows, 0}});
}

std::optional<Distribution> wgmmaOperandA(int64_t m, int64_t k, int64_t groups, int elementBits) {
  std::optional<int64_t> depth = mmaDepth(elementBits), products = atomsPerWarp(m, groups, groupRows);
  if (!depth || !products || !allPositive({k}) || k % *depth != 0)
    return std::nullopt;
  int64_t packed = 32 / elementBits;
  return Distribution::make(
      {{4, packed, 1}, {8, 1, 0}, {groupWarps, atomM, 0}, {groups, m / groups, 0}},
      {{packed, 1, 1}, {2, 8, 0}, {2, 4 * packed, 1}, {k / *depth, *depth, 1}, {*products, groupRows, 0}});
}

//===-- Outer product -------------------------------------------------------===//

/// The column vectors of a thread that owns `columns` columns; accumulator and operand B must agree on it.
static int64_t simtVectorWidth(int64_t columns) { return std::gcd(columns, int64_t(4)); }

std::optional<Distribution> simtAccumulator(int64_t m, int64_t n, int64_t threadsM, int64_t threadsN) {
  if (!allPositive({m, n, threadsM, threadsN}) || m % threadsM != 0 || n % threadsN != 0)
    return std::nullopt;
  int64_t rows = m / threadsM, columns = n / threadsN, width = simtVectorWidth(columns);
  return Distribution::make({{threadsN, width, 1}, {threadsM, rows, 0}},
                            {{width, 1, 1}, {columns / width, width * threadsN, 1}, {rows, 1, 0}});
}

std::optional<Distribution> simtOperandA(int64_t m, int64_t k, int64_t threadsM, int64_t threadsN) {
  if (!allPositive({m, k, threadsM, threadsN}) || m % threadsM != 0)
    return std::nullopt;
  int64_t rows = m / threadsM;
  return Distribution::make({{threadsN, 0}, {threadsM, rows, 0}}, {{k, 1, 1}, {rows, 1, 0}});
}

std::optional<Distribution> simtOperandB(int64_t k, int64_t n, int64_t threadsM, int64_t threadsN) {
  if (!allPositive({k, n, threadsM, threadsN}) || n % threadsN != 0)
    return std::nullopt;
  int64_t columns = n / threadsN, width = simtVectorWidth(columns);
  return Distribution::make({{threadsN, width, 1}, {threadsM, 0}},
                            {{width, 1, 1}, {columns / width, width * threadsN, 1}, {k, 1, 0}});
}

} // namespace ashlar::layout
