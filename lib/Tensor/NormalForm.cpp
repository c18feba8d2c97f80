//===-- NormalForm.cpp - few kinds of tensor operations ---------------------===//
//
// Upstream's rewritings of linalg, in the selection and order that kernels need.
//
//===------------------------------------------------------------------------===//
#include "NormalForm.h"
#include "dialects/Ashlar/Ashlar.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;
using namespace ashlar;

bool ashlar::isAllParallel(linalg::LinalgOp op) { return op.getNumLoops() == op.getNumParallelLoops(); }

bool ashlar::onlyMovesElements(linalg::LinalgOp op) {
  Block *body = op.getBlock();
  if (!isAllParallel(op) || !llvm::hasSingleElement(*body) || op->getNumResults() != 1)
    return false;
  Value yielded = body->getTerminator()->getOperand(0);
  bool isFirstInput = op.getNumDpsInputs() == 1 && yielded == body->getArgument(0);
  return isFirstInput || yielded.getParentBlock() != body;
}

bool ashlar::tearsBytes(Operation *op) {
  return llvm::any_of(op->getResultTypes(), [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor && tensor.getElementType().isInteger(4) && tensor.getRank() > 0 &&
           (tensor.isDynamicDim(tensor.getRank() - 1) || tensor.getShape().back() % 2 != 0);
  });
}

//===-- Decomposition ---------------------------------------------------------===//

static bool isInKernel(Operation *op) { return op->getParentOfType<ash::KernelOp>() != nullptr; }

/// What an operation that has no kernel is made of; nothing if it has one, or is no such operation.
static FailureOr<SmallVector<Value>> decompose(OpBuilder &builder, Operation *op) {
  if (auto aggregate = dyn_cast<linalg::AggregatedOpInterface>(op))
    return aggregate.decomposeOperation(builder);
  return cast<ash::ReferenceDecompositionInterface>(op).decompose(builder);
}

static LogicalResult decomposeAggregates(func::FuncOp function) {
  SmallVector<Operation *> aggregates;
  function.walk([&](Operation *op) {
    if (!isInKernel(op) && isa<linalg::AggregatedOpInterface, ash::QuantizeOp, ash::DequantizeOp>(op))
      aggregates.push_back(op);
  });
  for (Operation *op : aggregates) {
    OpBuilder builder(op);
    FailureOr<SmallVector<Value>> parts = decompose(builder, op);
    if (failed(parts))
      return op->emitError() << "'" << op->getName()
                             << "' has no kernel and cannot be taken apart; express it with "
                                "elementwise and reducing linalg operations";
    op->replaceAllUsesWith(*parts);
    op->erase();
  }
  return success();
}

static LogicalResult lowerPacks(func::FuncOp function) {
  IRRewriter rewriter(function.getContext());
  SmallVector<Operation *> packs;
  function.walk([&](Operation *op) {
    if (!isInKernel(op) && isa<linalg::PackOp, linalg::UnPackOp>(op))
      packs.push_back(op);
  });
  for (Operation *op : packs) {
    rewriter.setInsertionPoint(op);
    LogicalResult lowered = success();
    if (auto pack = dyn_cast<linalg::PackOp>(op))
      lowered = linalg::lowerPack(rewriter, pack);
    else
      lowered = linalg::lowerUnPack(rewriter, cast<linalg::UnPackOp>(op));
    if (failed(lowered))
      return op->emitError() << "'" << op->getName() << "' can only be lowered with static tile sizes";
  }
  return success();
}

//===-- Fusion ----------------------------------------------------------------===//

/// Fusing repeats the producer for each user, so it must have one user, or cost nothing.
static bool shouldFuse(OpOperand *operand) {
  auto producer = operand->get().getDefiningOp<linalg::LinalgOp>();
  if (!producer || isInKernel(operand->getOwner()))
    return false;
  return producer->hasOneUse() || onlyMovesElements(producer);
}

static LogicalResult rewriteToGenerics(func::FuncOp function) {
  RewritePatternSet patterns(function.getContext());
  linalg::populateElementwiseToLinalgConversionPatterns(patterns);
  linalg::populateLinalgNamedOpsGeneralizationPatterns(patterns);
  linalg::populateElementwiseOpsFusionPatterns(patterns, shouldFuse);
  memref::populateResolveRankedShapedTypeResultDimsPatterns(patterns);
  tensor::populateFoldTensorEmptyPatterns(patterns);
  tensor::DimOp::getCanonicalizationPatterns(patterns, function.getContext());
  tensor::CollapseShapeOp::getCanonicalizationPatterns(patterns, function.getContext());
  tensor::ExpandShapeOp::getCanonicalizationPatterns(patterns, function.getContext());
  // Named operations inside of given kernels are left alone: the driver does not enter isolated regions'
  // contents that are not in its scope.
  SmallVector<Operation *> scope;
  function.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isa<ash::KernelOp>(op))
      return WalkResult::skip();
    if (op != function)
      scope.push_back(op);
    return WalkResult::advance();
  });
  GreedyRewriteConfig config;
  config.setStrictness(GreedyRewriteStrictness::ExistingAndNewOps);
  return applyOpPatternsGreedily(scope, std::move(patterns), config);
}

LogicalResult ashlar::bringToNormalForm(func::FuncOp function) {
  if (failed(decomposeAggregates(function)) || failed(lowerPacks(function)))
    return failure();
  if (failed(rewriteToGenerics(function)))
    return function.emitError("elementwise fusion does not come to an end");
  return success();
}

//===-- Loops -----------------------------------------------------------------===//

/// The sequences of neighbouring loops that can become one.
static SmallVector<ReassociationIndices> mergeableLoops(linalg::GenericOp op) {
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  SmallVector<int64_t, 4> extents = op.getStaticLoopRanges();
  SmallVector<ReassociationIndices> groups;
  for (int64_t loop = 0; loop < static_cast<int64_t>(iterators.size()); ++loop) {
    if (!groups.empty() && iterators[loop] == iterators[groups.back().front()] &&
        ShapedType::isStatic(extents[loop])) {
      ReassociationIndices longer = groups.back();
      longer.push_back(loop);
      if (linalg::areDimSequencesPreserved(maps, longer)) {
        groups.back() = longer;
        continue;
      }
    }
    groups.push_back({loop});
  }
  return groups;
}

linalg::LinalgOp ashlar::collapseLoops(linalg::GenericOp op) {
  SmallVector<ReassociationIndices> groups = mergeableLoops(op);
  llvm::erase_if(groups, [](const ReassociationIndices &group) { return group.size() < 2; });
  // Windows (`d0 * 2 + d1`) tie loops together in ways that the sequences above do not show.
  bool hasWindows = llvm::any_of(op.getIndexingMapsArray(),
                                 [](AffineMap map) { return !map.isProjectedPermutation(true); });
  if (groups.empty() || hasWindows || op.hasIndexSemantics())
    return op;
  IRRewriter rewriter(op);
  FailureOr<linalg::CollapseResult> collapsed = linalg::collapseOpIterationDims(op, groups, rewriter);
  if (failed(collapsed))
    return op;
  rewriter.replaceOp(op, collapsed->results);
  return collapsed->collapsedOp;
}
