//===-- FatalErrorTrap.h - LLVM's fatal errors as values --------*- C++ -*-===//
//
// LLVM's backends end the process when they meet something they cannot select. A compiler inside another
// program must not: this trap turns such an end into a message.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_GPUTOPTX_FATALERRORTRAP_H
#define ASHLAR_LIB_GPUTOPTX_FATALERRORTRAP_H

#include "llvm/ADT/STLFunctionalExtras.h"

#include <optional>
#include <string>

namespace ashlar {

/// Runs `action`; the result is LLVM's message if it gave up, and nothing if `action` returned. When LLVM
/// gives up, the frames below are abandoned without running destructors: whatever `action` owns must be owned
/// outside of it, and the LLVM objects it worked on must be leaked rather than destroyed. Other threads and
/// nested code outside of a trap keep LLVM's own behaviour; a fatal-error handler that the embedding program
/// had installed is replaced for good.
std::optional<std::string> trapFatalErrors(llvm::function_ref<void()> action);

} // namespace ashlar

#endif // ASHLAR_LIB_GPUTOPTX_FATALERRORTRAP_H
