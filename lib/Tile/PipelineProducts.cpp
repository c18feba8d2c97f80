//===-- PipelineProducts.cpp - products that run while the loop goes on ------===//
//
// In a loop that does nothing but add up products of warp groups, each product is only started; the stage that
// it reads is handed back one iteration later, when the next product has been started and it is complete.
//
//===-----------------------------------------------------------------------===//
#include "CarriedValues.h"
#include "ashlar/Tile/Passes.h"
#include "dialects/Tile/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace ashlar::tile {
#define GEN_PASS_DEF_PIPELINEPRODUCTSPASS
#include "ashlar/Tile/Passes.h.inc"
} // namespace ashlar::tile

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

namespace {

/// A loop that adds up products, and what it does behind each.
struct Accumulation {
  scf::ForOp loop;
  MmaOp product;
  unsigned sum; ///< Which of the loop's values is the accumulator.
  SmallVector<MbarrierArriveOp> releases;
};

} // namespace

/// Whether operations of the body other than the product touch tiles or memory that it might still read; what
/// stands behind it may only hand stages back.
static std::optional<Accumulation> matchAccumulation(scf::ForOp loop) {
  Accumulation found{loop, {}, 0, {}};
  for (Operation &op : loop.getBody()->without_terminator()) {
    if (auto mma = dyn_cast<MmaOp>(op)) {
      if (found.product || mma.getKind() != MmaKind::Wgmma || mma.getAsync())
        return std::nullopt;
      found.product = mma;
    } else if (auto release = dyn_cast<MbarrierArriveOp>(op)) {
      if (!found.product || !release.getPredicate().empty())
        return std::nullopt;
      // The only stage has to be handed back before the next iteration's copy can come.
      if (release.getBarriers().getType().getShape().front() < 2)
        return std::nullopt;
      found.releases.push_back(release);
    } else if (!isa<MbarrierWaitOp>(op) && !isMemoryEffectFree(&op)) {
      return std::nullopt;
    }
  }
  if (!found.product || found.releases.empty() || !found.product.getResult().hasOneUse())
    return std::nullopt;
  OpOperand &use = *found.product.getResult().use_begin();
  auto sum = dyn_cast<BlockArgument>(found.product.getAccumulator());
  if (use.getOwner() != loop.getBody()->getTerminator() || !sum || sum.getOwner() != loop.getBody() ||
      !sum.hasOneUse())
    return std::nullopt;
  found.sum = use.getOperandNumber();
  return sum.getArgNumber() == found.sum + 1 ? std::optional(found) : std::nullopt;
}

static void expand(Accumulation accumulation) {
  OpBuilder builder(accumulation.loop);
  // The stages of the releases of the iteration before.
  SmallVector<Value> stages(accumulation.releases.size(),
                            arith::ConstantIndexOp::create(builder, accumulation.loop.getLoc(), 0));
  scf::ForOp loop = carryValues(builder, accumulation.loop, stages);
  Operation *yield = loop.getBody()->getTerminator();
  Location loc = accumulation.product.getLoc();
  MmaOp product = accumulation.product;
  product.setAsync(true);
  // Behind the start of this product, the one before is waited for.
  builder.setInsertionPointAfter(product);
  auto wait = MmaWaitOp::create(builder, loc, product.getType(), 1, product.getResult());
  product.getResult().replaceAllUsesExcept(wait.getResult(0), wait);
  Value isLater = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, loop.getInductionVar(),
                                        loop.getLowerBound());
  unsigned first = loop.getNumResults() - accumulation.releases.size();
  for (auto [i, release] : llvm::enumerate(accumulation.releases)) {
    yield->insertOperands(yield->getNumOperands(), MbarrierArriveOp(release).getStage());
    builder.setInsertionPoint(release);
    MbarrierArriveOp::create(builder, release->getLoc(), MbarrierArriveOp(release).getBarriers(),
                             loop.getRegionIterArg(first + i), isLater);
  }

  builder.setInsertionPointAfter(loop);
  auto drain = MmaWaitOp::create(builder, loc, product.getType(), 0, loop.getResult(accumulation.sum));
  loop.getResult(accumulation.sum).replaceAllUsesExcept(drain.getResult(0), drain);
  std::optional<APInt> trips = loop.getStaticTripCount();
  SmallVector<Value> ran;
  if (!trips)
    ran.push_back(arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, loop.getLowerBound(),
                                        loop.getUpperBound()));
  for (auto [i, release] : llvm::enumerate(accumulation.releases)) {
    if (!trips || !trips->isZero())
      MbarrierArriveOp::create(builder, release->getLoc(), MbarrierArriveOp(release).getBarriers(),
                               loop.getResult(first + i), ran);
    release->erase();
  }
}

namespace {

struct PipelineProductsPass : tile::impl::PipelineProductsPassBase<PipelineProductsPass> {
  void runOnOperation() override {
    SmallVector<Accumulation> accumulations;
    getOperation().walk([&](scf::ForOp loop) {
      if (std::optional<Accumulation> accumulation = matchAccumulation(loop))
        accumulations.push_back(*accumulation);
    });
    for (Accumulation &accumulation : accumulations)
      expand(accumulation);
  }
};

} // namespace
