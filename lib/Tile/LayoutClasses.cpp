//===-- LayoutClasses.cpp - Tiles that share a distribution ---------------===//
//
// Classes of tiles, the rules that tie them, and how distributions spread over them. The header explains the
// idea.
//
//===----------------------------------------------------------------------===//
#include "LayoutClasses.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

bool ashlar::tile::isElementwise(Operation *op) { return op->hasTrait<OpTrait::Elementwise>(); }

VectorAccess ashlar::tile::accessVectors(Operation *op) {
  if (std::optional<TileAccess> access = describeAccess(op))
    return vectorAccess(*access);
  Value tile = isa<StoreOp>(op) ? cast<StoreOp>(op).getTile() : cast<LoadOp>(op).getTile();
  return {std::max<int64_t>(tileType(tile).getRank() - 1, 0), 1};
}

DistributionAttr LayoutClasses::attribute(const layout::Distribution &distribution) {
  return DistributionAttr::get(kernel.getContext(), distribution);
}

//===-- Classes -----------------------------------------------------------===//

unsigned LayoutClasses::find(Value value) {
  auto [entry, isNew] = numbers.try_emplace(value, values.size());
  if (isNew) {
    values.push_back(value);
    parents.push_back(parents.size());
    layouts.push_back({});
  }
  unsigned root = entry->second;
  while (parents[root] != root)
    root = parents[root] = parents[parents[root]];
  return root;
}

bool LayoutClasses::tie(Value a, Value b) {
  unsigned first = find(a), second = find(b);
  if (first == second)
    return true;
  if (layouts[first] && layouts[second] && layouts[first] != layouts[second])
    return false;
  // The earlier value represents the class, so that the order of choices follows the program.
  if (second < first)
    std::swap(first, second);
  if (!layouts[first])
    layouts[first] = layouts[second];
  parents[second] = first;
  return true;
}

bool LayoutClasses::propose(Value value, DistributionAttr distribution) {
  unsigned root = find(value);
  if (layouts[root] || !distribution)
    return false;
  layouts[root] = distribution;
  return true;
}

DistributionAttr LayoutClasses::layoutOf(Value value) { return layouts[find(value)]; }

LogicalResult LayoutClasses::build() {
  fixGiven();
  if (failed(fixProducts()) || failed(tieAll()))
    return failure();
  spread();
  while (chooseForOne())
    spread();
  return success();
}

void LayoutClasses::fixGiven() {
  auto fix = [&](Value value) {
    if (isTile(value) && propose(value, getDistributionAttr(value.getType())))
      given.insert(value);
  };
  kernel->walk<WalkOrder::PreOrder>([&](Operation *op) {
    llvm::for_each(op->getResults(), fix);
    for (Region &region : op->getRegions())
      for (Block &block : region)
        llvm::for_each(block.getArguments(), fix);
  });
}

//===-- Ties --------------------------------------------------------------===//

void LayoutClasses::tieLoop(scf::ForOp loop) {
  auto yielded = cast<scf::YieldOp>(loop.getBody()->getTerminator()).getOperands();
  for (auto [initial, argument, result, next] :
       llvm::zip(loop.getInitArgs(), loop.getRegionIterArgs(), loop.getResults(), yielded)) {
    if (!isTile(result))
      continue;
    tie(argument, result);
    tie(argument, next);
    tie(argument, initial);
  }
}

void LayoutClasses::tieBranch(scf::IfOp branch) {
  for (Region &region : branch->getRegions())
    if (!region.empty())
      for (auto [result, yielded] :
           llvm::zip(branch.getResults(), region.front().getTerminator()->getOperands()))
        if (isTile(result))
          tie(result, yielded);
}

LogicalResult LayoutClasses::tieOperation(Operation *op) {
  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    tieLoop(loop);
    return success();
  }
  if (auto branch = dyn_cast<scf::IfOp>(op)) {
    tieBranch(branch);
    return success();
  }
  if (auto mma = dyn_cast<MmaOp>(op)) {
    tie(mma.getResult(), mma.getAccumulator());
    return success();
  }
  if (isElementwise(op)) {
    for (Value result : op->getResults())
      for (Value operand : op->getOperands())
        if (isTile(result) && isTile(operand))
          tie(result, operand);
    return success();
  }
  bool isKnown = isa<scf::YieldOp, arith::ConstantOp>(op) || isa<TileDialect>(op->getDialect());
  if (isKnown || (llvm::none_of(op->getOperands(), isTile) && llvm::none_of(op->getResults(), isTile)))
    return success();
  return op->emitOpError(
      "takes or makes tiles, but ashlar-tile-assign-layouts does not know how its operands' "
      "distributions relate to its results'; express it by elementwise operations, tile "
      "operations, scf.for and scf.if");
}

LogicalResult LayoutClasses::tieAll() {
  WalkResult result = kernel.getBody().walk<WalkOrder::PreOrder>([&](Operation *op) {
    for (Value value : op->getResults())
      if (isTile(value))
        find(value);
    return WalkResult(tieOperation(op));
  });
  return failure(result.wasInterrupted());
}

//===-- Spreading ---------------------------------------------------------===//

DistributionAttr LayoutClasses::sliceOf(DistributionAttr distribution, int64_t dim) {
  return attribute(distribution.getDistribution().slice(dim));
}

DistributionAttr LayoutClasses::reductionLayout(ReduceOp reduce, DistributionAttr source) {
  int64_t dim = reduce.getDim();
  if (reducesWithinWarp(source.getDistribution(), dim))
    return source;
  RankedTensorType type = tileType(reduce.getSource());
  int64_t width = 128 / storageBits(type.getElementType());
  return attribute(reducibleDistribution(type.getShape(), threads(), {type.getRank() - 1, width}, dim));
}

DistributionAttr LayoutClasses::packedLayout(UnpackOp unpack, DistributionAttr result) {
  std::optional<layout::Renumbering> source = unpack.renumber(result.getDistribution());
  return source ? attribute(source->distribution) : DistributionAttr();
}

DistributionAttr LayoutClasses::withUnitDimension(DistributionAttr distribution, Value tile, int64_t dim) {
  if (tileType(tile).getDimSize(dim) != 1)
    return {};
  return attribute(distribution.getDistribution().insertDimension(static_cast<int>(dim)));
}

/// Hands distributions on from one operand or result to another of the same operation.
bool LayoutClasses::spreadThrough(Operation *op) {
  return TypeSwitch<Operation *, bool>(op)
      .Case([&](ReduceOp reduce) {
        DistributionAttr source = layoutOf(reduce.getSource()), result = layoutOf(reduce.getResult());
        if (source)
          return propose(reduce.getResult(), sliceOf(reductionLayout(reduce, source), reduce.getDim()));
        return result &&
               propose(reduce.getSource(), withUnitDimension(result, reduce.getSource(), reduce.getDim()));
      })
      .Case([&](BroadcastOp broadcast) {
        DistributionAttr source = layoutOf(broadcast.getSource()), result = layoutOf(broadcast.getResult());
        if (result)
          return propose(broadcast.getSource(), sliceOf(result, broadcast.getDim()));
        return source && propose(broadcast.getResult(),
                                 withUnitDimension(source, broadcast.getResult(), broadcast.getDim()));
      })
      .Case([&](UnpackOp unpack) {
        DistributionAttr result = layoutOf(unpack.getResult());
        return result && propose(unpack.getSource(), packedLayout(unpack, result));
      })
      .Case([&](MmaOp mma) {
        auto [a, b] = operandLayouts(mma);
        bool changedA = isTile(mma.getA()) && propose(mma.getA(), a),
             changedB = isTile(mma.getB()) && propose(mma.getB(), b);
        return changedA || changedB;
      })
      .Default(false);
}

void LayoutClasses::spread() {
  // Results of reductions first: row statistics follow the tile they come from, not the next one they meet.
  auto sweep = [&](bool reductionsOnly) {
    bool changed = false;
    kernel.getBody().walk([&](Operation *op) {
      if (isa<ReduceOp>(op) == reductionsOnly)
        changed |= spreadThrough(op);
    });
    return changed;
  };
  while (sweep(/*reductionsOnly=*/true) || sweep(/*reductionsOnly=*/false)) {
  }
}
