//===-- LowerReduction.cpp - linalg operations that reduce ------------------===//
//
// Parallel loops are distributed over blocks, loops of a reduction run inside of the block. A loop with tile
// size 1 runs element by element, which takes any body. A loop with a larger tile size is reduced in two
// steps: chunks are combined element by element into a tile of partial results, which tile.reduce combines at
// the end; the body must then be one of the known combinations.
//
//===-----------------------------------------------------------------------===//
#include "CoordinateMaps.h"
#include "LoopSpaces.h"
#include "ashlar/TensorToTile/MainOperations.h"
#include "ashlar/TensorToTile/Reductions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace ashlar;

namespace {
class ReductionLowering {
public:
  ReductionLowering(KernelBuilder &kernel, linalg::LinalgOp op) : kernel_(kernel), op_(op) {}
  LogicalResult lower();

private:
  LogicalResult readSchedule();
  FailureOr<SmallVector<Value>> startValues(TileEvaluator &block);
  FailureOr<SmallVector<Value>> loop(ArrayRef<unsigned> loops, LoopSpace inner, ValueRange accumulators);
  FailureOr<SmallVector<Value>> step(const LoopSpace &inner, ValueRange accumulators);
  PartialTile insideMask(TileEvaluator &evaluator);
  FailureOr<PartialTile> finish(TileEvaluator &block, unsigned result, Value accumulator);
  AffineMap initCoordinates(unsigned result) {
    return op_.getMatchingIndexingMap(op_.getDpsInitOperand(result)).compose(block_.map(kernel_.context()));
  }

  KernelBuilder &kernel_;
  linalg::LinalgOp op_;
  SmallVector<AffineExpr> extents_;
  SmallVector<int64_t> tile_;
  SmallVector<unsigned> reductionLoops_;
  SmallVector<Combination> combinations_; // One a result; only where chunks are combined.
  LoopSpace block_;
};
} // namespace

LogicalResult ReductionLowering::readSchedule() {
  FailureOr<SmallVector<AffineExpr>> extents = loopExtents(kernel_, op_);
  FailureOr<SmallVector<int64_t>> tile = kernel_.scheduleList("tile", op_.getNumLoops());
  if (failed(extents) || failed(tile))
    return failure();
  extents_ = *extents;
  tile_ = *tile;
  op_.getReductionDims(reductionLoops_);
  if (llvm::none_of(reductionLoops_, [&](unsigned loop) { return tile_[loop] > 1; }))
    return success();
  for (unsigned result = 0; result < op_->getNumResults(); ++result) {
    std::optional<Combination> combination = matchReduction(op_, result);
    if (!combination)
      return op_->emitError()
             << "its body is no sum, product, maximum or minimum, so it can only be reduced element "
                "by element; give the loops of its reduction the tile size 1";
    combinations_.push_back(*combination);
  }
  return success();
}

/// The accumulators before the first step: the initial tensors, or neutral elements of all chunks' shape.
FailureOr<SmallVector<Value>> ReductionLowering::startValues(TileEvaluator &block) {
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
    FailureOr<Value> init = block.evaluate(op_.getDpsInitOperand(result)->get(), initCoordinates(result));
    if (failed(init))
      return failure();
    values.push_back(*init);
  }
  return values;
}

/// Where the space's point is inside of every chunked loop; a null value where it always is.
PartialTile ReductionLowering::insideMask(TileEvaluator &evaluator) {
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
FailureOr<SmallVector<Value>> ReductionLowering::step(const LoopSpace &inner, ValueRange accumulators) {
  TileEvaluator evaluator(kernel_, inner.space);
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
FailureOr<SmallVector<Value>> ReductionLowering::loop(ArrayRef<unsigned> loops, LoopSpace inner,
                                                      ValueRange accumulators) {
  if (loops.empty())
    return step(inner, accumulators);
  OpBuilder &builder = kernel_.builder();
  unsigned number = loops.front();
  auto loopOp = scf::ForOp::create(builder, op_.getLoc(), kernel_.constantIndex(0),
                                   kernel_.materialize(extents_[number]),
                                   kernel_.constantIndex(tile_[number]), accumulators);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loopOp.getBody());
  inner.addLoop(kernel_, number, tile_[number], loopOp.getInductionVar(), extents_[number]);
  FailureOr<SmallVector<Value>> next = loop(loops.drop_front(), std::move(inner), loopOp.getRegionIterArgs());
  if (failed(next))
    return failure();
  scf::YieldOp::create(builder, op_.getLoc(), *next);
  return SmallVector<Value>(loopOp.getResults());
}

/// From the partial results of the chunks to the result's tile.
FailureOr<PartialTile> ReductionLowering::finish(TileEvaluator &block, unsigned result, Value accumulator) {
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
      block.evaluatePartial(op_.getDpsInitOperand(result)->get(), initCoordinates(result));
  if (failed(init))
    return failure();
  Attribute constant;
  if (matchPattern(init->value, m_Constant(&constant)) && constant == combination.neutral)
    return PartialTile{accumulator, dims};
  FailureOr<SmallVector<PartialTile>> combined =
      block.evaluateOperation(combination.op, {*init, {accumulator, dims}});
  return failed(combined) ? FailureOr<PartialTile>(failure()) : combined->front();
}

LogicalResult ReductionLowering::lower() {
  if (failed(readSchedule()))
    return failure();
  SmallVector<int64_t> parallelTile = tile_;
  for (unsigned loop : reductionLoops_)
    parallelTile[loop] = 0;
  block_ = distributeLoops(kernel_, extents_, parallelTile);
  for (unsigned loop : reductionLoops_)
    block_.loops[loop] = kernel_.constant(0); // No result depends on it.
  TileEvaluator block(kernel_, block_.space);
  FailureOr<SmallVector<Value>> start = startValues(block);
  if (failed(start))
    return failure();
  FailureOr<SmallVector<Value>> sums = loop(reductionLoops_, block_, *start);
  if (failed(sums))
    return failure();
  SmallVector<MainResult> results;
  for (unsigned result = 0; result < op_->getNumResults(); ++result) {
    FailureOr<PartialTile> tile = finish(block, result, (*sums)[result]);
    if (failed(tile))
      return failure();
    block.bind(op_->getResult(result), initCoordinates(result), *tile);
    results.push_back({op_->getResult(result), initCoordinates(result)});
  }
  return storeResults(block, results);
}

LogicalResult ashlar::lowerReduction(KernelBuilder &kernel, Operation *op) {
  return ReductionLowering(kernel, cast<linalg::LinalgOp>(op)).lower();
}
