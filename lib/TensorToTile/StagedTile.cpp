//===-- StagedTile.cpp - a tile in shared memory ----------------------------===//
//
// Copies inputs and stores what had to be computed.
//
//===-----------------------------------------------------------------------===//
#include "StagedTile.h"
#include "MatrixProduct.h"

using namespace mlir;
using namespace ashlar;

StagedTile StagedTile::store(KernelBuilder &kernel, Value tile) {
  OpBuilder &builder = kernel.builder();
  Location loc = tile.getLoc();
  auto type = cast<RankedTensorType>(tile.getType());
  Value buffer;
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&kernel.kernel().getBody().front());
    buffer = tile::AllocOp::create(
        builder, loc,
        tile::BufferType::get(type.getShape(), type.getElementType(), tile::MemorySpace::Shared),
        IntegerAttr());
  }
  SmallVector<Value> offsets(type.getRank(), kernel.constantIndex(0));
  tile::StoreOp::create(builder, loc, tile, buffer, offsets, DenseBoolArrayAttr());
  return StagedTile(kernel, buffer);
}

FailureOr<StagedTile> StagedTile::create(KernelBuilder &kernel, Value tensor, AffineMap coordinates,
                                         const TileSpace &space) {
  if (!kernel.isInput(tensor)) {
    TileEvaluator evaluator(kernel, space);
    FailureOr<Value> tile = evaluator.evaluate(tensor, coordinates);
    if (failed(tile))
      return failure();
    // What a computation makes of the zeros outside may be anything.
    for (unsigned dim = 0; dim < space.dims.size(); ++dim)
      tile = clearBeyond(evaluator, *tile, dim);
    return store(kernel, *tile);
  }
  // Memory's order first, so that copies are wide; the space's order by looking at the buffer differently.
  SmallVector<unsigned> order = kernel.memoryOrder(tensor, coordinates, space);
  for (unsigned dim = 0; dim < space.dims.size(); ++dim)
    if (!llvm::is_contained(order, dim))
      order.insert(order.begin(), dim);
  Value buffer = kernel.copyToShared(kernel.inputView(tensor, coordinates, space, order), space, order);
  if (!llvm::is_sorted(order)) {
    SmallVector<int64_t> permutation(order.size());
    for (auto [position, dim] : llvm::enumerate(order))
      permutation[dim] = position;
    buffer = tile::TransposeOp::create(kernel.builder(), tensor.getLoc(), buffer, permutation);
  }
  return StagedTile(kernel, buffer);
}

Value StagedTile::load(ArrayRef<Value> offsets, ArrayRef<int64_t> shape) const {
  auto type = RankedTensorType::get(shape, cast<tile::BufferType>(buffer_.getType()).getElementType());
  return tile::LoadOp::create(kernel_->builder(), buffer_.getLoc(), type, buffer_, offsets,
                              DenseBoolArrayAttr());
}

Value StagedTile::loadAt(ArrayRef<int64_t> offsets, ArrayRef<int64_t> shape) const {
  return load(llvm::map_to_vector(offsets, [&](int64_t offset) { return kernel_->constantIndex(offset); }),
              shape);
}

Value StagedTile::loadRow(Value index) const {
  OpBuilder &builder = kernel_->builder();
  auto buffer = cast<tile::BufferType>(buffer_.getType());
  int64_t length = buffer.getShape().back(), stride = buffer.getStrides().back();
  auto layout = buffer.getLayout() ? tile::BufferLayoutAttr::get(builder.getContext(), stride, 0, 0, 0)
                                   : tile::BufferLayoutAttr();
  auto type = tile::BufferType::get(length, buffer.getElementType(), tile::MemorySpace::Shared, layout);
  Value row = tile::StageOp::create(builder, buffer_.getLoc(), type, buffer_, index);
  return tile::LoadOp::create(builder, buffer_.getLoc(),
                              RankedTensorType::get(length, buffer.getElementType()), row,
                              kernel_->constantIndex(0), DenseBoolArrayAttr());
}
