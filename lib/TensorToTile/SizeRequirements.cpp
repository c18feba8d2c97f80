//===-- SizeRequirements.cpp - what a kernel relies on ----------------------===//
//
// A kernel takes the size of a loop from one of the operands that share it. That the others have it too is known from
// their types, or it becomes a requirement of the launch, which the launch plan checks at each call: without it a
// kernel would read past the end of the smaller tensor.
//
//===-----------------------------------------------------------------------===//
#include "ashlar/TensorToTile/KernelBuilder.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace ashlar;
using ash::SharedSize;

//===-- Sizes that are the same ---------------------------------------------===//

/// For each loop of a linalg operation, the dimensions that it walks alone.
static SmallVector<SharedSize> sharedByLoops(linalg::LinalgOp op) {
  SmallVector<SharedSize> sizes(op.getNumLoops());
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<RankedTensorType>(operand.get().getType()))
      continue;
    for (auto [dim, coordinate] : llvm::enumerate(op.getMatchingIndexingMap(&operand).getResults()))
      if (auto loop = dyn_cast<AffineDimExpr>(coordinate))
        sizes[loop.getPosition()].push_back({operand.get(), dim});
  }
  return sizes;
}

/// One group for each dimension but `except`: of all operands and results, which have one rank.
static SmallVector<SharedSize> sharedByPosition(Operation *op, int64_t except = -1) {
  SmallVector<SharedSize> sizes;
  SmallVector<Value> tensors(op->getOperands());
  llvm::append_range(tensors, op->getResults());
  for (Value tensor : tensors) {
    auto type = dyn_cast<RankedTensorType>(tensor.getType());
    for (int64_t dim = 0; type && dim < type.getRank(); ++dim) {
      if (sizes.size() <= static_cast<size_t>(dim))
        sizes.emplace_back();
      if (dim != except)
        sizes[dim].push_back({tensor, dim});
    }
  }
  return sizes;
}

static SmallVector<SharedSize> sharedSizes(Operation &op) {
  if (auto shared = dyn_cast<ash::SharedSizesInterface>(op))
    return shared.getSharedSizes();
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    return sharedByLoops(linalgOp);
  if (auto concat = dyn_cast<tensor::ConcatOp>(op))
    return sharedByPosition(concat, concat.getDim());
  if (isa<tensor::CastOp>(op) || OpTrait::hasElementwiseMappableTraits(&op))
    return sharedByPosition(&op);
  return {};
}

//===-- Requirements ----------------------------------------------------------===//

namespace {
/// The requirements of one kernel: expressions that are zero, or not negative.
class RequirementList {
public:
  explicit RequirementList(KernelBuilder &kernel) : kernel_(kernel) {}

  LogicalResult addShared(Operation &op);
  /// A slice lies within its source, and a convolution has an output.
  LogicalResult addBounds(Operation &op);
  IntegerSet finish(unsigned symbols) const {
    return constraints_.empty() ? IntegerSet() : IntegerSet::get(0, symbols, constraints_, isEquality_);
  }

private:
  LogicalResult add(Operation &op, AffineExpr expression, bool isEquality);

  KernelBuilder &kernel_;
  SmallVector<AffineExpr> constraints_;
  SmallVector<bool> isEquality_;
};
} // namespace

LogicalResult RequirementList::add(Operation &op, AffineExpr expression, bool isEquality) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expression)) {
    if (isEquality ? constant.getValue() == 0 : constant.getValue() >= 0)
      return success();
    return op.emitError() << "'" << op.getName() << "' needs sizes that agree, but they differ by "
                          << std::abs(constant.getValue());
  }
  for (auto [known, equality] : llvm::zip(constraints_, isEquality_))
    if (known == expression && equality == isEquality)
      return success();
  constraints_.push_back(expression);
  isEquality_.push_back(isEquality);
  return success();
}

LogicalResult RequirementList::addShared(Operation &op) {
  for (const SharedSize &shared : sharedSizes(op)) {
    bool isStatic = llvm::none_of(shared, [](auto entry) {
      return cast<RankedTensorType>(entry.first.getType()).isDynamicDim(entry.second);
    });
    AffineExpr first;
    for (auto [tensor, dim] : shared) {
      if (isStatic) // The verifiers have compared them.
        break;
      FailureOr<AffineExpr> extent = kernel_.extent(tensor, dim);
      if (failed(extent) || (first && failed(add(op, first - *extent, /*isEquality=*/true))))
        return failure();
      first = first ? first : *extent;
    }
  }
  return success();
}

LogicalResult RequirementList::addBounds(Operation &op) {
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op)) {
    for (auto [dim, offset, size, stride] : llvm::enumerate(slice.getMixedOffsets(), slice.getMixedSizes(), slice.getMixedStrides())) {
      std::optional<int64_t> first = getConstantIntValue(offset), step = getConstantIntValue(stride);
      std::optional<int64_t> count = getConstantIntValue(size);
      if (!first || !step || (count && !slice.getSourceType().isDynamicDim(dim)))
        continue;
      FailureOr<AffineExpr> source = kernel_.extent(slice.getSource(), dim),
                            taken = count ? kernel_.constant(*count) : kernel_.extentOfIndex(cast<Value>(size));
      if (failed(source) || failed(taken) ||
          failed(add(op, *source - *first - 1 - (*taken - 1) * *step, /*isEquality=*/false)))
        return failure();
    }
    return success();
  }
  if (auto conv = dyn_cast<ash::ConvOp>(op))
    for (int64_t dim = 1; dim < conv.getResultType().getRank(); ++dim) {
      FailureOr<AffineExpr> size = kernel_.extent(conv.getResult(), dim);
      if (failed(size) || failed(add(op, *size - 1, /*isEquality=*/false)))
        return failure();
    }
  return success();
}

LogicalResult KernelBuilder::collectRequirements() {
  RequirementList list(*this);
  // Asking for extents can add operations.
  SmallVector<Operation *> operations(llvm::make_pointer_range(*source_.getBlock()));
  for (Operation *op : operations)
    if (failed(list.addShared(*op)) || failed(list.addBounds(*op)))
      return failure();
  requirements_ = list.finish(hostDimensions_.size());
  return success();
}
