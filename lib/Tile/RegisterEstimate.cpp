//===-- RegisterEstimate.cpp - how many registers a thread will need ---------===//
//
// Lifetimes of values over structured control flow, registers of each, and their sum at every operation.
//
//===-----------------------------------------------------------------------===//
#include "RegisterEstimate.h"
#include "SharedMemory.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

/// The steps of a product whose operands are held at once: the one computed and the one loaded.
static constexpr int64_t stepsHeld = 2;

static bool isConstant(Value value) {
  Operation *op = value.getDefiningOp();
  return op && op->hasTrait<OpTrait::ConstantLike>();
}

/// Whether a thread gets the tile's elements again from its index and scalars by one instruction or so each.
static bool isRecomputable(Value value, int depth = 0) {
  Operation *op = value.getDefiningOp();
  if (!op || depth > 8)
    return false;
  if (isa<IotaOp, SplatOp>(op) || isConstant(value))
    return true;
  return OpTrait::hasElementwiseMappableTraits(op) && llvm::all_of(op->getOperands(), [&](Value operand) {
           return !isa<RankedTensorType>(operand.getType()) || isRecomputable(operand, depth + 1);
         });
}

/// The share of an operand that is held if it is read from shared memory for one product only: 1 if it is
/// not.
static std::pair<int64_t, int64_t> shareHeld(Value value) {
  auto load = value.getDefiningOp<LoadOp>();
  if (!load || !isa<BufferType>(load.getSource().getType()))
    return {1, 1};
  auto type = cast<RankedTensorType>(value.getType());
  int64_t k = 0;
  for (OpOperand &use : value.getUses()) {
    auto mma = dyn_cast<MmaOp>(use.getOwner());
    if (!mma || mma->getBlock() != load->getBlock() || use.getOperandNumber() > 1 ||
        mma.getKind() != MmaKind::MmaSync)
      return {1, 1};
    k = type.getDimSize(use.getOperandNumber() == 0 ? 1 : 0);
  }
  int64_t step = 256 / type.getElementTypeBitWidth();
  return {std::min(stepsHeld * step, k), k};
}

static int64_t countRegisters(Value value, int64_t threads) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type) {
    // Runtime dimensions are read from the constant bank.
    bool isFree = isConstant(value) ||
                  (isa<BlockArgument>(value) && isa<KernelOp>(value.getParentBlock()->getParentOp()));
    return value.getType().isIntOrIndexOrFloat() && !isFree ? 1 : 0;
  }
  if (isConstant(value))
    return 0;
  if (isRecomputable(value))
    return 1;
  DistributionAttr distribution = getDistributionAttr(type);
  int64_t elements = distribution ? distribution.getDistribution().values()
                                  : llvm::divideCeil(type.getNumElements(), threads);
  auto [held, whole] = shareHeld(value);
  elements = whole > 0 ? llvm::divideCeil(elements * held, whole) : elements;
  return llvm::divideCeil(elements * type.getElementTypeBitWidth(), 32);
}

/// The value whose registers `value` names: a broadcast has none of its own.
static Value findOwner(Value value) {
  while (auto broadcast = value.getDefiningOp<BroadcastOp>())
    value = broadcast.getSource();
  return value;
}

namespace {

/// A value holds its registers from after `begin` until `end`.
struct Lifetime {
  int64_t begin = 0;
  int64_t end = 0;
  int64_t registers = 0;
};

} // namespace

static int64_t beginOf(Value value, const Positions &positions) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return positions.begin(argument.getOwner()->getParentOp());
  return positions.end(value.getDefiningOp());
}

/// The last position at which a use needs `value`: loops that use it from outside need it to their end.
static int64_t endOfUse(Value value, Operation *user, const Positions &positions) {
  // A loop compares with its bound in every iteration.
  bool isLoop = isa<LoopLikeOpInterface>(user) && value.getType().isIndex();
  int64_t end = isLoop ? positions.end(user) : positions.begin(user);
  for (Operation *parent = user->getParentOp(); !parent->isAncestor(value.getParentRegion()->getParentOp());
       parent = parent->getParentOp())
    if (isa<LoopLikeOpInterface>(parent))
      end = std::max(end, positions.end(parent));
  return end;
}

static llvm::MapVector<Value, Lifetime> computeValueLifetimes(KernelOp kernel, const Positions &positions) {
  llvm::MapVector<Value, Lifetime> lifetimes;
  auto addValue = [&](Value value) {
    Value owner = findOwner(value);
    Lifetime &lifetime = lifetimes[owner];
    if (owner == value) {
      lifetime.begin = beginOf(value, positions);
      lifetime.registers = countRegisters(value, kernel.getThreads());
    }
    for (Operation *user : value.getUsers())
      lifetime.end = std::max(lifetime.end, endOfUse(owner, user, positions));
  };
  kernel->walk<WalkOrder::PreOrder>([&](Operation *op) {
    for (Value result : op->getResults())
      addValue(result);
    for (Region &region : op->getRegions())
      for (Block &block : region)
        for (Value argument : block.getArguments())
          addValue(argument);
  });
  return lifetimes;
}

RegisterEstimate tile::estimateRegisters(KernelOp kernel) {
  Positions positions(kernel);
  llvm::MapVector<Value, Lifetime> lifetimes = computeValueLifetimes(kernel, positions);
  // What lives before position p: begun before it, ending there or later.
  SmallVector<int64_t> change(positions.end(kernel) + 2, 0);
  for (auto &[value, lifetime] : lifetimes)
    if (lifetime.begin < lifetime.end) {
      change[lifetime.begin + 1] += lifetime.registers;
      change[lifetime.end + 1] -= lifetime.registers;
    }
  RegisterEstimate estimate;
  int64_t live = 0, peak = 0, peakPosition = -1;
  for (auto [position, difference] : llvm::enumerate(change)) {
    live += difference;
    if (live > peak) {
      peak = live;
      peakPosition = position;
    }
  }
  estimate.registers += peak;
  kernel.walk([&](Operation *op) {
    if (positions.begin(op) == peakPosition || (positions.end(op) == peakPosition && !estimate.peak))
      estimate.peak = op;
  });
  for (auto &[value, lifetime] : lifetimes)
    if (isa<RankedTensorType>(value.getType()) && lifetime.registers > 0 && lifetime.begin < peakPosition &&
        lifetime.end >= peakPosition)
      estimate.live.push_back({value, lifetime.registers});
  llvm::sort(estimate.live, [&](const LiveTile &a, const LiveTile &b) {
    return std::pair(-a.registers, beginOf(a.value, positions)) <
           std::pair(-b.registers, beginOf(b.value, positions));
  });
  return estimate;
}
