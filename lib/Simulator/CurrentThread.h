//===-- CurrentThread.h - Which simulated thread a kernel entry belongs to ---===//
//
// A kernel's entry has only the arguments of the kernel. It asks for its thread once, before anything can
// switch.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_CURRENTTHREAD_H
#define ASHLAR_LIB_SIMULATOR_CURRENTTHREAD_H

#include "ashlar/Simulator/SimulatorABI.h"

namespace ashlar::simulator {

/// The thread whose entry this host thread calls next.
void setCurrentThread(AshlarSimulatorThread *thread);

/// The table that generated code calls through.
const AshlarSimulatorApi &simulatorApi();

} // namespace ashlar::simulator

#endif
