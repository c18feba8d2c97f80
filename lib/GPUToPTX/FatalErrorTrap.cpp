//===-- FatalErrorTrap.cpp - LLVM's fatal errors as values ----------------===//
//
// A handler that jumps back to the innermost trap of its thread.
//
//===----------------------------------------------------------------------===//

#include "FatalErrorTrap.h"

#include "llvm/Support/ErrorHandling.h"

#include <csetjmp>
#include <mutex>

using namespace ashlar;

namespace {
struct Trap {
  std::jmp_buf target;
  std::string message;
};
} // namespace

static thread_local Trap *activeTrap = nullptr;

static void onFatalError(void *, const char *reason, bool) {
  if (!activeTrap)
    return; // LLVM goes on to end the process, as it does without a handler.
  activeTrap->message = reason;
  std::longjmp(activeTrap->target, 1);
}

std::optional<std::string> ashlar::trapFatalErrors(llvm::function_ref<void()> action) {
  static std::once_flag installed;
  std::call_once(installed, [] {
    llvm::remove_fatal_error_handler();
    llvm::install_fatal_error_handler(onFatalError);
  });
  Trap trap;
  Trap *outer = activeTrap;
  activeTrap = &trap;
  if (setjmp(trap.target) == 0) {
    action();
    activeTrap = outer;
    return std::nullopt;
  }
  activeTrap = outer;
  return trap.message;
}
