//===-- Fiber.h - Stacks and switching between them -----------------------===//
//
// A fiber is a suspended stack. The threads of a simulated block are fibers of one host thread: a switch
// costs a few nanoseconds, so 32 lanes can meet at every warp collective. Built on Boost.Context's assembler
// routines; the pool adds stacks that are reused, guarded below and *coloured*: tops are staggered so that
// the hot lines of 32 lanes do not all map to the same set of the first-level cache.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_FIBER_H
#define ASHLAR_LIB_SIMULATOR_FIBER_H

#include <cstddef>
#include <cstdint>

namespace ashlar::simulator {

struct Fiber {
  /// Where the fiber goes on; meaningless while it runs.
  void *context = nullptr;
  /// Its stack, lowest address first; null for the stack of the host thread.
  char *stack = nullptr;
  size_t stackBytes = 0;
  /// AddressSanitizer's record while suspended.
  void *sanitizerStack = nullptr;
};

/// Makes `fiber` start `entry(argument)` at the first switch to it. `entry` must never return.
void startFiber(Fiber &fiber, void (*entry)(void *), void *argument);

/// Suspends `from`, which is running, and goes on with `to`. Returns when something switches back.
void switchFiber(Fiber &from, Fiber &to);

/// A row of equal stacks. Memory is reserved when a stack is first asked for and touched only as deep as it
/// is used.
class StackPool {
public:
  StackPool() = default;
  ~StackPool();
  StackPool(const StackPool &) = delete;
  StackPool &operator=(const StackPool &) = delete;

  /// Makes at least `count` stacks available; false when the system has no memory for them. Existing ones
  /// move, so no fiber may be suspended on them.
  bool reserve(size_t count);
  /// Gives the fiber stack number `index`.
  void assign(Fiber &fiber, size_t index) const;
  bool contains(const void *address) const;

private:
  char *memory = nullptr;
  size_t available = 0;
};

} // namespace ashlar::simulator

#endif
