//===-- PhaseModel.cpp - one run that decides about all ----------------------===//
//
// Runs the roles' steps with vector clocks; PhaseModel.h says why one run suffices.
//
//===-----------------------------------------------------------------------===//
#include "PhaseModel.h"

#include <algorithm>

using namespace ashlar::tile::phases;

namespace {

constexpr uint32_t never = UINT32_MAX;

/// How many steps of each warp, then how many phases of each barrier, are known to be over.
using Clock = std::vector<uint32_t>;

void join(Clock &into, const Clock &from) {
  for (size_t i = 0; i < into.size(); ++i)
    into[i] = std::max(into[i], from[i]);
}

/// What follows from a role's steps alone.
struct Outline {
  std::vector<uint32_t> targets; ///< Of waits: ended phases.
  std::vector<uint32_t> ends;    ///< Of reads: the step with which they are over.
  /// The last wait for each number of ended phases, by barrier.
  std::vector<std::vector<std::pair<uint32_t, uint32_t>>> lastWaits;
  std::optional<Finding> finding;
};

struct Warp {
  uint32_t role = 0, next = 0;
  int64_t weight = 1; ///< Warps that it stands for.
  Clock clock;
  std::vector<uint32_t> fillsAwaited; ///< By ring.
  std::vector<int64_t> fillOf;        ///< By barrier: which of the ring's fills its last wait was for.
  std::vector<uint32_t> lastWait;     ///< By barrier.
};

struct Reader {
  uint32_t warp, begin, end;
};

struct Slot {
  bool isFilled = false;
  Place copy{};
  uint32_t barrier = 0, phase = 0;
  int64_t fill = 0;
  std::vector<Reader> readers;
};

struct BarrierState {
  uint32_t ended = 0;
  int64_t arrived = 0, announced = 0, copied = 0;
  Clock clock, counted; ///< Of the phases that have ended; of what counts in this one.
  std::optional<Place> lastCopy, lastExpect;
  uint32_t lastCopyPhase = 0;
  int64_t fill = -1; ///< The number, in its ring, of the last phase with copies.
  bool isTouched = false;
};

class Run {
public:
  explicit Run(const Program &program);
  std::optional<Finding> run();

private:
  void addWarps(uint32_t role);
  bool advance(uint32_t warp);
  bool wait(uint32_t number, const Event &event);
  void count(uint32_t number, const Event &event, int64_t arrivals);
  void copy(uint32_t number, const Event &event);
  void checkReaders(uint32_t number, const Slot &slot, Place at);
  void read(uint32_t number, const Event &event);
  bool endPhases();
  void endPhase(uint32_t barrier);
  void reportDeadlock();
  int deadlockRank(const Warp &warp) const;
  void checkEnd();
  void report(Fault fault, Place at, uint32_t barrier, std::optional<Place> other = {},
              std::optional<Place> later = {});
  uint32_t &phasesKnown(Clock &clock, uint32_t barrier) const { return clock[warps.size() + barrier]; }
  Place place(const Warp &warp) const { return {warp.role, warp.next}; }

  const Program &program;
  std::vector<Outline> outlines;
  std::vector<Warp> warps;
  std::vector<BarrierState> barriers;
  std::vector<Slot> slots;
  std::vector<int64_t> fills;    ///< By ring.
  std::vector<int> waitingRoles; ///< By ring: the role that waits for it, or `several`.
  std::optional<Finding> finding;
};

constexpr int nobody = -1, several = -2;

} // namespace

//===-- Outlines ------------------------------------------------------------------===//

static void outlineWaits(const Role &role, size_t barriers, Outline &outline) {
  std::vector<uint32_t> target(barriers, 0);
  outline.lastWaits.resize(barriers);
  for (uint32_t i = 0; i < role.events.size(); ++i) {
    const Event &event = role.events[i];
    if (event.step != Step::Wait)
      continue;
    uint32_t &ended = target[event.barrier];
    ended += (ended & 1) == (event.amount & 1);
    outline.targets[i] = ended;
    auto &waits = outline.lastWaits[event.barrier];
    if (waits.empty() || waits.back().first != ended)
      waits.push_back({ended, i});
    waits.back().second = i;
  }
}

/// Products retire in the order in which they were started.
static void outlineProducts(const Role &role, uint32_t number, Outline &outline) {
  std::vector<uint32_t> starts;
  std::vector<std::pair<uint32_t, size_t>> reads; // with the product that they belong to
  size_t retired = 0, firstRead = 0;
  for (uint32_t i = 0; i < role.events.size(); ++i) {
    const Event &event = role.events[i];
    if (event.step == Step::Start)
      starts.push_back(i);
    if (event.step == Step::Read)
      outline.ends[i] = event.amount ? never : i;
    if (event.step == Step::Read && event.amount)
      reads.push_back({i, starts.size() - 1});
    if (event.step == Step::Retire && starts.size() > static_cast<size_t>(event.amount))
      retired = std::max<size_t>(retired, starts.size() - event.amount);
    if (event.step == Step::Retire)
      for (; firstRead < reads.size() && reads[firstRead].second < retired; ++firstRead)
        outline.ends[reads[firstRead].first] = i;
  }
  if (retired < starts.size())
    outline.finding = Finding{Fault::ProductUnfinished, {number, starts[retired]}, {}, {}};
}

//===-- Running -------------------------------------------------------------------===//

Run::Run(const Program &program) : program(program) {
  barriers.resize(program.barriers.size());
  slots.resize(program.slots);
  fills.resize(program.rings, 0);
  waitingRoles.resize(program.rings, nobody);
  // Who fills runs first: what others then do wrong shows against what there is.
  for (bool filling : {true, false})
    for (uint32_t role = 0; role < program.roles.size(); ++role) {
      const std::vector<Event> &events = program.roles[role].events;
      if (std::any_of(events.begin(), events.end(), [](const Event &e) { return e.step == Step::Copy; }) ==
          filling)
        addWarps(role);
    }
  for (uint32_t number = 0; number < program.roles.size(); ++number) {
    const Role &role = program.roles[number];
    Outline &outline = outlines.emplace_back();
    outline.targets.resize(role.events.size());
    outline.ends.resize(role.events.size());
    outlineWaits(role, barriers.size(), outline);
    outlineProducts(role, number, outline);
    for (const Event &event : role.events)
      if (int &waiting = waitingRoles[program.barriers[event.barrier].ring]; event.step == Step::Wait)
        waiting =
            waiting == nobody || waiting == static_cast<int>(number) ? static_cast<int>(number) : several;
  }
  size_t components = warps.size() + barriers.size();
  for (Warp &warp : warps)
    warp.clock.resize(components);
  for (BarrierState &barrier : barriers) {
    barrier.clock.resize(components);
    barrier.counted.resize(components);
  }
}

void Run::addWarps(uint32_t role) {
  Warp warp;
  warp.role = role;
  warp.fillsAwaited.resize(program.rings);
  warp.fillOf.resize(program.barriers.size(), -1);
  warp.lastWait.resize(program.barriers.size(), never);
  warps.push_back(warp);
  if (program.roles[role].warps > 1) {
    warp.weight = program.roles[role].warps - 1;
    warps.push_back(warp);
  }
}

void Run::report(Fault fault, Place at, uint32_t barrier, std::optional<Place> other,
                 std::optional<Place> later) {
  if (finding && finding->fault <= fault)
    return;
  const BarrierState &state = barriers[barrier];
  finding =
      Finding{fault, at, other, later, barrier, state.ended, 0, state.arrived, state.announced, state.copied};
}

std::optional<Finding> Run::run() {
  for (bool progress = true; progress && !finding;) {
    progress = false;
    for (uint32_t warp = 0; warp < warps.size() && !finding; ++warp)
      progress |= advance(warp);
    progress |= !finding && endPhases();
  }
  if (finding)
    return finding;
  auto hasEnded = [&](const Warp &warp) { return warp.next == program.roles[warp.role].events.size(); };
  if (!std::all_of(warps.begin(), warps.end(), hasEnded))
    reportDeadlock();
  else
    checkEnd();
  return finding;
}

/// Runs a warp until it has to wait. Behind a fault a few steps only, which may show its cause better.
bool Run::advance(uint32_t number) {
  constexpr int stepsBehindFault = 8;
  Warp &warp = warps[number];
  const std::vector<Event> &events = program.roles[warp.role].events;
  uint32_t before = warp.next;
  for (int left = stepsBehindFault; warp.next < events.size() && left > 0; left -= finding.has_value()) {
    const Event &event = events[warp.next];
    warp.clock[number] = warp.next + 1;
    switch (event.step) {
    case Step::Wait:
      if (!wait(number, event))
        return warp.next != before;
      break;
    case Step::Expect:
      barriers[event.barrier].announced += event.amount;
      barriers[event.barrier].lastExpect = place(warp);
      count(number, event, 1);
      break;
    case Step::Arrive:
      count(number, event, warp.weight);
      break;
    case Step::Copy:
      copy(number, event);
      break;
    case Step::Read:
      read(number, event);
      break;
    case Step::Start:
    case Step::Retire:
      break;
    }
    ++warp.next;
  }
  return warp.next != before;
}

bool Run::wait(uint32_t number, const Event &event) {
  Warp &warp = warps[number];
  BarrierState &barrier = barriers[event.barrier];
  uint32_t target = outlines[warp.role].targets[warp.next];
  if (barrier.ended < target) {
    warp.clock[number] = warp.next;
    return false;
  }
  if (target > 0)
    join(warp.clock, barrier.clock);
  uint32_t last = warp.lastWait[event.barrier];
  if (last == never || outlines[warp.role].targets[last] != target)
    warp.fillOf[event.barrier] = warp.fillsAwaited[program.barriers[event.barrier].ring]++;
  warp.lastWait[event.barrier] = warp.next;
  return true;
}

void Run::count(uint32_t number, const Event &event, int64_t arrivals) {
  Warp &warp = warps[number];
  BarrierState &barrier = barriers[event.barrier];
  barrier.isTouched = true;
  barrier.arrived += arrivals;
  join(barrier.counted, warp.clock);
  if (phasesKnown(warp.clock, event.barrier) < barrier.ended)
    report(Fault::MisplacedArrival, place(warp), event.barrier);
  if (barrier.arrived > program.barriers[event.barrier].arrivals)
    report(Fault::TooManyArrivals, place(warp), event.barrier);
}

void Run::copy(uint32_t number, const Event &event) {
  Warp &warp = warps[number];
  BarrierState &barrier = barriers[event.barrier];
  Slot &slot = slots[event.slot];
  bool isNew = !slot.isFilled || slot.barrier != event.barrier || slot.phase != barrier.ended;
  if (slot.isFilled && isNew)
    checkReaders(number, slot, place(warp));
  if (phasesKnown(warp.clock, event.barrier) < barrier.ended)
    report(Fault::MisplacedArrival, place(warp), event.barrier);
  if (!barrier.lastCopy || barrier.lastCopyPhase != barrier.ended)
    barrier.fill = fills[program.barriers[event.barrier].ring]++;
  barrier.lastCopy = place(warp);
  barrier.lastCopyPhase = barrier.ended;
  barrier.copied += event.amount;
  barrier.isTouched = true;
  join(barrier.counted, warp.clock);
  if (!isNew)
    return report(Fault::Overwritten, place(warp), event.barrier);
  slot.readers.clear();
  slot.isFilled = true;
  slot.copy = place(warp);
  slot.barrier = event.barrier;
  slot.phase = barrier.ended;
  slot.fill = barrier.fill;
}

/// A copy that overwrites what has been read: every read must be over, and known to be. Reads that are still
/// to come will find the wrong data.
void Run::checkReaders(uint32_t number, const Slot &slot, Place at) {
  Clock &clock = warps[number].clock;
  uint32_t barrier = slot.barrier;
  if (phasesKnown(clock, barrier) <= slot.phase && slot.readers.empty())
    return report(Fault::Overwritten, at, barrier);
  for (const Reader &reader : slot.readers) {
    uint32_t known = clock[reader.warp];
    if (reader.end != never && known > reader.end)
      continue;
    uint32_t role = warps[reader.warp].role;
    Place read{role, reader.begin};
    bool isRelease = known > reader.begin && program.roles[role].events[known - 1].step == Step::Arrive;
    if (isRelease)
      report(Fault::ReleasedEarly, {role, known - 1}, program.roles[role].events[known - 1].barrier, read,
             at);
    else
      report(Fault::Overwritten, at, barrier, read);
  }
}

void Run::read(uint32_t number, const Event &event) {
  Warp &warp = warps[number];
  Slot &slot = slots[event.slot];
  std::optional<Place> filledBy, waited;
  if (slot.isFilled)
    filledBy = slot.copy;
  uint32_t last = slot.isFilled ? warp.lastWait[slot.barrier] : never;
  if (last != never)
    waited = Place{warp.role, last};
  if (!slot.isFilled || phasesKnown(warp.clock, slot.barrier) <= slot.phase)
    return report(Fault::ReadEarly, place(warp), slot.barrier, filledBy, waited);
  // The phase that it waited for last, and the fill that is its turn.
  uint32_t ring = program.barriers[slot.barrier].ring;
  bool isOfPhase = last != never && outlines[warp.role].targets[last] == slot.phase + 1;
  bool isInTurn = waitingRoles[ring] == several || (last != never && warp.fillOf[slot.barrier] == slot.fill);
  if (!isOfPhase || !isInTurn) {
    report(Fault::WrongData, place(warp), slot.barrier, filledBy, waited);
    if (finding->fault == Fault::WrongData) {
      finding->phase = slot.fill;
      finding->expected = last == never ? -1 : warp.fillOf[slot.barrier];
    }
    return;
  }
  uint32_t end = outlines[warp.role].ends[warp.next];
  for (Reader &reader : slot.readers)
    if (reader.warp == number) {
      reader.end = std::max(reader.end, end);
      return;
    }
  slot.readers.push_back({number, warp.next, end});
}

//===-- Phases --------------------------------------------------------------------===//

/// When nobody can go on: copies arrive as late as possible.
bool Run::endPhases() {
  bool progress = false;
  for (uint32_t number = 0; number < barriers.size(); ++number) {
    BarrierState &barrier = barriers[number];
    if (!barrier.isTouched || barrier.arrived < program.barriers[number].arrivals)
      continue;
    if (barrier.copied > barrier.announced)
      report(Fault::TooManyBytes, *barrier.lastCopy, number, barrier.lastExpect);
    if (barrier.copied != barrier.announced)
      continue;
    endPhase(number);
    progress = true;
  }
  return progress;
}

void Run::endPhase(uint32_t number) {
  BarrierState &barrier = barriers[number];
  join(barrier.clock, barrier.counted);
  ++barrier.ended;
  phasesKnown(barrier.clock, number) = barrier.ended;
  // Nobody may still be about to wait for the phase before.
  for (uint32_t w = 0; w < warps.size(); ++w) {
    const auto &waits = outlines[warps[w].role].lastWaits[number];
    auto wait =
        std::lower_bound(waits.begin(), waits.end(), std::pair<uint32_t, uint32_t>(barrier.ended - 1, 0));
    if (wait != waits.end() && wait->first == barrier.ended - 1 && barrier.clock[w] <= wait->second)
      report(Fault::AmbiguousParity, {warps[w].role, wait->second}, number);
  }
  barrier.arrived = barrier.announced = barrier.copied = 0;
  std::fill(barrier.counted.begin(), barrier.counted.end(), 0);
  barrier.isTouched = false;
}

/// The smaller, the nearer to the cause: 0 where arrivals are missing that nobody will make.
int Run::deadlockRank(const Warp &blocked) const {
  uint32_t number = program.roles[blocked.role].events[blocked.next].barrier;
  int64_t possible = barriers[number].arrived;
  for (const Warp &warp : warps) {
    const std::vector<Event> &events = program.roles[warp.role].events;
    for (size_t i = warp.next; i < events.size(); ++i)
      if (events[i].barrier == number)
        possible += events[i].step == Step::Arrive ? warp.weight : events[i].step == Step::Expect;
  }
  if (possible < program.barriers[number].arrivals)
    return 0;
  return barriers[number].arrived > 0 ? 1 : 2;
}

void Run::reportDeadlock() {
  const Warp *primary = nullptr;
  std::vector<Place> waiting;
  for (const Warp &warp : warps) {
    if (warp.next == program.roles[warp.role].events.size())
      continue;
    if (!primary || deadlockRank(warp) < deadlockRank(*primary))
      primary = &warp;
    if (waiting.empty() || waiting.back().role != warp.role)
      waiting.push_back(place(warp));
  }
  for (uint32_t number = 0; number < barriers.size(); ++number) {
    const BarrierState &barrier = barriers[number];
    bool isComplete = barrier.arrived >= program.barriers[number].arrivals;
    if (isComplete && barrier.copied > 0 && barrier.copied < barrier.announced)
      report(Fault::TooFewBytes, *barrier.lastCopy, number, barrier.lastExpect);
    if (barrier.copied > 0 && barrier.announced == 0)
      report(Fault::NoBytesAnnounced, *barrier.lastCopy, number);
  }
  report(Fault::Deadlock, place(*primary), program.roles[primary->role].events[primary->next].barrier);
  std::erase_if(waiting, [&](Place other) { return other.role == finding->at.role; });
  finding->waiting = waiting;
}

void Run::checkEnd() {
  for (uint32_t number = 0; number < barriers.size(); ++number) {
    BarrierState &barrier = barriers[number];
    if (!barrier.lastCopy)
      continue;
    if (barrier.copied > 0 && barrier.announced == 0)
      report(Fault::NoBytesAnnounced, *barrier.lastCopy, number);
    bool isKnown = std::any_of(warps.begin(), warps.end(), [&](Warp &warp) {
      return phasesKnown(warp.clock, number) > barrier.lastCopyPhase;
    });
    if (!isKnown)
      report(Fault::CopyUnfinished, *barrier.lastCopy, number);
  }
  for (const Outline &outline : outlines)
    if (outline.finding && !finding)
      finding = outline.finding;
}

std::optional<Finding> ashlar::tile::phases::findFault(const Program &program) { return Run(program).run(); }
