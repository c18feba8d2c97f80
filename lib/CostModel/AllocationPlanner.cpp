//===-- AllocationPlanner.cpp - Which buffer lies where, exactly -----------===//
//
// First fit in several orders, then a depth-first search over orders until a plan is proved optimal. The
// header explains why orders suffice.
//
//===----------------------------------------------------------------------===//
#include "ashlar/CostModel/AllocationPlanner.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>

using namespace ashlar;

namespace {

/// One connected component of buffers that meet, none of size 0: the instance that is solved by itself.
class Component {
public:
  Component(std::vector<AllocationRequest> requests, int64_t searchSteps);

  void solve();
  const std::vector<int64_t> &offsets() const { return best; }
  int64_t size() const { return bestSize; }
  int64_t bound() const { return lowerBound; }
  bool isOptimal() const { return optimal; }

private:
  bool meet(int a, int b) const { return conflicts[a * count() + b]; }
  int count() const { return static_cast<int>(requests.size()); }
  void collectSections();
  void firstFit(const std::vector<int> &order);
  void search(int placed, int64_t floor, int previous);
  bool canStillImprove(int64_t floor) const;
  int64_t lowestOnTop(int buffer) const;
  void adopt(const std::vector<int64_t> &offsets);

  std::vector<AllocationRequest> requests;
  std::vector<char> conflicts;
  /// For each moment at which a buffer begins (the others are dominated): the buffers that live then.
  std::vector<std::vector<int>> sections;
  std::vector<int64_t> best;
  int64_t bestSize = std::numeric_limits<int64_t>::max();
  int64_t lowerBound = 0;
  bool optimal = false;
  // The state of the search.
  std::vector<int64_t> current;
  std::vector<char> isPlaced;
  int64_t stepsLeft;
  bool done = false;
};

} // namespace

static int64_t alignUp(int64_t value, int64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

static bool overlap(const AllocationRequest &a, const AllocationRequest &b) {
  return a.begin <= b.end && b.begin <= a.end;
}

Component::Component(std::vector<AllocationRequest> requests, int64_t searchSteps)
    : requests(std::move(requests)), stepsLeft(searchSteps) {
  conflicts.resize(count() * count());
  for (int a = 0; a < count(); ++a)
    for (int b = 0; b < count(); ++b)
      conflicts[a * count() + b] = a != b && overlap(this->requests[a], this->requests[b]);
  collectSections();
}

void Component::collectSections() {
  for (const AllocationRequest &moment : requests) {
    std::vector<int> live;
    int64_t bytes = 0;
    for (int b = 0; b < count(); ++b)
      if (requests[b].begin <= moment.begin && moment.begin <= requests[b].end) {
        live.push_back(b);
        bytes += requests[b].size;
      }
    lowerBound = std::max(lowerBound, bytes);
    sections.push_back(std::move(live));
  }
  std::sort(sections.begin(), sections.end());
  sections.erase(std::unique(sections.begin(), sections.end()), sections.end());
}

void Component::adopt(const std::vector<int64_t> &offsets) {
  int64_t size = 0;
  for (int b = 0; b < count(); ++b)
    size = std::max(size, offsets[b] + requests[b].size);
  if (size >= bestSize)
    return;
  best = offsets;
  bestSize = size;
  optimal = done = bestSize == lowerBound;
}

/// Each buffer, in this order, goes into the lowest gap between those placed before that live with it.
void Component::firstFit(const std::vector<int> &order) {
  std::vector<int64_t> offsets(count(), 0);
  std::vector<int> placed;
  for (int buffer : order) {
    std::vector<std::pair<int64_t, int64_t>> taken;
    for (int other : placed)
      if (meet(buffer, other))
        taken.emplace_back(offsets[other], offsets[other] + requests[other].size);
    std::sort(taken.begin(), taken.end());
    int64_t offset = 0;
    for (auto [begin, end] : taken) {
      if (offset + requests[buffer].size <= begin)
        break;
      offset = std::max(offset, alignUp(end, requests[buffer].alignment));
    }
    offsets[buffer] = offset;
    placed.push_back(buffer);
  }
  adopt(offsets);
}

int64_t Component::lowestOnTop(int buffer) const {
  int64_t offset = 0;
  for (int other = 0; other < count(); ++other)
    if (isPlaced[other] && meet(buffer, other))
      offset = std::max(offset, current[other] + requests[other].size);
  return alignUp(offset, requests[buffer].alignment);
}

/// Whether, at every moment, what is still to be placed fits between what is placed (at least `floor`) and
/// the best plan.
bool Component::canStillImprove(int64_t floor) const {
  for (const std::vector<int> &live : sections) {
    int64_t top = 0, open = 0;
    for (int buffer : live) {
      if (isPlaced[buffer])
        top = std::max(top, current[buffer] + requests[buffer].size);
      else
        open += requests[buffer].size;
    }
    if (open > 0 && std::max(top, floor) + open >= bestSize)
      return false;
    if (top >= bestSize)
      return false;
  }
  return true;
}

void Component::search(int placed, int64_t floor, int previous) {
  if (placed == count())
    return adopt(current);
  if (!canStillImprove(floor))
    return;
  // Low offsets first, large buffers first among equals: good plans early make the cuts bite.
  std::vector<std::tuple<int64_t, int64_t, int>> candidates;
  int64_t lowestEnd = std::numeric_limits<int64_t>::max();
  for (int buffer = 0; buffer < count(); ++buffer) {
    if (isPlaced[buffer])
      continue;
    int64_t offset = lowestOnTop(buffer);
    lowestEnd = std::min(lowestEnd, offset + requests[buffer].size);
    // Offsets do not fall along the order, and buffers at one offset come in the order of their numbers.
    if (offset > floor || (offset == floor && buffer > previous))
      candidates.emplace_back(offset, -requests[buffer].size, buffer);
  }
  std::sort(candidates.begin(), candidates.end());
  for (auto [offset, negativeSize, buffer] : candidates) {
    // What would fit wholly below everything still to come is better put there now.
    if (offset >= lowestEnd)
      break;
    if (done || --stepsLeft < 0) {
      done = true;
      return;
    }
    isPlaced[buffer] = true;
    current[buffer] = offset;
    search(placed + 1, offset, buffer);
    isPlaced[buffer] = false;
  }
}

void Component::solve() {
  auto tryOrder = [&](auto key) {
    std::vector<int> order(count());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return key(a) > key(b); });
    if (!done)
      firstFit(order);
  };
  auto duration = [&](int b) { return requests[b].end - requests[b].begin + 1; };
  tryOrder([&](int b) { return std::pair(requests[b].size, duration(b)); });
  tryOrder([&](int b) { return std::pair(duration(b), requests[b].size); });
  tryOrder([&](int b) { return std::pair(-requests[b].begin, requests[b].size); });
  if (done)
    return;
  current.assign(count(), 0);
  isPlaced.assign(count(), false);
  search(0, 0, -1);
  optimal = optimal || stepsLeft >= 0;
}

/// Numbers the connected components of buffers that meet.
static std::vector<int> findComponents(std::span<const AllocationRequest> requests) {
  std::vector<int> byBegin(requests.size()), component(requests.size());
  std::iota(byBegin.begin(), byBegin.end(), 0);
  std::stable_sort(byBegin.begin(), byBegin.end(),
                   [&](int a, int b) { return requests[a].begin < requests[b].begin; });
  int number = -1;
  int64_t lastEnd = 0;
  for (int buffer : byBegin) {
    if (number < 0 || requests[buffer].begin > lastEnd) {
      ++number;
      lastEnd = requests[buffer].end;
    }
    lastEnd = std::max(lastEnd, requests[buffer].end);
    component[buffer] = number;
  }
  return component;
}

AllocationPlan ashlar::planAllocation(std::span<const AllocationRequest> requests, int64_t searchSteps) {
  std::vector<AllocationRequest> sound(requests.begin(), requests.end());
  for (AllocationRequest &request : sound) {
    request.end = std::max(request.begin, request.end);
    request.size = std::max<int64_t>(request.size, 0);
    request.alignment = std::max<int64_t>(request.alignment, 1);
  }
  std::vector<int> component = findComponents(sound);
  int components = component.empty() ? 0 : *std::max_element(component.begin(), component.end()) + 1;
  AllocationPlan plan;
  plan.offsets.assign(sound.size(), 0);
  std::vector<std::pair<int64_t, bool>> sizes;
  for (int number = 0; number < components; ++number) {
    std::vector<AllocationRequest> members;
    std::vector<size_t> indices;
    for (size_t i = 0; i < sound.size(); ++i)
      if (component[i] == number && sound[i].size > 0) {
        members.push_back(sound[i]);
        indices.push_back(i);
      }
    if (members.empty())
      continue;
    Component instance(std::move(members), searchSteps);
    instance.solve();
    for (size_t i = 0; i < indices.size(); ++i)
      plan.offsets[indices[i]] = instance.offsets()[i];
    plan.size = std::max(plan.size, instance.size());
    plan.lowerBound = std::max(plan.lowerBound, instance.bound());
    sizes.emplace_back(instance.size(), instance.isOptimal());
  }
  // Only the component that sets the size has to be optimal.
  plan.optimal = plan.size == plan.lowerBound || std::all_of(sizes.begin(), sizes.end(), [&](auto entry) {
                   return entry.second || entry.first < plan.size;
                 });
  return plan;
}
