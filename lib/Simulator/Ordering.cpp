//===-- Ordering.cpp - Which accesses of a cluster are ordered ------------===//
//
// Moves clocks and joins views at synchronisation points.
//
//===----------------------------------------------------------------------===//

#include "Ordering.h"
#include <algorithm>

namespace ashlar::simulator {

//===-- Views -------------------------------------------------------------===//

View Ordering::fresh() {
  hasViews = true;
  View::Node *node;
  if (unused.empty()) {
    nodes.push_back(std::make_unique<View::Node>());
    node = nodes.back().get();
    node->unused = &unused;
  } else {
    node = unused.back();
    unused.pop_back();
  }
  node->known.assign(views.size(), 0);
  return View(node);
}

View Ordering::copyOf(const View &view) {
  View copy = fresh();
  if (view)
    std::copy(view.node->known.begin(), view.node->known.end(), copy.node->known.begin());
  return copy;
}

void Ordering::join(View &target, const View &source) {
  if (!source || source == target)
    return;
  const uint32_t *from = source.node->known.data();
  uint32_t *to = target.node->known.data();
  for (size_t i = 0, count = target.node->known.size(); i < count; ++i)
    to[i] = std::max(to[i], from[i]);
}

void Ordering::raise(View &target, uint32_t party, uint32_t stamp) {
  uint32_t &known = target.node->known[party];
  known = std::max(known, stamp);
}

//===-- Clusters ----------------------------------------------------------===//

void Ordering::startCluster(uint32_t threadCount, std::span<const uint64_t> blockIndices) {
  // Long before stamps run out; nobody holds a mark of a block that has ended.
  constexpr uint32_t limit = uint32_t(1) << 30;
  if (highest > limit || highestAgent - firstAgentStamp > limit) {
    highest = 0;
    highestAgent = firstAgentStamp;
    ++generationNumber;
  }
  // Most kernels leave nothing behind.
  if (hasViews) {
    acquiredBy.reset();
    acquired.reset();
    acquisition.reset();
    lesson = {};
    views.clear();
  }
  if (hasFences)
    for (std::vector<uint32_t> &stamps : fences)
      stamps.clear();
  hasViews = hasFences = false;
  threads = threadCount;
  slots = threadCount + agentCount;
  blocks.assign(blockIndices.begin(), blockIndices.end());
  size_t count = blocks.size() * slots;
  views.resize(count);
  if (principals.size() < count) {
    principals.resize(count);
    fences.resize(count);
  }
  viewsMatter = blocks.size() > 1;
  ++highest;
  clocks.assign(count, highest);
  start = floor = {highest, highestAgent};
}

bool Ordering::isFenced(uint32_t earlier, uint32_t stamp, uint32_t party) const {
  const std::vector<uint32_t> &stamps = fences[earlier];
  auto fence = std::upper_bound(stamps.begin(), stamps.end(), stamp);
  return fence != stamps.end() && isOrdered(earlier, *fence, party);
}

bool Ordering::knowsOfBlock(uint32_t party, uint32_t rank) const {
  const View &view = views[party];
  if (!view)
    return false;
  auto first = view.node->known.begin() + ptrdiff_t(rank * slots);
  return std::any_of(first, first + ptrdiff_t(slots), [](uint32_t stamp) { return stamp != 0; });
}

uint32_t Ordering::knownInBlock(uint32_t rank, uint32_t earlier) const {
  uint32_t known = 0;
  for (uint32_t thread = 0; thread < threads; ++thread)
    known = std::max(known, views[party(rank, thread)][earlier]);
  return known;
}

//===-- Synchronisation ---------------------------------------------------===//

void Ordering::synchronizeBlock(uint32_t rank) {
  if (blocks.size() > 1) {
    synchronizeRange(party(rank, 0), threads);
    return;
  }
  if (viewsMatter)
    synchronizeRange(0, threads);
  else
    for (View &view : views)
      view.reset();
  floor[0] = ++highest;
  std::fill(clocks.begin(), clocks.end(), floor[0]);
}

void Ordering::synchronizeRange(uint32_t first, uint32_t count) {
  std::vector<uint16_t> parties(count);
  for (uint32_t i = 0; i < count; ++i)
    parties[i] = uint16_t(first + i);
  synchronize(parties);
}

void Ordering::synchronize(std::span<const uint16_t> parties) {
  View joined = copyOf(views[parties.front()]);
  const View::Node *last = views[parties.front()].node;
  for (uint16_t party : parties) {
    if (views[party].node != last)
      join(joined, views[party]);
    last = views[party].node;
    raise(joined, party, clocks[party]);
  }
  uint32_t now = ++highest;
  for (uint16_t party : parties) {
    views[party] = joined;
    clocks[party] = now;
  }
}

void Ordering::release(uint32_t party, Release &into) {
  if (!into.gathered)
    into.gathered = fresh();
  // Those who arrive together mostly know the same.
  if (!(views[party] == into.lastJoined)) {
    join(into.gathered, views[party]);
    into.lastJoined = views[party];
  }
  raise(into.gathered, party, clocks[party]);
  clocks[party] = ++highest;
  viewsMatter = true;
}

void Ordering::releaseAgent(uint32_t party, uint32_t agent, Release &into) {
  if (uint32_t known = views[party][agent])
    releaseStamp(agent, known, into);
}

void Ordering::releaseStamp(uint32_t agent, uint32_t stamp, Release &into) {
  if (!into.gathered)
    into.gathered = fresh();
  raise(into.gathered, agent, stamp);
  viewsMatter = true;
}

void Ordering::completePhase(Release &release) {
  if (!release.gathered)
    return;
  join(release.gathered, release.done);
  release.done = std::move(release.gathered);
  release.lastJoined.reset();
}

void Ordering::acquire(uint32_t party, const View &known) {
  View &view = views[party];
  if (!known || view == known)
    return;
  if (!view) {
    view = known;
    return;
  }
  if (!(view == acquiredBy && known == acquired)) {
    acquisition = copyOf(view);
    join(acquisition, known);
    acquiredBy = view;
    acquired = known;
  }
  view = acquisition;
}

void Ordering::learn(uint32_t party, uint32_t agent, uint32_t stamp) {
  viewsMatter = true;
  View &view = views[party];
  if (!lesson.result || !(view == lesson.from) || agent != lesson.agent || stamp != lesson.stamp) {
    lesson = {view, copyOf(view), agent, stamp};
    raise(lesson.result, agent, stamp);
  }
  view = lesson.result;
}

void Ordering::fenceProxy(uint32_t party) {
  hasFences = true;
  clocks[party] = ++highest;
  fences[party].push_back(clocks[party]);
}

} // namespace ashlar::simulator
