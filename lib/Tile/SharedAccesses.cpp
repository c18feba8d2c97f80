//===-- SharedAccesses.cpp - How shared memory is read and written --------===//
//
// Collects the accesses to a buffer, and counts what one costs.
//
//===----------------------------------------------------------------------===//
#include "SharedAccesses.h"

#include "ashlar/Layout/BankConflicts.h"
#include "ashlar/Layout/Fragments.h"
#include <numeric>

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;
using layout::Distribution;
using layout::SwizzledLayout;

//===-- How a buffer is used ----------------------------------------------===//

/// The tile as the allocation sees it: dimensions in its order, those a stage has dropped with extent 1.
static SharedAccess inAllocation(const DerivedBuffer &derived, const Distribution &registers,
                                 ArrayRef<int64_t> tileShape, int rank) {
  std::vector<layout::Mode> thread = registers.threadModes(), value = registers.valueModes();
  for (std::vector<layout::Mode> *modes : {&thread, &value})
    for (layout::Mode &mode : *modes)
      if (mode.stride != 0)
        mode.dim = derived.dims[mode.dim];
  SharedAccess access;
  access.registers = *Distribution::make(thread, value);
  access.tileShape.assign(rank, 1);
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
  uses.back().op = copy;
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

BufferUses ashlar::tile::usesOf(AllocOp alloc, int64_t threads) {
  BufferUses uses;
  SmallVector<DerivedBuffer> &family = uses.family;
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
        addCopy(uses.accesses, derived, copy, rank, threads);
      } else if (auto load = dyn_cast<LoadOp>(user)) {
        addTile(uses.accesses, derived, load.getTile(), /*isLoad=*/true, rank);
      } else if (auto store = dyn_cast<StoreOp>(user)) {
        addTile(uses.accesses, derived, store.getTile(), /*isLoad=*/false, rank);
      }
    }
  }
  return uses;
}

//===-- What an access costs ----------------------------------------------===//

static std::optional<SwizzledLayout> memoryOf(const Arrangement &arrangement, ArrayRef<int64_t> shape) {
  std::vector<layout::Layout> modes;
  for (auto [extent, stride] : llvm::zip(shape, arrangement.strides)) {
    std::optional<layout::Layout> mode = layout::Layout::leaf(extent, stride);
    if (!mode)
      return std::nullopt;
    modes.push_back(*mode);
  }
  std::optional<layout::Layout> whole = layout::Layout::concat(modes);
  return whole ? std::optional(SwizzledLayout{arrangement.swizzle, *whole}) : std::nullopt;
}

/// The cost of reading 8x8 matrices whose rows lie contiguously. The other dimension is the matrix's rows.
static std::optional<SharedCost> matrixCost(const SharedAccess &access, const Arrangement &arrangement,
                                            int64_t contiguous, int elementBytes) {
  int64_t rowDim = 1 - contiguous;
  Arrangement turned{{arrangement.strides[rowDim], arrangement.strides[contiguous]}, arrangement.swizzle};
  int64_t rows = access.tileShape[rowDim], columns = access.tileShape[contiguous];
  std::optional<SwizzledLayout> memory = memoryOf(turned, {rows, columns});
  if (!memory)
    return std::nullopt;
  auto count = layout::ldmatrixTileConflicts(*memory, rows, columns, elementBytes);
  return count ? std::optional(SharedCost{count->total, 0}) : std::nullopt;
}

static std::optional<SharedCost> costOfBytes(const SharedAccess &access, const Arrangement &arrangement,
                                             ArrayRef<int64_t> shape, int64_t contiguous, int elementBytes) {
  // ldmatrix reads rows along the fragment's dimension, or, transposing 16-bit elements, across it.
  bool isMatrix = access.fragmentDim && (*access.fragmentDim == contiguous || elementBytes == 2);
  if (isMatrix)
    if (std::optional<SharedCost> cost = matrixCost(access, arrangement, contiguous, elementBytes))
      return cost;
  std::optional<SwizzledLayout> memory = memoryOf(arrangement, shape);
  if (!memory)
    return std::nullopt;
  int64_t widest = access.registers.contiguousValues(int(contiguous));
  if (access.copy)
    widest = access.copy->dim == contiguous ? access.copy->width : 1;
  widest = std::gcd(widest, 16 / elementBytes);
  for (int64_t width = widest; width >= 1; width /= 2)
    if (auto count = layout::tileConflicts(access.registers, *memory, elementBytes, width)) {
      // Without ldmatrix every register is an access of its own.
      int64_t fewest = isMatrix ? 0 : count->accesses * width / widest;
      return SharedCost{count->total, count->accesses - fewest};
    } else if (access.copy) {
      break;
    }
  return std::nullopt;
}

/// The modes of the bytes that pairs of elements along `dim` make; nothing where pairs are torn apart.
static std::optional<std::vector<layout::Mode>> pairModes(std::vector<layout::Mode> modes, int64_t dim) {
  for (layout::Mode &mode : modes) {
    if (mode.stride == 0 || mode.dim != dim)
      continue;
    int64_t &halved = mode.stride == 1 ? mode.size : mode.stride;
    if (halved % 2 != 0)
      return std::nullopt;
    halved /= 2;
  }
  return modes;
}

/// An access to elements of four bits, as one to bytes: two neighbours make one.
static std::optional<SharedCost> costOfNibbles(SharedAccess access, Arrangement arrangement,
                                               ArrayRef<int64_t> shape, int64_t contiguous) {
  auto thread = pairModes(access.registers.threadModes(), contiguous);
  auto value = pairModes(access.registers.valueModes(), contiguous);
  SmallVector<int64_t> bytes(shape);
  bytes[contiguous] = llvm::divideCeil(bytes[contiguous], 2);
  for (auto [dim, stride] : llvm::enumerate(arrangement.strides)) {
    if (static_cast<int64_t>(dim) != contiguous && stride % 2 != 0)
      return std::nullopt;
    stride = std::max<int64_t>(stride / 2, 1);
  }
  if (arrangement.swizzle.bits > 0 && --arrangement.swizzle.base < 0)
    return std::nullopt;
  // Elements that move one by one are read with their neighbour; what that costs is not modelled.
  if (!thread || !value || (access.copy && access.copy->width == 1))
    return SharedCost();
  access.registers = *Distribution::make(*thread, *value);
  if (access.copy)
    access.copy->width /= 2;
  return costOfBytes(access, arrangement, bytes, contiguous, /*elementBytes=*/1);
}

std::optional<SharedCost> ashlar::tile::costOf(const SharedAccess &access, const Arrangement &arrangement,
                                               ArrayRef<int64_t> shape, int64_t contiguous,
                                               int64_t elementBits) {
  return elementBits < 8 ? costOfNibbles(access, arrangement, shape, contiguous)
                         : costOfBytes(access, arrangement, shape, contiguous, int(elementBits / 8));
}
