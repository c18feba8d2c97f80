//===-- LayoutAnchors.cpp - Distributions that are chosen, not inherited --===//
//
// Where distributions come from: the fragments of products, and for classes of tiles that no product reaches,
// a blocked distribution that suits their reductions and global accesses.
//
//===----------------------------------------------------------------------===//
#include "LayoutClasses.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

//===-- Products ----------------------------------------------------------===//

/// The operand's shape and element, wherever it lies.
static RankedTensorType operandTensorType(Value operand) {
  if (auto buffer = dyn_cast<BufferType>(operand.getType()))
    return RankedTensorType::get(buffer.getShape(), buffer.getElementType());
  return tileType(operand);
}

std::optional<ProductGrid> LayoutClasses::scheduledGrid(StringRef name) {
  DictionaryAttr schedule = kernel.getScheduleAttr();
  auto entry = schedule ? schedule.getAs<ArrayAttr>(name) : ArrayAttr();
  if (!entry || entry.size() != 2)
    return std::nullopt;
  auto m = dyn_cast<IntegerAttr>(entry[0]), n = dyn_cast<IntegerAttr>(entry[1]);
  if (!m || !n || m.getInt() < 1 || n.getInt() < 1)
    return std::nullopt;
  return ProductGrid{m.getInt(), n.getInt()};
}

/// Whether rows of products should stay within a warp: something is reduced, or one product feeds another.
static bool prefersWholeRows(KernelOp kernel) {
  int64_t products = 0, reductions = 0;
  kernel.getBody().walk([&](Operation *op) {
    products += isa<MmaOp>(op);
    reductions += isa<ReduceOp>(op);
  });
  return products > 1 || reductions > 0;
}

/// Nothing where the block's threads are not warp groups that can share the rows.
std::optional<ProductFragments> LayoutClasses::chooseFragments(MmaOp mma) {
  RankedTensorType result = tileType(mma.getResult());
  RankedTensorType a = operandTensorType(mma.getA());
  int64_t m = result.getDimSize(0), n = result.getDimSize(1), k = a.getDimSize(1);
  if (mma.getKind() == MmaKind::Wgmma)
    return warpGroupFragments(m, n, k, a.getElementTypeBitWidth(), threads());
  bool isTensorCore = mma.getKind() == MmaKind::MmaSync;
  auto fragments = [&](ProductGrid grid) {
    return isTensorCore ? tensorCoreFragments(m, n, k, a.getElementTypeBitWidth(), grid, threads())
                        : scalarFragments(m, n, k, grid, threads());
  };
  if (std::optional<ProductGrid> grid = scheduledGrid(isTensorCore ? "warps" : "thread_grid"))
    if (std::optional<ProductFragments> scheduled = fragments(*grid))
      return scheduled;
  // The verifier of tile.mma sees to it that one warp (or thread) can do it, and the choices divide the tile.
  return fragments(isTensorCore ? chooseWarpGrid(m, n, threads(), prefersWholeRows(kernel))
                                 : chooseThreadGrid(m, n, threads()));
}

static DistributionAttr givenLayout(Value operand) {
  return isTile(operand) ? getDistributionAttr(operand.getType()) : DistributionAttr();
}

LogicalResult LayoutClasses::fixProduct(MmaOp mma) {
  DistributionAttr a = givenLayout(mma.getA()), b = givenLayout(mma.getB());
  if (!a || !b || !givenLayout(mma.getResult())) {
    std::optional<ProductFragments> fragments = chooseFragments(mma);
    if (!fragments)
      return mma.emitOpError("cannot be shared by ")
             << threads() << " threads: products by warp groups need whole groups of 128 threads, each with a "
                             "multiple of 64 rows";
    a = attribute(fragments->a);
    b = attribute(fragments->b);
    propose(mma.getResult(), attribute(fragments->result));
  }
  productOperands[mma] = {a, b};
  return success();
}

LogicalResult LayoutClasses::fixProducts() {
  WalkResult result = kernel.getBody().walk([&](MmaOp mma) { return WalkResult(fixProduct(mma)); });
  return failure(result.wasInterrupted());
}

//===-- Tiles without a product -------------------------------------------===//

/// A distribution of another tile of this shape whose slices the class's broadcasts already have.
DistributionAttr LayoutClasses::chooseByNeighbours(ArrayRef<Value> members) {
  SmallVector<std::pair<DistributionAttr, int64_t>> slices;
  for (Value member : members)
    if (auto broadcast = member.getDefiningOp<BroadcastOp>())
      if (DistributionAttr slice = layoutOf(broadcast.getSource()))
        slices.push_back({slice, broadcast.getDim()});
  if (slices.empty())
    return {};
  for (Value value : values) {
    DistributionAttr candidate = layouts[find(value)];
    bool fits =
        candidate && tileType(value).getShape() == tileType(members.front()).getShape() &&
        llvm::all_of(slices, [&](auto slice) { return sliceOf(candidate, slice.second) == slice.first; });
    if (fits)
      return candidate;
  }
  return {};
}

namespace {
/// What a class of tiles does besides arithmetic.
struct ClassUses {
  SmallVector<Operation *> loads, stores;
  std::optional<int64_t> reduceDim;
  int64_t elementBits = 8;
};
} // namespace

static ClassUses usesOf(ArrayRef<Value> members) {
  ClassUses uses;
  for (Value member : members) {
    bool isAccessed = false;
    if (auto load = member.getDefiningOp<LoadOp>()) {
      uses.loads.push_back(load);
      isAccessed = true;
    }
    for (Operation *user : member.getUsers()) {
      if (auto store = dyn_cast<StoreOp>(user)) {
        uses.stores.push_back(store);
        isAccessed = true;
      }
      if (auto reduce = dyn_cast<ReduceOp>(user); reduce && !uses.reduceDim)
        uses.reduceDim = reduce.getDim();
    }
    if (isAccessed)
      uses.elementBits = std::max(uses.elementBits, storageBits(tileType(member).getElementType()));
  }
  return uses;
}

layout::Distribution LayoutClasses::chooseByAccesses(ArrayRef<Value> members) {
  ArrayRef<int64_t> shape = tileType(members.front()).getShape();
  ClassUses uses = usesOf(members);
  // The widest access sets the dimension, loads before stores; the widest element sets the vector, so that no
  // thread moves more than 16 bytes at once.
  VectorAccess best{std::max<int64_t>(int64_t(shape.size()) - 1, 0), 1};
  bool isFirst = true;
  for (Operation *access : llvm::concat<Operation *>(uses.loads, uses.stores)) {
    if (!describeAccess(access))
      continue;
    VectorAccess vectors = accessVectors(access);
    if (isFirst || vectors.width > best.width)
      best = vectors;
    isFirst = false;
  }
  best.width = std::max<int64_t>(1, std::min(best.width, 128 / uses.elementBits));
  return uses.reduceDim ? reducibleDistribution(shape, threads(), best, *uses.reduceDim)
                        : blockedDistribution(shape, threads(), best);
}

bool LayoutClasses::chooseForOne() {
  // Large tiles first: the small ones then take their slices.
  std::optional<unsigned> chosen;
  auto size = [&](unsigned index) {
    RankedTensorType type = tileType(values[index]);
    return std::pair(type.getRank(), type.getNumElements());
  };
  for (unsigned index = 0; index < values.size(); ++index)
    if (parents[index] == index && !layouts[index] && (!chosen || size(index) > size(*chosen)))
      chosen = index;
  if (!chosen)
    return false;
  SmallVector<Value> members;
  for (Value value : values)
    if (find(value) == *chosen)
      members.push_back(value);
  DistributionAttr layout = chooseByNeighbours(members);
  layouts[*chosen] = layout ? layout : attribute(chooseByAccesses(members));
  return true;
}
