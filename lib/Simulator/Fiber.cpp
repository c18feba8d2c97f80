//===-- Fiber.cpp - Stacks and switching between them ---------------------===//
//
// The context switch itself, with AddressSanitizer told about it, and the pool of stacks.
//
//===----------------------------------------------------------------------===//

#include "Fiber.h"
#include <boost/context/detail/fcontext.hpp>
#include <sys/mman.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASHLAR_FIBER_SANITIZER 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ASHLAR_FIBER_SANITIZER 1
#endif
#ifdef ASHLAR_FIBER_SANITIZER
#include <sanitizer/common_interface_defs.h>
#endif

namespace ashlar::simulator {

using boost::context::detail::jump_fcontext;
using boost::context::detail::make_fcontext;
using boost::context::detail::transfer_t;

static constexpr size_t stackBytes = 256 * 1024, guardBytes = 4096, colorBytes = 256, colors = 32;

namespace {
/// What the two sides of a switch hand over.
struct Switch {
  Fiber *from;
  Fiber *to;
  void (*entry)(void *) = nullptr;
  void *argument = nullptr;
};
} // namespace

/// On the new side: notes where the old one goes on.
static void arrive(transfer_t transfer) {
  auto *change = static_cast<Switch *>(transfer.data);
  change->from->context = transfer.fctx;
#ifdef ASHLAR_FIBER_SANITIZER
  const void *bottom = nullptr;
  size_t size = 0;
  __sanitizer_finish_switch_fiber(change->to->sanitizerStack, &bottom, &size);
  if (!change->from->stack) {
    change->from->stack = const_cast<char *>(static_cast<const char *>(bottom));
    change->from->stackBytes = size;
  }
#endif
}

static void jump(Switch &change) {
#ifdef ASHLAR_FIBER_SANITIZER
  __sanitizer_start_switch_fiber(&change.from->sanitizerStack, change.to->stack, change.to->stackBytes);
#endif
  arrive(jump_fcontext(change.to->context, &change));
}

void switchFiber(Fiber &from, Fiber &to) {
  Switch change{&from, &to};
  jump(change);
}

static void enter(transfer_t transfer) {
  auto start = *static_cast<Switch *>(transfer.data);
  Fiber *self = start.to;
  arrive(transfer);
  // Back to whoever starts this fiber; the next switch to it is the first real one.
  Switch back{self, start.from};
  jump(back);
  start.entry(start.argument);
}

void startFiber(Fiber &fiber, void (*entry)(void *), void *argument) {
  fiber.sanitizerStack = nullptr;
  fiber.context = make_fcontext(fiber.stack + fiber.stackBytes, fiber.stackBytes, enter);
  Fiber starter;
  Switch change{&starter, &fiber, entry, argument};
  jump(change);
}

StackPool::~StackPool() {
  if (memory)
    munmap(memory, available * stackBytes);
}

bool StackPool::reserve(size_t count) {
  if (count <= available)
    return true;
  void *fresh = mmap(nullptr, count * stackBytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (fresh == MAP_FAILED)
    return false;
  if (memory)
    munmap(memory, available * stackBytes);
  memory = static_cast<char *>(fresh);
  available = count;
  // A guard that cannot be set (too many mappings) only costs the clean crash on overflow.
  for (size_t i = 0; i < count; ++i)
    (void)mprotect(memory + i * stackBytes, guardBytes, PROT_NONE);
  return true;
}

void StackPool::assign(Fiber &fiber, size_t index) const {
  fiber.stack = memory + index * stackBytes + guardBytes;
  fiber.stackBytes = stackBytes - guardBytes - (index % colors) * colorBytes;
}

bool StackPool::contains(const void *address) const {
  return address >= memory && address < memory + available * stackBytes;
}

} // namespace ashlar::simulator
