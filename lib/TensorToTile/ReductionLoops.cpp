//===-- ReductionLoops.cpp - one linalg reduction in a block ----------------===//
//
// Accumulators, the nest of loops, masks for what a chunk has beyond the end, and the combination at the end.
//
//===-----------------------------------------------------------------------===//
#include "ReductionLoops.h"
#include "CoordinateMaps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace ashlar;

ReductionLoops::ReductionLoops(KernelBuilder &kernel, linalg::LinalgOp op, ArrayRef<AffineExpr> extents,
                               ArrayRef<int64_t> tile, const LoopSpace &block)
    : kernel_(kernel), op_(op), extents_(extents), tile_(tile), block_(block) {
  op_.getReductionDims(reductionLoops_);
  for (unsigned loop : reductionLoops_)
    block_.loops[loop] = kernel_.constant(0); // No result depends on it.
}

AffineMap ReductionLoops::resultCoordinates(unsigned result) {
  return op_.getMatchingIndexingMap(op_.getDpsInitOperand(result)).compose(block_.map(kernel_.context()));
}

/// Chunks need a body that is a known combination.
LogicalResult ReductionLoops::matchBody() {
  if (llvm::none_of(reductionLoops_, [&](unsigned loop) { return tile_[loop] > 1; }))
    return success();
  for (unsigned result = 0; result < op_->getNumResults(); ++result) {
    std::optional<Combination> combination = matchReduction(op_, result);
    if (!combination)
      return op_->emitError()
             << "its body is no sum, product, maximum or minimum of 8 to 32 bits, so it can only be "
                "reduced element by element; give the loops of its reduction the tile size 1";
    combinations_.push_back(*combination);
  }
  return success();
}

/// The accumulators before the first step: the initial tensors, or neutral elements of all chunks' shape.
FailureOr<SmallVector<Value>> ReductionLoops::startValues(TileEvaluator &block) {
  SmallVector<Value> values;
  SmallVector<int64_t> shape = block_.space.tileShape();
  for (unsigned loop : reductionLoops_)
    if (tile_[loop] > 1)
      shape.push_back(tile_[loop]);
  for (unsigned result = 0; result < op_->getNumResults(); ++result) {
    if (!combinations_.empty()) {
      TypedAttr neutral = combinations_[result].neutral;
      auto type = RankedTensorType::get(shape, neutral.getType());
      values.push_back(arith::ConstantOp::create(kernel_.builder(), op_.getLoc(),
                                                 DenseElementsAttr::get(type, Attribute(neutral))));
      continue;
    }
    FailureOr<Value> init = block.evaluate(op_.getDpsInitOperand(result)->get(), resultCoordinates(result));
    if (failed(init))
      return failure();
    values.push_back(*init);
  }
  return values;
}

/// Where the space's point is inside of every chunked loop; a null value where it always is.
PartialTile ReductionLoops::insideMask(TileEvaluator &evaluator) {
  OpBuilder &builder = kernel_.builder();
  Location loc = op_.getLoc();
  PartialTile mask;
  for (unsigned dim = block_.space.dims.size(); dim < evaluator.space().dims.size(); ++dim) {
    const TileDim &tileDim = evaluator.space().dims[dim];
    if (tileDim.inBounds)
      continue;
    PartialTile index = evaluator.evaluateIndex(evaluator.space().dim(dim));
    Value bound = evaluator.broadcast(evaluator.evaluateExtent(tileDim.extent), index.dims).value;
    PartialTile inside{arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, index.value, bound),
                       index.dims};
    if (mask.value) {
      SmallVector<unsigned> dims = uniteDims(mask.dims, inside.dims);
      inside.value = arith::AndIOp::create(builder, loc, evaluator.broadcast(mask, dims).value,
                                           evaluator.broadcast(inside, dims).value);
      inside.dims.assign(dims.begin(), dims.end());
    }
    mask = inside;
  }
  return mask;
}

/// The body on one chunk.
FailureOr<SmallVector<Value>> ReductionLoops::step(TileEvaluator &block, const LoopSpace &inner,
                                                   ValueRange accumulators) {
  TileEvaluator evaluator(kernel_, inner.space);
  evaluator.adopt(block);
  AffineMap loops = inner.map(kernel_.context());
  SmallVector<unsigned, 2> allDims = llvm::to_vector<2>(llvm::seq<unsigned>(0, inner.space.dims.size()));
  SmallVector<PartialTile> arguments;
  for (OpOperand &operand : op_->getOpOperands()) {
    if (op_.isDpsInit(&operand)) {
      arguments.push_back({accumulators[arguments.size() - op_.getNumDpsInputs()], allDims});
      continue;
    }
    FailureOr<PartialTile> tile = evaluator.evaluateOperand(op_, operand, loops);
    if (failed(tile))
      return failure();
    arguments.push_back(*tile);
  }
  FailureOr<SmallVector<PartialTile>> yielded = evaluator.evaluateBody(op_, arguments, loops);
  if (failed(yielded))
    return failure();
  PartialTile mask = insideMask(evaluator);
  SmallVector<Value> next;
  for (auto [tile, accumulator] : llvm::zip(*yielded, accumulators)) {
    Value value = evaluator.broadcastToSpace(tile);
    if (mask.value)
      value = arith::SelectOp::create(kernel_.builder(), op_.getLoc(), evaluator.broadcastToSpace(mask),
                                      value, accumulator);
    next.push_back(value);
  }
  return next;
}

/// The nest of the reduction's loops, outermost first.
FailureOr<SmallVector<Value>> ReductionLoops::loop(TileEvaluator &block, ArrayRef<unsigned> loops,
                                                   LoopSpace inner, ValueRange accumulators) {
  if (loops.empty())
    return step(block, inner, accumulators);
  unsigned number = loops.front();
  auto body = [&](Value offset, ValueRange carried) {
    LoopSpace next = inner;
    next.addLoop(kernel_, number, tile_[number], offset, extents_[number]);
    return loop(block, loops.drop_front(), std::move(next), carried);
  };
  return loopOverTiles(kernel_, extents_[number], tile_[number], accumulators, body);
}

/// From the partial results of the chunks to the result's tile.
FailureOr<PartialTile> ReductionLoops::finish(TileEvaluator &block, unsigned result, Value accumulator) {
  SmallVector<unsigned, 2> dims = llvm::to_vector<2>(llvm::seq<unsigned>(0, block_.space.dims.size()));
  if (combinations_.empty())
    return PartialTile{accumulator, dims};
  const Combination &combination = combinations_[result];
  auto type = cast<RankedTensorType>(accumulator.getType());
  while (type.getRank() > static_cast<int64_t>(dims.size())) {
    type = RankedTensorType::get(type.getShape().drop_back(), type.getElementType());
    accumulator = tile::ReduceOp::create(kernel_.builder(), op_.getLoc(), type, combination.kind, accumulator,
                                         type.getRank());
  }
  FailureOr<PartialTile> init =
      block.evaluatePartial(op_.getDpsInitOperand(result)->get(), resultCoordinates(result));
  if (failed(init))
    return failure();
  Attribute constant;
  if (matchPattern(init->value, m_Constant(&constant)) && constant == combination.neutral)
    return PartialTile{accumulator, dims};
  FailureOr<SmallVector<PartialTile>> combined =
      block.evaluateOperation(combination.op, {*init, {accumulator, dims}});
  return failed(combined) ? FailureOr<PartialTile>(failure()) : combined->front();
}

LogicalResult ReductionLoops::emit(TileEvaluator &evaluator) {
  if (failed(matchBody()))
    return failure();
  FailureOr<SmallVector<Value>> start = startValues(evaluator);
  if (failed(start))
    return failure();
  FailureOr<SmallVector<Value>> sums = loop(evaluator, reductionLoops_, block_, *start);
  if (failed(sums))
    return failure();
  for (unsigned result = 0; result < op_->getNumResults(); ++result) {
    FailureOr<PartialTile> tile = finish(evaluator, result, (*sums)[result]);
    if (failed(tile))
      return failure();
    evaluator.bind(op_->getResult(result), resultCoordinates(result), *tile);
  }
  return success();
}
