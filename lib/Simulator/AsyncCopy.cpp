//===-- AsyncCopy.cpp - The asynchronous copies of one thread -------------===//
//
// Moves the bytes at issue or at the wait, and keeps the shadow informed.
//
//===----------------------------------------------------------------------===//

#include "AsyncCopy.h"
#include "Block.h"
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
    block.shadow.beginCopy(thread.index, block.sharedOffset(copy.destination), copy.bytes, copy.site);
  if (block.isLatest)
    std::memset(copy.destination, poisonByte, copy.bytes);
  else
    move(copy);
  // Without a later effect there is nothing to remember.
  if (block.isLatest || block.checks)
    copies.push_back(copy);
}

void AsyncCopies::wait(Block &block, Thread &thread, size_t pending) {
  if (groupEnds.size() <= pending)
    return;
  size_t groups = groupEnds.size() - pending, end = groupEnds[groups - 1];
  for (size_t i = 0; i < end; ++i) {
    const AsyncCopy &copy = copies[i];
    if (block.isLatest)
      move(copy);
    if (copy.isTracked && block.checks)
      block.shadow.endCopy(thread.index, block.sharedOffset(copy.destination), copy.bytes, copy.site);
  }
  copies.erase(copies.begin(), copies.begin() + ptrdiff_t(end));
  groupEnds.erase(groupEnds.begin(), groupEnds.begin() + ptrdiff_t(groups));
  for (size_t &groupEnd : groupEnds)
    groupEnd -= end;
}

} // namespace ashlar::simulator
