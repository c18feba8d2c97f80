//===-- StagedTile.cpp - a tile in shared memory ----------------------------===//
//
// Copies inputs and stores what had to be computed.
//
//===-----------------------------------------------------------------------===//
#include "StagedTile.h"
#include "TileArithmetic.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace ashlar;

/// `tile`, zero outside of the space's extents: what a computation makes of the zeros there may be anything.
static Value clearOutside(TileEvaluator &evaluator, Value tile) {
  KernelBuilder &kernel = evaluator.kernel();
  Location loc = tile.getLoc();
  TileArithmetic math(kernel.builder(), loc);
  const TileSpace &space = evaluator.space();
  Type element = getElementTypeOrSelf(tile);
  for (auto [dim, tileDim] : llvm::enumerate(space.dims)) {
    if (tileDim.inBounds)
      continue;
    Value index = evaluator.evaluateIndex(space.dim(dim)).value;
    Value extent = math.splatIndex(tileDim.size, kernel.materialize(tileDim.extent));
    PartialTile inside{arith::CmpIOp::create(kernel.builder(), loc, arith::CmpIPredicate::slt, index, extent),
                       {static_cast<unsigned>(dim)}};
    tile = math.select(evaluator.broadcastToSpace(inside), tile, math.constant(space.tileShape(), element, 0));
  }
  return tile;
}

StagedTile StagedTile::store(KernelBuilder &kernel, Value tile) {
  OpBuilder &builder = kernel.builder();
  Location loc = tile.getLoc();
  auto type = cast<RankedTensorType>(tile.getType());
  Value buffer;
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&kernel.kernel().getBody().front());
    buffer = tile::AllocOp::create(
        builder, loc, tile::BufferType::get(type.getShape(), type.getElementType(), tile::MemorySpace::Shared),
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
    return store(kernel, clearOutside(evaluator, *tile));
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
  return tile::LoadOp::create(kernel_->builder(), buffer_.getLoc(), type, buffer_, offsets, DenseBoolArrayAttr());
}

Value StagedTile::loadAt(ArrayRef<int64_t> offsets, ArrayRef<int64_t> shape) const {
  return load(llvm::map_to_vector(offsets, [&](int64_t offset) { return kernel_->constantIndex(offset); }), shape);
}
