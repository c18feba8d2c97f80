//===-- HazardAnalysis.cpp - dependences that no barrier separates -----------===//
//
// An abstract interpreter of the structured program. Everything in its state is a set of small integers, so
// that the fixpoint is reached after a few rounds and comes out in the same order every time.
//
//===-----------------------------------------------------------------------===//
#include "HazardAnalysis.h"
#include "DisjointStores.h"
#include "MemoryAccess.h"
#include "SharedMemory.h"
#include "StageIndex.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include <set>

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

/// Groups older than this are not told apart: none of them is retired by a wait that leaves so many pending.
static constexpr size_t maxGroups = 32;
static constexpr int unknown = -1;

namespace {

/// An access since the last barrier. Operations are named by their positions, memory by its number.
struct Fact {
  int memory = unknown;
  StageIndex::Kind stageKind = StageIndex::Kind::Unknown;
  int64_t stageLoop = unknown;
  int64_t stage = 0;
  bool isWrite = false;
  int64_t source = 0; ///< The operation.
  int64_t from = 0;   ///< When it took place: at the operation, or at the wait that retired it.

  auto operator<=>(const Fact &) const = default;
};

using Facts = std::set<Fact>;

struct State {
  Facts done;                ///< Took place since the last barrier.
  Facts open;                ///< Asynchronous, not yet committed.
  std::vector<Facts> groups; ///< Committed and not known to be retired, the latest first.

  bool operator==(const State &) const = default;

  void join(const State &other) {
    done.insert(other.done.begin(), other.done.end());
    open.insert(other.open.begin(), other.open.end());
    groups.resize(std::max(groups.size(), other.groups.size()));
    for (size_t i = 0; i < other.groups.size(); ++i)
      groups[i].insert(other.groups[i].begin(), other.groups[i].end());
  }

  /// Every fact replaced by `rename(fact)`.
  template <typename Rename>
  State map(Rename rename) const {
    auto mapFacts = [&](const Facts &facts) {
      Facts renamed;
      for (const Fact &fact : facts)
        renamed.insert(rename(fact));
      return renamed;
    };
    State result{mapFacts(done), mapFacts(open), {}};
    for (const Facts &group : groups)
      result.groups.push_back(mapFacts(group));
    return result;
  }
};

class Interpreter {
public:
  explicit Interpreter(KernelOp kernel) : kernel(kernel), positions(kernel) {}

  LogicalResult run();
  SmallVector<Hazard> takeHazards() const;

private:
  LogicalResult numberMemory();
  LogicalResult runBlock(Block &block, State &state);
  LogicalResult runLoop(scf::ForOp loop, State &state);
  LogicalResult runIf(scf::IfOp branch, State &state);
  void access(Operation *op, State &state);
  void commit(State &state);
  void retire(AsyncWaitOp wait, State &state);

  StageIndex analyzeStage(const MemoryAccess &access);
  Fact makeFact(Operation *op, const MemoryAccess &access);
  bool overlap(int a, int b) const;
  bool depend(const Fact &earlier, const Fact &later) const;
  void report(const Facts &facts, const Fact &later, bool isInFlight);
  Fact enter(Fact fact, scf::ForOp loop) const;
  Fact goAround(Fact fact, scf::ForOp loop) const;
  Fact leave(Fact fact, scf::ForOp loop) const;

  KernelOp kernel;
  Positions positions;
  llvm::DenseMap<int64_t, Operation *> operations;
  llvm::DenseMap<Value, int> numbers;
  SmallVector<Value> memories;
  /// The loops and memories for which a stage index rotates.
  std::set<std::pair<int64_t, int>> rotations;
  std::set<std::tuple<int64_t, int64_t, int64_t, bool>> hazards;
};

} // namespace

//===-- Memory and stages --------------------------------------------------------===//

LogicalResult Interpreter::numberMemory() {
  for (Value argument : kernel.getBufferArguments()) {
    numbers[argument] = memories.size();
    memories.push_back(argument);
  }
  WalkResult result = kernel.walk([&](Operation *op) {
    operations[positions.begin(op)] = op;
    auto alloc = dyn_cast<AllocOp>(op);
    if (!alloc)
      return WalkResult::advance();
    if (!alloc.getOffset()) {
      alloc.emitOpError("has no offset; run ashlar-tile-plan-shared-memory first");
      return WalkResult::interrupt();
    }
    numbers[alloc.getBuffer()] = memories.size();
    memories.push_back(alloc.getBuffer());
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return failure();
  kernel.walk([&](StageOp stage) {
    MemoryAccess access = findMemory(stage.getResult());
    if (StageIndex index = analyzeStage(access); index.kind == StageIndex::Kind::Rotating)
      rotations.insert({positions.begin(index.loop), numbers.lookup(access.memory)});
  });
  return success();
}

static int64_t countStages(Value memory) {
  auto type = cast<BufferType>(memory.getType());
  return type.getRank() == 0 ? 1 : type.getShape().front();
}

StageIndex Interpreter::analyzeStage(const MemoryAccess &access) {
  if (!access.memory || !access.stageIndex)
    return {};
  return analyzeStageIndex(access.stageIndex, countStages(access.memory));
}

Fact Interpreter::makeFact(Operation *op, const MemoryAccess &access) {
  Fact fact;
  fact.memory = access.memory ? numbers.lookup(access.memory) : unknown;
  StageIndex stage = analyzeStage(access);
  fact.stageKind = stage.kind;
  fact.stage = stage.value;
  fact.stageLoop = stage.loop ? positions.begin(stage.loop) : unknown;
  fact.isWrite = access.isWrite;
  fact.source = fact.from = positions.begin(op);
  return fact;
}

bool Interpreter::overlap(int a, int b) const {
  if (a == b || a == unknown || b == unknown)
    return true;
  auto first = memories[a].getDefiningOp<AllocOp>(), second = memories[b].getDefiningOp<AllocOp>();
  if (!first || !second)
    return false;
  int64_t firstEnd = *first.getOffset() + getSharedSize(first.getBuffer().getType());
  int64_t secondEnd = *second.getOffset() + getSharedSize(second.getBuffer().getType());
  return static_cast<int64_t>(*first.getOffset()) < secondEnd &&
         static_cast<int64_t>(*second.getOffset()) < firstEnd;
}

bool Interpreter::depend(const Fact &earlier, const Fact &later) const {
  if ((!earlier.isWrite && !later.isWrite) || !overlap(earlier.memory, later.memory))
    return false;
  if (earlier.memory != later.memory || earlier.stageKind == StageIndex::Kind::Unknown ||
      earlier.stageKind != later.stageKind || earlier.stageLoop != later.stageLoop)
    return true;
  return earlier.stage == later.stage;
}

/// At the entry of a loop, iteration 0: stage k has phase k.
Fact Interpreter::enter(Fact fact, scf::ForOp loop) const {
  int64_t number = positions.begin(loop);
  if (fact.stageKind == StageIndex::Kind::Constant && rotations.count({number, fact.memory})) {
    fact.stageKind = StageIndex::Kind::Rotating;
    fact.stageLoop = number;
  }
  return fact;
}

/// What had phase p in this iteration has phase p - 1 in the next.
Fact Interpreter::goAround(Fact fact, scf::ForOp loop) const {
  if (fact.stageKind == StageIndex::Kind::Rotating && fact.stageLoop == positions.begin(loop)) {
    int64_t stages = countStages(memories[fact.memory]);
    fact.stage = (fact.stage + stages - 1) % stages;
  }
  return fact;
}

Fact Interpreter::leave(Fact fact, scf::ForOp loop) const {
  if (fact.stageKind == StageIndex::Kind::Rotating && fact.stageLoop == positions.begin(loop)) {
    fact.stageKind = StageIndex::Kind::Unknown;
    fact.stageLoop = unknown;
    fact.stage = 0;
  }
  return fact;
}

//===-- Effects of operations ----------------------------------------------------===//

void Interpreter::report(const Facts &facts, const Fact &later, bool isInFlight) {
  for (const Fact &earlier : facts)
    if (depend(earlier, later)) {
      auto store = dyn_cast<StoreOp>(operations.lookup(later.source));
      bool isSame = earlier.source == later.source;
      if (!(isSame && store && storesElsewhereEachTime(store)))
        hazards.insert({later.source, earlier.from, earlier.source, isInFlight});
    }
}

void Interpreter::access(Operation *op, State &state) {
  SmallVector<MemoryAccess> accesses = getMemoryAccesses(op);
  // What one operation reads and writes is its own affair: all is compared with the state before it.
  for (const MemoryAccess &access : accesses) {
    Fact fact = makeFact(op, access);
    report(state.done, fact, /*isInFlight=*/false);
    report(state.open, fact, /*isInFlight=*/true);
    for (const Facts &group : state.groups)
      report(group, fact, /*isInFlight=*/true);
  }
  for (const MemoryAccess &access : accesses)
    (access.isAsync ? state.open : state.done).insert(makeFact(op, access));
}

void Interpreter::commit(State &state) {
  state.groups.insert(state.groups.begin(), std::move(state.open));
  state.open.clear();
  if (state.groups.size() > maxGroups) {
    state.groups[maxGroups - 1].insert(state.groups.back().begin(), state.groups.back().end());
    state.groups.pop_back();
  }
}

void Interpreter::retire(AsyncWaitOp wait, State &state) {
  size_t pending = wait.getPending();
  for (size_t i = pending; i < state.groups.size(); ++i)
    for (Fact fact : state.groups[i]) {
      fact.from = positions.begin(wait);
      state.done.insert(fact);
    }
  state.groups.resize(std::min(state.groups.size(), pending));
}

//===-- Control flow -------------------------------------------------------------===//

static bool touchesMemory(Operation *op) {
  return op
      ->walk([&](Operation *nested) {
        bool touches =
            isa<BarrierOp, AsyncCommitOp, AsyncWaitOp>(nested) || !getMemoryAccesses(nested).empty();
        return touches ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

LogicalResult Interpreter::runBlock(Block &block, State &state) {
  for (Operation &op : block) {
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      if (failed(runLoop(loop, state)))
        return failure();
    } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
      if (failed(runIf(branch, state)))
        return failure();
    } else if (auto role = dyn_cast<RoleOp>(op)) {
      // Roles start together, behind a barrier; phases of memory barriers order what they do to each other.
      State own;
      if (failed(runBlock(role.getBody().front(), own)))
        return failure();
    } else if (op.getNumRegions() != 0) {
      if (touchesMemory(&op))
        return op.emitOpError(
            "accesses memory under control flow that the planning of barriers does not follow; "
            "use scf.for and scf.if");
    } else if (isa<BarrierOp>(op)) {
      state.done.clear();
    } else if (isa<AsyncCommitOp>(op)) {
      commit(state);
    } else if (auto wait = dyn_cast<AsyncWaitOp>(op)) {
      retire(wait, state);
    } else {
      access(&op, state);
    }
  }
  return success();
}

/// Whether the loop is known to run at least once.
static bool runsAtLeastOnce(scf::ForOp loop) {
  std::optional<int64_t> lower = getConstantIntValue(loop.getLowerBound());
  std::optional<int64_t> upper = getConstantIntValue(loop.getUpperBound());
  return lower && upper && *lower < *upper && !loop.getUnsignedCmp();
}

LogicalResult Interpreter::runLoop(scf::ForOp loop, State &state) {
  State before = state;
  State top = state.map([&](Fact fact) { return enter(fact, loop); });
  State bottom;
  while (true) {
    bottom = top;
    if (failed(runBlock(*loop.getBody(), bottom)))
      return failure();
    State next = top;
    next.join(bottom.map([&](Fact fact) { return goAround(fact, loop); }));
    if (next == top)
      break;
    top = std::move(next);
  }
  state = bottom.map([&](Fact fact) { return leave(fact, loop); });
  if (!runsAtLeastOnce(loop))
    state.join(before);
  return success();
}

LogicalResult Interpreter::runIf(scf::IfOp branch, State &state) {
  State otherwise = state;
  if (failed(runBlock(*branch.thenBlock(), state)))
    return failure();
  if (branch.elseBlock() && failed(runBlock(*branch.elseBlock(), otherwise)))
    return failure();
  state.join(otherwise);
  return success();
}

LogicalResult Interpreter::run() {
  if (failed(numberMemory()))
    return failure();
  State state;
  for (Block &block : kernel.getBody())
    if (failed(runBlock(block, state)))
      return failure();
  return success();
}

SmallVector<Hazard> Interpreter::takeHazards() const {
  SmallVector<Hazard> result;
  for (auto [second, from, first, isInFlight] : hazards)
    result.push_back(
        {operations.lookup(first), operations.lookup(second), operations.lookup(from), isInFlight});
  return result;
}

FailureOr<SmallVector<Hazard>> tile::findHazards(KernelOp kernel) {
  Interpreter interpreter(kernel);
  if (failed(interpreter.run()))
    return failure();
  return interpreter.takeHazards();
}

LogicalResult tile::refuseCopiesInFlight(ArrayRef<Hazard> hazards) {
  for (const Hazard &hazard : hazards)
    if (hazard.isInFlight) {
      InFlightDiagnostic diagnostic =
          hazard.second->emitOpError("may access memory while an asynchronous copy is still under way to or "
                                     "from it; a tile.async_wait that "
                                     "retires the copy has to come first");
      diagnostic.attachNote(hazard.first->getLoc()) << "the asynchronous copy";
      return diagnostic;
    }
  return success();
}
