//===-- LowerDepthwise.cpp - convolutions of single channels ----------------===//
//
// Where every group has one input channel there is no matrix product, and memory is the limit: a block makes
// a piece of the output, positions by channels; the input that it needs, with its halo, is brought to shared
// memory once, and each tap adds a shifted tile of it times the tap's weights.
//
// With a stride, neighbouring outputs read inputs that are a stride apart. The halo is then kept by phases
// (position modulo stride), each of them contiguous: such a spatial dimension has two dimensions in the
// tiles, the phase, of size 1 in a shifted tile, and the index.
//
//===-----------------------------------------------------------------------===//
#include "LowerDepthwise.h"
#include "ConvolutionGeometry.h"
#include "IndexArithmetic.h"
#include "StagedTile.h"
#include "TileArithmetic.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace ashlar;

namespace {
/// The place of a spatial dimension in the dimensions of tiles.
struct SpatialPlace {
  unsigned index;
  std::optional<unsigned> phase; // Of dimensions with a stride.
};

class DepthwiseLowering {
public:
  DepthwiseLowering(KernelBuilder &kernel, ash::ConvOp op)
      : kernel_(kernel), geometry_(op), op_(op), loc_(op->getLoc()),
        multiplier_(geometry_.sizes.outputChannels / geometry_.sizes.inputChannels) {}
  LogicalResult lower();

private:
  LogicalResult distribute();
  FailureOr<StagedTile> stageInput();
  FailureOr<StagedTile> stageFilter(Value copy);
  // A tap is its position in each dimension of the filter.
  Value addTaps(const StagedTile &input, const StagedTile &filter, SmallVector<Value> tap, Value sum);
  Value addTap(const StagedTile &input, const StagedTile &filter, ArrayRef<Value> tap, Value sum);
  Value shiftedTile(const StagedTile &input, ArrayRef<Value> tap);
  Value clearPadding(Value tile, ArrayRef<Value> tap);
  bool needsMask(int64_t dim);
  LogicalResult makeCopy(const StagedTile &input, Value copy);
  AffineExpr outputPosition(int64_t dim) { return output_.dim(places_[dim].index); }

  KernelBuilder &kernel_;
  ConvolutionGeometry geometry_;
  ash::ConvOp op_;
  Location loc_;
  int64_t multiplier_; // Output channels of an input channel.
  SmallVector<AffineExpr> inputExtents_;
  SmallVector<SpatialPlace> places_;
  TileSpace output_, halo_; // Symbols: the batch, then the input's spatial sizes.
};
} // namespace

/// As for implicit matrix products: padding that is not what lies outside of the buffer must be cleared.
bool DepthwiseLowering::needsMask(int64_t dim) {
  if (geometry_.window.paddingLow[dim] == 0 && geometry_.window.paddingHigh[dim] == 0)
    return false;
  ArrayRef<int64_t> shape = op_.getInputType().getShape().drop_front(geometry_.spatialDim(dim));
  return !kernel_.isInput(op_.getInput()) || llvm::is_contained(shape, ShapedType::kDynamic);
}

/// Makes the spaces of output and halo: the spatial dimensions, then the channels.
LogicalResult DepthwiseLowering::distribute() {
  const ash::ConvWindow &window = geometry_.window;
  int64_t rank = geometry_.spatialRank();
  FailureOr<SmallVector<int64_t>> tile = kernel_.scheduleList("tile", rank + 1);
  FailureOr<AffineExpr> batches = kernel_.extent(op_.getInput(), 0);
  if (failed(tile) || failed(batches))
    return failure();
  AffineExpr channels = kernel_.constant(geometry_.sizes.inputChannels);
  SmallVector<AffineExpr> extents, counts = {*batches};
  for (int64_t dim = 0; dim < rank; ++dim) {
    FailureOr<AffineExpr> input = kernel_.extent(op_.getInput(), geometry_.spatialDim(dim));
    FailureOr<AffineExpr> output = kernel_.extent(op_.getResult(), geometry_.spatialDim(dim));
    if (failed(input) || failed(output))
      return failure();
    inputExtents_.push_back(*input);
    extents.push_back(*output);
    counts.push_back(output->ceilDiv((*tile)[dim]));
  }
  counts.push_back(channels.ceilDiv(tile->back()));
  SmallVector<Value> block = kernel_.distributeBlocks(counts);
  output_.symbols = {block[0]};
  for (AffineExpr extent : inputExtents_)
    output_.symbols.push_back(kernel_.materialize(extent));
  halo_.symbols = output_.symbols;

  for (int64_t dim = 0; dim < rank; ++dim) {
    int64_t stride = window.strides[dim], reach = (geometry_.sizes.filter[dim] - 1) * window.dilations[dim];
    AffineExpr padded = inputExtents_[dim] + window.paddingLow[dim] + window.paddingHigh[dim];
    TileDim position = kernel_.tileDim(block[1 + dim], (*tile)[dim], extents[dim]);
    SpatialPlace place;
    if (stride > 1) {
      place.phase = output_.dims.size();
      output_.dims.push_back({1, kernel_.constantIndex(0), kernel_.constant(1), true});
      halo_.dims.push_back({stride, kernel_.constantIndex(0), kernel_.constant(stride), true});
    }
    place.index = output_.dims.size();
    places_.push_back(place);
    output_.dims.push_back(position);
    halo_.dims.push_back({position.size + reach / stride, position.offset, padded.ceilDiv(stride), false});
  }
  TileDim channel = kernel_.tileDim(block.back(), tile->back(), channels);
  output_.dims.push_back(channel);
  halo_.dims.push_back(channel);
  return success();
}

FailureOr<StagedTile> DepthwiseLowering::stageInput() {
  ConvolutionPoint point{halo_.symbol(0), {}, halo_.dim(halo_.dims.size() - 1)};
  for (int64_t dim = 0; dim < geometry_.spatialRank(); ++dim) {
    int64_t low = geometry_.window.paddingLow[dim];
    AffineExpr at = halo_.dim(places_[dim].index) * geometry_.window.strides[dim] - low;
    if (places_[dim].phase)
      at = at + halo_.dim(*places_[dim].phase);
    if (needsMask(dim)) {
      // Any element will do where there is padding, as long as it exists.
      AffineExpr size =
          isa<AffineConstantExpr>(inputExtents_[dim]) ? inputExtents_[dim] : halo_.symbol(1 + dim);
      at = (at + size * low) % size;
    }
    point.spatial.push_back(at);
  }
  return StagedTile::create(kernel_, op_.getInput(),
                            halo_.map(geometry_.coordinates(point), kernel_.context()), halo_);
}

/// Weights by tap and channel. `copy` says which output channel of each input channel.
FailureOr<StagedTile> DepthwiseLowering::stageFilter(Value copy) {
  int64_t taps = geometry_.taps();
  TileSpace space{{{taps, kernel_.constantIndex(0), kernel_.constant(taps), true}, output_.dims.back()},
                  {copy}};
  SmallVector<AffineExpr> sizes =
      llvm::map_to_vector(geometry_.sizes.filter, [&](int64_t size) { return kernel_.constant(size); });
  SmallVector<AffineExpr> tap = splitIndex(space.dim(0), sizes);
  ConvolutionPoint point{
      space.dim(1) * multiplier_ + space.symbol(0), {tap.begin() + 1, tap.end()}, kernel_.constant(0)};
  return StagedTile::create(kernel_, op_.getFilter(),
                            space.map(geometry_.coordinates(point), kernel_.context()), space);
}

/// The inputs that a tap multiplies.
Value DepthwiseLowering::shiftedTile(const StagedTile &input, ArrayRef<Value> tap) {
  OpBuilder &builder = kernel_.builder();
  SmallVector<Value> offsets(output_.dims.size(), kernel_.constantIndex(0));
  for (int64_t dim = 0; dim < geometry_.spatialRank(); ++dim) {
    Value dilation = kernel_.constantIndex(geometry_.window.dilations[dim]);
    Value shift = builder.createOrFold<arith::MulIOp>(loc_, tap[dim], dilation);
    if (places_[dim].phase) {
      Value stride = kernel_.constantIndex(geometry_.window.strides[dim]);
      offsets[*places_[dim].phase] = builder.createOrFold<arith::RemUIOp>(loc_, shift, stride);
      shift = builder.createOrFold<arith::DivUIOp>(loc_, shift, stride);
    }
    offsets[places_[dim].index] = shift;
  }
  return input.load(offsets, output_.tileShape());
}

/// `tile`, the inputs of a tap, zero where these are padding.
Value DepthwiseLowering::clearPadding(Value tile, ArrayRef<Value> tap) {
  OpBuilder &builder = kernel_.builder();
  TileArithmetic math(builder, loc_);
  TileSpace space = output_;
  unsigned firstTap = space.symbols.size();
  llvm::append_range(space.symbols, tap);
  TileEvaluator evaluator(kernel_, space);
  auto type = cast<RankedTensorType>(tile.getType());
  Value zeros = math.constant(type.getShape(), type.getElementType(), 0);
  for (int64_t dim = 0; dim < geometry_.spatialRank(); ++dim) {
    if (!needsMask(dim))
      continue;
    int64_t low = geometry_.window.paddingLow[dim];
    AffineExpr at = geometry_.padded(dim, outputPosition(dim), space.symbol(firstTap + dim));
    Value index = evaluator.broadcastToSpace(evaluator.evaluateIndex(at));
    auto clearWhere = [&](arith::CmpIPredicate predicate, AffineExpr bound) {
      Value limit = evaluator.broadcastToSpace(evaluator.evaluateIndex(bound));
      tile = math.select(arith::CmpIOp::create(builder, loc_, predicate, index, limit), zeros, tile);
    };
    if (low > 0)
      clearWhere(arith::CmpIPredicate::slt, kernel_.constant(low));
    clearWhere(arith::CmpIPredicate::sge, space.symbol(1 + dim) + low);
  }
  return tile;
}

/// The tile in the type that sums have.
static Value widen(OpBuilder &builder, Location loc, Value tile, Type element) {
  if (isa<FloatType>(element))
    return TileArithmetic(builder, loc).convertFloat(tile, element);
  return arith::ExtSIOp::create(builder, loc, cast<RankedTensorType>(tile.getType()).clone(element), tile);
}

Value DepthwiseLowering::addTap(const StagedTile &input, const StagedTile &filter, ArrayRef<Value> tap,
                                Value sum) {
  OpBuilder &builder = kernel_.builder();
  TileArithmetic math(builder, loc_);
  TileEvaluator evaluator(kernel_, output_);
  Type accumulator = getElementTypeOrSelf(sum);
  Value number = tap.front();
  for (auto [position, size] : llvm::zip(tap.drop_front(), ArrayRef(geometry_.sizes.filter).drop_front())) {
    number = builder.createOrFold<arith::MulIOp>(loc_, number, kernel_.constantIndex(size));
    number = builder.createOrFold<arith::AddIOp>(loc_, number, position);
  }
  Value values = widen(builder, loc_, clearPadding(shiftedTile(input, tap), tap), accumulator);
  unsigned channel = output_.dims.size() - 1;
  PartialTile weights{widen(builder, loc_, filter.loadRow(number), accumulator), {channel}};
  Value factors = evaluator.broadcastToSpace(weights);
  return isa<FloatType>(accumulator) ? math.multiplyAdd(values, factors, sum)
                                     : math.add(math.multiply(values, factors), sum);
}

/// `sum` plus all taps whose first positions are `tap`. The last dimension is unrolled where it is short:
/// offsets are constants then, and with a loop around the tiles of few taps only live at a time.
Value DepthwiseLowering::addTaps(const StagedTile &input, const StagedTile &filter, SmallVector<Value> tap,
                                 Value sum) {
  constexpr int64_t mostUnrolled = 8;
  int64_t rank = geometry_.spatialRank(), dim = tap.size();
  if (dim == rank)
    return addTap(input, filter, tap, sum);
  int64_t size = geometry_.sizes.filter[dim];
  tap.push_back({});
  if (size == 1 || (dim == rank - 1 && size <= mostUnrolled)) {
    for (int64_t position = 0; position < size; ++position) {
      tap.back() = kernel_.constantIndex(position);
      sum = addTaps(input, filter, tap, sum);
    }
    return sum;
  }
  OpBuilder &builder = kernel_.builder();
  auto loop = scf::ForOp::create(builder, loc_, kernel_.constantIndex(0), kernel_.constantIndex(size),
                                 kernel_.constantIndex(1), sum);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  tap.back() = loop.getInductionVar();
  scf::YieldOp::create(builder, loc_, addTaps(input, filter, tap, loop.getRegionIterArg(0)));
  return loop.getResult(0);
}

/// Output channel number `copy` of each input channel.
LogicalResult DepthwiseLowering::makeCopy(const StagedTile &input, Value copy) {
  FailureOr<StagedTile> filter = stageFilter(copy);
  if (failed(filter))
    return failure();
  Value zeros =
      TileArithmetic(kernel_.builder(), loc_).constant(output_.tileShape(), op_.getAccumulatorType(), 0);
  Value sum = addTaps(input, *filter, {}, zeros);
  TileSpace space = output_;
  space.symbols.push_back(copy);
  AffineExpr channel = space.dim(space.dims.size() - 1) * multiplier_;
  if (multiplier_ > 1)
    channel = channel + space.symbol(space.symbols.size() - 1);
  ConvolutionPoint point{space.symbol(0), {}, channel};
  for (int64_t dim = 0; dim < geometry_.spatialRank(); ++dim)
    point.spatial.push_back(outputPosition(dim));
  AffineMap coordinates = space.map(geometry_.coordinates(point), kernel_.context());
  TileEvaluator evaluator(kernel_, space);
  Type element = op_.getResultType().getElementType();
  Value rounded =
      isa<FloatType>(element) ? TileArithmetic(kernel_.builder(), loc_).convertFloat(sum, element) : sum;
  evaluator.bind(op_.getResult(), coordinates, rounded);
  return storeResults(evaluator, MainResult{op_.getResult(), coordinates});
}

LogicalResult DepthwiseLowering::lower() {
  if (failed(distribute()))
    return failure();
  FailureOr<StagedTile> input = stageInput();
  if (failed(input))
    return failure();
  Value zero = kernel_.constantIndex(0);
  if (multiplier_ == 1)
    return makeCopy(*input, zero);
  OpBuilder &builder = kernel_.builder();
  auto loop =
      scf::ForOp::create(builder, loc_, zero, kernel_.constantIndex(multiplier_), kernel_.constantIndex(1));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  return makeCopy(*input, loop.getInductionVar());
}

LogicalResult ashlar::lowerDepthwise(KernelBuilder &kernel, ash::ConvOp op) {
  if (op.getSizes().inputChannels != op.getWindow().groups)
    return kernel.source().emitOpError(
        "has a schedule without 'mma', which convolutions need whose groups have more "
        "than one input channel");
  return DepthwiseLowering(kernel, op).lower();
}
