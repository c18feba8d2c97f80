//===-- RingKernel.h - A ring of stages with faults to plant --------------===//
//
// Writes the skeleton of Hopper's kernels as an LLVM-level module: one thread copies boxes by a tensor map
// into a ring of stages and a warp consumes them, each with a pair of memory barriers; the warp doubles every
// element in a staging buffer, from which one lane stores it by another tensor map. Every synchronisation in
// it can be left out or spoilt.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TEST_UNIT_SIMULATOR_RINGKERNEL_H
#define ASHLAR_TEST_UNIT_SIMULATOR_RINGKERNEL_H

#include <cstdint>
#include <string>

namespace ashlar::test {

enum class RingFault {
  None,
  NoWaitForData,     ///< after the first trip the consumer reads a stage without waiting for it
  FlippedPhase,      ///< the consumer waits for the phase of the other parity
  NoWaitForStage,    ///< the producer fills a stage that may still be read
  FlippedStagePhase, ///< the producer waits for the phase of the other parity: forever
  ShortExpectation,  ///< fewer bytes are expected than come
  LongExpectation,   ///< more bytes are expected than come
  EarlyRelease,      ///< the consumer hands a stage back before it reads it
  NoWarpSync,        ///< the arriving lane does not wait for the others of its warp
  NoReleaseFence,    ///< the reads of a stage have no proxy fence before it is filled again
  NoStoreFence,      ///< the staging buffer has no proxy fence before the store
  NoStoreSync,       ///< the storing lane does not wait for the writes of the others
  NoStoreWait,       ///< the staging buffer is overwritten while the store may read it
  NoFinalStoreWait,  ///< the block ends while the store may read it
  NoInitFence,       ///< copies may not see the initialised barriers
  NoInitBarrier,     ///< threads use the barriers before they are initialised
  NoInit,            ///< nobody initialises the barriers
  InitTwice,         ///< a barrier is initialised again while it is in use
  StoreToBarrier,    ///< an ordinary store into a barrier
  TooManyArrivals,   ///< every lane of the warp hands the stage back
  UnalignedBox,      ///< the stage is no multiple of 128 bytes
  OutOfShared,       ///< the last stage lies behind the end of shared memory
};

struct RingKernel {
  uint32_t stages = 2;
  RingFault fault = RingFault::None;
  /// The results are added to the output.
  bool adds = false;

  static constexpr uint32_t columns = 32, rows = 4, boxBytes = 4 * columns * rows, threads = 64;
  static constexpr uint32_t stagingOffset = 8192, barrierOffset = 10240, sharedBytes = 10240 + 256;

  /// The module, with kernel @ring(trips, map of the input, map of the output).
  std::string text() const;
};

} // namespace ashlar::test

#endif
