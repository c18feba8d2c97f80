//===-- LayoutConversions.cpp - Tiles that change their distribution ------===//
//
// Conversions for the sake of global memory, and the way of a conversion through shared memory.
//
//===----------------------------------------------------------------------===//
#include "LayoutRewriter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

//===-- Global accesses ---------------------------------------------------===//

/// The distribution in which the tile should meet global memory: nothing if it may stay as it is, because it
/// wastes little or because another one would waste about as much. A conversion goes through shared memory, a
/// pass over the tile that a smaller waste does not pay for.
static std::optional<DistributionAttr> betterDistribution(Operation *access, Value tile, int64_t threads,
                                                          double leastEfficiency) {
  constexpr int64_t smallTile = 512;
  RankedTensorType type = tileType(tile);
  DistributionAttr current = getDistributionAttr(type);
  if (type.getNumElements() <= smallTile || !describeAccess(access))
    return std::nullopt;
  VectorAccess vectors = accessVectors(access);
  int64_t bits = storageBits(type.getElementType());
  auto efficiencyOf = [&](const layout::Distribution &distribution) {
    VectorAccess counted = vectors;
    // Of a load, the neighbours that the next instruction asks for are in the first-level cache by then.
    if (isa<LoadOp>(access))
      counted.width = 128 / bits;
    return sectorEfficiency(distribution, type.getShape(), counted, bits);
  };
  double efficiency = efficiencyOf(current.getDistribution());
  if (efficiency > leastEfficiency)
    return std::nullopt;
  layout::Distribution blocked = blockedDistribution(type.getShape(), threads, vectors);
  constexpr double worthwhile = 1.5;
  if (efficiencyOf(blocked) < worthwhile * efficiency)
    return std::nullopt;
  return DistributionAttr::get(type.getContext(), blocked);
}

static void coalesceStore(StoreOp store, int64_t threads) {
  // Half-used sectors are written twice.
  constexpr double leastEfficiency = 0.5;
  std::optional<DistributionAttr> better =
      betterDistribution(store, store.getTile(), threads, leastEfficiency);
  if (!better)
    return;
  OpBuilder builder(store);
  Type type = withDistribution(tileType(store.getTile()), *better);
  store.getTileMutable().assign(ConvertLayoutOp::create(builder, store.getLoc(), type, store.getTile()));
}

static void coalesceLoad(LoadOp load, int64_t threads) {
  // The other half of a half-used sector is in the first-level cache when the next register asks for it.
  constexpr double leastEfficiency = 0.25;
  std::optional<DistributionAttr> better = betterDistribution(load, load.getTile(), threads, leastEfficiency);
  if (!better)
    return;
  OpBuilder builder(load.getContext());
  builder.setInsertionPointAfter(load);
  RankedTensorType wanted = tileType(load.getTile());
  load.getTile().setType(withDistribution(wanted, *better));
  auto converted = ConvertLayoutOp::create(builder, load.getLoc(), wanted, load.getTile());
  load.getTile().replaceAllUsesExcept(converted, converted);
}

void ashlar::tile::coalesceGlobalAccesses(KernelOp kernel, const LayoutClasses &classes) {
  SmallVector<Operation *> accesses;
  kernel.getBody().walk([&](Operation *op) {
    if (isa<LoadOp, StoreOp>(op))
      accesses.push_back(op);
  });
  for (Operation *op : accesses) {
    if (auto store = dyn_cast<StoreOp>(op)) {
      if (!classes.isGiven(store.getTile()))
        coalesceStore(store, kernel.getThreads());
    } else if (auto load = cast<LoadOp>(op); !load->use_empty() && !classes.isGiven(load.getTile())) {
      coalesceLoad(load, kernel.getThreads());
    }
  }
}

//===-- Through shared memory ---------------------------------------------===//

/// The tile with elements of whole bytes: predicates travel as i8, i4 as its sign extension.
static Value widen(OpBuilder &builder, Location loc, Value tile) {
  RankedTensorType type = tileType(tile);
  auto element = dyn_cast<IntegerType>(type.getElementType());
  if (!element || element.getWidth() >= 8)
    return tile;
  return arith::ExtUIOp::create(builder, loc, type.clone(builder.getI8Type()), tile);
}

static void lowerThroughShared(ConvertLayoutOp convert) {
  OpBuilder builder(convert);
  Location loc = convert.getLoc();
  RankedTensorType wanted = tileType(convert.getResult());
  Value tile = widen(builder, loc, convert.getSource());
  Type element = tileType(tile).getElementType();
  Value buffer =
      AllocOp::create(builder, loc, BufferType::get(wanted.getShape(), element, MemorySpace::Shared),
                      /*offset=*/IntegerAttr());
  SmallVector<Value> start(wanted.getRank(), arith::ConstantIndexOp::create(builder, loc, 0));
  StoreOp::create(builder, loc, tile, buffer, start, /*in_bounds=*/nullptr);
  Value loaded = LoadOp::create(builder, loc, wanted.clone(element), buffer, start, /*in_bounds=*/nullptr);
  if (loaded.getType() != wanted)
    loaded = arith::TruncIOp::create(builder, loc, wanted, loaded);
  convert.replaceAllUsesWith(loaded);
  convert.erase();
}

void ashlar::tile::lowerConversions(KernelOp kernel) {
  SmallVector<ConvertLayoutOp> conversions;
  kernel.getBody().walk([&](ConvertLayoutOp convert) { conversions.push_back(convert); });
  for (ConvertLayoutOp convert : conversions) {
    if (convert.use_empty()) {
      convert.erase();
      continue;
    }
    if (convert.getSource().getType() == convert.getResult().getType()) {
      convert.replaceAllUsesWith(convert.getSource());
      convert.erase();
      continue;
    }
    layout::Distribution source = getDistributionAttr(convert.getSource().getType()).getDistribution();
    layout::Distribution result = getDistributionAttr(convert.getResult().getType()).getDistribution();
    if (!layout::registerPermutation(source, result))
      lowerThroughShared(convert);
  }
}
