//===-- PhaseScheduleTest.cpp - one run against many orders ----------------===//
//
// PhaseModel.h argues that one run with clocks decides about every order. Here rings with a random fault run
// in random orders, with every warp, the parities of the hardware and copies that arrive whenever they like:
// what the model accepts must never go wrong, and what it refuses should.
//
//===----------------------------------------------------------------------===//
#include "RingProgram.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>

using namespace ashlar::tile::phases;

namespace {

/// A block that executes a program in an order drawn at random, and looks at what happens.
class Block {
public:
  Block(const Program &program, std::mt19937 &random) : program(program), random(random) {
    for (const Barrier &barrier : program.barriers)
      barriers.push_back({0, barrier.arrivals, 0});
    slots.assign(program.slots, -1);
    for (uint32_t role = 0; role < program.roles.size(); ++role)
      for (int64_t warp = 0; warp < program.roles[role].warps; ++warp)
        warps.push_back({role, 0, std::uniform_int_distribution<int>(1, 20)(random), {}});
    copyWeight = std::uniform_int_distribution<int>(1, 20)(random);
  }

  /// Whether all went well: everybody came to the end, and read what was meant.
  bool run() {
    while (isCorrect) {
      std::vector<int> weights;
      for (const Warp &warp : warps)
        weights.push_back(canGoOn(warp) ? warp.weight : 0);
      for (size_t i = 0; i < copies.size(); ++i)
        weights.push_back(copyWeight);
      if (std::all_of(weights.begin(), weights.end(), [](int weight) { return weight == 0; }))
        break;
      size_t chosen = std::discrete_distribution<size_t>(weights.begin(), weights.end())(random);
      chosen < warps.size() ? step(warps[chosen]) : arrive(chosen - warps.size());
      // The block ends when its warps do; what is still under way then writes into somebody else's memory.
      if (std::all_of(warps.begin(), warps.end(), [&](const Warp &warp) { return hasEnded(warp); }))
        return isCorrect && copies.empty() && std::all_of(warps.begin(), warps.end(), [](const Warp &warp) {
                 return warp.products.empty();
               });
    }
    return isCorrect &&
           std::all_of(warps.begin(), warps.end(), [&](const Warp &warp) { return hasEnded(warp); });
  }

private:
  struct Warp {
    uint32_t role;
    size_t next;
    int weight;
    std::vector<std::vector<uint32_t>> products; ///< The slots that each reads.
  };
  struct State {
    int64_t phase, missing, bytes;
  };

  bool hasEnded(const Warp &warp) const { return warp.next == program.roles[warp.role].events.size(); }

  bool canGoOn(const Warp &warp) const {
    if (hasEnded(warp))
      return false;
    const Event &event = program.roles[warp.role].events[warp.next];
    return event.step != Step::Wait || barriers[event.barrier].phase % 2 != event.amount;
  }

  void settle(uint32_t number) {
    State &barrier = barriers[number];
    isCorrect &= barrier.missing >= 0;
    if (barrier.missing == 0 && barrier.bytes == 0)
      barrier = {barrier.phase + 1, program.barriers[number].arrivals, 0};
  }

  void arrive(size_t number) {
    const Event &copy = *copies[number];
    slots[copy.slot] = copy.origin;
    barriers[copy.barrier].bytes -= copy.amount;
    copies.erase(copies.begin() + number);
    settle(copy.barrier);
  }

  void startCopy(const Event &event) {
    for (const Warp &warp : warps)
      for (const std::vector<uint32_t> &product : warp.products)
        isCorrect &= std::find(product.begin(), product.end(), event.slot) == product.end();
    slots[event.slot] = -1;
    copies.push_back(&event);
  }

  void step(Warp &warp) {
    const Event &event = program.roles[warp.role].events[warp.next++];
    switch (event.step) {
    case Step::Wait:
      break;
    case Step::Expect:
      barriers[event.barrier].bytes += event.amount;
      [[fallthrough]];
    case Step::Arrive:
      --barriers[event.barrier].missing;
      settle(event.barrier);
      break;
    case Step::Copy:
      startCopy(event);
      break;
    case Step::Read:
      isCorrect &= slots[event.slot] == static_cast<int64_t>(event.origin);
      if (event.amount)
        warp.products.back().push_back(event.slot);
      break;
    case Step::Start:
      warp.products.emplace_back();
      break;
    case Step::Retire:
      if (warp.products.size() > static_cast<size_t>(event.amount))
        warp.products.erase(warp.products.begin(), warp.products.end() - event.amount);
      break;
    }
  }

  const Program &program;
  std::mt19937 &random;
  std::vector<State> barriers;
  std::vector<int64_t> slots; ///< The iteration whose data they hold; -1 for none.
  std::vector<Warp> warps;
  std::vector<const Event *> copies;
  int copyWeight;
  bool isCorrect = true;
};

/// Plants a fault, which may be none.
void change(Program &program, std::mt19937 &random) {
  auto draw = [&](size_t below) { return std::uniform_int_distribution<size_t>(0, below - 1)(random); };
  std::vector<Event> &events = program.roles[draw(2)].events;
  size_t at = draw(events.size());
  Event &event = events[at];
  bool isRead = event.step == Step::Read || event.step == Step::Start;
  switch (draw(6)) {
  case 0:
    if (!isRead)
      events.erase(events.begin() + at);
    break;
  case 1:
    if (at + 1 < events.size() && !isRead && events[at + 1].step != Step::Read)
      std::swap(event, events[at + 1]);
    break;
  case 2:
    if (event.step == Step::Wait)
      event.amount = 1 - event.amount;
    break;
  case 3:
    program.barriers[draw(program.barriers.size())].arrivals = 1 + draw(4);
    break;
  case 4:
    if (event.step == Step::Expect || event.step == Step::Copy)
      event.amount += draw(2) ? 16 : -16;
    break;
  case 5:
    if (event.step == Step::Retire)
      event.amount = draw(3);
    break;
  }
}

} // namespace

TEST(PhaseScheduleTest, ModelAgreesWithRandomOrders) {
  constexpr int programs = 2000, orders = 40;
  std::mt19937 random(7);
  auto draw = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  int refused = 0, confirmed = 0, accepted = 0;
  for (int i = 0; i < programs; ++i) {
    bool products = draw(0, 1);
    RingProgram ring(draw(1 + products, 3), draw(1, 8), draw(1, 3), products);
    for (int changes = draw(0, 2); changes > 0; --changes)
      change(ring.program, random);
    std::optional<Finding> finding = findFault(ring.program);
    bool isCorrect = true;
    for (int order = 0; order < orders && isCorrect; ++order)
      isCorrect = Block(ring.program, random).run();
    if (!finding)
      EXPECT_TRUE(isCorrect) << "program " << i << " is accepted and goes wrong";
    accepted += !finding;
    refused += finding.has_value();
    confirmed += finding && !isCorrect;
  }
  RecordProperty("accepted", accepted);
  RecordProperty("refused", refused);
  RecordProperty("confirmed", confirmed);
  EXPECT_GT(accepted, programs / 4);
  // Not each: an arrival too many in a phase that nobody waits for does no harm.
  EXPECT_GT(confirmed, refused * 9 / 10);
}
