//===-- WarpInstructions.h - Collectives and copies, as generated code calls them ---===//
//
// The entries of AshlarSimulatorApi that concern more than the calling thread; SimulatorABI.h describes them.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_WARPINSTRUCTIONS_H
#define ASHLAR_LIB_SIMULATOR_WARPINSTRUCTIONS_H

#include "Block.h"

namespace ashlar::simulator {

inline Thread &threadOf(AshlarSimulatorThread *thread) { return *static_cast<Thread *>(thread); }

/// The row of the exchange area that belongs to the thread's lane.
inline uint32_t *exchangeOf(Thread &thread) { return thread.block->warpOf(thread).exchange[thread.lane]; }

void barrier(AshlarSimulatorThread *self, uint32_t id, uint32_t count, uint32_t site);
uint32_t barrierReduce(AshlarSimulatorThread *self, uint32_t id, uint32_t count, uint32_t kind,
                       uint32_t predicate, uint32_t site);
void warpSync(AshlarSimulatorThread *self, uint32_t mask, uint32_t site);
uint64_t shuffle(AshlarSimulatorThread *self, uint32_t kind, uint32_t mask, uint32_t value, uint32_t offset,
                 uint32_t maskAndClamp, uint32_t site);
uint32_t vote(AshlarSimulatorThread *self, uint32_t kind, uint32_t mask, uint32_t predicate, uint32_t site);
uint32_t reduce(AshlarSimulatorThread *self, uint32_t kind, uint32_t mask, uint32_t value, uint32_t site);
uint32_t elect(AshlarSimulatorThread *self, uint32_t mask, uint32_t site);

void mma(AshlarSimulatorThread *self, const AshlarSimulatorMma *list, uint32_t count, uint32_t *registers);
void loadMatrix(AshlarSimulatorThread *self, const AshlarSimulatorMatrixLoad *list, uint32_t count,
                const void *const *rows, uint32_t *registers);
void storeMatrix(AshlarSimulatorThread *self, void *row, uint32_t flags, const uint32_t *registers,
                 uint32_t site);

void copyAsync(AshlarSimulatorThread *self, void *destination, const void *source, uint32_t bytes,
               uint32_t sourceBytes, uint32_t site);
void commitGroup(AshlarSimulatorThread *self);
void waitGroup(AshlarSimulatorThread *self, uint32_t pending, uint32_t site);

void wgmma(AshlarSimulatorThread *self, uint32_t variant, uint64_t a, uint64_t b, uint32_t accumulate,
           uint32_t *registers, uint32_t site);
void wgmmaFence(AshlarSimulatorThread *self, const uint32_t *registers, uint32_t count, uint32_t site);
void wgmmaCommit(AshlarSimulatorThread *self);
void wgmmaWait(AshlarSimulatorThread *self, uint32_t pending, uint32_t *registers, uint32_t count,
               uint32_t site);

} // namespace ashlar::simulator

#endif
