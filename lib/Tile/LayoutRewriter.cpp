//===-- LayoutRewriter.cpp - Give tiles their distributions ---------------===//
//
// Writes distributions into types and serves each use with the distribution it needs.
//
//===----------------------------------------------------------------------===//
#include "LayoutRewriter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

//===-- Cheap producers ---------------------------------------------------===//

/// Whether the tile costs no more than a few registers to make anew.
static bool isCheap(Operation *op) {
  if (auto broadcast = dyn_cast_or_null<BroadcastOp>(op))
    return isCheap(broadcast.getSource().getDefiningOp());
  return op && isa<arith::ConstantOp, SplatOp, IotaOp>(op) && isTile(op->getResult(0));
}

void ashlar::tile::separateCheapTiles(KernelOp kernel) {
  SmallVector<Operation *> cheap;
  kernel.getBody().walk([&](Operation *op) {
    if (isCheap(op))
      cheap.push_back(op);
  });
  // Users before producers: copies of a broadcast are uses of its source.
  for (Operation *op : llvm::reverse(cheap)) {
    OpBuilder builder(op->getContext());
    builder.setInsertionPointAfter(op);
    for (OpOperand &use :
         llvm::make_early_inc_range(llvm::drop_begin(op->getUses(), op->use_empty() ? 0 : 1)))
      use.set(builder.clone(*op)->getResult(0));
  }
}

/// Whether an equal tile in another distribution is had by repeating what made it: loads, cheap tiles and a
/// few elementwise operations on them.
static bool isRepeatable(Value value, unsigned depth = 0) {
  constexpr unsigned maxDepth = 4;
  Operation *op = value.getDefiningOp();
  if (!op || depth > maxDepth)
    return false;
  if (isa<LoadOp>(op) || isCheap(op))
    return true;
  return (isa<BroadcastOp>(op) || (isElementwise(op) && op->getNumResults() == 1)) &&
         llvm::all_of(op->getOperands(),
                      [&](Value operand) { return !isTile(operand) || isRepeatable(operand, depth + 1); });
}

//===-- Types -------------------------------------------------------------===//

static void setDistribution(Value value, DistributionAttr distribution) {
  RankedTensorType type = withDistribution(tileType(value), distribution);
  value.setType(type);
  if (auto constant = value.getDefiningOp<arith::ConstantOp>())
    if (auto elements = dyn_cast<DenseElementsAttr>(constant.getValue()))
      constant.setValueAttr(elements.reshape(type));
}

void LayoutRewriter::writeTypes() {
  auto write = [&](Value value) {
    if (isTile(value))
      setDistribution(value, classes.layoutOf(value));
  };
  kernel.getBody().walk([&](Operation *op) {
    llvm::for_each(op->getResults(), write);
    for (Region &region : op->getRegions())
      for (Block &block : region)
        llvm::for_each(block.getArguments(), write);
  });
}

//===-- Uses --------------------------------------------------------------===//

Value LayoutRewriter::repeat(Operation *producer, DistributionAttr distribution) {
  OpBuilder builder(producer->getContext());
  builder.setInsertionPointAfter(producer);
  Operation *copy = builder.clone(*producer);
  setDistribution(copy->getResult(0), distribution);
  for (OpOperand &operand : copy->getOpOperands())
    if (isTile(operand.get())) {
      auto broadcast = dyn_cast<BroadcastOp>(copy);
      require(operand, broadcast ? classes.sliceOf(distribution, broadcast.getDim()) : distribution);
    }
  return copy->getResult(0);
}

Value LayoutRewriter::materialize(Value value, DistributionAttr distribution) {
  if (getDistributionAttr(value.getType()) == distribution)
    return value;
  Value &version = versions[{value, distribution}];
  if (version)
    return version;
  if (isRepeatable(value)) {
    Value repeated = repeat(value.getDefiningOp(), distribution);
    return versions[{value, distribution}] = repeated;
  }
  OpBuilder builder(value.getContext());
  builder.setInsertionPointAfterValue(value);
  RankedTensorType type = withDistribution(tileType(value), distribution);
  return version = ConvertLayoutOp::create(builder, value.getLoc(), type, value);
}

void LayoutRewriter::require(OpOperand &operand, DistributionAttr distribution) {
  operand.set(materialize(operand.get(), distribution));
}

void LayoutRewriter::convertResult(OpResult result, DistributionAttr produced) {
  DistributionAttr expected = getDistributionAttr(result.getType());
  if (expected == produced)
    return;
  OpBuilder builder(result.getOwner()->getContext());
  builder.setInsertionPointAfter(result.getOwner());
  setDistribution(result, produced);
  Type type = withDistribution(tileType(result), expected);
  auto converted = ConvertLayoutOp::create(builder, result.getLoc(), type, result);
  result.replaceAllUsesExcept(converted, converted);
}

void LayoutRewriter::serveReduction(ReduceOp reduce) {
  int64_t dim = reduce.getDim();
  DistributionAttr source = getDistributionAttr(reduce.getSource().getType());
  DistributionAttr read = classes.reductionLayout(reduce, source);
  require(reduce.getSourceMutable(), read);
  convertResult(cast<OpResult>(reduce.getResult()), classes.sliceOf(read, dim));
}

void LayoutRewriter::serveOperands(Operation *op) {
  auto follow = [&](MutableOperandRange operands, ValueRange tiles) {
    for (auto [operand, tile] : llvm::zip(operands, tiles))
      if (isTile(tile))
        require(operand, getDistributionAttr(tile.getType()));
  };
  if (auto mma = dyn_cast<MmaOp>(op)) {
    auto [a, b] = classes.operandLayouts(mma);
    if (isTile(mma.getA()))
      require(mma.getAMutable(), a);
    if (isTile(mma.getB()))
      require(mma.getBMutable(), b);
    require(mma.getAccumulatorMutable(), getDistributionAttr(mma.getResult().getType()));
  } else if (auto reduce = dyn_cast<ReduceOp>(op)) {
    serveReduction(reduce);
  } else if (auto broadcast = dyn_cast<BroadcastOp>(op)) {
    require(broadcast.getSourceMutable(),
            classes.sliceOf(getDistributionAttr(broadcast.getResult().getType()), broadcast.getDim()));
  } else if (auto unpack = dyn_cast<UnpackOp>(op)) {
    // Where there is none, the operation's verifier says so.
    if (DistributionAttr packed =
            classes.packedLayout(unpack, getDistributionAttr(unpack.getResult().getType())))
      require(unpack.getSourceMutable(), packed);
  } else if (auto loop = dyn_cast<scf::ForOp>(op)) {
    follow(loop.getInitArgsMutable(), loop.getRegionIterArgs());
  } else if (auto yield = dyn_cast<scf::YieldOp>(op)) {
    if (!yield.getOperands().empty())
      follow(yield.getResultsMutable(), yield->getParentOp()->getResults());
  } else if (isElementwise(op) && op->getNumResults() > 0 && isTile(op->getResult(0))) {
    for (OpOperand &operand : op->getOpOperands())
      if (isTile(operand.get()))
        require(operand, getDistributionAttr(op->getResult(0).getType()));
  }
}

void LayoutRewriter::run() {
  writeTypes();
  SmallVector<Operation *> operations;
  kernel.getBody().walk<WalkOrder::PreOrder>([&](Operation *op) { operations.push_back(op); });
  for (Operation *op : operations)
    serveOperands(op);
}
