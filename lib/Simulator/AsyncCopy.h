//===-- AsyncCopy.h - The asynchronous copies of one thread ---------------===//
//
// cp.async in groups: a thread issues copies, commits them as a group, and waits until at most n groups are
// open. When the bytes really move is the choice of the simulator: at issue, or at the wait that needs them.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_ASYNCCOPY_H
#define ASHLAR_LIB_SIMULATOR_ASYNCCOPY_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ashlar::simulator {

struct Block;
struct Thread;

/// Copies `sourceBytes` bytes and zeroes the rest.
struct AsyncCopy {
  char *destination;
  const char *source;
  uint32_t bytes, sourceBytes, site;
  /// Out-of-bounds destinations are not tracked.
  bool isTracked;
};

class AsyncCopies {
public:
  void start() {
    copies.clear();
    groupEnds.clear();
    completed = 0;
  }
  void issue(Block &block, Thread &thread, const AsyncCopy &copy);
  void commit() { groupEnds.push_back(copies.size()); }
  /// Completes the oldest groups until `pending` are left.
  void wait(Block &block, Thread &thread, size_t pending);
  /// Copies issued so far; completes the first of them, whatever their group.
  size_t issued() const { return completed + copies.size(); }
  void completeUpTo(Block &block, Thread &thread, size_t issued);

private:
  void completeFirst(Block &block, Thread &thread, size_t count);

  std::vector<AsyncCopy> copies;
  std::vector<size_t> groupEnds;
  size_t completed = 0;
};

} // namespace ashlar::simulator

#endif
