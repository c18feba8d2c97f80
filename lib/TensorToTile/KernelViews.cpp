//===-- KernelViews.cpp - views of tensors, and accesses through them -------===//
//
// The part of the KernelBuilder that reads and writes: from a coordinate map to tile.view, tile.load,
// tile.copy and tile.store.
//
//===-----------------------------------------------------------------------===//
#include "ashlar/TensorToTile/KernelBuilder.h"
#include "ashlar/Tile/Contiguity.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace ashlar;

/// Drops from the map the dimensions that are not in `kept` and puts those into its order.
static AffineMap selectDims(AffineMap map, ArrayRef<unsigned> kept) {
  MLIRContext *context = map.getContext();
  SmallVector<AffineExpr> replacements(map.getNumDims(), getAffineConstantExpr(0, context));
  for (auto [position, dim] : llvm::enumerate(kept))
    replacements[dim] = getAffineDimExpr(position, context);
  return map.replaceDimsAndSymbols(replacements, {}, kept.size(), map.getNumSymbols());
}

Value KernelBuilder::view(const Binding &binding, AffineMap coordinates, const TileSpace &space,
                          ArrayRef<unsigned> viewDims) {
  // The composed map's symbols are the runtime dimensions, then those of the space.
  AffineMap map = selectDims(simplifyAffineMap(binding.map.compose(coordinates)), viewDims);
  SmallVector<Value> symbols(kernel_.getDimensionArguments());
  llvm::append_range(symbols, space.symbols);
  SmallVector<Value> usedSymbols;
  for (auto [index, symbol] : llvm::enumerate(symbols))
    if (map.isFunctionOfSymbol(index))
      usedSymbols.push_back(symbol);
  map = compressUnusedSymbols(map);

  SmallVector<int64_t> shape;
  SmallVector<Value> sizes;
  for (unsigned dim : viewDims) {
    AffineExpr extent = space.dims[dim].extent;
    auto number = dyn_cast<AffineConstantExpr>(extent);
    shape.push_back(number ? number.getValue() : ShapedType::kDynamic);
    if (!number)
      sizes.push_back(materialize(extent));
  }
  auto buffer = cast<tile::BufferType>(binding.buffer.getType());
  auto type = tile::ViewType::get(context(), shape, buffer.getElementType());
  return tile::ViewOp::create(builder_, source_.getLoc(), type, binding.buffer, usedSymbols, sizes, map);
}

Value KernelBuilder::inputView(Value input, AffineMap coordinates, const TileSpace &space,
                               ArrayRef<unsigned> viewDims) {
  return view(buffers_.at(input), coordinates, space, viewDims);
}

Value KernelBuilder::packedView(ash::UnpackOp unpack, AffineMap coordinates, const TileSpace &space,
                                ArrayRef<unsigned> viewDims) {
  return view(packed_.at(unpack.getResult()), coordinates, space, viewDims);
}

Value KernelBuilder::resultView(unsigned result, AffineMap coordinates, const TileSpace &space,
                                ArrayRef<unsigned> viewDims) {
  return view(results_[result], coordinates, space, viewDims);
}

SmallVector<unsigned> KernelBuilder::memoryOrder(Value input, AffineMap coordinates, const TileSpace &space) {
  const Binding &binding = buffers_.at(input);
  AffineMap map = binding.map.compose(coordinates);
  SmallVector<int64_t> strides = cast<tile::BufferType>(binding.buffer.getType()).getStrides();
  // The address of one point; for symbols, any large number tells strides apart.
  SmallVector<AffineExpr> symbols(map.getNumSymbols(), constant(1 << 10));
  auto address = [&](std::optional<unsigned> step) {
    SmallVector<AffineExpr> dims(map.getNumDims(), constant(0));
    if (step)
      dims[*step] = constant(1);
    int64_t sum = 0;
    for (auto [result, stride] : llvm::zip(map.getResults(), strides))
      if (auto number = dyn_cast<AffineConstantExpr>(result.replaceDimsAndSymbols(dims, symbols)))
        sum += number.getValue() * stride;
    return sum;
  };
  SmallVector<std::pair<int64_t, unsigned>> order;
  for (unsigned dim = 0; dim < space.dims.size(); ++dim)
    if (coordinates.isFunctionOfDim(dim))
      order.push_back({-std::abs(address(dim) - address(std::nullopt)), dim});
  llvm::sort(order);
  return llvm::map_to_vector(order, [](auto &entry) { return entry.second; });
}

static SmallVector<Value> offsetsOf(const TileSpace &space, ArrayRef<unsigned> viewDims) {
  return llvm::map_to_vector(viewDims, [&](unsigned dim) { return space.dims[dim].offset; });
}

/// Null where nothing is known.
static DenseBoolArrayAttr inBoundsOf(OpBuilder &builder, const TileSpace &space,
                                     ArrayRef<unsigned> viewDims) {
  SmallVector<bool> inBounds =
      llvm::map_to_vector(viewDims, [&](unsigned dim) { return space.dims[dim].inBounds; });
  return llvm::is_contained(inBounds, true) ? builder.getDenseBoolArrayAttr(inBounds) : DenseBoolArrayAttr();
}

static SmallVector<int64_t> shapeOf(const TileSpace &space, ArrayRef<unsigned> viewDims) {
  return llvm::map_to_vector(viewDims, [&](unsigned dim) { return space.dims[dim].size; });
}

Value KernelBuilder::load(Value view, const TileSpace &space, ArrayRef<unsigned> viewDims) {
  auto type =
      RankedTensorType::get(shapeOf(space, viewDims), cast<tile::ViewType>(view.getType()).getElementType());
  return tile::LoadOp::create(builder_, source_.getLoc(), type, view, offsetsOf(space, viewDims),
                              inBoundsOf(builder_, space, viewDims));
}

void KernelBuilder::store(Value tile, Value view, const TileSpace &space, ArrayRef<unsigned> viewDims) {
  tile::StoreOp::create(builder_, source_.getLoc(), tile, view, offsetsOf(space, viewDims),
                        inBoundsOf(builder_, space, viewDims));
}

bool KernelBuilder::canCopy(Value view, const TileSpace &space, ArrayRef<unsigned> viewDims) {
  unsigned bits = tile::storageBits(cast<tile::ViewType>(view.getType()).getElementType());
  if (bits >= 8)
    return true;
  SmallVector<int64_t> shape = shapeOf(space, viewDims);
  SmallVector<Value> offsets = offsetsOf(space, viewDims);
  SmallVector<bool> inBounds =
      llvm::map_to_vector(viewDims, [&](unsigned dim) { return space.dims[dim].inBounds; });
  tile::TileAccess access =
      tile::describeAccess(view.getDefiningOp<tile::ViewOp>(), shape, offsets, ArrayRef<bool>(inBounds));
  return tile::vectorAccess(access).width * bits >= 8;
}

Value KernelBuilder::copyToShared(Value view, const TileSpace &space, ArrayRef<unsigned> viewDims) {
  Location loc = source_.getLoc();
  auto type =
      tile::BufferType::get(shapeOf(space, viewDims), cast<tile::ViewType>(view.getType()).getElementType(),
                            tile::MemorySpace::Shared);
  Value buffer;
  {
    // Shared memory belongs to the whole program of the block, not to one turn of a loop.
    OpBuilder::InsertionGuard guard(builder_);
    builder_.setInsertionPointToStart(&kernel_.getBody().front());
    buffer = tile::AllocOp::create(builder_, loc, type, IntegerAttr());
  }
  tile::CopyOp::create(builder_, loc, view, offsetsOf(space, viewDims), buffer, ValueRange(), UnitAttr(),
                       inBoundsOf(builder_, space, viewDims), IntegerAttr(), IntegerAttr());
  return buffer;
}
