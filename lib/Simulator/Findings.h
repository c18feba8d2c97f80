//===-- Findings.h - Collecting reports -----------------------------------===//
//
// A finding is a report before it is made readable: site indices and thread numbers. Each host thread
// collects its own; the launch merges them, so that the outcome does not depend on which host thread ran
// which block.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_SIMULATOR_FINDINGS_H
#define ASHLAR_LIB_SIMULATOR_FINDINGS_H

#include "ashlar/Simulator/Simulator.h"
#include "ashlar/Simulator/SimulatorABI.h"
#include <map>
#include <tuple>

namespace ashlar::simulator {

/// No thread, no site.
inline constexpr uint32_t none = ASHLAR_SIMULATOR_NO_SITE;

struct Finding {
  static constexpr uint64_t sameBlock = ~uint64_t(0);
  ReportKind kind;
  uint32_t site = none, otherSite = none;
  uint32_t thread = none, otherThread = none;
  uint64_t block = 0, otherBlock = sameBlock;
  int64_t offset = 0;
  uint32_t bytes = 0;
  uint64_t count = 1;
  std::string detail = {};
};

class Findings {
public:
  /// Counts the finding, and keeps it if it is the first of its kind at its sites.
  void add(const Finding &finding);
  /// Adds what another host thread found. Of equal findings the one of the lowest block stays.
  void merge(const Findings &other);
  void clear() { entries.clear(); }
  bool empty() const { return entries.empty(); }

  /// Readable reports ordered by block, kind and site, at most `limit`.
  std::vector<Report> reports(const AshlarSimulatorModule &module, const std::string &kernel, Dim3 grid,
                              Dim3 block, size_t limit) const;
  size_t size() const { return entries.size(); }

private:
  using Key = std::tuple<ReportKind, uint32_t, uint32_t>;
  std::map<Key, Finding> entries;
};

} // namespace ashlar::simulator

#endif
