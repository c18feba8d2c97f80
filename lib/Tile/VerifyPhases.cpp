//===-- VerifyPhases.cpp - refuse kernels whose roles break their protocol ----===//
//
// Follows the roles for a set of trip counts, lets PhaseModel.h decide about all orders of their steps, and
// says in the kernel's words what it found.
//
//===-----------------------------------------------------------------------===//
#include "RoleTraces.h"
#include "ashlar/Tile/Passes.h"
#include "llvm/ADT/StringExtras.h"

namespace ashlar::tile {
#define GEN_PASS_DEF_VERIFYPHASESPASS
#include "ashlar/Tile/Passes.h.inc"
} // namespace ashlar::tile

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;
using phases::Fault;

//===-- Trip counts ----------------------------------------------------------------===//
//
// Where a ring stands is its stage and its parity: 2 * stages states, through which it goes in turn. What a
// loop's first, second and last iteration do differently shows with 0 to 3 iterations; that the ring wraps,
// with one around its number of stages; that it comes back to where it was, with one more than 2 * stages.

namespace {

/// The steps that all runs together may take: some 15 ms.
constexpr int64_t maxSteps = 100'000;

class TripCounts {
public:
  explicit TripCounts(const RoleProtocol &protocol);
  /// Calls `visit` with each combination, small ones first, until it returns false.
  void forEach(function_ref<bool(ArrayRef<int64_t>)> visit) const;

private:
  int64_t countSteps() const;

  const RoleProtocol &protocol;
  SmallVector<SmallVector<int64_t>> candidates; // by group of loops
};

} // namespace

TripCounts::TripCounts(const RoleProtocol &protocol) : protocol(protocol) {
  int64_t stages = protocol.mostStages;
  for (const LoopGroup &group : protocol.groups) {
    if (group.trips) {
      candidates.push_back({*group.trips});
      continue;
    }
    SmallVector<int64_t> counts{0, 1, 2, 3, stages - 1, stages, stages + 1, 2 * stages + 1};
    llvm::sort(counts);
    counts.erase(llvm::unique(counts), counts.end());
    llvm::erase_if(counts, [&](int64_t count) { return count > group.mostTrips; });
    candidates.push_back(counts);
  }
  // Groups come from outside inwards. Outer loops give up their larger counts first: 0 to 2 is what they
  // keep.
  constexpr size_t kept = 3;
  for (SmallVector<int64_t> &counts : candidates)
    while (counts.size() > kept && countSteps() > maxSteps)
      counts.pop_back();
  // Constant counts are what will happen, and are kept unless a run would be too long.
  for (SmallVector<int64_t> &counts : candidates)
    if (counts.size() == 1 && counts.front() > 2 * stages + 1 && countSteps() > maxSteps)
      counts = {2 * stages + 1};
}

void TripCounts::forEach(function_ref<bool(ArrayRef<int64_t>)> visit) const {
  SmallVector<size_t> at(candidates.size(), 0);
  for (bool isDone = false; !isDone;) {
    SmallVector<int64_t> trips;
    for (auto [counts, i] : llvm::zip_equal(candidates, at))
      trips.push_back(counts[i]);
    if (!visit(trips))
      return;
    isDone = true;
    for (auto [counts, i] : llvm::zip_equal(candidates, at)) {
      isDone = ++i == counts.size();
      if (!isDone)
        break;
      i = 0;
    }
  }
}

int64_t TripCounts::countSteps() const {
  int64_t steps = 0;
  forEach([&](ArrayRef<int64_t> trips) {
    steps += protocol.estimateSteps(trips);
    return steps <= maxSteps;
  });
  return steps;
}

//===-- Diagnostics ----------------------------------------------------------------===//

namespace {

/// Says what a finding means, and the way out.
class Report {
public:
  Report(const RoleProtocol &protocol, const RoleTraces &traces, const phases::Program &program,
         const phases::Finding &finding, ArrayRef<int64_t> trips)
      : protocol(protocol), traces(traces), program(program), finding(finding), trips(trips) {}
  void emit();

private:
  std::string describe() const;
  std::string describeOrder() const;
  std::string describeBytes() const;
  std::string describeWaiting() const;
  std::string counted() const;
  std::string step(phases::Place place) const;
  const phases::Event &event(phases::Place place) const {
    return program.roles[place.role].events[place.event];
  }
  Operation *operation(phases::Place place) const { return traces.getOrigin(event(place)).op; }
  StringRef otherNote() const;
  StringRef laterNote() const;
  void noteRoles(InFlightDiagnostic &diagnostic) const;
  void noteBarrier(InFlightDiagnostic &diagnostic) const;

  const RoleProtocol &protocol;
  const RoleTraces &traces;
  const phases::Program &program;
  const phases::Finding &finding;
  ArrayRef<int64_t> trips;
};

} // namespace

/// The role, and where it is: `role "consumer", iteration 0, 3`.
std::string Report::step(phases::Place place) const {
  ArrayRef<int64_t> iterations = traces.getIterations(traces.getOrigin(event(place)));
  std::string text = "role \"" + RoleOp(protocol.roles[place.role]).getName().str() + "\"";
  if (!iterations.empty())
    text += ", iteration " +
            llvm::join(llvm::map_range(iterations, [](int64_t i) { return std::to_string(i); }), ", ");
  return text;
}

/// What the barrier's phase has come to.
std::string Report::counted() const {
  return "phase " + std::to_string(finding.phase) + " of its memory barrier has " +
         std::to_string(finding.arrived) + " of " +
         std::to_string(program.barriers[finding.barrier].arrivals) + " arrivals, and " +
         std::to_string(finding.copied) + " of " + std::to_string(finding.announced) +
         " announced bytes are copied";
}

std::string Report::describeBytes() const {
  std::string written = "in a phase whose copies write " + std::to_string(finding.copied) + " bytes where " +
                        std::to_string(finding.announced) + " are announced: ";
  switch (finding.fault) {
  case Fault::TooManyBytes:
    return "signals " + written +
           "it may end before they have arrived; announce all of them by the "
           "tile.mbarrier_expect, and copy no others";
  case Fault::TooFewBytes:
    return "signals " + written + "it never ends; announce these by the tile.mbarrier_expect, and no others";
  case Fault::NoBytesAnnounced:
    return "signals a phase whose bytes nobody announces: it never ends; put a tile.mbarrier_expect in front";
  default:
    return "may still be under way when the kernel ends: no role waits for the phase that it signals; let as "
           "many "
           "iterations read the stages as fill them";
  }
}

std::string Report::describeOrder() const {
  switch (finding.fault) {
  case Fault::ReleasedEarly:
    return "hands a stage back that its role may still read; let it stand behind the reads, and behind the "
           "tile.mma_wait that retires the product under way";
  case Fault::Overwritten:
    return "may overwrite a stage before every warp has read it; wait in front of it until all warps that "
           "read the "
           "stage have arrived at its empty phase";
  case Fault::ReadEarly:
    return "may read a stage before its copy has arrived; wait in front of it for the full phase that the "
           "copy "
           "signals, by that phase's parity";
  case Fault::WrongData:
    return "reads what fill " + std::to_string(finding.phase) +
           " of its ring holds where its role has come to fill " + std::to_string(finding.expected) +
           "; let both roles go through stages and parities alike";
  default:
    return "starts a product that its role never waits for; put a tile.mma_wait behind it";
  }
}

std::string Report::describeWaiting() const {
  switch (finding.fault) {
  case Fault::AmbiguousParity:
    return "may miss its phase: nothing keeps the memory barrier from going on to phase " +
           std::to_string(finding.phase) +
           " first, which the parity does not tell from the one before the last; let "
           "what that phase needs come behind this wait";
  case Fault::MisplacedArrival:
    return "may count in phase " + std::to_string(finding.phase - 1) +
           " of its memory barrier where it belongs to " + std::to_string(finding.phase) +
           ": nothing in front of it waits for the end of the phase before";
  case Fault::TooManyArrivals:
    return "is one arrival too many: " + counted() +
           "; initialise the memory barrier for every warp that arrives, and "
           "arrive once a phase";
  default:
    return "waits forever: " + counted() +
           "; let every warp that the tile.mbarrier_init counts arrive in each phase, "
           "and mind the parity: the first phase has 0, and 1 counts as ended before it";
  }
}

std::string Report::describe() const {
  switch (finding.fault) {
  case Fault::TooManyBytes:
  case Fault::TooFewBytes:
  case Fault::NoBytesAnnounced:
  case Fault::CopyUnfinished:
    return describeBytes();
  case Fault::AmbiguousParity:
  case Fault::MisplacedArrival:
  case Fault::TooManyArrivals:
  case Fault::Deadlock:
    return describeWaiting();
  default:
    return describeOrder();
  }
}

StringRef Report::otherNote() const {
  switch (finding.fault) {
  case Fault::TooManyBytes:
  case Fault::TooFewBytes:
    return "the bytes are announced here";
  case Fault::ReadEarly:
  case Fault::WrongData:
    return "the stage's copy";
  default:
    return "the stage is read here";
  }
}

StringRef Report::laterNote() const {
  return finding.fault == Fault::ReleasedEarly ? "the copy that overwrites it"
                                               : "the role's last wait for the stage";
}

void Report::noteBarrier(InFlightDiagnostic &diagnostic) const {
  if (finding.barrier >= protocol.barriers.size())
    return;
  BarrierElement barrier = protocol.barriers[finding.barrier];
  diagnostic.attachNote(barrier.alloc.getLoc()) << "the memory barrier: element " << barrier.element
                                                << ", initialised for " << barrier.arrivals << " arrivals";
}

/// What the other roles do meanwhile.
void Report::noteRoles(InFlightDiagnostic &diagnostic) const {
  for (auto [number, given] : llvm::enumerate(protocol.roles)) {
    RoleOp role = given;
    if (number == finding.at.role)
      continue;
    auto waiting = llvm::find_if(finding.waiting, [&](phases::Place place) { return place.role == number; });
    if (waiting != finding.waiting.end())
      diagnostic.attachNote(operation(*waiting)->getLoc()) << step(*waiting) << ", waits here";
    else
      diagnostic.attachNote(role.getLoc()) << "role \"" << role.getName() << "\" has ended";
  }
}

void Report::emit() {
  InFlightDiagnostic diagnostic = operation(finding.at)->emitOpError(describe());
  diagnostic << " (" << step(finding.at) << ")";
  if (finding.other)
    diagnostic.attachNote(operation(*finding.other)->getLoc())
        << otherNote() << " (" << step(*finding.other) << ")";
  if (finding.later)
    diagnostic.attachNote(operation(*finding.later)->getLoc())
        << laterNote() << " (" << step(*finding.later) << ")";
  bool isOfProduct = finding.fault == Fault::ProductUnfinished;
  bool isUnfilled = finding.fault == Fault::ReadEarly && !finding.other;
  if (!isOfProduct && !isUnfilled)
    noteBarrier(diagnostic);
  if (finding.fault == Fault::Deadlock)
    noteRoles(diagnostic);
  for (auto [group, count] : llvm::zip_equal(protocol.groups, trips))
    for (scf::ForOp loop : group.loops)
      if (loop->isAncestor(operation(finding.at)))
        diagnostic.attachNote(loop.getLoc()) << "with " << count << " iterations of this loop";
}

//===-- The pass -------------------------------------------------------------------===//

static LogicalResult verify(KernelOp kernel) {
  if (kernel.getBody().getOps<RoleOp>().empty())
    return success();
  FailureOr<RoleProtocol> protocol = RoleProtocol::create(kernel);
  if (failed(protocol))
    return failure();
  if (protocol->barriers.empty())
    return success();
  bool isCorrect = true;
  TripCounts(*protocol).forEach([&](ArrayRef<int64_t> trips) {
    RoleTraces traces(*protocol, trips);
    FailureOr<phases::Program> program = traces.trace();
    if (failed(program))
      return isCorrect = false;
    if (std::optional<phases::Finding> finding = phases::findFault(*program)) {
      Report(*protocol, traces, *program, *finding, trips).emit();
      isCorrect = false;
    }
    return isCorrect;
  });
  return success(isCorrect);
}

namespace {

struct VerifyPhasesPass : tile::impl::VerifyPhasesPassBase<VerifyPhasesPass> {
  void runOnOperation() override {
    if (failed(verify(getOperation())))
      signalPassFailure();
  }
};

} // namespace
