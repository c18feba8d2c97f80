//===-- DisjointStores.cpp - stores in loops that never meet themselves ------===//
//
// Offsets as linear functions of one induction variable.
//
//===-----------------------------------------------------------------------===//
#include "DisjointStores.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

/// The factor c of `offset` = c * variable + rest, with a rest that stays the same inside `outermost`;
/// nothing if the offset is of another form.
static std::optional<int64_t> findFactor(Value offset, Value variable, scf::ForOp outermost) {
  if (offset == variable)
    return 1;
  if (outermost.isDefinedOutsideOfLoop(offset) || getConstantIntValue(offset))
    return 0;
  Operation *op = offset.getDefiningOp();
  if (!op || op->getNumOperands() != 2)
    return std::nullopt;
  std::optional<int64_t> lhs = findFactor(op->getOperand(0), variable, outermost);
  std::optional<int64_t> rhs = findFactor(op->getOperand(1), variable, outermost);
  if (!lhs || !rhs)
    return std::nullopt;
  if (isa<arith::AddIOp>(op))
    return *lhs + *rhs;
  if (isa<arith::SubIOp>(op))
    return *lhs - *rhs;
  std::optional<int64_t> constant = getConstantIntValue(op->getOperand(1));
  return isa<arith::MulIOp>(op) && constant ? std::optional(*lhs * *constant) : std::nullopt;
}

/// The dimension along which `loop` alone moves the store, far enough.
static std::optional<unsigned> findDimension(StoreOp store, scf::ForOp loop, scf::ForOp outermost) {
  std::optional<int64_t> step = getConstantIntValue(loop.getStep());
  auto tile = cast<RankedTensorType>(store.getTile().getType());
  for (auto [dimension, offset] : llvm::enumerate(store.getOffsets())) {
    std::optional<int64_t> factor = findFactor(offset, loop.getInductionVar(), outermost);
    if (step && factor && std::abs(*factor * *step) >= tile.getDimSize(dimension))
      return dimension;
  }
  return std::nullopt;
}

bool tile::storesElsewhereEachTime(StoreOp store) {
  if (!isa<ViewType>(store.getDestination().getType()))
    return false;
  SmallVector<scf::ForOp> loops;
  for (auto loop = store->getParentOfType<scf::ForOp>(); loop; loop = loop->getParentOfType<scf::ForOp>())
    loops.push_back(loop);
  llvm::SmallDenseSet<unsigned> dimensions;
  for (scf::ForOp loop : loops) {
    std::optional<unsigned> dimension = findDimension(store, loop, loops.back());
    if (!dimension || !dimensions.insert(*dimension).second)
      return false;
  }
  // A view made in a loop may be another view each time.
  return !loops.empty() && loops.back().isDefinedOutsideOfLoop(store.getDestination());
}
