//===-- RegisterBudget.cpp - Registers handed over by setmaxnreg ----------===//
//
// Keeps the pool of a block, makes warps wait for it, and finds requests that the hardware forbids.
//
//===----------------------------------------------------------------------===//

#include "RegisterBudget.h"
#include "Block.h"
#include <algorithm>

namespace ashlar::simulator {

static constexpr uint32_t fewestRegisters = 24, mostRegisters = 256, registerStep = 8, groupWarps = 4;

void RegisterBudget::start(uint32_t registers, uint32_t warpCount) {
  initial = registers;
  pool = 0;
  warps.resize(warpCount);
  for (WarpRegisters &warp : warps) {
    warp.held = registers;
    warp.missing = 0;
    warp.requests.clear();
  }
}

void RegisterBudget::report(uint32_t warp, uint32_t site, std::string detail) {
  Finding finding = block.finding(ReportKind::RegisterBudget, block.threadAt(warp * warpLanes), site);
  finding.detail = std::move(detail);
  block.findings.add(finding);
}

void RegisterBudget::request(const Thread &thread, uint32_t count, bool isIncrease, uint32_t site) {
  WarpRegisters &warp = warps[thread.warp];
  warp.requests.push_back({count, site});
  if (!initial)
    return report(
        thread.warp, site,
        "the assembler ignores setmaxnreg: the kernel does not say how many threads a block has and how "
        "many blocks a multiprocessor runs, or its registers");
  if (count % registerStep || count < fewestRegisters || count > mostRegisters)
    return report(thread.warp, site,
                  std::to_string(count) + " registers are no multiple of 8 between 24 and 256");
  if (isIncrease ? count < warp.held : count > warp.held)
    return report(thread.warp, site,
                  std::string(isIncrease ? "inc" : "dec") + " from " + std::to_string(warp.held) + " to " +
                      std::to_string(count) + " registers");
  if (isIncrease)
    warp.missing = (count - warp.held) * warpLanes;
  else
    pool += int64_t(warp.held - count) * warpLanes;
  warp.held = count;
  warp.site = site;
  grant();
}

void RegisterBudget::grant() {
  for (uint32_t i = 0; i < warps.size(); ++i) {
    WarpRegisters &warp = warps[i];
    if (!warp.missing || pool < warp.missing)
      continue;
    pool -= warp.missing;
    warp.missing = 0;
    for (uint32_t lane = 0; lane < warpLanes; ++lane)
      if (block.warpAt(i).live >> lane & 1)
        if (Thread &thread = block.threadAt(i * warpLanes + lane); thread.waitSite == warp.site)
          block.release(thread);
  }
}

void RegisterBudget::await(Thread &thread, uint32_t site) {
  if (warps[thread.warp].missing)
    block.wait(thread, site);
}

void RegisterBudget::reportStuck() {
  reportUnequalGroups(/*isFinished=*/false);
  for (uint32_t i = 0; i < warps.size(); ++i)
    if (warps[i].missing)
      report(i, warps[i].site,
             "waits for " + std::to_string(warps[i].missing) + " registers, the pool has " +
                 std::to_string(pool));
}

void RegisterBudget::reportUnequalGroups(bool isFinished) {
  for (uint32_t i = 0; i < warps.size(); ++i) {
    const std::vector<Request> &first = warps[i / groupWarps * groupWarps].requests;
    const std::vector<Request> &own = warps[i].requests;
    size_t common = std::min(first.size(), own.size());
    bool agree = std::equal(first.begin(), first.begin() + ptrdiff_t(common), own.begin());
    if (agree && (first.size() == own.size() || !isFinished))
      continue;
    report(i, own.empty() ? first.back().site : own.back().site,
           "the warps of a warp group do not ask for the same registers");
  }
}

} // namespace ashlar::simulator
