//===-- AsyncCopy.cpp - The asynchronous copies of one thread -------------===//
//
// Moves the bytes at issue or at the wait, and keeps the shadow informed.
//
//===----------------------------------------------------------------------===//

#include "AsyncCopy.h"
#include "Block.h"
#include <algorithm>
#include <cstring>

namespace ashlar::simulator {

static void move(const AsyncCopy &copy) {
  constexpr uint32_t usual = 16; // a constant size spares the call
  if (copy.sourceBytes == usual && copy.bytes == usual) {
    std::memcpy(copy.destination, copy.source, usual);
    return;
  }
  std::memcpy(copy.destination, copy.source, copy.sourceBytes);
  std::memset(copy.destination + copy.sourceBytes, 0, copy.bytes - copy.sourceBytes);
}

void AsyncCopies::issue(Block &block, Thread &thread, const AsyncCopy &copy) {
  if (copy.isTracked && block.checks)
    block.shadow.beginCopy(thread.party, block.sharedOffset(copy.destination), copy.bytes, copy.site);
  if (block.isLatest)
    std::memset(copy.destination, poisonByte, copy.bytes);
  else
    move(copy);
  // Without a later effect there is nothing to remember.
  if (block.isLatest || block.checks)
    copies.push_back(copy);
}

void AsyncCopies::completeFirst(Block &block, Thread &thread, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const AsyncCopy &copy = copies[i];
    if (block.isLatest)
      move(copy);
    if (copy.isTracked && block.checks)
      block.shadow.endCopy(thread.party, block.sharedOffset(copy.destination), copy.bytes, copy.site);
  }
  copies.erase(copies.begin(), copies.begin() + ptrdiff_t(count));
  completed += count;
  for (size_t &groupEnd : groupEnds)
    groupEnd -= std::min(groupEnd, count);
}

void AsyncCopies::wait(Block &block, Thread &thread, size_t pending) {
  if (groupEnds.size() <= pending)
    return;
  size_t groups = groupEnds.size() - pending;
  completeFirst(block, thread, groupEnds[groups - 1]);
  groupEnds.erase(groupEnds.begin(), groupEnds.begin() + ptrdiff_t(groups));
}

void AsyncCopies::completeUpTo(Block &block, Thread &thread, size_t issued) {
  if (issued > completed)
    completeFirst(block, thread, std::min(issued - completed, copies.size()));
}

} // namespace ashlar::simulator
