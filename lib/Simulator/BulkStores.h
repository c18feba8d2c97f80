//===-- BulkStores.h - The stores by tensor maps of one thread ------------===//
//
// Stores of boxes in groups: a thread issues stores, commits them as a group, and waits until at most n
// groups have not read their source, or are not complete. When the source is read and when the tensor is
// written is the choice of the simulator: at issue, or as late as the waits allow. Until the wait the source
// belongs to an agent that reads it, so nobody may write it.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_BULKSTORES_H
#define ASHLAR_LIB_SIMULATOR_BULKSTORES_H

#include "TensorCopy.h"
#include <cstddef>
#include <vector>

namespace ashlar::simulator {

struct Block;
struct Thread;

struct BulkStore {
  TensorBox box;
  uint32_t offset = 0, site = 0;
  bool isAddition = false;
  /// The source once it has been read, and when the agent was lent it.
  std::vector<char> rows = {};
  uint32_t stamp = 0;
};

class BulkStores {
public:
  void start();
  void issue(Block &block, Thread &thread, BulkStore store);
  void commit() { groupEnds.push_back(stores.size()); }
  /// At most `pending` groups stay incomplete, or with `isRead` unread.
  void wait(Block &block, Thread &thread, size_t pending, bool isRead);
  /// The block ends: nothing waits any longer.
  void finish(Block &block, Thread &thread);

private:
  void readUpTo(Block &block, Thread &thread, size_t end);
  void writeUpTo(size_t end);

  /// In the order of issue; the first `readCount` have been read.
  std::vector<BulkStore> stores;
  std::vector<size_t> groupEnds;
  size_t readCount = 0;
  uint32_t agent = 0;
};

} // namespace ashlar::simulator

#endif
