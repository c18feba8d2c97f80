//===-- LayoutChoices.cpp - Which distribution suits a tile ---------------===//
//
// Grids of warps and threads, blocked tiles with and without a reduction, and the cost of global accesses.
//
//===----------------------------------------------------------------------===//
#include "LayoutChoices.h"

#include "ashlar/Layout/Fragments.h"
#include <bit>
#include <numeric>
#include <set>

using namespace ashlar;
using namespace ashlar::tile;
using layout::Distribution;
using layout::Mode;

//===-- Products ----------------------------------------------------------===//

/// Lets the threads that a distribution leaves over hold copies.
static std::optional<Distribution> fillBlock(const std::optional<Distribution> &distribution,
                                             int64_t threads) {
  if (!distribution || threads % distribution->threads() != 0)
    return std::nullopt;
  std::vector<Mode> modes = distribution->threadModes();
  modes.push_back({threads / distribution->threads(), 0});
  return Distribution::make(std::move(modes), distribution->valueModes());
}

static std::optional<ProductFragments> fillBlock(const std::optional<Distribution> &a,
                                                 const std::optional<Distribution> &b,
                                                 const std::optional<Distribution> &result, int64_t threads) {
  std::optional<Distribution> wholeA = fillBlock(a, threads), wholeB = fillBlock(b, threads),
                              wholeResult = fillBlock(result, threads);
  if (!wholeA || !wholeB || !wholeResult)
    return std::nullopt;
  return ProductFragments{*wholeA, *wholeB, *wholeResult};
}

std::optional<ProductFragments> tile::tensorCoreFragments(int64_t m, int64_t n, int64_t k, int elementBits,
                                                          ProductGrid grid, int64_t threads) {
  return fillBlock(layout::mmaOperandA(m, k, grid.m, grid.n, elementBits),
                   layout::mmaOperandB(k, n, grid.m, grid.n, elementBits),
                   layout::mmaAccumulator(m, n, grid.m, grid.n), threads);
}

std::optional<ProductFragments> tile::warpGroupFragments(int64_t m, int64_t n, int64_t k, int elementBits,
                                                         int64_t threads) {
  constexpr int64_t groupThreads = 128;
  int64_t groups = threads / groupThreads;
  std::optional<Distribution> a = layout::wgmmaOperandA(m, k, groups, elementBits),
                              result = layout::wgmmaAccumulator(m, n, groups);
  if (threads % groupThreads != 0 || !a || !result)
    return std::nullopt;
  return ProductFragments{*a, Distribution(), *result};
}

std::optional<ProductFragments> tile::scalarFragments(int64_t m, int64_t n, int64_t k, ProductGrid grid,
                                                      int64_t threads) {
  return fillBlock(layout::simtOperandA(m, k, grid.m, grid.n), layout::simtOperandB(k, n, grid.m, grid.n),
                   layout::simtAccumulator(m, n, grid.m, grid.n), threads);
}

/// The grid of at most `count` parts (a divisor of it) of rows x columns atoms with the most parts, then the
/// least `cost`, then the most along the rows.
template <typename Cost>
static ProductGrid chooseGrid(int64_t rows, int64_t columns, int64_t count, int64_t maxColumns, Cost cost) {
  ProductGrid best;
  for (int64_t m = 1; m <= count; ++m)
    for (int64_t n = 1; m * n <= count && n <= maxColumns; ++n) {
      if (rows % m != 0 || columns % n != 0 || count % (m * n) != 0)
        continue;
      bool isBetter = m * n != best.m * best.n ? m * n > best.m * best.n : cost(m, n) <= cost(best.m, best.n);
      if (isBetter)
        best = {m, n};
    }
  return best;
}

ProductGrid tile::chooseWarpGrid(int64_t m, int64_t n, int64_t threads, bool wholeRows) {
  constexpr int64_t atomM = 16, atomN = 8;
  int64_t warps = threads / warpSize;
  return chooseGrid(m / atomM, n / atomN, warps, warps, [&](int64_t warpsM, int64_t warpsN) {
    return (wholeRows && warpsN > 1 ? m * n : 0) + m / warpsM + n / warpsN;
  });
}

ProductGrid tile::chooseThreadGrid(int64_t m, int64_t n, int64_t threads) {
  return chooseGrid(m, n, threads, warpSize,
                    [&](int64_t threadsM, int64_t threadsN) { return m / threadsM + n / threadsN; });
}

//===-- Tiles without a product -------------------------------------------===//

bool tile::reducesWithinWarp(const Distribution &distribution, int dim) {
  return llvm::all_of(distribution.threadDigitsAlong(dim), [](const layout::ThreadDigit &digit) {
    return std::has_single_bit(uint64_t(digit.divisor)) && std::has_single_bit(uint64_t(digit.mode.size)) &&
           digit.divisor * digit.mode.size <= warpSize;
  });
}

static VectorAccess narrowed(llvm::ArrayRef<int64_t> dims, int64_t threads, VectorAccess vectors) {
  vectors.width = layout::blockedVectorWidth(dims, threads, int(vectors.dim), vectors.width);
  return vectors;
}

Distribution tile::blockedDistribution(llvm::ArrayRef<int64_t> dims, int64_t threads, VectorAccess vectors) {
  std::optional<Distribution> result;
  if (!dims.empty()) {
    vectors = narrowed(dims, threads, vectors);
    result = layout::blocked(dims, threads, int(vectors.dim), vectors.width);
  }
  // A tile of rank 0 is held by every thread.
  return result ? *result : *Distribution::make({{threads, 0}}, {});
}

static int64_t powerOfTwoPart(int64_t number) { return number & -number; }

namespace {
/// Deals the threads of a block out to the dimensions of a tile, the fastest first.
class ThreadDealer {
public:
  ThreadDealer(llvm::ArrayRef<int64_t> dims, VectorAccess vectors) : left(dims.begin(), dims.end()) {
    next.assign(dims.size(), 1);
    take(values, vectors.dim, vectors.width);
  }

  int64_t rank() const { return int64_t(left.size()); }
  /// Up to `threads` threads along `dim`, a divisor of both; returns how many.
  int64_t deal(int64_t dim, int64_t threads) {
    int64_t count = std::gcd(left[dim], threads);
    take(threadModes, dim, count);
    return count;
  }
  void replicate(int64_t threads) { threadModes.push_back({threads, 0}); }
  Distribution finish() {
    for (int64_t dim = rank() - 1; dim >= 0; --dim)
      take(values, dim, left[dim]);
    return *Distribution::make(threadModes, values);
  }

private:
  void take(std::vector<Mode> &modes, int64_t dim, int64_t count) {
    modes.push_back({count, next[dim], int(dim)});
    next[dim] *= count;
    left[dim] /= count;
  }

  std::vector<int64_t> left, next;
  std::vector<Mode> threadModes, values;
};
} // namespace

static Distribution dealReducible(llvm::ArrayRef<int64_t> dims, int64_t threads, VectorAccess vectors,
                                  int64_t reduceDim) {
  ThreadDealer dealer(dims, vectors);
  llvm::SmallVector<int64_t> others;
  for (int64_t dim = dealer.rank() - 1; dim >= 0; --dim)
    if (dim != reduceDim && dim != vectors.dim)
      others.push_back(dim);

  int64_t lanes = std::gcd(threads, warpSize), warps = threads / lanes;
  lanes /= dealer.deal(vectors.dim, lanes);
  if (vectors.dim != reduceDim) {
    lanes /= dealer.deal(reduceDim, lanes);
    others.insert(others.begin(), vectors.dim);
  }
  for (int64_t *rest : {&lanes, &warps}) {
    for (int64_t dim : others)
      *rest /= dealer.deal(dim, *rest);
    dealer.replicate(*rest);
  }
  return dealer.finish();
}

Distribution tile::reducibleDistribution(llvm::ArrayRef<int64_t> dims, int64_t threads, VectorAccess vectors,
                                         int64_t reduceDim) {
  std::optional<Distribution> best;
  for (int64_t width = powerOfTwoPart(std::gcd(dims[vectors.dim], vectors.width)); width >= 1; width /= 2) {
    Distribution candidate = dealReducible(dims, threads, {vectors.dim, width}, reduceDim);
    if (!best || candidate.replication() < best->replication())
      best = candidate;
  }
  return *best;
}

//===-- Global memory -----------------------------------------------------===//

double tile::sectorEfficiency(const Distribution &distribution, llvm::ArrayRef<int64_t> dims,
                              VectorAccess vectors, int64_t elementBits) {
  constexpr int64_t sectorBits = 256;
  int64_t width = std::gcd(vectors.width, distribution.contiguousValues(int(vectors.dim)));
  std::set<std::vector<int64_t>> sectors, starts;
  for (int64_t lane = 0; lane < std::min(warpSize, distribution.threads()); ++lane) {
    std::vector<int64_t> element = distribution.coordinate(lane, 0, int(dims.size()));
    if (!starts.insert(element).second)
      continue;
    int64_t first = element[vectors.dim];
    for (int64_t i = 0; i < width; ++i) {
      element[vectors.dim] = (first + i) * elementBits / sectorBits;
      sectors.insert(element);
    }
  }
  double bits = double(starts.size() * width * elementBits);
  return bits / double(sectors.size() * sectorBits);
}
