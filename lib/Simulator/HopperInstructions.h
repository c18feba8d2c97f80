//===-- HopperInstructions.h - What sm_90 added, as generated code calls it ---===//
//
// Memory barriers, copies by tensor maps, clusters and register hand-over; SimulatorABI.h describes them.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_HOPPERINSTRUCTIONS_H
#define ASHLAR_LIB_SIMULATOR_HOPPERINSTRUCTIONS_H

#include "ashlar/Simulator/SimulatorABI.h"

namespace ashlar::simulator {

void addHopperInstructions(AshlarSimulatorApi &table);
/// Those of them that take tensor maps.
void addTensorInstructions(AshlarSimulatorApi &table);

} // namespace ashlar::simulator

#endif
