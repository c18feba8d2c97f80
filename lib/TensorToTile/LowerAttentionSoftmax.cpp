//===-- LowerAttentionSoftmax.cpp - from scores to probabilities ------------===//
//
// Scale, softcap, masks and the softmax of one tile of keys. The header explains the idea.
//
//===-----------------------------------------------------------------------===//
#include "AttentionSoftmax.h"
#include "TileArithmetic.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace ashlar;

static constexpr double log2e = 1.4426950408889634, ln2 = 0.6931471805599453;

AttentionSoftmax::AttentionSoftmax(KernelBuilder &kernel, const AttentionBlock &block, int64_t stripWidth)
    : kernel_(kernel), block_(block), op_(block.op), loc_(op_->getLoc()), stripWidth_(stripWidth), factor_(1),
      maximumFactor_(addsMask() ? log2e : 1) {
  // A positive factor commutes with the maximum, so it can wait for the exponential, where it costs nothing.
  if (addsMask())
    factor_ = log2e;
  else if (op_.getScaleOrDefault() > 0 && !op_.getSoftcap())
    factor_ = op_.getScaleOrDefault() * log2e;
}

Value AttentionSoftmax::minusInfinity(ArrayRef<int64_t> shape) {
  return TileArithmetic(kernel_.builder(), loc_)
      .constant(shape, kernel_.builder().getF32Type(), -std::numeric_limits<double>::infinity());
}

TileSpace AttentionSoftmax::stripSpace(TileDim keys, int64_t number) {
  Value offset = arith::AddIOp::create(kernel_.builder(), loc_, keys.offset,
                                       kernel_.constantIndex(number * stripWidth_));
  return block_.space({block_.rows, {stripWidth_, offset, keys.extent, keys.inBounds}});
}

//===-- Where the keys end ----------------------------------------------------===//

/// Whether a row may have seen no key at all after a tile.
bool AttentionSoftmax::canBeEmpty() {
  int64_t queries = op_.getQueryType().getDimSize(2), keys = op_.getKeyType().getDimSize(2);
  bool seesFirst = !ShapedType::isDynamic(queries) && !ShapedType::isDynamic(keys) && queries <= keys;
  return op_.getMask() || (op_.getCausal() && !seesFirst);
}

Value AttentionSoftmax::visibleKeys(Value keyCount, Value queryCount) {
  OpBuilder &builder = kernel_.builder();
  TileArithmetic math(builder, loc_);
  int64_t size = block_.rows.size;
  Value all = math.splatIndex(size, keyCount);
  if (!op_.getCausal())
    return all;
  TileSpace space = block_.space(block_.rows);
  Value query = TileEvaluator(kernel_, space).evaluateIndex(block_.query(space.dim(0))).value;
  Value shift = arith::SubIOp::create(builder, loc_, keyCount, queryCount);
  shift = arith::AddIOp::create(builder, loc_, shift, kernel_.constantIndex(1));
  return arith::MinSIOp::create(builder, loc_, math.add(query, math.splatIndex(size, shift)), all);
}

FailureOr<KeyBounds> AttentionSoftmax::keyBounds() {
  OpBuilder &builder = kernel_.builder();
  FailureOr<AffineExpr> queries = kernel_.extent(op_.getQuery(), 2);
  if (failed(queries))
    return failure();
  Value keyCount = kernel_.materialize(block_.keyCount);
  bool isExact = KernelBuilder::isTiledExactly(block_.keyCount, block_.keyTile);
  if (!op_.getCausal())
    return KeyBounds{keyCount, keyCount, isExact ? Value() : visibleKeys(keyCount, {})};

  // Query i sees the keys before i + 1 + Sk - Sq; differences may be negative, so these are signed.
  Value queryCount = kernel_.materialize(*queries), zero = kernel_.constantIndex(0);
  auto keysOfRow = [&](int64_t rowInTile) -> Value {
    Value row = arith::AddIOp::create(builder, loc_, block_.rows.offset, kernel_.constantIndex(rowInTile));
    Value query = arith::DivUIOp::create(builder, loc_, row, kernel_.constantIndex(block_.packing));
    Value keys = arith::SubIOp::create(builder, loc_, keyCount, queryCount);
    keys = arith::AddIOp::create(builder, loc_, keys, kernel_.constantIndex(1));
    keys = arith::AddIOp::create(builder, loc_, keys, query);
    keys = arith::MaxSIOp::create(builder, loc_, keys, zero);
    return arith::MinSIOp::create(builder, loc_, keys, keyCount);
  };
  return KeyBounds{keysOfRow(block_.rows.size - 1), keysOfRow(0), visibleKeys(keyCount, queryCount)};
}

SmallVector<Value> AttentionSoftmax::hideBeyond(TileDim keys, ArrayRef<Value> scores, Value visible) {
  OpBuilder &builder = kernel_.builder();
  TileArithmetic math(builder, loc_);
  SmallVector<Value> hidden;
  for (auto [number, strip] : llvm::enumerate(scores)) {
    TileSpace space = stripSpace(keys, number);
    TileEvaluator evaluator(kernel_, space);
    Value key = evaluator.broadcastToSpace(evaluator.evaluateIndex(space.dim(1)));
    Value end = evaluator.broadcastToSpace({visible, {0}});
    Value isVisible = arith::CmpIOp::create(builder, loc_, arith::CmpIPredicate::slt, key, end);
    hidden.push_back(math.select(isVisible, strip, minusInfinity(space.tileShape())));
  }
  return hidden;
}

/// The test costs as much as the softmax, so only tiles at the edge pay for it: all threads of a block take
/// one branch.
void AttentionSoftmax::applyBounds(TileDim keys, SmallVectorImpl<Value> &scores, const KeyBounds &bounds) {
  if (!bounds.visible)
    return;
  OpBuilder &builder = kernel_.builder();
  Value end = arith::AddIOp::create(builder, loc_, keys.offset, kernel_.constantIndex(keys.size));
  Value isFree = arith::CmpIOp::create(builder, loc_, arith::CmpIPredicate::sle, end, bounds.free);
  auto branch =
      scf::IfOp::create(builder, loc_, ValueRange(scores).getTypes(), isFree, /*withElseRegion=*/true);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(branch.thenBlock());
    scf::YieldOp::create(builder, loc_, scores);
    builder.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(builder, loc_, hideBeyond(keys, scores, bounds.visible));
  }
  scores.assign(branch.getResults().begin(), branch.getResults().end());
}

//===-- Scale and mask --------------------------------------------------------===//

/// The scores as exponents of two, up to factor_.
Value AttentionSoftmax::scaled(Value scores) {
  TileArithmetic math(kernel_.builder(), loc_);
  double scale = op_.getScaleOrDefault(), unit = log2e / maximumFactor_;
  if (std::optional<APFloat> softcap = op_.getSoftcap()) {
    double cap = softcap->convertToFloat();
    return math.scale(math::TanhOp::create(kernel_.builder(), loc_, math.scale(scores, scale / cap)),
                      cap * unit);
  }
  return factor_ == maximumFactor_ ? math.scale(scores, scale * unit) : scores;
}

FailureOr<SmallVector<Value>> AttentionSoftmax::maskStrips(TileDim keys) {
  ArrayRef<int64_t> shape = op_.getMaskType().getShape();
  TileSpace space = block_.space({block_.rows, keys});
  AffineExpr row = space.dim(0), zero = kernel_.constant(0);
  AffineMap map =
      space.map({shape[0] == 1 ? zero : block_.batch(), shape[1] == 1 ? zero : block_.queryHead(row),
                 shape[2] == 1 ? zero : block_.query(row), space.dim(1)},
                kernel_.context());
  std::optional<StagedTile> staged;
  if (map.isFunctionOfDim(0)) {
    FailureOr<StagedTile> tile = StagedTile::create(kernel_, op_.getMask(), map, space);
    if (failed(tile))
      return failure();
    staged = *tile;
  }
  SmallVector<Value> strips;
  for (int64_t at = 0; at < keys.size; at += stripWidth_) {
    if (staged) {
      strips.push_back(staged->loadAt({0, at}, {block_.rows.size, stripWidth_}));
      continue;
    }
    FailureOr<Value> strip =
        TileEvaluator(kernel_, stripSpace(keys, at / stripWidth_)).evaluate(op_.getMask(), map);
    if (failed(strip))
      return failure();
    strips.push_back(*strip);
  }
  return strips;
}

LogicalResult AttentionSoftmax::applyMask(TileDim keys, MutableArrayRef<Value> scores) {
  if (!op_.getMask())
    return success();
  FailureOr<SmallVector<Value>> mask = maskStrips(keys);
  if (failed(mask))
    return failure();
  TileArithmetic math(kernel_.builder(), loc_);
  for (auto [strip, part] : llvm::zip(scores, *mask)) {
    ArrayRef<int64_t> shape = cast<RankedTensorType>(strip.getType()).getShape();
    Type f32 = kernel_.builder().getF32Type();
    strip = op_.isMaskBoolean() ? math.select(part, strip, minusInfinity(shape))
                                : math.add(math.convertFloat(part, f32), strip);
  }
  return success();
}

//===-- Softmax ---------------------------------------------------------------===//

Value AttentionSoftmax::initialMaximum() { return minusInfinity(block_.rows.size); }

Value AttentionSoftmax::initialSum() {
  return TileArithmetic(kernel_.builder(), loc_)
      .constant(block_.rows.size, kernel_.builder().getF32Type(), 0);
}

FailureOr<SoftmaxStep> AttentionSoftmax::step(TileDim keys, SmallVector<Value> scores,
                                              const KeyBounds &bounds, Value maximum, Value sum) {
  OpBuilder &builder = kernel_.builder();
  TileArithmetic math(builder, loc_);
  for (Value &strip : scores)
    strip = scaled(strip);
  if (failed(applyMask(keys, scores)))
    return failure();
  applyBounds(keys, scores, bounds);

  int64_t rows = block_.rows.size;
  Value all = scores.front();
  for (Value strip : ArrayRef(scores).drop_front())
    all = math.maximum(all, strip);
  Value tileMaximum = math.scale(math.reduce(tile::ReduceKind::Max, all, 1), factor_ / maximumFactor_);
  SoftmaxStep step;
  step.maximum = math.maximum(maximum, tileMaximum);
  // Relative to minus infinity nothing can be said: then any finite number makes every exponential 0.
  Value origin = step.maximum;
  if (canBeEmpty())
    origin = math.select(math.equals(origin, -std::numeric_limits<double>::infinity()), initialSum(), origin);
  step.rescaling =
      math::Exp2Op::create(builder, loc_, math.scale(math.subtract(maximum, origin), maximumFactor_));
  Value negative = math.broadcast(math.scale(origin, -1), 1, stripWidth_);
  Value factor = math.constant({rows, stripWidth_}, builder.getF32Type(), factor_);
  Value total;
  for (Value strip : scores) {
    // What a mask was added to is subtracted from first: the factor could take it out of range.
    Value exponent = addsMask()     ? math.multiply(math.add(strip, negative), factor)
                     : factor_ == 1 ? math.add(strip, negative)
                                    : math.multiplyAdd(strip, factor, negative);
    step.probabilities.push_back(math::Exp2Op::create(builder, loc_, exponent));
    total = total ? math.add(total, step.probabilities.back()) : step.probabilities.back();
  }
  step.sum = math.multiplyAdd(sum, step.rescaling, math.reduce(tile::ReduceKind::Add, total, 1));
  return step;
}

/// The sum, or 1 where a row has seen no key: its output is 0 then, as is its accumulator.
static Value nonZeroSum(TileArithmetic &math, Value sum) {
  auto type = cast<RankedTensorType>(sum.getType());
  return math.select(math.equals(sum, 0), math.constant(type.getShape(), type.getElementType(), 1), sum);
}

Value AttentionSoftmax::normalization(Value sum) {
  TileArithmetic math(kernel_.builder(), loc_);
  Value one = math.constant(block_.rows.size, kernel_.builder().getF32Type(), 1);
  return math.divide(one, nonZeroSum(math, sum));
}

Value AttentionSoftmax::logSumExp(Value maximum, Value sum) {
  TileArithmetic math(kernel_.builder(), loc_);
  Value logarithm = math::LogOp::create(kernel_.builder(), loc_, nonZeroSum(math, sum));
  return math.add(math.scale(maximum, ln2 * maximumFactor_), logarithm);
}
