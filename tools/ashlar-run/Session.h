//===-- Session.h - one call of a function, from inputs to outputs -*- C++ -*-===//
//
// Loads a package onto a device, moves tensors there and back, and collects the profile.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TOOLS_ASHLAR_RUN_SESSION_H
#define ASHLAR_TOOLS_ASHLAR_RUN_SESSION_H

#include "HostTensor.h"
#include "Options.h"

#include "ashlar/Runtime/Executable.h"

namespace ashlar::run {

/// What a call gave.
struct CallResult {
  std::vector<HostTensor> outputs;
  /// Times are medians over the iterations, reports those of the last.
  std::vector<runtime::StepProfile> steps;
  std::string device, target;
};

/// The executable for the device that the options name; `simAsync` is the completion mode of the simulator. With
/// "auto" a GPU without driver or suitable image gives way to the simulator.
Expected<std::unique_ptr<runtime::Executable>> openExecutable(
    const std::shared_ptr<const package::PackageReader> &package, const Options &options, const std::string &simAsync);

/// Calls function `index` `iterations` times. Output memory is filled with ones bits before (NaN in float types), so
/// elements that no kernel writes show.
Expected<CallResult> callFunction(runtime::Executable &executable, unsigned index,
                                  const std::vector<HostTensor> &inputs, int iterations, bool profile);

} // namespace ashlar::run

#endif // ASHLAR_TOOLS_ASHLAR_RUN_SESSION_H
