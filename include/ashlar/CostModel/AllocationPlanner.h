//===-- AllocationPlanner.h - Which buffer lies where, exactly --------------===//
//
// The question
// ------------
// Buffers live for a while, have a size, and share one memory. Two buffers that live at the same time must
// not overlap. At which offsets do they need the least memory in all? (Dynamic storage allocation; strongly
// NP-hard, but our instances are small: a block's shared memory holds at most a dozen buffers.)
//
// The answer
// ----------
// * Lower bound: the most bytes that live at one time. A plan of that size is optimal.
// * Start: first fit (the lowest gap that is large enough) in several orders, largest size first among them.
//   It reaches the bound nearly always, and then nothing else is tried.
// * Search: take any optimal plan and go through its buffers by rising offset, putting each one on top of
// those
//   placed before that live with it, as low as its alignment lets it. No buffer rises, so the plan stays
//   optimal: it suffices to search the *orders*, with offsets that do not fall. Depth first, cut off where
//   the bytes that are still to be placed at some time cannot fit below the best plan found.
// * Buffers that never meet, not even through others, are planned by themselves.
//
// Guarantees: the same input gives the same plan; `optimal` is true only with a proof; after `searchSteps`
// placements the best plan so far is returned.
//
// Units: times are any increasing numbers, sizes and offsets are bytes (or anything else that adds up).
// Errors: none; an empty or negative lifetime counts as the one moment `begin`, a negative size as 0, an
// alignment below 1 as 1. Sums must stay below 2^63.
//
//===------------------------------------------------------------------------===//
#ifndef ASHLAR_COSTMODEL_ALLOCATIONPLANNER_H
#define ASHLAR_COSTMODEL_ALLOCATIONPLANNER_H

#include <cstdint>
#include <span>
#include <vector>

namespace ashlar {

/// A buffer to place: `size` bytes at a multiple of `alignment` from time `begin` to time `end`, both
/// included.
struct AllocationRequest {
  int64_t begin = 0;
  int64_t end = 0;
  int64_t size = 0;
  int64_t alignment = 1;
};

struct AllocationPlan {
  std::vector<int64_t> offsets; ///< One for each request, in their order.
  int64_t size = 0;             ///< Bytes from 0 to the end of the highest buffer.
  int64_t lowerBound = 0;       ///< No plan is smaller: the most bytes that live at one time.
  bool optimal = true;          ///< Whether no plan is smaller than `size`, proved.
};

/// Places all buffers in one memory; see above.
AllocationPlan planAllocation(std::span<const AllocationRequest> requests, int64_t searchSteps = 200000);

} // namespace ashlar

#endif // ASHLAR_COSTMODEL_ALLOCATIONPLANNER_H
