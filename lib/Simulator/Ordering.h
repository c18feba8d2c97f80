//===-- Ordering.h - Which accesses of a cluster are ordered --------------===//
//
// Vector clocks. The *parties* of a cluster are the threads of its blocks, and behind those of each block
// some *agents*: what copies memory without a thread. Every access carries a stamp: the clock of its party.
// Synchronisation moves the clocks of the participants to a fresh value and shares what they know. Access
// (party u, stamp s) is ordered before what party t does now if
//   - u = t, or
//   - s lies before the last barrier of all threads (`floor`), unless u is an agent, or
//   - t knows u up to s.
// What a thread knows is a *view*: a stamp for every party. Views are shared by all who know the same and
// copied when one learns more, so that a barrier costs one joint view and not one for each thread.
//
// An agent has no clock: each of its accesses gets a stamp of its own when it completes, and only who
// synchronises with that completion knows the stamp. Agents' stamps have the highest bit set.
//
// Clocks grow over all blocks that a host thread runs, so nothing is cleared between blocks.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_ORDERING_H
#define ASHLAR_LIB_SIMULATOR_ORDERING_H

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace ashlar::simulator {

/// A shared, counted table of stamps by party. Null knows nothing.
class View {
public:
  View() = default;
  View(const View &other) : node(other.node) { retain(); }
  View(View &&other) noexcept : node(std::exchange(other.node, nullptr)) {}
  View &operator=(View other) noexcept {
    std::swap(node, other.node);
    return *this;
  }
  ~View() {
    if (node)
      drop();
  }

  explicit operator bool() const { return node; }
  bool operator==(const View &other) const { return node == other.node; }
  uint32_t operator[](uint32_t party) const { return node ? node->known[party] : 0; }
  void reset() {
    if (node)
      drop();
    node = nullptr;
  }

private:
  friend class Ordering;
  struct Node {
    uint32_t references = 0;
    std::vector<Node *> *unused = nullptr;
    std::vector<uint32_t> known;
  };
  explicit View(Node *node) : node(node) { retain(); }
  void retain() {
    if (node)
      ++node->references;
  }
  void drop() {
    if (--node->references == 0)
      node->unused->push_back(node);
  }
  Node *node = nullptr;
};

/// What those have done who arrived at a barrier object, for those who will have waited there.
class Release {
public:
  /// Everything of the completed phases.
  const View &completed() const { return done; }
  void reset() { *this = Release(); }

private:
  friend class Ordering;
  View gathered, lastJoined, done;
};

class Ordering {
public:
  /// Agents of a block: one for each memory barrier, one for each thread that starts stores, as far as they
  /// go; then they are shared, and a missing wait may go unseen.
  static constexpr uint32_t agentCount = 72;

  /// Everything before is past. `blockIndices`: the blocks of the cluster.
  void startCluster(uint32_t threadCount, std::span<const uint64_t> blockIndices);
  void startBlock(uint32_t threadCount, uint64_t blockIndex = 0) {
    startCluster(threadCount, std::span(&blockIndex, 1));
  }

  //===-- Parties ---------------------------------------------------------------------------------------===//

  uint32_t party(uint32_t rank, uint32_t thread) const { return rank * slots + thread; }
  uint32_t agent(uint32_t rank, uint32_t number) const {
    return rank * slots + threads + number % agentCount;
  }
  /// Rank of the party's block in the cluster.
  uint32_t rankOf(uint32_t party) const { return party / slots; }
  bool isAgent(uint32_t party) const { return party % slots >= threads; }
  /// Reports name the thread on whose behalf an agent works.
  void setPrincipal(uint32_t agent, uint32_t party) { principals[agent] = party; }
  uint32_t threadOf(uint32_t party) const { return (isAgent(party) ? principals[party] : party) % slots; }
  uint64_t blockOf(uint32_t party) const {
    return blocks[rankOf(isAgent(party) ? principals[party] : party)];
  }

  //===-- Questions -------------------------------------------------------------------------------------===//

  /// The stamp of an access that the thread makes now.
  uint32_t clock(uint32_t party) const { return clocks[party]; }
  /// The stamp belongs to an earlier cluster.
  bool isPast(uint32_t stamp) const { return stamp < start[stamp >> 31]; }
  bool isAgentStamp(uint32_t stamp) const { return stamp >> 31; }
  bool isOrdered(uint32_t earlier, uint32_t stamp, uint32_t party) const {
    return stamp < floor[stamp >> 31] || earlier == party || stamp <= views[party][earlier];
  }
  /// Whether `earlier` made a proxy fence after its access, which `party` knows of.
  bool isFenced(uint32_t earlier, uint32_t stamp, uint32_t party) const;
  /// Whether the thread knows anything that happened in the block in this cluster.
  bool knowsOfBlock(uint32_t party, uint32_t rank) const;
  /// The latest stamp of `earlier` that any thread of the block knows.
  uint32_t knownInBlock(uint32_t rank, uint32_t earlier) const;
  /// Changes when stamps start again from zero: all marks are void then.
  uint32_t generation() const { return generationNumber; }

  //===-- Synchronisation -------------------------------------------------------------------------------===//

  /// A barrier of all threads of the block.
  void synchronizeBlock(uint32_t rank);
  void synchronizeAll() { synchronizeBlock(0); }
  /// A barrier of some threads: all of them know what any of them knew.
  void synchronize(std::span<const uint16_t> parties);
  /// What the thread did so far will be known to those who acquire this phase.
  void release(uint32_t party, Release &into);
  /// As release, but only what the thread knows of one agent.
  void releaseAgent(uint32_t party, uint32_t agent, Release &into);
  void completePhase(Release &release);
  void acquire(uint32_t party, const View &known);
  void fenceProxy(uint32_t party);

  /// A stamp for an access of an agent that completes now.
  uint32_t agentStamp() { return highestAgent++; }
  void releaseStamp(uint32_t agent, uint32_t stamp, Release &into);
  void learn(uint32_t party, uint32_t agent, uint32_t stamp);

private:
  View fresh();
  View copyOf(const View &view);
  static void join(View &target, const View &source);
  static void raise(View &target, uint32_t party, uint32_t stamp);
  void synchronizeRange(uint32_t first, uint32_t count);

  // Before all that holds views, so that they go first.
  std::vector<std::unique_ptr<View::Node>> nodes;
  std::vector<View::Node *> unused;

  uint32_t threads = 0, slots = 1;
  std::vector<uint64_t> blocks;
  std::vector<uint32_t> clocks, principals;
  std::vector<View> views;
  /// For each thread its clock after each of its proxy fences.
  std::vector<std::vector<uint32_t>> fences;
  /// By the highest bit of a stamp: threads, agents.
  std::array<uint32_t, 2> floor = {0, firstAgentStamp}, start = {0, firstAgentStamp};
  uint32_t highest = 0, highestAgent = firstAgentStamp, generationNumber = 0;
  static constexpr uint32_t firstAgentStamp = uint32_t(1) << 31;
  /// Whether views say more than the floor; whether any view or fence has to be forgotten.
  bool viewsMatter = false, hasViews = false, hasFences = false;
  /// The last acquisition and the last lesson: many threads make the same one after the other.
  View acquiredBy, acquired, acquisition;
  struct {
    View from, result;
    uint32_t agent = 0, stamp = 0;
  } lesson;
};

} // namespace ashlar::simulator

#endif
