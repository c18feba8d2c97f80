//===-- KernelGroups.cpp - which operations become one kernel ---------------===//
//
// Main operations take their epilogues, then their prologues; what is left stands alone.
//
//===------------------------------------------------------------------------===//
#include "KernelGroups.h"
#include "NormalForm.h"
#include "ashlar/Tensor/RowPrograms.h"
#include "dialects/Ashlar/Ashlar.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace ashlar;

/// Most operations of a prologue's body: it is repeated for every block that reads the operand.
static constexpr int64_t cheapBody = 6;

static bool isReshape(Operation *op) {
  return isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::CastOp>(op);
}

/// A reshape through which elements can be followed: of the dimensions that become one, only the first may be
/// dynamic.
static bool isStaticReshape(Operation *op) {
  auto isStatic = [](ArrayRef<ReassociationIndices> groups, ShapedType split) {
    return llvm::all_of(groups, [&](const ReassociationIndices &group) {
      return llvm::none_of(ArrayRef(group).drop_front(),
                           [&](int64_t dim) { return split.isDynamicDim(dim); });
    });
  };
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    return isStatic(collapse.getReassociationIndices(), collapse.getSrcType());
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    return isStatic(expand.getReassociationIndices(), expand.getResultType());
  return isa<tensor::CastOp>(op);
}

/// Makes a tensor of pieces of others.
static bool isAssembly(Operation *op) {
  return isa<tensor::PadOp, tensor::ConcatOp, tensor::InsertSliceOp, tensor::SplatOp>(op);
}

/// Costs nothing outside of kernels: the launch plan knows it.
static bool isFree(Operation *op) {
  if (isReshape(op) ||
      isa<arith::ConstantOp, tensor::EmptyOp, tensor::DimOp, affine::AffineApplyOp, ash::KernelOp>(op))
    return true;
  auto isScalar = [](Type type) { return type.isIntOrIndexOrFloat(); };
  return isa<arith::ArithDialect, math::MathDialect>(op->getDialect()) &&
         llvm::all_of(op->getOperandTypes(), isScalar) && llvm::all_of(op->getResultTypes(), isScalar);
}

static bool isMain(Operation *op) {
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    return !isAllParallel(linalgOp);
  return isa<ash::AshlarDialect>(op->getDialect()) && !isa<ash::KernelOp, ash::YieldOp, ash::UnpackOp>(op);
}

static bool isElementwiseOp(Operation *op) {
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  return linalgOp && isAllParallel(linalgOp);
}

static bool isStaticSlice(Operation *op) {
  auto slice = dyn_cast<tensor::ExtractSliceOp>(op);
  return slice && slice.getOffsets().empty() && slice.getStrides().empty();
}

/// Moves elements by an index map.
static bool isRearrangement(Operation *op) {
  return isStaticSlice(op) || isAssembly(op) || isa<ash::UnpackOp>(op);
}

bool ashlar::isRepeatable(Operation *op) {
  if (isa<arith::ConstantOp>(op))
    return !isa<RankedTensorType>(op->getResult(0).getType()) ||
           isa<SplatElementsAttr>(cast<arith::ConstantOp>(op).getValue());
  if (isa<tensor::EmptyOp>(op))
    return true;
  if (isReshape(op)) // Of something repeatable; any other reshape stays outside.
    return op->getOperand(0).getDefiningOp() && isRepeatable(op->getOperand(0).getDefiningOp());
  if (isStaticSlice(op) || isa<ash::UnpackOp>(op))
    return true;
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  return linalgOp && onlyMovesElements(linalgOp);
}

/// Which main operations read their operands through the evaluator, and so may have a prologue.
static bool takesPrologue(Operation *op) { return isa<linalg::LinalgOp, ash::MatmulOp, ash::PackOp>(op); }

static bool isCheap(linalg::LinalgOp op) {
  int64_t fullOperands = 0;
  for (OpOperand *operand : op.getDpsInputOperands())
    fullOperands += op.getMatchingIndexingMap(operand).getNumResults() == op.getNumLoops();
  bool isLight = llvm::none_of(*op.getBlock(),
                               [](Operation &inner) { return isa<math::MathDialect>(inner.getDialect()); });
  return fullOperands <= 1 && isLight &&
         static_cast<int64_t>(op.getBlock()->getOperations().size()) <= cheapBody;
}

namespace {
class GroupFinder {
public:
  explicit GroupFinder(Block &block) : block_(block) {}
  FailureOr<SmallVector<KernelGroup>> find();

private:
  bool isFreeToTake(Operation *op) { return op && op->getBlock() == &block_ && !owner_.contains(op); }
  KernelGroup &start(Operation *main, StringRef kind);
  void take(KernelGroup &group, Operation *op) {
    group.members.insert(op);
    owner_[op] = &group - groups_.data();
  }
  void takeEpilogue(KernelGroup &group);
  void takePrologue(KernelGroup &group, Operation *op);
  void takeRowPrograms();
  bool wouldWaitForItself(const llvm::SmallSetVector<Operation *, 8> &members);
  LogicalResult checkComputable(Operation &op);

  Block &block_;
  SmallVector<KernelGroup> groups_;
  llvm::DenseMap<Operation *, int64_t> owner_; // Indices of groups.
};
} // namespace

/// The only user of all of an operation's results that are used, if there is one.
static Operation *onlyUser(Operation *op) {
  Operation *user = nullptr;
  for (Operation *each : op->getUsers()) {
    if (user && user != each)
      return nullptr;
    user = each;
  }
  return user;
}

/// Whether one element of the operand goes to one element of the result.
static bool continuesOneToOne(linalg::LinalgOp consumer, Operation *producer) {
  bool found = false;
  for (OpOperand &operand : consumer->getOpOperands())
    if (operand.get().getDefiningOp() == producer)
      found |= bool(inversePermutation(consumer.getMatchingIndexingMap(&operand)));
  return found;
}

void GroupFinder::takeEpilogue(KernelGroup &group) {
  if (isa<ash::PackOp>(group.main)) // Made element by element, which its words are not.
    return;
  Operation *last = group.main;
  SmallVector<Operation *> reshapes; // Taken along if something follows them.
  while (Operation *user = onlyUser(reshapes.empty() ? last : reshapes.back())) {
    Operation *producer = reshapes.empty() ? last : reshapes.back();
    if (!isFreeToTake(user))
      return;
    // The tile of an attention is rows of one head; seen through a reshape it would be none.
    if (isStaticReshape(user) && !isa<ash::AttentionOp>(group.main)) {
      reshapes.push_back(user);
      continue;
    }
    if (!isElementwiseOp(user) || tearsBytes(user) ||
        !continuesOneToOne(cast<linalg::LinalgOp>(user), producer))
      return;
    for (Operation *reshape : reshapes)
      take(group, reshape);
    reshapes.clear();
    take(group, user);
    last = user;
  }
}

void GroupFinder::takePrologue(KernelGroup &group, Operation *op) {
  for (OpOperand &operand : op->getOpOperands()) {
    Operation *producer = operand.get().getDefiningOp();
    if (!isFreeToTake(producer) || !producer->hasOneUse() || !isElementwiseOp(producer) ||
        isRepeatable(producer) || !isCheap(cast<linalg::LinalgOp>(producer)))
      continue;
    take(group, producer);
    takePrologue(group, producer);
  }
}

/// Whether each element of the results is made when all loops of the reduction are done, which that of a
/// running sum is not.
static LogicalResult checkReduction(linalg::LinalgOp op) {
  SmallVector<unsigned> loops;
  op.getReductionDims(loops);
  for (unsigned result = 0; result < op->getNumResults(); ++result) {
    AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(result));
    if (llvm::any_of(loops, [&](unsigned loop) { return map.isFunctionOfDim(loop); }))
      return op->emitError() << "'" << op->getName() << "' has no GPU kernel: its result " << result
                             << " keeps what a reduction has reached at each step; compute sums of that kind "
                                "as a product with a triangular matrix, or outside of the function";
  }
  return success();
}

LogicalResult GroupFinder::checkComputable(Operation &op) {
  auto isTensor = [](Type type) { return isa<TensorType>(type); };
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op); linalgOp && failed(checkReduction(linalgOp)))
    return failure();
  if (isMain(&op) || isElementwiseOp(&op) || isRearrangement(&op))
    return success();
  if (op.hasTrait<OpTrait::IsTerminator>() || isFree(&op) || isa<tensor::ExtractOp>(op))
    return success();
  if (llvm::none_of(op.getOperandTypes(), isTensor) && llvm::none_of(op.getResultTypes(), isTensor) &&
      op.getNumRegions() == 0 && isMemoryEffectFree(&op))
    return success();
  return op.emitError()
         << "'" << op.getName() << "' has no GPU kernel: kernels compute linalg, ashlar and elementwise "
         << "operations, static slices, paddings and concatenations of tensors; express it with those";
}

KernelGroup &GroupFinder::start(Operation *main, StringRef kind) {
  KernelGroup &group = groups_.emplace_back();
  group.main = main;
  group.kind = kind;
  take(group, main);
  return group;
}

/// Whether a kernel of these operations needs, by way of other kernels, a result of its own: kernels run as a
/// whole.
bool GroupFinder::wouldWaitForItself(const llvm::SmallSetVector<Operation *, 8> &members) {
  llvm::DenseSet<Operation *> seen;
  SmallVector<Operation *> pending(members.begin(), members.end());
  while (!pending.empty())
    for (Operation *user : pending.pop_back_val()->getUsers()) {
      Operation *op = block_.findAncestorOpInBlock(*user);
      if (members.contains(op) || !seen.insert(op).second)
        continue;
      pending.push_back(op);
      if (auto owner = owner_.find(op); owner != owner_.end())
        llvm::append_range(pending, groups_[owner->second].members);
    }
  auto readsSeen = [&](Operation *member) {
    return llvm::any_of(member->getOperands(), [&](Value v) { return seen.contains(v.getDefiningOp()); });
  };
  return llvm::any_of(members, readsSeen);
}

void GroupFinder::takeRowPrograms() {
  for (Operation &op : block_) {
    if (owner_.contains(&op))
      continue;
    llvm::SmallSetVector<Operation *, 8> program =
        growRowProgram(&op, [&](Operation *each) { return isFreeToTake(each) && !tearsBytes(each); });
    if (program.empty() || wouldWaitForItself(program))
      continue;
    KernelGroup &group = start(&op, "rows");
    for (Operation *member : program)
      take(group, member);
  }
}

FailureOr<SmallVector<KernelGroup>> GroupFinder::find() {
  for (Operation &op : block_)
    if (failed(checkComputable(op)))
      return failure();
  // Named operations come first: an epilogue saves more than a row program that would take it.
  for (Operation &op : block_)
    if (isMain(&op) && !isa<linalg::LinalgOp>(op))
      start(&op, op.getName().stripDialect());
  for (KernelGroup &group : groups_)
    takeEpilogue(group);
  takeRowPrograms();
  for (Operation &op : block_)
    if (isMain(&op) && !owner_.contains(&op))
      takeEpilogue(start(&op, "reduction"));
  for (KernelGroup &group : groups_)
    if (takesPrologue(group.main))
      takePrologue(group, group.main);
  for (Operation &op : block_)
    if (!owner_.contains(&op) && (isElementwiseOp(&op) || isRearrangement(&op)))
      take(groups_.emplace_back(), &op);
  return std::move(groups_);
}

FailureOr<SmallVector<KernelGroup>> ashlar::findKernelGroups(func::FuncOp function) {
  return GroupFinder(function.getBody().front()).find();
}
