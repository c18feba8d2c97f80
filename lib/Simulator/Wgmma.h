//===-- Wgmma.h - Warp groups and their asynchronous products -------------===//
//
// wgmma.mma_async, its fence, commit and wait. The 128 threads of a warp group (four warps, the first a
// multiple of four) meet at a product; the last to arrive executes it for all.
//
// When a product happens is the choice of AsyncMode:
//   Earliest  at issue; the registers hold the results at once.
//   Latest    at the wait that retires its group, which then reads shared memory. Until then the registers
//             hold *placeholders*: signalling NaN that name product and register. Arithmetic on one gives a
//             quiet NaN, which is no placeholder any more; further products take placeholders as accumulators
//             and find the values when they are computed, in the order of issue; a wait replaces those of
//             products that are complete.
//
// A group of products belongs to the warp group: it is complete for all of its threads when the first of them
// has waited for it. Only a thread that has waited itself may rely on it.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_WGMMA_H
#define ASHLAR_LIB_SIMULATOR_WGMMA_H

#include "Findings.h"
#include "MatrixDescriptor.h"
#include "WgmmaFences.h"
#include "WgmmaProduct.h"
#include <array>
#include <deque>
#include <memory>
#include <span>
#include <vector>

namespace ashlar::simulator {

struct Block;
struct Thread;

/// With checks, this many products are remembered to tell chains from registers that somebody has touched.
inline constexpr size_t rememberedProducts = 8;

/// What one thread hands over.
struct WgmmaCall {
  uint32_t variant;
  uint64_t a, b;
  uint32_t accumulate;
  uint32_t *registers;
  uint32_t site;

  bool isSameInstruction(const WgmmaCall &other) const {
    return variant == other.variant && a == other.a && b == other.b && accumulate == other.accumulate &&
           site == other.site;
  }
};

/// A product under way, or one whose results somebody may still ask for.
struct Product {
  uint64_t number = 0;
  WgmmaCall call{};
  bool isComputed = false, isRetired = false;
  /// Registers for which placeholders are about.
  uint32_t untaken = 0;
  /// The accumulators of thread t from t * N/2 on: what went in, then the results.
  std::vector<uint32_t> accumulators;
  std::vector<uint32_t> registersOfA;

  WgmmaShape shape() const { return WgmmaShape(call.variant); }
  /// Whether these are the placeholders of all its results, in order.
  bool leaves(std::span<const uint32_t> words) const;
  std::span<const uint32_t> resultsOf(uint32_t thread) const {
    uint32_t count = shape().accumulators();
    return std::span(accumulators).subspan(thread * count, count);
  }
};

class WarpGroup {
public:
  WarpGroup(Block &block, uint32_t firstWarp) : block(block), firstWarp(firstWarp) {}
  void startBlock();

  void issue(Thread &thread, const WgmmaCall &call);
  void fence(Thread &thread, std::span<const uint32_t> registers);
  void commit(Thread &thread);
  void wait(Thread &thread, uint32_t pending, std::span<uint32_t> registers);
  /// The thread has left the kernel.
  void exit(Thread &thread);
  /// Nobody can go on; names who is missing at a product.
  void reportStuck();

private:
  struct ThreadState {
    /// Products before these numbers belong to the committed groups, oldest first.
    std::vector<uint64_t> groupEnds;
    /// Products before this number are complete for the thread.
    uint64_t retired = 0;
    WgmmaFences fences;
  };
  uint32_t indexOf(const Thread &thread) const;
  uint32_t liveThreads() const;
  void completeMeeting();
  void execute();
  void hideResults(Product &product);
  void compute(const WgmmaCall &call, uint32_t *const *accumulators, const uint32_t *const *registersOfA);
  void computeLate(Product &product);
  void retire(uint64_t end);
  Product &addProduct();
  Product *find(uint32_t placeholder);
  /// Replaces placeholders of the thread whose products are computed and have a number below `end`.
  void resolve(std::span<uint32_t> words, uint32_t thread, uint64_t end);
  void forget();

  //===-- Checks (WgmmaChecks.cpp) ----------------------------------------------------------------------===//

  void check();
  bool isChain(uint32_t thread, std::span<const uint32_t> words) const;
  void checkFences();
  void checkOperand(const MatrixOperand &operand, bool isA);
  /// What reads shared memory for the group.
  uint32_t agent() const;
  /// The thread may write where retired products have read.
  void learnOfReads(const Thread &thread);

  Block &block;
  const uint32_t firstWarp;
  /// The meeting: the call of the first to arrive, and where everybody's registers are.
  WgmmaCall meeting{};
  uint32_t arrived = 0, firstThread = none;
  std::array<uint32_t, 4> arrivedLanes{};
  std::array<uint32_t *, groupThreads> registers{};

  /// How many products there were, and how many of the first are complete.
  uint64_t issued = 0, retired = 0;
  uint32_t lastSite = none;
  std::array<ThreadState, groupThreads> threads;
  std::deque<std::unique_ptr<Product>> products;
  std::vector<std::unique_ptr<Product>> spare;
  /// The agent's stamp for each product, with checks.
  std::vector<uint32_t> readStamps;
  std::vector<uint32_t> absentRegisters;
};

/// The warp groups of a block, made when they first execute something.
class WarpGroups {
public:
  explicit WarpGroups(Block &block) : block(block) {}
  void startBlock();
  WarpGroup &of(const Thread &thread);
  void exit(Thread &thread);
  void reportStuck();

  /// Shared by all groups: only one computes at a time.
  WgmmaTiles tiles;
  std::array<const char *, 2 * maximumGroupColumns> chunks;

private:
  Block &block;
  std::array<std::unique_ptr<WarpGroup>, 8> groups;
};

} // namespace ashlar::simulator

#endif
