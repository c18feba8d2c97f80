//===-- LowerAttentionProducts.cpp - the two products of attention ----------===//
//
// On tensor cores the query's fragments stay in registers where they fit and the probabilities become
// operands without leaving their registers; without tensor cores both products walk through shared memory in
// short steps.
//
//===-----------------------------------------------------------------------===//
#include "AttentionProducts.h"
#include "TileArithmetic.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace ashlar;

//===-- The block -------------------------------------------------------------===//

TileDim AttentionBlock::keysAt(Value offset) const {
  return {keyTile, offset, keyCount, KernelBuilder::isTiledExactly(keyCount, keyTile)};
}

AffineExpr AttentionBlock::queryHead(AffineExpr row) const {
  return getAffineSymbolExpr(1, context()) * packing + row % packing;
}

AffineExpr AttentionBlock::keyHead() const {
  // `packing` divides the group: heads that share a tile share their keys.
  return getAffineSymbolExpr(1, context()).floorDiv(ash::AttentionOp(op).getGroupSize() / packing);
}

/// Four f32 are the widest access to shared memory.
static constexpr int64_t scalarStep = 4;

int64_t ashlar::attentionGranule(tile::MmaKind kind) { return kind == tile::MmaKind::Fma ? scalarStep : 16; }

//===-- Staging ---------------------------------------------------------------===//

namespace {
/// What both kinds share: where the operands lie.
class StagedProducts : public AttentionProducts {
public:
  StagedProducts(KernelBuilder &kernel, const AttentionBlock &block, int64_t granule)
      : kernel_(kernel), block_(block), op_(block.op), loc_(block.op->getLoc()),
        depth_(llvm::alignTo(op_.getQueryType().getDimSize(3), granule)), width_(block.values.size) {}

protected:
  /// A whole head of queries or keys, zero beyond its size.
  TileDim headDim() {
    int64_t size = op_.getQueryType().getDimSize(3);
    return {depth_, kernel_.constantIndex(0), kernel_.constant(size), size == depth_};
  }
  FailureOr<StagedTile> stageQuery() {
    TileSpace space = block_.space({block_.rows, headDim()});
    AffineExpr row = space.dim(0);
    AffineMap map = space.map({block_.batch(), block_.queryHead(row), block_.query(row), space.dim(1)},
                              kernel_.context());
    return StagedTile::create(kernel_, op_.getQuery(), map, space);
  }
  /// Keys, transposed: dimensions (position in the head, key).
  FailureOr<StagedTile> stageKeys(TileDim keys) {
    TileSpace space = block_.space({headDim(), keys});
    AffineMap map =
        space.map({block_.batch(), block_.keyHead(), space.dim(1), space.dim(0)}, kernel_.context());
    return StagedTile::create(kernel_, op_.getKey(), map, space);
  }
  FailureOr<StagedTile> stageValues(TileDim keys) {
    TileSpace space = block_.space({keys, block_.values});
    AffineMap map =
        space.map({block_.batch(), block_.keyHead(), space.dim(0), space.dim(1)}, kernel_.context());
    return StagedTile::create(kernel_, op_.getValue(), map, space);
  }
  Value multiplyAdd(tile::MmaKind kind, Value a, Value b, Value sum) {
    return tile::MmaOp::create(kernel_.builder(), loc_, sum.getType(), a, b, sum, kind);
  }
  Value zeros(int64_t columns) {
    TileArithmetic math(kernel_.builder(), loc_);
    return math.constant({block_.rows.size, columns}, kernel_.builder().getF32Type(), 0);
  }

  KernelBuilder &kernel_;
  const AttentionBlock &block_;
  ash::AttentionOp op_;
  Location loc_;
  int64_t depth_, width_; // The head size of queries, rounded up; the columns of the block's output.
};

//===-- Tensor cores ----------------------------------------------------------===//

class TensorCoreProducts final : public StagedProducts {
public:
  TensorCoreProducts(KernelBuilder &kernel, const AttentionBlock &block)
      : StagedProducts(kernel, block, attentionGranule(tile::MmaKind::MmaSync)) {}

  int64_t scoreStrip() const override {
    return std::min(block_.keyTile, isWide() ? int64_t(16) : int64_t(32));
  }
  int64_t outputStrip() const override { return stripOf(width_); }
  int64_t outputStrips() const override { return width_ / outputStrip(); }

  LogicalResult prepare() override {
    FailureOr<StagedTile> query = stageQuery();
    if (failed(query))
      return failure();
    query_ = *query;
    // One chunk of the head stays in registers; longer heads are read again for each tile of keys.
    if (stripOf(depth_) == depth_)
      resident_ = query_->loadAt({0, 0}, {block_.rows.size, depth_});
    return success();
  }

  FailureOr<SmallVector<Value>> scores(TileDim keys) override {
    FailureOr<StagedTile> staged = stageKeys(keys);
    if (failed(staged))
      return failure();
    int64_t chunk = stripOf(depth_), columns = scoreStrip();
    SmallVector<Value> strips(block_.keyTile / columns, zeros(columns));
    for (int64_t at = 0; at < depth_; at += chunk) {
      Value a = resident_ ? resident_ : query_->loadAt({0, at}, {block_.rows.size, chunk});
      for (auto [number, strip] : llvm::enumerate(strips)) {
        Value b = staged->loadAt({at, static_cast<int64_t>(number) * columns}, {chunk, columns});
        strip = multiplyAdd(tile::MmaKind::MmaSync, a, b, strip);
      }
    }
    return strips;
  }

  FailureOr<SmallVector<Value>> accumulate(TileDim keys, ArrayRef<Value> probabilities,
                                           ArrayRef<Value> output) override {
    FailureOr<StagedTile> staged = stageValues(keys);
    if (failed(staged))
      return failure();
    TileArithmetic math(kernel_.builder(), loc_);
    SmallVector<Value> sums(output);
    for (auto [number, strip] : llvm::enumerate(probabilities)) {
      Value a = math.convertFloat(strip, op_.getValueType().getElementType());
      for (auto [column, sum] : llvm::enumerate(sums)) {
        Value b = staged->loadAt(
            {static_cast<int64_t>(number) * scoreStrip(), static_cast<int64_t>(column) * outputStrip()},
            {scoreStrip(), outputStrip()});
        sum = multiplyAdd(tile::MmaKind::MmaSync, a, b, sum);
      }
    }
    return sums;
  }

private:
  /// The largest part of a head, a whole fraction of it, of which an operand fits registers.
  static int64_t stripOf(int64_t size) {
    constexpr int64_t largest = 128;
    for (int64_t parts = llvm::divideCeil(size, largest);; ++parts)
      if (size % (parts * 16) == 0)
        return size / parts;
  }
  bool isWide() const { return std::max(stripOf(depth_), outputStrip()) > 64; }

  std::optional<StagedTile> query_;
  Value resident_;
};

//===-- Products in one piece -------------------------------------------------===//

/// One strip of scores and one of the output; the queries stay staged.
class UndividedProducts : public StagedProducts {
public:
  using StagedProducts::StagedProducts;

  int64_t scoreStrip() const override { return block_.keyTile; }
  int64_t outputStrip() const override { return width_; }
  int64_t outputStrips() const override { return 1; }

  LogicalResult prepare() override {
    FailureOr<StagedTile> query = stageQuery();
    if (failed(query))
      return failure();
    query_ = *query;
    return success();
  }

protected:
  std::optional<StagedTile> query_;
};

//===-- Warp groups -----------------------------------------------------------===//

/// Queries, keys and values are read where they lie in shared memory; probabilities become an operand in the
/// registers that hold them.
class WarpGroupProducts final : public UndividedProducts {
public:
  WarpGroupProducts(KernelBuilder &kernel, const AttentionBlock &block)
      : UndividedProducts(kernel, block, attentionGranule(tile::MmaKind::Wgmma)) {}

  FailureOr<SmallVector<Value>> scores(TileDim keys) override {
    FailureOr<StagedTile> staged = stageKeys(keys);
    if (failed(staged))
      return failure();
    return SmallVector<Value>{
        multiplyAdd(tile::MmaKind::Wgmma, query_->buffer(), staged->buffer(), zeros(block_.keyTile))};
  }

  FailureOr<SmallVector<Value>> accumulate(TileDim keys, ArrayRef<Value> probabilities,
                                           ArrayRef<Value> output) override {
    FailureOr<StagedTile> staged = stageValues(keys);
    if (failed(staged))
      return failure();
    Value factors = TileArithmetic(kernel_.builder(), loc_)
                        .convertFloat(probabilities.front(), op_.getValueType().getElementType());
    return SmallVector<Value>{
        multiplyAdd(tile::MmaKind::Wgmma, factors, staged->buffer(), output.front())};
  }
};

//===-- Multiply-adds of single elements --------------------------------------===//

class ScalarProducts final : public UndividedProducts {
public:
  ScalarProducts(KernelBuilder &kernel, const AttentionBlock &block)
      : UndividedProducts(kernel, block, attentionGranule(tile::MmaKind::Fma)) {}

  FailureOr<SmallVector<Value>> scores(TileDim keys) override {
    FailureOr<StagedTile> staged = stageKeys(keys);
    if (failed(staged))
      return failure();
    return SmallVector<Value>{multiplyInSteps(*query_, *staged, depth_, zeros(block_.keyTile))};
  }

  FailureOr<SmallVector<Value>> accumulate(TileDim keys, ArrayRef<Value> probabilities,
                                           ArrayRef<Value> output) override {
    FailureOr<StagedTile> staged = stageValues(keys);
    if (failed(staged))
      return failure();
    TileArithmetic math(kernel_.builder(), loc_);
    Value factors = math.convertFloat(probabilities.front(), op_.getValueType().getElementType());
    return SmallVector<Value>{
        multiplyInSteps(StagedTile::store(kernel_, factors), *staged, block_.keyTile, output.front())};
  }

private:
  /// How far along the summed dimension a thread reads at once: four f32 are the widest access to shared
  /// memory.
  static constexpr int64_t step = 4;

  Value multiplyInSteps(const StagedTile &a, const StagedTile &b, int64_t depth, Value sum) {
    OpBuilder &builder = kernel_.builder();
    auto type = cast<RankedTensorType>(sum.getType());
    Value zero = kernel_.constantIndex(0);
    auto loop = scf::ForOp::create(builder, loc_, zero, kernel_.constantIndex(depth),
                                   kernel_.constantIndex(step), sum);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Value at = loop.getInductionVar();
    Value next = multiplyAdd(tile::MmaKind::Fma, a.load({zero, at}, {type.getDimSize(0), step}),
                             b.load({at, zero}, {step, type.getDimSize(1)}), loop.getRegionIterArg(0));
    scf::YieldOp::create(builder, loc_, next);
    return loop.getResult(0);
  }
};
} // namespace

std::unique_ptr<AttentionProducts>
ashlar::createAttentionProducts(KernelBuilder &kernel, const AttentionBlock &block, tile::MmaKind kind) {
  if (kind == tile::MmaKind::Fma)
    return std::make_unique<ScalarProducts>(kernel, block);
  if (kind == tile::MmaKind::Wgmma)
    return std::make_unique<WarpGroupProducts>(kernel, block);
  return std::make_unique<TensorCoreProducts>(kernel, block);
}
