//===-- RowPrograms.cpp - kernels that work row by row ----------------------===//
//
// Recognises reductions along rows, and what can share a kernel with them.
//
//===------------------------------------------------------------------------===//
#include "ashlar/Tensor/RowPrograms.h"
#include "NormalForm.h"
#include "ashlar/Tensor/Combinations.h"

using namespace mlir;
using namespace ashlar;

static AffineMap rowMap(const RowShape &shape, unsigned loops, MLIRContext *context) {
  return AffineMap::getMultiDimIdentityMap(shape.rowLoops, context)
      .replaceDimsAndSymbols(
          llvm::map_to_vector(llvm::seq<unsigned>(0, shape.rowLoops),
                              [&](unsigned dim) { return getAffineDimExpr(dim, context); }),
          {}, loops, 0);
}

std::optional<RowShape> ashlar::matchRowReduction(Operation *op) {
  auto linalgOp = dyn_cast_or_null<linalg::LinalgOp>(op);
  if (!linalgOp || isAllParallel(linalgOp))
    return std::nullopt;
  RowShape shape{0, 0, SmallVector<int64_t>(linalgOp.getStaticLoopRanges())};
  for (utils::IteratorType iterator : linalgOp.getIteratorTypesArray()) {
    bool isRow = iterator == utils::IteratorType::parallel;
    if (isRow && shape.columnLoops > 0)
      return std::nullopt;
    ++(isRow ? shape.rowLoops : shape.columnLoops);
  }
  ArrayRef<int64_t> columns = ArrayRef(shape.extents).drop_front(shape.rowLoops);
  if (llvm::any_of(columns, ShapedType::isDynamic) ||
      llvm::all_of(columns, [](int64_t extent) { return extent <= 1; }))
    return std::nullopt;
  for (unsigned result = 0; result < op->getNumResults(); ++result) {
    AffineMap map = linalgOp.getIndexingMapMatchingResult(op->getResult(result));
    if (map != rowMap(shape, linalgOp.getNumLoops(), op->getContext()) || !matchCombination(linalgOp, result))
      return std::nullopt;
  }
  return shape;
}

static bool hasFullShape(Type type, const RowShape &shape) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.getShape() == ArrayRef<int64_t>(shape.extents);
}

std::optional<RowProgram> ashlar::matchRowProgram(ash::KernelOp kernel) {
  std::optional<RowProgram> program;
  for (Operation &op : kernel.getBlock()->without_terminator()) {
    auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
    bool isReduction = linalgOp && !isAllParallel(linalgOp);
    if (!isReduction && isa<ash::AshlarDialect>(op.getDialect()))
      return std::nullopt;
    if (!isReduction)
      continue;
    std::optional<RowShape> shape = matchRowReduction(&op);
    if (!shape || (program && program->shape != *shape))
      return std::nullopt;
    if (!program)
      program = RowProgram{*shape, {}};
    program->reductions.push_back(linalgOp);
  }
  if (!program)
    return std::nullopt;
  bool hasFullResult =
      llvm::any_of(kernel.getResultTypes(), [&](Type type) { return hasFullShape(type, program->shape); });
  return program->reductions.size() > 1 || hasFullResult ? program : std::nullopt;
}

//===-- Growth ----------------------------------------------------------------===//

namespace {
class Grower {
public:
  Grower(Operation *first, const RowShape &shape, function_ref<bool(Operation *)> isFree)
      : first_(first), shape_(shape), isFree_(isFree) {}
  llvm::SmallSetVector<Operation *, 8> grow();

private:
  bool canJoin(linalg::LinalgOp op);
  bool readsInPlace(linalg::LinalgOp op, OpOperand &operand);
  void takeProducers();

  Operation *first_;
  RowShape shape_;
  function_ref<bool(Operation *)> isFree_;
  llvm::SmallSetVector<Operation *, 8> members_;
  llvm::DenseSet<Operation *> tainted_; // Depend on the program, but stand outside of it.
};
} // namespace

/// Whether the operand, a value of the program, is read at the row or the point that the operation works on.
bool Grower::readsInPlace(linalg::LinalgOp op, OpOperand &operand) {
  AffineMap map = op.getMatchingIndexingMap(&operand);
  bool isFull = cast<RankedTensorType>(operand.get().getType()).getRank() == int64_t(shape_.extents.size());
  return isFull ? map.isIdentity() : map == rowMap(shape_, op.getNumLoops(), op->getContext());
}

bool Grower::canJoin(linalg::LinalgOp op) {
  if (!isa<linalg::GenericOp>(op) || !isFree_(op))
    return false;
  if (!isAllParallel(op)) {
    if (matchRowReduction(op) != shape_)
      return false;
  } else {
    bool isFull = op.getNumLoops() == shape_.extents.size(), isRow = op.getNumLoops() == shape_.rowLoops;
    SmallVector<int64_t> extents(op.getStaticLoopRanges());
    if ((!isFull && !isRow) ||
        ArrayRef<int64_t>(extents) != ArrayRef<int64_t>(shape_.extents).take_front(extents.size()))
      return false;
    for (OpResult result : op->getResults())
      if (!op.getIndexingMapMatchingResult(result).isIdentity())
        return false;
  }
  return llvm::all_of(op->getOpOperands(), [&](OpOperand &operand) {
    Operation *producer = operand.get().getDefiningOp();
    return !producer || !members_.contains(producer) || readsInPlace(op, operand);
  });
}

/// Elementwise operations that only the program uses.
void Grower::takeProducers() {
  SmallVector<Operation *> pending(members_.begin(), members_.end());
  while (!pending.empty()) {
    auto op = cast<linalg::LinalgOp>(pending.pop_back_val());
    for (OpOperand &operand : op->getOpOperands()) {
      auto producer = operand.get().getDefiningOp<linalg::GenericOp>();
      if (!producer || members_.contains(producer) || onlyMovesElements(producer) ||
          !isAllParallel(producer) || producer.getNumLoops() != shape_.extents.size())
        continue;
      bool isOurs =
          llvm::all_of(producer->getUsers(), [&](Operation *user) { return members_.contains(user); });
      auto usesInPlace = [&](OpOperand &use) {
        return readsInPlace(cast<linalg::LinalgOp>(use.getOwner()), use);
      };
      if (isOurs && canJoin(producer) && llvm::all_of(producer->getUses(), usesInPlace)) {
        members_.insert(producer);
        pending.push_back(producer);
      }
    }
  }
}

llvm::SmallSetVector<Operation *, 8> Grower::grow() {
  members_.insert(first_);
  for (Operation *op = first_->getNextNode(); op; op = op->getNextNode()) {
    auto isMember = [&](Value value) { return members_.contains(value.getDefiningOp()); };
    auto isTainted = [&](Value value) { return tainted_.contains(value.getDefiningOp()); };
    bool usesTainted = llvm::any_of(op->getOperands(), isTainted);
    if (!usesTainted && llvm::none_of(op->getOperands(), isMember))
      continue;
    auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
    if (!usesTainted && linalgOp && canJoin(linalgOp))
      members_.insert(op);
    else
      tainted_.insert(op);
  }
  if (members_.size() > 1)
    takeProducers();
  return members_.size() > 1 ? members_ : llvm::SmallSetVector<Operation *, 8>();
}

llvm::SmallSetVector<Operation *, 8> ashlar::growRowProgram(Operation *first,
                                                            function_ref<bool(Operation *)> isFree) {
  std::optional<RowShape> shape = matchRowReduction(first);
  if (!shape)
    return {};
  return Grower(first, *shape, isFree).grow();
}
