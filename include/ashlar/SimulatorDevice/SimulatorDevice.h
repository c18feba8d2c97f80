//===-- SimulatorDevice.h - the simulator as a runtime device ---*- C++ -*-===//
//
// Joins Runtime and Simulator, neither of which knows the other. A program that wants the device "sim" links this
// library and calls registerSimulatorDevice() once, before it creates devices.
//
// Options of the device (DeviceOptions):
//   checks    on | off (default off)             races, bounds, uninitialised reads; a finding fails the call unless
//                                                the call is profiled, which then reports it
//   counters  on | off (default off)             memory traffic and bank conflicts, given in profiles
//   async     earliest | latest (default earliest)  when asynchronous copies complete
//   tensor-cores  fast | exact (default fast)    how tensor cores add: in f32, or bit by bit as on Hopper
//   threads   N (default 0: one per processor)   host threads that run blocks
//   multiprocessors  N (default: the environment variable ASHLAR_SIMULATOR_MULTIPROCESSORS, else 132)  how many the device
//                                                says it has, which bounds the grids of persistent kernels
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_SIMULATORDEVICE_SIMULATORDEVICE_H
#define ASHLAR_SIMULATORDEVICE_SIMULATORDEVICE_H

#include "ashlar/Runtime/Device.h"

namespace ashlar::runtime {

/// Makes "sim" known to createDevice.
void registerSimulatorDevice();

} // namespace ashlar::runtime

#endif // ASHLAR_SIMULATORDEVICE_SIMULATORDEVICE_H
