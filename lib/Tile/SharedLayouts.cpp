//===-- SharedLayouts.cpp - Where shared memory holds what ----------------===//
//
// Collects how a buffer is written and read, lists the arrangements that could suit, counts the bank
// conflicts of each and keeps the best: the first of those with the fewest.
//
//===----------------------------------------------------------------------===//
#include "SharedLayouts.h"

#include "LayoutChoices.h"
#include "ashlar/Layout/BankConflicts.h"
#include "ashlar/Layout/Fragments.h"
#include "mlir/IR/Builders.h"
#include <bit>
#include <numeric>

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;
using layout::Distribution;
using layout::SwizzledLayout;

static constexpr int64_t vectorBits = 128;

//===-- How a buffer is used ----------------------------------------------===//

namespace {
/// One copy, store or load of a tile, seen in the buffer's dimensions.
struct SharedAccess {
  Distribution registers;
  SmallVector<int64_t> tileShape;
  /// A copy moves vectors of `width` along `dim`; tiles move what the distribution and the layout allow.
  std::optional<VectorAccess> copy;
  /// A load of 32-bit registers of 8x8 matrices along this dimension, which `ldmatrix` can do.
  std::optional<int64_t> fragmentDim;
};

/// A buffer or a part of it, with the dimensions of the allocation that its own are.
struct DerivedBuffer {
  Value buffer;
  SmallVector<int> dims;
};
} // namespace

/// The tile as the allocation sees it: dimensions in its order, those a stage has dropped with extent 1.
static SharedAccess inAllocation(const DerivedBuffer &derived, const Distribution &registers,
                                 ArrayRef<int64_t> tileShape, int rank) {
  std::vector<layout::Mode> thread = registers.threadModes(), value = registers.valueModes();
  for (std::vector<layout::Mode> *modes : {&thread, &value})
    for (layout::Mode &mode : *modes)
      if (mode.stride != 0)
        mode.dim = derived.dims[mode.dim];
  SharedAccess access{*Distribution::make(thread, value), SmallVector<int64_t>(rank, 1), {}, {}};
  for (auto [dim, extent] : llvm::zip(derived.dims, tileShape))
    access.tileShape[dim] = extent;
  return access;
}

/// The dimension along which four lanes of a warp hold a row of an 8x8 matrix of 32-bit registers, eight rows
/// side by side: what ldmatrix delivers.
static std::optional<int64_t> fragmentDimension(const Distribution &registers, int64_t elementBits,
                                                int rank) {
  if (elementBits < 8 || elementBits > 32 || rank != 2)
    return std::nullopt;
  int64_t packed = 32 / elementBits;
  for (int64_t dim : {1, 0}) {
    bool isMatrix = packed == 1 || registers.contiguousValues(int(dim)) % packed == 0;
    for (int64_t lane = 0; lane < warpSize && isMatrix; ++lane) {
      std::vector<int64_t> element = registers.coordinate(lane, 0, rank);
      isMatrix = element[dim] == lane % 4 * packed && element[1 - dim] == lane / 4;
    }
    if (isMatrix)
      return dim;
  }
  return std::nullopt;
}

static void addCopy(SmallVectorImpl<SharedAccess> &uses, const DerivedBuffer &derived, CopyOp copy, int rank,
                    int64_t threads) {
  ArrayRef<int64_t> shape = copy.getDestination().getType().getShape();
  VectorAccess vectors{static_cast<int64_t>(*copy.getVectorDim()),
                       static_cast<int64_t>(*copy.getVectorWidth())};
  std::optional<Distribution> registers =
      layout::blocked({shape.data(), shape.size()}, threads, int(vectors.dim), vectors.width);
  if (!registers)
    return;
  uses.push_back(inAllocation(derived, *registers, shape, rank));
  uses.back().copy = {derived.dims[vectors.dim], vectors.width};
}

static void addTile(SmallVectorImpl<SharedAccess> &uses, const DerivedBuffer &derived, Value tile,
                    bool isLoad, int rank) {
  auto type = cast<RankedTensorType>(tile.getType());
  SharedAccess access =
      inAllocation(derived, getDistributionAttr(type).getDistribution(), type.getShape(), rank);
  if (isLoad)
    access.fragmentDim = fragmentDimension(access.registers, storageBits(type.getElementType()), rank);
  uses.push_back(std::move(access));
}

static SmallVector<SharedAccess> usesOf(AllocOp alloc, int64_t threads,
                                        SmallVectorImpl<DerivedBuffer> &family) {
  SmallVector<SharedAccess> uses;
  int rank = int(alloc.getBuffer().getType().getRank());
  family.push_back({alloc.getBuffer(), llvm::to_vector(llvm::seq<int>(rank))});
  for (size_t i = 0; i < family.size(); ++i) {
    for (Operation *user : family[i].buffer.getUsers()) {
      DerivedBuffer derived = family[i];
      if (auto stage = dyn_cast<StageOp>(user)) {
        family.push_back({stage.getResult(), SmallVector<int>(llvm::drop_begin(derived.dims))});
      } else if (auto transpose = dyn_cast<TransposeOp>(user)) {
        SmallVector<int> dims;
        for (int64_t dim : transpose.getPermutation())
          dims.push_back(derived.dims[dim]);
        family.push_back({transpose.getResult(), dims});
      } else if (auto copy = dyn_cast<CopyOp>(user)) {
        addCopy(uses, derived, copy, rank, threads);
      } else if (auto load = dyn_cast<LoadOp>(user)) {
        addTile(uses, derived, load.getTile(), /*isLoad=*/true, rank);
      } else if (auto store = dyn_cast<StoreOp>(user)) {
        addTile(uses, derived, store.getTile(), /*isLoad=*/false, rank);
      }
    }
  }
  return uses;
}

//===-- Candidates --------------------------------------------------------===//

namespace {
struct Candidate {
  SmallVector<int64_t> strides;
  layout::Swizzle swizzle;
};
} // namespace

/// The dimension that lies contiguously: the one of the widest copy, which only moves memory as it lies;
/// without copies the one along which stores and loads need the fewest instructions.
static int64_t contiguousDimension(ArrayRef<SharedAccess> uses, ArrayRef<int64_t> shape,
                                   int64_t elementBits) {
  std::optional<VectorAccess> widest;
  for (const SharedAccess &access : uses)
    if (access.copy && (!widest || access.copy->width > widest->width))
      widest = access.copy;
  if (widest)
    return widest->dim;
  int64_t rank = shape.size(), best = rank - 1, bestCount = -1;
  for (int64_t dim = rank - 1; dim >= 0; --dim) {
    int64_t count = 0;
    for (const SharedAccess &access : uses) {
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
static SmallVector<Candidate> candidatesFor(ArrayRef<int64_t> shape, int64_t contiguous,
                                            int64_t elementBits) {
  SmallVector<Candidate> candidates;
  int64_t columns = shape[contiguous], rows = 1;
  for (int64_t extent : shape)
    rows *= extent;
  rows /= columns;
  int64_t chunk = vectorBits / elementBits;
  int base = std::countr_zero(uint64_t(chunk));
  SmallVector<int64_t> compact = stridesWithPitch(shape, contiguous, columns);
  candidates.push_back({compact, {}});
  if (elementBits >= 8)
    if (std::optional<SwizzledLayout> rowMajor = layout::sharedRowMajor(rows, columns, int(elementBits / 8)))
      candidates.push_back(
          {stridesWithPitch(shape, contiguous, rowMajor->layout.leaves()[0].stride), rowMajor->swizzle});
  // A swizzle permutes blocks of 2^(base + bits) elements: the rows must be made of them.
  for (int bits = 3; bits >= 1; --bits)
    for (int shift = 3; shift <= 6; ++shift)
      if (columns % (chunk << bits) == 0 ||
          (std::has_single_bit(uint64_t(columns)) && (columns >= chunk << bits)))
        candidates.push_back({compact, {bits, base, shift}});
  for (int64_t padding = chunk; padding <= 4 * chunk; padding += chunk)
    candidates.push_back({stridesWithPitch(shape, contiguous, llvm::alignTo(columns, chunk) + padding), {}});
  return candidates;
}

//===-- Choice ------------------------------------------------------------===//

static std::optional<SwizzledLayout> memoryOf(const Candidate &candidate, ArrayRef<int64_t> shape) {
  std::vector<layout::Layout> modes;
  for (auto [extent, stride] : llvm::zip(shape, candidate.strides)) {
    std::optional<layout::Layout> mode = layout::Layout::leaf(extent, stride);
    if (!mode)
      return std::nullopt;
    modes.push_back(*mode);
  }
  std::optional<layout::Layout> whole = layout::Layout::concat(modes);
  return whole ? std::optional(SwizzledLayout{candidate.swizzle, *whole}) : std::nullopt;
}

/// The conflicts of reading 8x8 matrices whose rows lie contiguously. The other dimension is the matrix's
/// rows.
static std::optional<int64_t> matrixConflicts(const SharedAccess &access, const Candidate &candidate,
                                              int64_t contiguous, int elementBytes) {
  if (access.tileShape.size() != 2)
    return std::nullopt;
  int64_t rowDim = 1 - contiguous;
  Candidate turned{{candidate.strides[rowDim], candidate.strides[contiguous]}, candidate.swizzle};
  int64_t rows = access.tileShape[rowDim], columns = access.tileShape[contiguous];
  std::optional<SwizzledLayout> memory = memoryOf(turned, {rows, columns});
  std::optional<layout::ConflictCount> count;
  if (memory)
    count = layout::ldmatrixTileConflicts(*memory, rows, columns, elementBytes);
  return count ? std::optional(count->total) : std::nullopt;
}

/// The conflicts of one access, moving the widest vectors that registers and memory agree on.
static std::optional<int64_t> conflictsOf(const SharedAccess &access, const Candidate &candidate,
                                          ArrayRef<int64_t> shape, int64_t contiguous, int elementBytes) {
  // ldmatrix reads rows along the fragment's dimension, or, transposing 16-bit elements, across it.
  if (access.fragmentDim && (*access.fragmentDim == contiguous || elementBytes == 2))
    if (std::optional<int64_t> conflicts = matrixConflicts(access, candidate, contiguous, elementBytes))
      return conflicts;
  std::optional<SwizzledLayout> memory = memoryOf(candidate, shape);
  if (!memory)
    return std::nullopt;
  int64_t width = access.registers.contiguousValues(int(contiguous));
  if (access.copy)
    width = access.copy->dim == contiguous ? access.copy->width : 1;
  width = std::gcd(width, 16 / elementBytes);
  for (; width >= 1; width /= 2)
    if (auto count = layout::tileConflicts(access.registers, *memory, elementBytes, width))
      return count->total;
  return std::nullopt;
}

static Candidate chooseCandidate(ArrayRef<SharedAccess> uses, ArrayRef<int64_t> shape, int64_t contiguous,
                                 int64_t elementBits) {
  SmallVector<Candidate> candidates = candidatesFor(shape, contiguous, elementBits);
  if (elementBits < 8)
    return candidates.front();
  std::optional<int64_t> fewest;
  Candidate best = candidates.front();
  for (const Candidate &candidate : candidates) {
    int64_t total = 0;
    bool isPossible = true;
    for (const SharedAccess &access : uses) {
      std::optional<int64_t> conflicts =
          conflictsOf(access, candidate, shape, contiguous, int(elementBits / 8));
      isPossible &= conflicts.has_value();
      total += conflicts.value_or(0);
    }
    if (isPossible && (!fewest || total < *fewest)) {
      fewest = total;
      best = candidate;
    }
    if (fewest == 0)
      break;
  }
  return best;
}

//===-- Rewriting ---------------------------------------------------------===//

static void writeLayout(const DerivedBuffer &derived, const Candidate &candidate) {
  auto type = cast<BufferType>(derived.buffer.getType());
  SmallVector<int64_t> strides;
  for (int dim : derived.dims)
    strides.push_back(candidate.strides[dim]);
  const layout::Swizzle &swizzle = candidate.swizzle;
  auto layout = BufferLayoutAttr::get(type.getContext(), strides, swizzle.bits, swizzle.base, swizzle.shift);
  Value(derived.buffer)
      .setType(BufferType::get(type.getShape(), type.getElementType(), type.getSpace(), layout));
}

static void assignLayout(AllocOp alloc, int64_t threads) {
  SmallVector<DerivedBuffer> family;
  BufferType type = alloc.getBuffer().getType();
  SmallVector<SharedAccess> uses = usesOf(alloc, threads, family);
  int64_t bits = storageBits(type.getElementType());
  Candidate candidate;
  if (type.getRank() > 0) {
    int64_t contiguous = contiguousDimension(uses, type.getShape(), bits);
    candidate = chooseCandidate(uses, type.getShape(), contiguous, bits);
  }
  for (const DerivedBuffer &derived : family)
    writeLayout(derived, candidate);
}

void ashlar::tile::assignSharedLayouts(KernelOp kernel) {
  kernel.getBody().walk([&](AllocOp alloc) {
    if (!alloc.getBuffer().getType().getLayout())
      assignLayout(alloc, kernel.getThreads());
  });
}
