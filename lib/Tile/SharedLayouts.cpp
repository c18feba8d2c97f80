//===-- SharedLayouts.cpp - Where shared memory holds what ----------------===//
//
// Lists the arrangements that could suit a buffer's accesses and keeps the best: the first of those that cost
// least.
//
//===----------------------------------------------------------------------===//
#include "SharedLayouts.h"

#include "SharedAccesses.h"
#include "mlir/IR/Builders.h"
#include <bit>
#include <numeric>

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;
using layout::SwizzledLayout;

static constexpr int64_t vectorBits = 128;

//===-- Candidates --------------------------------------------------------===//

/// The dimension that lies contiguously: the one of the widest copy, which only moves memory as it lies;
/// without copies the one along which stores and loads need the fewest instructions.
static int64_t contiguousDimension(const BufferUses &uses, ArrayRef<int64_t> shape, int64_t elementBits) {
  std::optional<VectorAccess> widest;
  for (const SharedAccess &access : uses.accesses)
    if (access.copy && (!widest || access.copy->width > widest->width))
      widest = access.copy;
  if (widest)
    return widest->dim;
  int64_t rank = shape.size(), best = rank - 1, bestCount = -1;
  for (int64_t dim = rank - 1; dim >= 0; --dim) {
    int64_t count = 0;
    for (const SharedAccess &access : uses.accesses) {
      int64_t width = std::min(access.registers.contiguousValues(int(dim)), vectorBits / elementBits);
      count += access.registers.values() / width;
    }
    if (bestCount < 0 || count < bestCount) {
      best = dim;
      bestCount = count;
    }
  }
  return best;
}

/// Row-major strides with `contiguous` as the last dimension, rows of `pitch` elements.
static SmallVector<int64_t> stridesWithPitch(ArrayRef<int64_t> shape, int64_t contiguous, int64_t pitch) {
  SmallVector<int64_t> strides(shape.size(), 1);
  int64_t stride = pitch;
  for (int64_t dim = int64_t(shape.size()) - 1; dim >= 0; --dim) {
    if (dim == contiguous)
      continue;
    strides[dim] = stride;
    stride *= shape[dim];
  }
  return strides;
}

/// In the order of preference: the swizzle of the row's length or an odd padding, then other swizzles, then
/// other paddings; the plain arrangement stands at the front where rows are so short that nothing has to be
/// done.
static SmallVector<Arrangement> candidatesFor(ArrayRef<int64_t> shape, int64_t contiguous,
                                              int64_t elementBits) {
  SmallVector<Arrangement> candidates;
  int64_t columns = shape[contiguous], rows = 1;
  for (int64_t extent : shape)
    rows *= extent;
  rows /= columns;
  int64_t chunk = vectorBits / elementBits;
  int base = std::countr_zero(uint64_t(chunk));
  SmallVector<int64_t> compact = stridesWithPitch(shape, contiguous, columns);
  candidates.push_back({compact, {}});
  // Elements of four bits are arranged as the bytes that pairs of them make.
  int64_t perUnit = elementBits < 8 ? 8 / elementBits : 1, unitBytes = elementBits * perUnit / 8;
  if (columns % perUnit == 0)
    if (auto rowMajor = layout::sharedRowMajor(rows, columns / perUnit, int(unitBytes))) {
      layout::Swizzle swizzle = rowMajor->swizzle;
      if (swizzle.bits > 0)
        swizzle.base += std::countr_zero(uint64_t(perUnit));
      int64_t pitch = rowMajor->layout.leaves()[0].stride * perUnit;
      candidates.push_back({stridesWithPitch(shape, contiguous, pitch), swizzle});
    }
  // A swizzle permutes blocks of 2^(base + bits) elements, of which the rows must be made, and repeats after
  // 2^(base + shift + bits), of which the buffer must be made to be one stage of several.
  for (int bits = 3; bits >= 1; --bits)
    for (int shift = 3; shift <= 6; ++shift)
      if (columns % (chunk << bits) == 0 && rows * columns % (chunk << (shift + bits)) == 0)
        candidates.push_back({compact, {bits, base, shift}});
  for (int64_t padding = chunk; padding <= 4 * chunk; padding += chunk)
    candidates.push_back({stridesWithPitch(shape, contiguous, llvm::alignTo(columns, chunk) + padding), {}});
  return candidates;
}

//===-- Choice ------------------------------------------------------------===//

static std::optional<SharedCost> costOfAll(const BufferUses &uses, const Arrangement &arrangement,
                                           ArrayRef<int64_t> shape, int64_t contiguous, int64_t elementBits) {
  SharedCost sum;
  for (const SharedAccess &access : uses.accesses) {
    std::optional<SharedCost> cost = costOf(access, arrangement, shape, contiguous, elementBits);
    if (!cost)
      return std::nullopt;
    sum.conflicts += cost->conflicts;
    sum.extraAccesses += cost->extraAccesses;
  }
  return sum;
}

static Arrangement chooseArrangement(const BufferUses &uses, ArrayRef<int64_t> shape, int64_t contiguous,
                                     int64_t elementBits) {
  SmallVector<Arrangement> candidates = candidatesFor(shape, contiguous, elementBits);
  std::optional<int64_t> least;
  Arrangement best = candidates.back();
  for (const Arrangement &candidate : candidates) {
    std::optional<SharedCost> cost = costOfAll(uses, candidate, shape, contiguous, elementBits);
    if (cost && (!least || cost->total() < *least)) {
      least = cost->total();
      best = candidate;
    }
    if (least == 0)
      break;
  }
  return best;
}

//===-- Rewriting ---------------------------------------------------------===//

static void writeLayout(const DerivedBuffer &derived, const Arrangement &arrangement) {
  auto type = cast<BufferType>(derived.buffer.getType());
  SmallVector<int64_t> strides;
  for (int dim : derived.dims)
    strides.push_back(arrangement.strides[dim]);
  const layout::Swizzle &swizzle = arrangement.swizzle;
  auto layout = BufferLayoutAttr::get(type.getContext(), strides, swizzle.bits, swizzle.base, swizzle.shift,
                                      arrangement.panelWidth, arrangement.panelStride);
  Value(derived.buffer)
      .setType(BufferType::get(type.getShape(), type.getElementType(), type.getSpace(), layout));
}

/// Narrows the copies whose vectors the arrangement does not keep together, or not aligned: where two copies
/// fill a buffer along different dimensions, and where the program came with a layout of its own.
static void fitCopies(const BufferUses &uses, const Arrangement &arrangement) {
  for (const SharedAccess &access : uses.accesses) {
    if (!access.copy || access.copy->width == 1)
      continue;
    int64_t width = arrangement.strides[access.copy->dim] == 1 ? access.copy->width : 1;
    if (arrangement.swizzle.bits > 0)
      width = std::gcd(width, int64_t(1) << arrangement.swizzle.base);
    for (auto [dim, stride] : llvm::enumerate(arrangement.strides))
      if (static_cast<int64_t>(dim) != access.copy->dim)
        width = std::gcd(width, stride);
    cast<CopyOp>(access.op).setVectorWidth(width);
  }
}

static Arrangement arrangementOf(BufferType type) {
  Arrangement arrangement{type.getStrides(), {}};
  if (BufferLayoutAttr layout = type.getLayout()) {
    arrangement.swizzle = {int(layout.getSwizzleBits()), int(layout.getSwizzleBase()),
                           int(layout.getSwizzleShift())};
    arrangement.panelWidth = layout.getPanelWidth();
    arrangement.panelStride = layout.getPanelStride();
  }
  return arrangement;
}

/// Whether a product by warp groups reads the buffer, or a part of it, as an operand.
static bool isWarpGroupOperand(const BufferUses &uses) {
  return llvm::any_of(uses.family, [](const DerivedBuffer &derived) {
    return llvm::any_of(derived.buffer.getUsers(), [](Operation *user) {
      auto mma = dyn_cast<MmaOp>(user);
      return mma && mma.getKind() == MmaKind::Wgmma;
    });
  });
}

/// What tensor cores and copy engine agree on: rows of 128, 64 or 32 bytes, swizzled within themselves; longer
/// rows in panels of 128 bytes. (PTX ISA, "Asynchronous Warpgroup Level Matrix Shared Memory Layout".)
static Arrangement operandArrangement(ArrayRef<int64_t> shape, int64_t contiguous, int64_t elementBits) {
  int64_t row = shape[contiguous], chunk = vectorBits / elementBits;
  int64_t width = 8 * chunk;
  while (width > chunk && row % width != 0)
    width /= 2;
  int bits = width >= 8 * chunk ? 3 : width >= 4 * chunk ? 2 : width >= 2 * chunk ? 1 : 0;
  Arrangement arrangement{stridesWithPitch(shape, contiguous, width), {}};
  if (bits > 0)
    arrangement.swizzle = {bits, std::countr_zero(uint64_t(chunk)), 3};
  if (row > width) {
    arrangement.panelWidth = width;
    arrangement.panelStride = width;
    for (auto [dim, extent] : llvm::enumerate(shape))
      arrangement.panelStride *= static_cast<int64_t>(dim) == contiguous ? 1 : extent;
  }
  return arrangement;
}

static Arrangement chooseArrangement(const BufferUses &uses, BufferType type) {
  if (type.getRank() == 0)
    return {};
  int64_t bits = storageBits(type.getElementType());
  if (isWarpGroupOperand(uses))
    return operandArrangement(type.getShape(), contiguousDimension(uses, type.getShape(), bits), bits);
  return chooseArrangement(uses, type.getShape(), contiguousDimension(uses, type.getShape(), bits), bits);
}

void ashlar::tile::assignSharedLayouts(KernelOp kernel) {
  kernel.getBody().walk([&](AllocOp alloc) {
    BufferType type = alloc.getBuffer().getType();
    BufferUses uses = usesOf(alloc, kernel.getThreads());
    Arrangement arrangement = type.getLayout() ? arrangementOf(type) : chooseArrangement(uses, type);
    fitCopies(uses, arrangement);
    for (const DerivedBuffer &derived : uses.family)
      writeLayout(derived, arrangement);
  });
}

std::optional<int64_t> ashlar::tile::countBankConflicts(AllocOp alloc, int64_t threads) {
  BufferType type = alloc.getBuffer().getType();
  if (type.getPanelDim() >= 0)
    return std::nullopt;
  int64_t bits = storageBits(type.getElementType());
  Arrangement arrangement = arrangementOf(type);
  std::optional<int64_t> contiguous;
  for (auto [dim, stride] : llvm::enumerate(arrangement.strides))
    if (stride == 1 && (!contiguous || type.getShape()[dim] > 1))
      contiguous = dim;
  if (!contiguous)
    return std::nullopt;
  std::optional<SharedCost> cost =
      costOfAll(usesOf(alloc, threads), arrangement, type.getShape(), *contiguous, bits);
  return cost ? std::optional(cost->conflicts) : std::nullopt;
}
