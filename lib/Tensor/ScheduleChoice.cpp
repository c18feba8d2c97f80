//===-- ScheduleChoice.cpp - the best of several rankings -------------------===//
//
// Merges rankings, and picks alternatives that are worth trying.
//
//===------------------------------------------------------------------------===//
#include "ScheduleChoice.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace ashlar;

ScheduleChoice ScheduleChooser::choose() {
  SmallVector<size_t> order = llvm::to_vector(llvm::seq<size_t>(0, schedules.size()));
  // Models of different kinds are not comparable to the last percent, and none has met a clock: kinds go in the
  // order in which they were added, the best of the hardware's means first.
  auto keyOf = [&](size_t index) {
    const cost::Candidate &candidate = comparison.candidates[index];
    auto first = llvm::find_if(comparison.candidates,
                               [&](const cost::Candidate &other) { return other.kind == candidate.kind; });
    return std::tuple(first - comparison.candidates.begin(), candidate.cycles.total, index);
  };
  llvm::sort(order, [&](size_t a, size_t b) { return keyOf(a) < keyOf(b); });
  ScheduleChoice choice{schedules[order.front()], {}, {}};

  // The last alternative is of another kind than the best, if there is any.
  auto kindOf = [&](size_t index) { return StringRef(comparison.candidates[index].kind); };
  const size_t *otherKind = llvm::find_if(
      order, [&](size_t index) { return schedules[index] && kindOf(index) != kindOf(order.front()); });
  for (size_t index : ArrayRef(order).drop_front())
    if (schedules[index] && choice.alternatives.size() < request.alternatives)
      choice.alternatives.push_back(schedules[index]);
  if (otherKind != order.end() && !choice.alternatives.empty() &&
      !llvm::is_contained(choice.alternatives, schedules[*otherKind]))
    choice.alternatives.back() = schedules[*otherKind];

  if (request.explain) {
    std::vector<cost::Candidate> sorted;
    for (size_t index : order)
      sorted.push_back(std::move(comparison.candidates[index]));
    comparison.candidates = std::move(sorted);
    choice.explanation = cost::explain(comparison);
  }
  return choice;
}
