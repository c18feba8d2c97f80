//===-- TileEvaluatorInputs.cpp - inputs as tiles ---------------------------===//
//
// Straight from global memory, or by way of shared memory: in memory's order where this moves enough at once,
// else, for a packed weight, block by block as it lies.
//
//===-----------------------------------------------------------------------===//
#include "ashlar/TensorToTile/TileEvaluator.h"
#include "ashlar/Tile/Contiguity.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace ashlar;

/// A tile of everything that the space's shape and a shared buffer hold.
static Value loadWhole(KernelBuilder &kernel, Location loc, Value buffer, ArrayRef<int64_t> shape) {
  SmallVector<Value> offsets(shape.size(), kernel.constantIndex(0));
  auto type = RankedTensorType::get(shape, cast<tile::BufferType>(buffer.getType()).getElementType());
  return tile::LoadOp::create(kernel.builder(), loc, type, buffer, offsets, DenseBoolArrayAttr());
}

Value TileEvaluator::loadStaged(Value view, ArrayRef<unsigned> order, Location loc) {
  // The shared buffer keeps the order of memory; the tile has the order of the space.
  Value buffer = kernel_.copyToShared(view, space_, order);
  if (!llvm::is_sorted(order)) {
    SmallVector<int64_t> permutation(order.size());
    for (auto [position, dim] : llvm::enumerate(order))
      permutation[dim] = position;
    buffer = tile::TransposeOp::create(kernel_.builder(), loc, buffer, permutation);
  }
  return loadWhole(kernel_, loc, buffer, space_.tileShape());
}

//===-- Packed blocks ---------------------------------------------------------===//

/// The tiles of whole blocks that `space` is made of, `dimOf` saying which dimension of the space each of the
/// tensor's dimensions is; nothing where a tile begins or ends inside of a block.
static std::optional<TileSpace> blockSpace(KernelBuilder &kernel, const TileSpace &space,
                                           const ash::PackedBlocks &blocks, AffineMap dimOf,
                                           ArrayRef<int64_t> shape) {
  TileSpace result;
  for (int64_t dim : blocks.order) {
    const TileDim &whole = space.dims[dimOf.getDimPosition(dim)];
    int64_t size = blocks.shape[dim];
    if (whole.size % size != 0 || tile::knownDivisor(whole.offset) % size != 0)
      return std::nullopt;
    Value offset = kernel.builder().createOrFold<arith::DivUIOp>(kernel.source().getLoc(), whole.offset,
                                                                 kernel.constantIndex(size));
    result.dims.push_back({whole.size / size, offset, kernel.constant(shape[dim] / size), whole.inBounds});
  }
  result.dims.push_back({blocks.elements, kernel.constantIndex(0), kernel.constant(blocks.elements), true});
  return result;
}

std::optional<PartialTile> TileEvaluator::loadBlocks(ash::UnpackOp unpack, AffineMap coordinates) {
  auto type = cast<RankedTensorType>(unpack.getType());
  ash::PackingAttr packing = unpack.getPacking();
  constexpr int64_t vectorBits = 128;
  // A long run is a row for ldmatrix, too; the order inside of blocks is for threads that need a few words.
  if (packing.getRunLength(type.getShape()) * type.getElementTypeBitWidth() % vectorBits == 0)
    return std::nullopt;
  std::optional<ash::PackedBlocks> blocks = packing.getBlocks(type.getShape());
  AffineMap dimOf = compressUnusedSymbols(coordinates);
  if (!blocks || !dimOf.isPermutation())
    return std::nullopt;
  std::optional<TileSpace> space = blockSpace(kernel_, space_, *blocks, dimOf, type.getShape());
  if (!space)
    return std::nullopt;
  AffineExpr position = kernel_.constant(0);
  for (auto [number, dim] : llvm::enumerate(space->dims))
    position = position * dim.extent + space->dim(number);
  SmallVector<unsigned> order = llvm::to_vector(llvm::seq<unsigned>(0, space->dims.size()));
  Value view = kernel_.packedView(unpack, space->map(position, kernel_.context()), *space, order);
  Value lying =
      loadWhole(kernel_, unpack.getLoc(), kernel_.copyToShared(view, *space, order), space->tileShape());
  auto tileType = RankedTensorType::get(space_.tileShape(), type.getElementType());
  Value tile =
      tile::UnpackOp::create(kernel_.builder(), unpack.getLoc(), tileType, lying, blocks->map.compose(dimOf));
  SmallVector<unsigned> dims = allDims();
  return PartialTile{tile, {dims.begin(), dims.end()}};
}

//===-- Choice ----------------------------------------------------------------===//

FailureOr<PartialTile> TileEvaluator::evaluateInput(Value tensor, AffineMap coordinates) {
  SmallVector<unsigned, 2> dims;
  for (unsigned dim = 0; dim < space_.dims.size(); ++dim)
    if (coordinates.isFunctionOfDim(dim))
      dims.push_back(dim);
  if (staged_ && dims.size() == space_.dims.size() && dims.size() > 1) {
    if (auto unpack = tensor.getDefiningOp<ash::UnpackOp>())
      if (std::optional<PartialTile> tile = loadBlocks(unpack, coordinates))
        return *tile;
    SmallVector<unsigned> order = kernel_.memoryOrder(tensor, coordinates, space_);
    Value view = kernel_.inputView(tensor, coordinates, space_, order);
    if (kernel_.canCopy(view, space_, order))
      return PartialTile{loadStaged(view, order, tensor.getLoc()), dims};
  }
  if (dims.empty()) // One element: repeated along a dimension, for there are no loads of scalars.
    dims.push_back(space_.dims.size() - 1);
  Value view = kernel_.inputView(tensor, coordinates, space_, dims);
  return PartialTile{kernel_.load(view, space_, dims), dims};
}
