//===-- RegisterBudget.h - Registers handed over by setmaxnreg ------------===//
//
// A block gets its registers at launch: what the assembler gave a thread, times the threads. setmaxnreg moves
// them between warp groups: `dec` puts registers into the block's pool, `inc` takes them and waits until
// there are enough. All warps of a warp group execute the same one (PTX ISA, "setmaxnreg").
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_REGISTERBUDGET_H
#define ASHLAR_LIB_SIMULATOR_REGISTERBUDGET_H

#include <cstdint>
#include <string>
#include <vector>

namespace ashlar::simulator {

struct Block;
struct Thread;

class RegisterBudget {
public:
  explicit RegisterBudget(Block &block) : block(block) {}

  /// `registers` of a thread at launch; 0 where the kernel leaves that open.
  void start(uint32_t registers, uint32_t warpCount);
  /// The warp of this thread, all of it, asks for `count` registers a thread.
  void request(const Thread &thread, uint32_t count, bool isIncrease, uint32_t site);
  /// Waits until the warp has what it asked for.
  void await(Thread &thread, uint32_t site);
  void reportStuck();
  /// Warps of one group that did not make the same requests; unless finished, some may still come.
  void reportUnequalGroups(bool isFinished);

private:
  struct Request {
    uint32_t count, site;
    bool operator==(const Request &other) const { return count == other.count; }
  };
  struct WarpRegisters {
    uint32_t held = 0;
    /// What it still has to get, of all its threads, and where it waits for that.
    uint32_t missing = 0, site = 0;
    std::vector<Request> requests;
  };
  void grant();
  void report(uint32_t warp, uint32_t site, std::string detail);

  Block &block;
  uint32_t initial = 0;
  int64_t pool = 0;
  std::vector<WarpRegisters> warps;
};

} // namespace ashlar::simulator

#endif
