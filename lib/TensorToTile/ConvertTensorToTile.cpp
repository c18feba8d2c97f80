//===-- ConvertTensorToTile.cpp - kernels of tensors to kernels of tiles ----===//
//
// The pass: one ashlar.kernel after the other, each by the lowering of its main operation.
//
//===-----------------------------------------------------------------------===//
#include "ashlar/TensorToTile/MainOperations.h"
#include "ashlar/TensorToTile/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/LoopInvariantCodeMotionUtils.h"

namespace ashlar {
#define GEN_PASS_DEF_CONVERTTENSORTOTILEPASS
#include "ashlar/TensorToTile/Passes.h.inc"
} // namespace ashlar

using namespace mlir;
using namespace ashlar;

/// Whether `copy` may move up to before `load`, which stands in the same block.
static bool canMoveBefore(tile::CopyOp copy, Operation *load) {
  for (Value operand : copy->getOperands())
    if (Operation *definition = operand.getDefiningOp();
        definition && definition->getBlock() == copy->getBlock() && !definition->isBeforeInBlock(load))
      return false;
  // Nothing between may use what is overwritten. Transposed and staged buffers are seen through their users.
  SmallVector<Value> aliases = {copy.getDestination()};
  while (!aliases.empty())
    for (Operation *user : aliases.pop_back_val().getUsers()) {
      if (isa<tile::TransposeOp, tile::StageOp>(user))
        aliases.push_back(user->getResult(0));
      Operation *inBlock = copy->getBlock()->findAncestorOpInBlock(*user);
      if (!inBlock || isa<tile::TransposeOp, tile::StageOp>(user) || inBlock == copy)
        continue;
      if (!inBlock->isBeforeInBlock(load) && inBlock->isBeforeInBlock(copy))
        return false;
    }
  return true;
}

/// Moves all copies of a block's program before the first load from shared memory: they can then be one
/// group.
static void gatherCopies(Block &block) {
  Operation *firstLoad = nullptr;
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (auto load = dyn_cast<tile::LoadOp>(op); load && isa<tile::BufferType>(load.getSource().getType()))
      firstLoad = firstLoad ? firstLoad : &op;
    if (auto copy = dyn_cast<tile::CopyOp>(op); copy && firstLoad && canMoveBefore(copy, firstLoad))
      copy->moveBefore(firstLoad);
  }
}

/// Moves out of a loop what is the same in every turn. Another look at a buffer stays with the buffer's
/// loads: a buffer can have stages only if one loop uses it.
static void hoistInvariants(scf::ForOp loop) {
  moveLoopInvariantCode(
      &loop.getRegion(), [&](Value value, Region *) { return loop.isDefinedOutsideOfLoop(value); },
      [](Operation *op, Region *) {
        return isMemoryEffectFree(op) && isSpeculatable(op) && !isa<tile::TransposeOp>(op);
      },
      [&](Operation *op, Region *) { loop.moveOutOfLoop(op); });
}

static void eliminateCommonParts(Operation *op) {
  IRRewriter rewriter(op->getContext());
  DominanceInfo dominance(op);
  eliminateCommonSubExpressions(rewriter, dominance, op);
}

/// Lowerings say things where they need them; views, constants and offsets then move out of loops and become
/// one.
static void tidy(tile::KernelOp kernel) {
  kernel.walk(hoistInvariants);
  kernel.walk([](Block *block) { gatherCopies(*block); });
  eliminateCommonParts(kernel);
}

static LogicalResult convertKernel(ash::KernelOp source, SymbolTable &symbols) {
  FailureOr<MainOperation> main = findMainOperation(source);
  if (failed(main))
    return failure();
  FailureOr<KernelBuilder> kernel = KernelBuilder::create(source, symbols, main->name);
  if (failed(kernel) || failed(main->lower(*kernel, main->op)))
    return failure();
  tile::KernelOp made = kernel->kernel();
  kernel->finish();
  tidy(made);
  return success();
}

namespace {
struct ConvertTensorToTilePass : ashlar::impl::ConvertTensorToTilePassBase<ConvertTensorToTilePass> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    SmallVector<ash::KernelOp> kernels;
    getOperation().walk([&](ash::KernelOp kernel) { kernels.push_back(kernel); });
    for (ash::KernelOp kernel : kernels)
      if (failed(convertKernel(kernel, symbols)))
        return signalPassFailure();
    // The sizes that launches are given.
    for (auto function : getOperation().getOps<FunctionOpInterface>())
      if (!isa<tile::KernelOp>(function))
        eliminateCommonParts(function);
  }
};
} // namespace
