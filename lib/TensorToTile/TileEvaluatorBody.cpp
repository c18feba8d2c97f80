//===-- TileEvaluatorBody.cpp - scalar programs on tiles --------------------===//
//
// Repeats the scalar operations of a linalg body on tiles, and makes tiles of indices.
//
//===-----------------------------------------------------------------------===//
#include "CoordinateMaps.h"
#include "IndexArithmetic.h"
#include "ashlar/TensorToTile/TileEvaluator.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace ashlar;

/// Index values are i32 inside of tiles.
static Type scalarType(Type type) {
  return isa<IndexType>(type) ? IntegerType::get(type.getContext(), 32) : type;
}

static Type tileTypeOf(const TileSpace &space, ArrayRef<unsigned> dims, Type element) {
  if (dims.empty())
    return element;
  SmallVector<int64_t> shape = llvm::map_to_vector(dims, [&](unsigned dim) { return space.dims[dim].size; });
  return RankedTensorType::get(shape, element);
}

PartialTile TileEvaluator::broadcast(PartialTile tile, ArrayRef<unsigned> dims) {
  OpBuilder &builder = kernel_.builder();
  Location loc = tile.value.getLoc();
  if (tile.dims.empty() && !dims.empty()) {
    Type type = tileTypeOf(space_, dims, tile.value.getType());
    Value value;
    if (auto constant = tile.value.getDefiningOp<arith::ConstantOp>())
      value = arith::ConstantOp::create(builder, loc,
                                        DenseElementsAttr::get(cast<ShapedType>(type), constant.getValue()));
    else
      value = tile::SplatOp::create(builder, loc, type, tile.value);
    return {value, {dims.begin(), dims.end()}};
  }
  for (auto [position, dim] : llvm::enumerate(dims)) {
    if (position < tile.dims.size() && tile.dims[position] == dim)
      continue;
    tile.dims.insert(tile.dims.begin() + position, dim);
    Type type = tileTypeOf(space_, tile.dims, getElementTypeOrSelf(tile.value));
    tile.value = tile::BroadcastOp::create(builder, loc, type, tile.value, position);
  }
  return tile;
}

Value TileEvaluator::broadcastToSpace(PartialTile tile) {
  return broadcast(std::move(tile), allDims()).value;
}

//===-- Indices ---------------------------------------------------------------===//

PartialTile TileEvaluator::evaluateExtent(AffineExpr extent) {
  if (isa<AffineConstantExpr>(extent))
    return evaluateIndex(extent);
  OpBuilder &builder = kernel_.builder();
  Value index = kernel_.materialize(extent);
  return {arith::IndexCastOp::create(builder, kernel_.source().getLoc(), builder.getI32Type(), index), {}};
}

PartialTile TileEvaluator::evaluateIndex(AffineExpr expression) {
  OpBuilder &builder = kernel_.builder();
  Location loc = kernel_.source().getLoc();
  Type i32 = builder.getI32Type();
  if (auto constant = dyn_cast<AffineConstantExpr>(expression))
    return {arith::ConstantIntOp::create(builder, loc, i32, constant.getValue()), {}};
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expression))
    return {arith::IndexCastOp::create(builder, loc, i32, space_.symbols[symbol.getPosition()]), {}};
  if (auto dim = dyn_cast<AffineDimExpr>(expression)) {
    unsigned position = dim.getPosition();
    Type type = tileTypeOf(space_, position, i32);
    return {tile::IotaOp::create(builder, loc, type, space_.dims[position].offset, 0), {position}};
  }
  auto binary = cast<AffineBinaryOpExpr>(expression);
  PartialTile lhs = evaluateIndex(binary.getLHS()), rhs = evaluateIndex(binary.getRHS());
  SmallVector<unsigned> dims = uniteDims(lhs.dims, rhs.dims);
  auto one = [&] { return broadcast(evaluateIndex(kernel_.constant(1)), dims).value; };
  Value result = combineIndices(builder, loc, expression.getKind(), broadcast(lhs, dims).value,
                                broadcast(rhs, dims).value, one);
  return {result, {dims.begin(), dims.end()}};
}

/// A cast between index, which is i32 here, and another integer type.
static Value castIndex(OpBuilder &builder, Location loc, Value value, Type type, bool isSigned) {
  unsigned from = getElementTypeOrSelf(value).getIntOrFloatBitWidth();
  unsigned to = getElementTypeOrSelf(type).getIntOrFloatBitWidth();
  if (from == to)
    return value;
  if (from > to)
    return arith::TruncIOp::create(builder, loc, type, value);
  if (isSigned)
    return arith::ExtSIOp::create(builder, loc, type, value);
  return arith::ExtUIOp::create(builder, loc, type, value);
}

//===-- Operations ------------------------------------------------------------===//

/// A constant of i32 for one of index; any other is repeated.
static Value repeatConstant(OpBuilder &builder, arith::ConstantOp constant) {
  TypedAttr value = constant.getValue();
  if (isa<IndexType>(constant.getType()))
    value = builder.getI32IntegerAttr(cast<IntegerAttr>(value).getInt());
  return arith::ConstantOp::create(builder, constant.getLoc(), value);
}

/// Whether a scalar operation can act on tiles.
static LogicalResult checkRepeatable(Operation *op) {
  if (isa<arith::ConstantOp, linalg::IndexOp, tensor::ExtractOp>(op) ||
      (op->getNumRegions() == 0 && OpTrait::hasElementwiseMappableTraits(op)))
    return success();
  return op->emitError() << "'" << op->getName()
                         << "' has no lowering inside a kernel: only elementwise operations "
                         << "of arith and math can act on tiles; rewrite it with arith.select, or as a "
                            "separate linalg operation";
}

FailureOr<SmallVector<PartialTile>> TileEvaluator::evaluateOperation(Operation *op,
                                                                     ArrayRef<PartialTile> operands) {
  OpBuilder &builder = kernel_.builder();
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    return SmallVector<PartialTile>{{repeatConstant(builder, constant), {}}};
  if (failed(checkRepeatable(op)))
    return failure();
  SmallVector<unsigned> dims;
  for (const PartialTile &operand : operands)
    dims = uniteDims(dims, operand.dims);
  SmallVector<Value> values = llvm::map_to_vector(
      operands, [&](const PartialTile &operand) { return broadcast(operand, dims).value; });
  SmallVector<Type> types = llvm::map_to_vector(op->getResultTypes(), [&](Type type) {
    return tileTypeOf(space_, dims, scalarType(getElementTypeOrSelf(type)));
  });
  SmallVector<PartialTile> results;
  if (isa<arith::IndexCastOp, arith::IndexCastUIOp>(op)) {
    results.push_back({castIndex(builder, op->getLoc(), values[0], types[0], isa<arith::IndexCastOp>(op)),
                       {dims.begin(), dims.end()}});
    return results;
  }
  OperationState state(op->getLoc(), op->getName(), values, types, op->getAttrs());
  for (Value value : builder.create(state)->getResults())
    results.push_back({value, {dims.begin(), dims.end()}});
  return results;
}

FailureOr<SmallVector<PartialTile>>
TileEvaluator::evaluateBody(linalg::LinalgOp op, ArrayRef<PartialTile> arguments, AffineMap loops) {
  llvm::DenseMap<Value, PartialTile> tiles;
  Block *body = op.getBlock();
  for (auto [argument, tile] : llvm::zip(body->getArguments(), arguments))
    tiles[argument] = tile;
  auto lookUp = [&](Value value) -> FailureOr<PartialTile> {
    if (auto found = tiles.find(value); found != tiles.end())
      return found->second;
    return evaluateScalar(value); // Captured from the kernel's region.
  };
  for (Operation &inner : body->without_terminator()) {
    if (failed(checkRepeatable(&inner)))
      return failure();
    if (auto index = dyn_cast<linalg::IndexOp>(inner)) {
      tiles[index] = evaluateIndex(loops.getResult(index.getDim()));
      continue;
    }
    if (auto extract = dyn_cast<tensor::ExtractOp>(inner)) {
      FailureOr<PartialTile> element = evaluateScalar(extract.getResult());
      if (failed(element))
        return failure();
      tiles[extract] = *element;
      continue;
    }
    SmallVector<PartialTile> operands;
    for (Value operand : inner.getOperands()) {
      FailureOr<PartialTile> tile = lookUp(operand);
      if (failed(tile))
        return failure();
      operands.push_back(*tile);
    }
    FailureOr<SmallVector<PartialTile>> results = evaluateOperation(&inner, operands);
    if (failed(results))
      return failure();
    for (auto [value, tile] : llvm::zip(inner.getResults(), *results))
      tiles[value] = tile;
  }
  SmallVector<PartialTile> yielded;
  for (Value value : body->getTerminator()->getOperands()) {
    FailureOr<PartialTile> tile = lookUp(value);
    if (failed(tile))
      return failure();
    yielded.push_back(*tile);
  }
  return yielded;
}
