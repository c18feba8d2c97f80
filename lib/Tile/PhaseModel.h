//===-- PhaseModel.h - what can go wrong between roles -----------------------===//
//
// Roles that hand stages of shared memory to each other by memory barriers, as plain sequences of steps,
// and a proof that no order of these steps breaks the protocol. No IR here.
//
// For given trip counts nothing that a role does depends on data, so a role is a straight line of steps:
// wait for a barrier, arrive, announce bytes, start a copy, read. What varies is the order in which steps
// of different warps take place, and when a copy's bytes arrive. One run decides about all of these
// orders:
// 1. A wait names a parity. It means the smallest number t of ended phases that this parity allows and
//    that is not below what the warp has waited for on this barrier before. If the barrier cannot come to
//    t + 1 before the wait is over, the wait is for "at least t phases have ended": once true, always
//    true.
// 2. If each arrival and each copy knows (in the sense of 4) that the phase it counts in has begun, it
//    counts in that one in every order: not before, because it has begun, and not behind, because the
//    phase cannot end without it.
// 3. Then a step that can be taken stays possible whatever others do, and steps of different warps
//    commute, as in a network of processes that wait for tokens. All maximal runs consist of the same
//    steps: whether somebody waits forever shows in any one of them. (In ours, copies arrive as late as
//    they can.)
// 4. "Comes before in every order" is then the smallest relation that holds along each warp, from whatever
//    counts in a phase to the phase's end, and from there to the waits for it. A vector clock for each
//    warp, joined at barriers, is this relation: a component for each warp (how many of its steps are
//    known to be over) and for each barrier (how many phases). Where X is not before Y, some order has Y
//    first. So it is comparisons of clocks that say whether a read comes behind its copy's end, an
//    overwriting copy behind the ends of the reads, and whether 1 and 2 hold. A product under way reads
//    until the step that retires it.
//
// Two warps stand for the W of a role, one of them for W - 1: all have the same steps, so every
// permutation of them maps the relation onto itself, and what holds between two of them holds between any
// two.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TILE_PHASEMODEL_H
#define ASHLAR_LIB_TILE_PHASEMODEL_H

#include <cstdint>
#include <optional>
#include <vector>

namespace ashlar::tile::phases {

enum class Step : uint8_t {
  Wait,   ///< Until the phase of a parity has ended.
  Expect, ///< Arrives once and announces bytes.
  Arrive, ///< Every warp once.
  Copy,   ///< Starts to fill a slot; its bytes count at a barrier.
  Read,   ///< Reads a slot, at once or until the latest product retires.
  Start,  ///< Starts a product.
  Retire  ///< Waits until some products only are under way.
};

struct Event {
  Step step;
  uint32_t origin = 0;  ///< Whatever the caller wants to find again.
  uint32_t barrier = 0; ///< Of Wait, Expect, Arrive, Copy.
  uint32_t slot = 0;    ///< Of Copy, Read: one stage of one buffer.
  /// Wait: parity; Expect, Copy: bytes; Read: 1 for the latest product's; Retire: products left under way.
  int64_t amount = 0;
};

/// Barriers of one ring are waited for in turn: the data of the n-th fill belong to the n-th wait.
struct Barrier {
  int64_t arrivals = 1;
  uint32_t ring = 0;
};

struct Role {
  std::vector<Event> events;
  int64_t warps = 1;
};

struct Program {
  std::vector<Barrier> barriers;
  std::vector<Role> roles;
  uint32_t slots = 0, rings = 0;
};

/// In the order in which they are reported where several show at once: causes before consequences.
enum class Fault {
  TooManyBytes,     ///< A phase's copies write more than is announced; at the copy.
  TooFewBytes,      ///< They write less, and it never ends; at the copy.
  NoBytesAnnounced, ///< Nobody announces them; at the copy.
  ReleasedEarly,    ///< At the arrival; `other` is the read that may go on, `later` the copy.
  Overwritten,      ///< At the copy; `other` is a read that may come later, if there is one yet.
  ReadEarly,        ///< At the read; `other` is the copy, `later` the wait that does not help.
  WrongData,       ///< At the read of the fill `phase`, where its role is at `expected`; `other` is the copy.
  AmbiguousParity, ///< At the wait, for `phase`; it may find the barrier a phase further.
  MisplacedArrival, ///< At the arrival that may count in the phase before.
  TooManyArrivals,  ///< At the arrival.
  Deadlock,         ///< At the wait.
  CopyUnfinished,   ///< At a copy that may be under way at the end.
  ProductUnfinished ///< At its start.
};

struct Place {
  uint32_t role, event;
};

struct Finding {
  Fault fault;
  Place at;
  std::optional<Place> other = {}, later = {};
  uint32_t barrier = 0;
  int64_t phase = 0, expected = 0;
  /// The barrier's phase when it showed.
  int64_t arrived = 0, announced = 0, copied = 0;
  /// Deadlock: the waits of the other roles; those that are not here have ended.
  std::vector<Place> waiting = {};
};

std::optional<Finding> findFault(const Program &program);

} // namespace ashlar::tile::phases

#endif // ASHLAR_LIB_TILE_PHASEMODEL_H
