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

/// Elementwise, or a renaming of registers: what can be done step by step of the product that uses it.
static bool isStepwise(Operation *op) {
  return isa<UnpackOp>(op) || OpTrait::hasElementwiseMappableTraits(op);
}

/// The load from shared memory that starts the chain of stepwise operations to `value`.
static LoadOp findStreamStart(Value value, int depth = 0) {
  Operation *op = value.getDefiningOp();
  if (!op || depth > 16)
    return {};
  if (auto load = dyn_cast<LoadOp>(op))
    return isa<BufferType>(load.getSource().getType()) ? load : LoadOp();
  if (isStepwise(op))
    for (Value operand : op->getOperands())
      if (LoadOp start =
              isa<RankedTensorType>(operand.getType()) ? findStreamStart(operand, depth + 1) : LoadOp())
        return start;
  return {};
}

static bool isBarrierBetween(Operation *first, Operation *last) {
  for (Operation *op = first; op && op != last; op = op->getNextNode())
    if (isa<BarrierOp>(op))
      return true;
  return false;
}

/// The number of steps of the product if all uses of `value` lead, stepwise, to operands of tensor-core
/// products that `start` can be moved to; nothing otherwise.
static std::optional<int64_t> countSteps(Value value, LoadOp start, int depth = 0) {
  std::optional<int64_t> steps;
  if (depth > 16)
    return steps;
  for (OpOperand &use : value.getUses()) {
    std::optional<int64_t> found;
    auto mma = dyn_cast<MmaOp>(use.getOwner());
    if (mma && use.getOperandNumber() < 2 && mma.getKind() == MmaKind::MmaSync) {
      auto type = cast<RankedTensorType>(value.getType());
      found = type.getDimSize(use.getOperandNumber() == 0 ? 1 : 0) * type.getElementTypeBitWidth() / 256;
      if (mma->getBlock() != start->getBlock() || isBarrierBetween(start, mma))
        return std::nullopt;
    } else if (isStepwise(use.getOwner()) && use.getOwner()->getNumResults() == 1) {
      found = countSteps(use.getOwner()->getResult(0), start, depth + 1);
    }
    if (!found)
      return std::nullopt;
    steps = std::min(steps.value_or(*found), *found);
  }
  return steps;
}

/// Into how many steps a tile is divided of which only one is held; 1 if the whole tile is.
static int64_t countStreamedSteps(Value value) {
  LoadOp start = findStreamStart(value);
  return start ? std::max<int64_t>(countSteps(value, start).value_or(1), 1) : 1;
}

/// Whether the tile passes, element by element, from what it is computed of to where it is stored: then it never
/// exists as a whole.
static bool isPassedOn(Value value, int depth = 0) {
  Operation *op = value.getDefiningOp();
  constexpr int deepest = 32;
  if (!op || depth > deepest || !OpTrait::hasElementwiseMappableTraits(op))
    return false;
  return llvm::all_of(value.getUsers(), [&](Operation *user) {
    bool isLast = isa<StoreOp>(user);
    bool goesOn = OpTrait::hasElementwiseMappableTraits(user) && user->getNumResults() == 1 &&
                  isPassedOn(user->getResult(0), depth + 1);
    return user->getBlock() == op->getBlock() && (isLast || goesOn);
  });
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
  if (value.getParentRegion()->getParentOfType<RoleOp>() && isPassedOn(value))
    return 0;
  DistributionAttr distribution = getDistributionAttr(type);
  int64_t elements = distribution ? distribution.getDistribution().values()
                                  : llvm::divideCeil(type.getNumElements(), threads);
  elements = llvm::divideCeil(elements, countStreamedSteps(value));
  return llvm::divideCeil(elements * type.getElementTypeBitWidth(), 32);
}

/// The value whose registers `value` names: a broadcast has none of its own.
static Value findOwner(Value value) {
  while (auto broadcast = value.getDefiningOp<BroadcastOp>())
    value = broadcast.getSource();
  return value;
}

/// The registers for the addresses of a copy that stands in a loop.
static int64_t countAddressRegisters(CopyOp copy, int64_t threads) {
  int64_t elements = 1;
  for (int64_t extent : copy.getDestination().getType().getShape())
    elements *= extent;
  return registersPerVector * llvm::divideCeil(elements, threads * copy.getVectorWidth().value_or(1));
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
  kernel.walk([&](CopyOp copy) {
    if (auto loop = copy->getParentOfType<LoopLikeOpInterface>()) {
      int64_t registers = countAddressRegisters(copy, kernel.getThreads());
      change[positions.begin(loop) + 1] += registers;
      change[positions.end(loop) + 1] -= registers;
    }
  });
  RegisterEstimate estimate;
  if (!kernel.getBody().getOps<RoleOp>().empty())
    estimate.registers = baseRegistersWithRoles;
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
