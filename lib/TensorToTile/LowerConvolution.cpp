//===-- LowerConvolution.cpp - convolutions as matrix products --------------===//
//
// Implicit GEMM: row m of the left matrix is the window of an output position, column k of it a channel at a
// tap; the right matrix is the filter. Neither exists in memory: both are views of the tensors, whose affine
// maps find the element of row and column. A group is a matrix product of its own.
//
//===-----------------------------------------------------------------------===//
#include "ConvolutionGeometry.h"
#include "IndexArithmetic.h"
#include "LowerDepthwise.h"
#include "MatrixProduct.h"
#include "TileArithmetic.h"
#include "ashlar/TensorToTile/MainOperations.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace ashlar;

//===-- Geometry --------------------------------------------------------------===//

SmallVector<AffineExpr> ConvolutionGeometry::coordinates(const ConvolutionPoint &point) const {
  SmallVector<AffineExpr> result = {point.batch};
  if (!isChannelsLast())
    result.push_back(point.channel);
  llvm::append_range(result, point.spatial);
  if (isChannelsLast())
    result.push_back(point.channel);
  return result;
}

int64_t ConvolutionGeometry::taps() const {
  int64_t taps = 1;
  for (int64_t size : sizes.filter)
    taps *= size;
  return taps;
}

//===-- The lowering ----------------------------------------------------------===//

namespace {
class ConvolutionLowering {
public:
  ConvolutionLowering(KernelBuilder &kernel, ash::ConvOp op)
      : kernel_(kernel), geometry_(op), op_(op), groups_(geometry_.window.groups),
        groupInputs_(geometry_.sizes.inputChannels / groups_),
        groupOutputs_(geometry_.sizes.outputChannels / groups_) {}
  LogicalResult lower();

private:
  LogicalResult collectSizes();
  AffineExpr asCoordinate(AffineExpr extent);
  AffineExpr channelOf(const TileSpace &space, int64_t groupSize, AffineExpr channel);
  ConvolutionPoint outputPosition(AffineExpr row);
  ConvolutionPoint tap(AffineExpr column);
  TileSpace withinTap(TileSpace space, unsigned depthDim);
  ConvolutionPoint tapOf(const TileSpace &space, unsigned depthDim);
  FailureOr<Value> windows(const TileSpace &space);
  FailureOr<Value> filters(const TileSpace &space);
  bool needsMask(int64_t dim);
  Value clearPadding(TileEvaluator &evaluator, Value tile, const ConvolutionPoint &position,
                     const ConvolutionPoint &tap);

  KernelBuilder &kernel_;
  ConvolutionGeometry geometry_;
  ash::ConvOp op_;
  int64_t groups_, groupInputs_, groupOutputs_;
  SmallVector<AffineExpr> inputExtents_, outputExtents_; // Of the spatial dimensions.
  // The same as coordinate maps see them: sizes that are not constant are symbols of the spaces.
  SmallVector<AffineExpr> inputSizes_, outputSizes_;
  SmallVector<Value> symbols_;
};
} // namespace

/// A size in coordinate maps. Symbol 0 is the group.
AffineExpr ConvolutionLowering::asCoordinate(AffineExpr extent) {
  if (isa<AffineConstantExpr>(extent))
    return extent;
  symbols_.push_back(kernel_.materialize(extent));
  return getAffineSymbolExpr(symbols_.size(), kernel_.context());
}

LogicalResult ConvolutionLowering::collectSizes() {
  for (int64_t dim = 0; dim < geometry_.spatialRank(); ++dim) {
    FailureOr<AffineExpr> input = kernel_.extent(op_.getInput(), geometry_.spatialDim(dim));
    FailureOr<AffineExpr> output = kernel_.extent(op_.getResult(), geometry_.spatialDim(dim));
    if (failed(input) || failed(output))
      return failure();
    inputExtents_.push_back(*input);
    outputExtents_.push_back(*output);
  }
  return success();
}

/// Channel number `channel` of the block's group.
AffineExpr ConvolutionLowering::channelOf(const TileSpace &space, int64_t groupSize, AffineExpr channel) {
  return groups_ == 1 ? channel : space.symbol(0) * groupSize + channel;
}

ConvolutionPoint ConvolutionLowering::outputPosition(AffineExpr row) {
  SmallVector<AffineExpr> parts = splitIndex(row, outputSizes_);
  return {parts[0], {parts.begin() + 1, parts.end()}, {}};
}

/// Columns are in the order of the filter's memory.
ConvolutionPoint ConvolutionLowering::tap(AffineExpr column) {
  SmallVector<AffineExpr> sizes =
      llvm::map_to_vector(geometry_.sizes.filter, [&](int64_t size) { return kernel_.constant(size); });
  if (geometry_.isChannelsLast())
    sizes.push_back(kernel_.constant(groupInputs_));
  if (!geometry_.isChannelsLast()) {
    SmallVector<AffineExpr> parts = splitIndex(column, sizes);
    return {{}, {parts.begin() + 1, parts.end()}, parts.front()};
  }
  // The slowest part is not reduced modulo its size: it stays below it anyway, and so the coordinates depend
  // on the column even if there is one column only, and what lies behind it is told apart from it.
  SmallVector<AffineExpr> parts = splitIndex(column, ArrayRef(sizes).drop_front());
  return {{}, {parts.begin(), parts.end() - 1}, parts.back()};
}

/// Whether each step along K stays within one tap: the tap is then the same for a whole tile.
static bool staysWithinTap(int64_t depthTile, int64_t channels, bool isChannelsLast) {
  return isChannelsLast && channels % depthTile == 0;
}

/// The space of one step, in which dimension `depthDim` counts channels of one tap from a first one. The tap
/// and the first channel become symbols: what depends on them is the same for all threads.
TileSpace ConvolutionLowering::withinTap(TileSpace space, unsigned depthDim) {
  OpBuilder &builder = kernel_.builder();
  Location loc = op_.getLoc();
  TileDim &depth = space.dims[depthDim];
  if (!staysWithinTap(depth.size, groupInputs_, geometry_.isChannelsLast()))
    return space;
  Value rest = depth.offset;
  auto takeOff = [&](int64_t size) {
    Value count = kernel_.constantIndex(size);
    space.symbols.push_back(arith::RemUIOp::create(builder, loc, rest, count));
    rest = arith::DivUIOp::create(builder, loc, rest, count);
  };
  takeOff(groupInputs_);
  for (int64_t size : llvm::reverse(geometry_.sizes.filter))
    takeOff(size);
  depth = {depth.size, kernel_.constantIndex(0), kernel_.constant(depth.size), true};
  return space;
}

/// The tap and channel of each column in a space made by withinTap.
ConvolutionPoint ConvolutionLowering::tapOf(const TileSpace &space, unsigned depthDim) {
  if (!staysWithinTap(space.dims[depthDim].size, groupInputs_, geometry_.isChannelsLast()))
    return tap(space.dim(depthDim));
  unsigned symbol = space.symbols.size();
  ConvolutionPoint point;
  for (int64_t dim = 0; dim < geometry_.spatialRank(); ++dim)
    point.spatial.push_back(space.symbol(--symbol));
  point.channel = space.symbol(--symbol) + space.dim(depthDim);
  return point;
}

/// Whether padding along `dim` must be cleared in registers: where it is not what lies outside of the buffer,
/// because the buffer's dimension is part of a dynamic one, or because the values are computed from what is
/// read there.
bool ConvolutionLowering::needsMask(int64_t dim) {
  if (geometry_.window.paddingLow[dim] == 0 && geometry_.window.paddingHigh[dim] == 0)
    return false;
  ArrayRef<int64_t> shape = op_.getInputType().getShape().drop_front(geometry_.spatialDim(dim));
  return !kernel_.isInput(op_.getInput()) || llvm::is_contained(shape, ShapedType::kDynamic);
}

Value ConvolutionLowering::clearPadding(TileEvaluator &evaluator, Value tile,
                                        const ConvolutionPoint &position, const ConvolutionPoint &tap) {
  OpBuilder &builder = kernel_.builder();
  TileArithmetic math(builder, op_.getLoc());
  auto type = cast<RankedTensorType>(tile.getType());
  Value zeros = math.constant(type.getShape(), type.getElementType(), 0);
  for (int64_t dim = 0; dim < geometry_.spatialRank(); ++dim) {
    if (!needsMask(dim))
      continue;
    int64_t low = geometry_.window.paddingLow[dim];
    Value index = evaluator.broadcastToSpace(
        evaluator.evaluateIndex(geometry_.padded(dim, position.spatial[dim], tap.spatial[dim])));
    auto clearWhere = [&](arith::CmpIPredicate predicate, AffineExpr bound) {
      Value limit = evaluator.broadcastToSpace(evaluator.evaluateIndex(bound));
      tile = math.select(arith::CmpIOp::create(builder, op_.getLoc(), predicate, index, limit), zeros, tile);
    };
    if (low > 0)
      clearWhere(arith::CmpIPredicate::slt, kernel_.constant(low));
    if (geometry_.window.paddingHigh[dim] > 0)
      clearWhere(arith::CmpIPredicate::sge, inputSizes_[dim] + low);
  }
  return tile;
}

/// The left matrix.
FailureOr<Value> ConvolutionLowering::windows(const TileSpace &step) {
  TileSpace space = withinTap(step, 1);
  ConvolutionPoint position = outputPosition(space.dim(0)), tap = tapOf(space, 1);
  ConvolutionPoint point{position.batch, {}, channelOf(space, groupInputs_, tap.channel)};
  bool isMasked = false;
  for (int64_t dim = 0; dim < geometry_.spatialRank(); ++dim) {
    int64_t low = geometry_.window.paddingLow[dim];
    AffineExpr at = geometry_.padded(dim, position.spatial[dim], tap.spatial[dim]) - low;
    if (needsMask(dim)) {
      // Any element will do where there is padding, as long as it exists.
      at = (at + inputSizes_[dim] * low) % inputSizes_[dim];
      isMasked = true;
    }
    point.spatial.push_back(at);
  }
  TileEvaluator evaluator(kernel_, space, /*staged=*/true);
  FailureOr<Value> tile =
      evaluator.evaluate(op_.getInput(), space.map(geometry_.coordinates(point), kernel_.context()));
  if (failed(tile) || !isMasked)
    return tile;
  return clearPadding(evaluator, *tile, position, tap);
}

/// The right matrix.
FailureOr<Value> ConvolutionLowering::filters(const TileSpace &step) {
  TileSpace space = withinTap(step, 0);
  ConvolutionPoint point = tapOf(space, 0);
  point.batch = channelOf(space, groupOutputs_, space.dim(1));
  TileEvaluator evaluator(kernel_, space, /*staged=*/true);
  return evaluator.evaluate(op_.getFilter(), space.map(geometry_.coordinates(point), kernel_.context()));
}

LogicalResult ConvolutionLowering::lower() {
  FailureOr<ProductTile> tile = scheduledProduct(kernel_);
  FailureOr<AffineExpr> rows = kernel_.extent(op_.getInput(), 0);
  if (failed(tile) || failed(rows) || failed(collectSizes()))
    return failure();
  AffineExpr m = *rows;
  for (AffineExpr extent : outputExtents_)
    m = m * extent;
  TileSpace output =
      distributeProduct(kernel_, kernel_.constant(groups_), m, kernel_.constant(groupOutputs_), *tile);
  inputSizes_ = llvm::map_to_vector(inputExtents_, [&](AffineExpr extent) { return asCoordinate(extent); });
  outputSizes_ = llvm::map_to_vector(outputExtents_, [&](AffineExpr extent) { return asCoordinate(extent); });
  output.symbols.append(symbols_);

  auto lhs = [&](const TileSpace &space) { return windows(space); };
  auto rhs = [&](const TileSpace &space) { return filters(space); };
  AffineExpr depth = kernel_.constant(geometry_.taps() * groupInputs_);
  FailureOr<Value> product =
      multiplyTiles(kernel_, {lhs, rhs, depth, tile->k, op_.getAccumulatorType(), tile->kind}, output);
  if (failed(product))
    return failure();
  ConvolutionPoint position = outputPosition(output.dim(0));
  position.channel = channelOf(output, groupOutputs_, output.dim(1));
  AffineMap coordinates = output.map(geometry_.coordinates(position), kernel_.context());
  return storeProduct(kernel_, op_.getResult(), coordinates, output, *product);
}

LogicalResult ashlar::lowerConvolution(KernelBuilder &kernel, Operation *op) {
  if (!cast<DictionaryAttr>(*kernel.source().getSchedule()).contains("mma"))
    return lowerDepthwise(kernel, cast<ash::ConvOp>(op));
  return ConvolutionLowering(kernel, cast<ash::ConvOp>(op)).lower();
}
