//===-- Api.cpp - The table that generated code calls through -------------===//
//
// Fills AshlarSimulatorApi. The functions of the table do not unwind and are called on the stack of a fiber.
//
//===----------------------------------------------------------------------===//

#include "CurrentThread.h"
#include "HopperInstructions.h"
#include "SpecialFunctions.h"
#include "WarpInstructions.h"

namespace ashlar::simulator {

static thread_local AshlarSimulatorThread *current = nullptr;

void setCurrentThread(AshlarSimulatorThread *thread) { current = thread; }

static AshlarSimulatorThread *currentThread() { return current; }

static void *access(AshlarSimulatorThread *self, void *address, uint32_t bytes, uint32_t flags,
                    uint32_t site) {
  auto &thread = *static_cast<Thread *>(self);
  return thread.block->access(thread, address, bytes, flags, site);
}

template <float (*function)(float)>
static float special(AshlarSimulatorThread *self, float x) {
  static_cast<Thread *>(self)->count(Instruction::SpecialFunction);
  return function(x);
}

const AshlarSimulatorApi &simulatorApi() {
  static const AshlarSimulatorApi api = [] {
    AshlarSimulatorApi table{};
    table.version = ASHLAR_SIMULATOR_ABI_VERSION;
    table.bytes = sizeof table;
    table.currentThread = currentThread;
    table.access = access;
    table.barrier = barrier;
    table.barrierReduce = barrierReduce;
    table.warpSync = warpSync;
    table.shuffle = shuffle;
    table.vote = vote;
    table.reduce = reduce;
    table.elect = elect;
    table.mma = mma;
    table.loadMatrix = loadMatrix;
    table.storeMatrix = storeMatrix;
    table.copyAsync = copyAsync;
    table.commitGroup = commitGroup;
    table.waitGroup = waitGroup;
    table.ex2 = special<approximateEx2>;
    table.lg2 = special<approximateLg2>;
    table.tanh = special<approximateTanh>;
    table.rcp = special<approximateRcp>;
    table.rsqrt = special<approximateRsqrt>;
    table.sqrt = special<approximateSqrt>;
    table.sin = special<approximateSin>;
    table.cos = special<approximateCos>;
    table.prmt = permuteBytes;
    addHopperInstructions(table);
    table.wgmma = wgmma;
    table.wgmmaFence = wgmmaFence;
    table.wgmmaCommit = wgmmaCommit;
    table.wgmmaWait = wgmmaWait;
    return table;
  }();
  return api;
}

} // namespace ashlar::simulator
