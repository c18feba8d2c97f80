//===-- RingProgram.h - rings written down step by step ---------------------===//
//
// One producer and one role of consumers that share a ring of stages, as the passes would make them. Every
// step has its iteration as origin.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_TEST_UNIT_TILE_RINGPROGRAM_H
#define ASHLAR_TEST_UNIT_TILE_RINGPROGRAM_H

#include "lib/Tile/PhaseModel.h"

namespace ashlar::tile::phases {

inline Event onBarrier(uint32_t barrier, Step step, int64_t amount = 0) {
  Event event{step};
  event.barrier = barrier;
  event.amount = amount;
  return event;
}

inline Event onSlot(uint32_t slot, Step step, int64_t amount = 0, uint32_t barrier = 0) {
  Event event = onBarrier(barrier, step, amount);
  event.slot = slot;
  return event;
}

/// Stage s is slot s, with the barriers s (full) and stages + s (empty). With `products`, stages are read by
/// products and handed back an iteration later.
struct RingProgram {
  Program program;
  uint32_t stages;

  RingProgram(uint32_t stages, uint32_t iterations, int64_t warps = 4, bool products = false)
      : stages(stages) {
    for (uint32_t i = 0; i < 2 * stages; ++i)
      program.barriers.push_back({i < stages ? 1 : warps, i / stages});
    program.slots = stages;
    program.rings = 2;
    program.roles.resize(2);
    program.roles[1].warps = warps;
    for (uint32_t i = 0; i < iterations; ++i)
      products ? addProduct(i) : addRead(i);
    if (products && iterations > 0) {
      add(1, iterations, Event{Step::Retire});
      add(1, iterations, onBarrier(stages + (iterations - 1) % stages, Step::Arrive));
    }
  }

  std::vector<Event> &producer() { return program.roles[0].events; }
  std::vector<Event> &consumer() { return program.roles[1].events; }

private:
  void add(uint32_t role, uint32_t iteration, Event event) {
    event.origin = iteration;
    program.roles[role].events.push_back(event);
  }

  void addFill(uint32_t i) {
    add(0, i, onBarrier(stages + i % stages, Step::Wait, 1 - i / stages % 2));
    add(0, i, onBarrier(i % stages, Step::Expect, 64));
    add(0, i, onSlot(i % stages, Step::Copy, 64, i % stages));
  }

  void addRead(uint32_t i) {
    addFill(i);
    add(1, i, onBarrier(i % stages, Step::Wait, i / stages % 2));
    add(1, i, onSlot(i % stages, Step::Read));
    add(1, i, onBarrier(stages + i % stages, Step::Arrive));
  }

  void addProduct(uint32_t i) {
    addFill(i);
    add(1, i, onBarrier(i % stages, Step::Wait, i / stages % 2));
    add(1, i, Event{Step::Start});
    add(1, i, onSlot(i % stages, Step::Read, 1));
    Event retire{Step::Retire};
    retire.amount = 1;
    add(1, i, retire);
    if (i > 0)
      add(1, i, onBarrier(stages + (i - 1) % stages, Step::Arrive));
  }
};

} // namespace ashlar::tile::phases

#endif // ASHLAR_TEST_UNIT_TILE_RINGPROGRAM_H
