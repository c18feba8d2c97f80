//===-- LowerAttention.cpp - attention in one kernel ------------------------===//
//
// A block makes the output of some rows: the queries stay, keys and values pass by tile by tile, and the
// softmax is carried along (the header of AttentionSoftmax.h). Scores never leave the block, and keys that no
// row of the block can see are not read.
//
//===-----------------------------------------------------------------------===//
#include "AttentionSoftmax.h"
#include "MatrixProduct.h"
#include "TileArithmetic.h"
#include "ashlar/TensorToTile/MainOperations.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace ashlar;

namespace {
class AttentionLowering {
public:
  AttentionLowering(KernelBuilder &kernel, ash::AttentionOp op)
      : kernel_(kernel), op_(op), loc_(op->getLoc()) {}
  LogicalResult lower();

private:
  FailureOr<AttentionBlock> distribute(tile::MmaKind kind);
  FailureOr<int64_t> valueTile(tile::MmaKind kind);
  FailureOr<SmallVector<Value>> loop(const AttentionBlock &block, AttentionProducts &products,
                                     AttentionSoftmax &softmax);
  FailureOr<SmallVector<Value>> step(TileDim keys, ValueRange state, const KeyBounds &bounds,
                                     AttentionProducts &products, AttentionSoftmax &softmax);
  LogicalResult storeStrip(const AttentionBlock &block, TileDim columns, Value output, Value logSumExp);

  KernelBuilder &kernel_;
  ash::AttentionOp op_;
  Location loc_;
};
} // namespace

/// What a head may measure: products walk it unrolled, and more than this fills no shared memory that exists.
static constexpr int64_t maxHeadSize = 4096;

/// Columns of a block's output: the schedule's `value_tile`, or a whole head.
FailureOr<int64_t> AttentionLowering::valueTile(tile::MmaKind kind) {
  FailureOr<int64_t> size = op_.getValueType().getDimSize(3);
  if (cast<DictionaryAttr>(*kernel_.source().getSchedule()).contains("value_tile"))
    size = kernel_.scheduleNumber("value_tile");
  return failed(size) ? size : FailureOr<int64_t>(llvm::alignTo(*size, attentionGranule(kind)));
}

/// One block for some rows, the heads they share, a part of a head's output, and a batch.
FailureOr<AttentionBlock> AttentionLowering::distribute(tile::MmaKind kind) {
  FailureOr<SmallVector<int64_t>> tile = kernel_.scheduleList("tile", 2);
  FailureOr<int64_t> packing = kernel_.scheduleNumber("packing"), values = valueTile(kind);
  FailureOr<AffineExpr> batches = kernel_.extent(op_.getQuery(), 0),
                        queries = kernel_.extent(op_.getQuery(), 2), keys = kernel_.extent(op_.getKey(), 2);
  if (failed(tile) || failed(packing) || failed(values) || failed(batches) || failed(queries) || failed(keys))
    return failure();
  for (int64_t size : {op_.getQueryType().getDimSize(3), op_.getValueType().getDimSize(3)})
    if (size > maxHeadSize)
      return op_.emitOpError("has heads of ")
                 << size << " values; kernels keep a head on chip and take at most " << maxHeadSize,
             failure();
  if (op_.getGroupSize() % *packing != 0)
    return kernel_.source().emitOpError("has a schedule that packs ")
               << *packing << " heads into a tile, but heads share keys by " << op_.getGroupSize()
               << "; choose a divisor of that",
           failure();
  AffineExpr rows = *queries * *packing, rowTiles = rows.ceilDiv((*tile)[0]);
  AffineExpr headSize = kernel_.constant(op_.getValueType().getDimSize(3));
  SmallVector<Value> block = kernel_.distributeBlocks(
      {*batches, kernel_.constant(op_.getQueryHeads() / *packing), headSize.ceilDiv(*values), rowTiles});
  Value rowTile = block[3];
  if (op_.getCausal()) {
    // Later rows see more keys: the longest blocks go first, so that none of them runs alone at the end.
    Value last = arith::SubIOp::create(kernel_.builder(), loc_, kernel_.materialize(rowTiles),
                                       kernel_.constantIndex(1));
    rowTile = arith::SubIOp::create(kernel_.builder(), loc_, last, rowTile);
  }
  return AttentionBlock{op_,
                        *packing,
                        kernel_.tileDim(rowTile, (*tile)[0], rows),
                        kernel_.tileDim(block[2], *values, headSize),
                        (*tile)[1],
                        *keys,
                        {block[0], block[1]}};
}

/// State: the rows' maxima, their sums, then the strips of the output.
FailureOr<SmallVector<Value>> AttentionLowering::step(TileDim keys, ValueRange state, const KeyBounds &bounds,
                                                      AttentionProducts &products,
                                                      AttentionSoftmax &softmax) {
  FailureOr<SmallVector<Value>> scores = products.scores(keys);
  if (failed(scores))
    return failure();
  FailureOr<SoftmaxStep> step = softmax.step(keys, *scores, bounds, state[0], state[1]);
  if (failed(step))
    return failure();
  TileArithmetic math(kernel_.builder(), loc_);
  Value rescaling = math.broadcast(step->rescaling, 1, products.outputStrip());
  SmallVector<Value> rescaled =
      llvm::map_to_vector(state.drop_front(2), [&](Value strip) { return math.multiply(strip, rescaling); });
  FailureOr<SmallVector<Value>> output = products.accumulate(keys, step->probabilities, rescaled);
  if (failed(output))
    return failure();
  SmallVector<Value> next = {step->maximum, step->sum};
  llvm::append_range(next, *output);
  return next;
}

FailureOr<SmallVector<Value>>
AttentionLowering::loop(const AttentionBlock &block, AttentionProducts &products, AttentionSoftmax &softmax) {
  OpBuilder &builder = kernel_.builder();
  FailureOr<KeyBounds> bounds = softmax.keyBounds();
  if (failed(bounds))
    return failure();
  SmallVector<Value> state = {softmax.initialMaximum(), softmax.initialSum()};
  Value zeros = TileArithmetic(builder, loc_)
                    .constant({block.rows.size, products.outputStrip()}, builder.getF32Type(), 0);
  state.append(products.outputStrips(), zeros);
  auto loop = scf::ForOp::create(builder, loc_, kernel_.constantIndex(0), bounds->end,
                                 kernel_.constantIndex(block.keyTile), state);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  FailureOr<SmallVector<Value>> next =
      step(block.keysAt(loop.getInductionVar()), loop.getRegionIterArgs(), *bounds, products, softmax);
  if (failed(next))
    return failure();
  scf::YieldOp::create(builder, loc_, *next);
  return SmallVector<Value>(loop.getResults());
}

LogicalResult AttentionLowering::storeStrip(const AttentionBlock &block, TileDim columns, Value output,
                                            Value logSumExp) {
  TileSpace space = block.space({block.rows, columns});
  AffineExpr row = space.dim(0);
  SmallVector<AffineExpr> coordinates = {block.batch(), block.queryHead(row), block.query(row)};
  AffineMap rowMap = space.map(coordinates, kernel_.context());
  coordinates.push_back(space.dim(1));
  AffineMap map = space.map(coordinates, kernel_.context());

  TileEvaluator evaluator(kernel_, space);
  Type element = op_.getOutputType().getElementType();
  evaluator.bind(op_.getOutput(), map, TileArithmetic(kernel_.builder(), loc_).convertFloat(output, element));
  SmallVector<MainResult> results = {{op_.getOutput(), map}};
  if (op_.getLogSumExp()) {
    evaluator.bind(op_.getLogSumExp(), rowMap, PartialTile{logSumExp, {0}});
    results.push_back({op_.getLogSumExp(), rowMap});
  }
  return storeResults(evaluator, results);
}

LogicalResult AttentionLowering::lower() {
  FailureOr<tile::MmaKind> kind = scheduledMma(kernel_);
  if (failed(kind))
    return failure();
  FailureOr<AttentionBlock> block = distribute(*kind);
  if (failed(block))
    return failure();
  std::unique_ptr<AttentionProducts> products = createAttentionProducts(kernel_, *block, *kind);
  AttentionSoftmax softmax(kernel_, *block, products->scoreStrip());
  if (failed(products->prepare()))
    return failure();
  FailureOr<SmallVector<Value>> state = loop(*block, *products, softmax);
  if (failed(state))
    return failure();

  TileArithmetic math(kernel_.builder(), loc_);
  Value sum = (*state)[1], factor = math.broadcast(softmax.normalization(sum), 1, products->outputStrip());
  Value logSumExp = op_.getLogSumExp() ? softmax.logSumExp((*state)[0], sum) : Value();
  for (auto [number, strip] : llvm::enumerate(ArrayRef(*state).drop_front(2))) {
    TileDim columns = block->values;
    columns.size = products->outputStrip();
    columns.offset = arith::AddIOp::create(kernel_.builder(), loc_, columns.offset,
                                           kernel_.constantIndex(number * columns.size));
    if (failed(storeStrip(*block, columns, math.multiply(strip, factor), logSumExp)))
      return failure();
  }
  return success();
}

LogicalResult ashlar::lowerAttention(KernelBuilder &kernel, Operation *op) {
  return AttentionLowering(kernel, cast<ash::AttentionOp>(op)).lower();
}
