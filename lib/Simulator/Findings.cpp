//===-- Findings.cpp - Collecting reports ---------------------------------===//
//
// Counts equal findings, merges those of several host threads and turns them into reports.
//
//===----------------------------------------------------------------------===//

#include "Findings.h"
#include <algorithm>

namespace ashlar::simulator {

const char *reportKindName(ReportKind kind) {
  switch (kind) {
  case ReportKind::OutOfBoundsGlobal:
    return "out-of-bounds-global";
  case ReportKind::OutOfBoundsShared:
    return "out-of-bounds-shared";
  case ReportKind::UninitializedShared:
    return "uninitialized-shared";
  case ReportKind::SharedRace:
    return "shared-race";
  case ReportKind::IncompleteCopy:
    return "incomplete-copy";
  case ReportKind::Misaligned:
    return "misaligned";
  case ReportKind::BarrierDivergence:
    return "barrier-divergence";
  case ReportKind::WarpDivergence:
    return "warp-divergence";
  case ReportKind::Deadlock:
    return "deadlock";
  case ReportKind::RedZoneWritten:
    return "red-zone-written";
  case ReportKind::AsyncRace:
    return "async-race";
  case ReportKind::MissingProxyFence:
    return "missing-proxy-fence";
  case ReportKind::MemoryBarrier:
    return "memory-barrier";
  case ReportKind::BlockLifetime:
    return "block-lifetime";
  case ReportKind::RegisterBudget:
    return "register-budget";
  case ReportKind::InvalidTensorMap:
    return "invalid-tensor-map";
  case ReportKind::WgmmaMissingFence:
    return "wgmma-missing-fence";
  case ReportKind::WgmmaIncomplete:
    return "wgmma-incomplete";
  }
  return "unknown";
}

static std::string dimText(const Dim3 &dim) {
  return "(" + std::to_string(dim[0]) + "," + std::to_string(dim[1]) + "," + std::to_string(dim[2]) + ")";
}

std::string Report::text() const {
  std::string line = std::string(reportKindName(kind)) + ": kernel '" + kernel + "', block " +
                     dimText(block) + ", thread " + dimText(thread);
  if (!location.empty())
    line += ", at " + location + " (" + operation + ")";
  if (!detail.empty())
    line += ", " + detail;
  if (bytes)
    line += ", " + std::to_string(bytes) + " bytes at offset " + std::to_string(offset);
  if (!otherLocation.empty() || otherBlock != block)
    line += "; the other party:";
  if (otherBlock != block)
    line += " block " + dimText(otherBlock);
  if (!otherLocation.empty())
    line += " thread " + dimText(otherThread) + ", at " + otherLocation + " (" + otherOperation + ")";
  if (count > 1)
    line += "; " + std::to_string(count) + " times";
  return line;
}

void Findings::add(const Finding &finding) {
  auto [position, isNew] = entries.try_emplace({finding.kind, finding.site, finding.otherSite}, finding);
  if (isNew)
    return;
  Finding &kept = position->second;
  uint64_t count = kept.count + finding.count;
  if (finding.block < kept.block)
    kept = finding;
  kept.count = count;
}

void Findings::merge(const Findings &other) {
  for (const auto &[key, finding] : other.entries)
    add(finding);
}

static Dim3 unflatten(uint64_t index, const Dim3 &size) {
  return {uint32_t(index % size[0]), uint32_t(index / size[0] % size[1]),
          uint32_t(index / size[0] / size[1] % size[2])};
}

std::vector<Report> Findings::reports(const AshlarSimulatorModule &module, const std::string &kernel,
                                      Dim3 grid, Dim3 block, size_t limit) const {
  std::vector<Finding> ordered;
  for (const auto &[key, finding] : entries)
    ordered.push_back(finding);
  std::sort(ordered.begin(), ordered.end(), [](const Finding &a, const Finding &b) {
    return std::tie(a.block, a.kind, a.site, a.otherSite) < std::tie(b.block, b.kind, b.site, b.otherSite);
  });
  std::vector<Report> result;
  for (const Finding &finding : std::span(ordered).first(std::min(limit, ordered.size()))) {
    Report report;
    report.kind = finding.kind;
    report.kernel = kernel;
    report.block = unflatten(finding.block, grid);
    if (finding.thread != none)
      report.thread = unflatten(finding.thread, block);
    report.otherBlock =
        finding.otherBlock == Finding::sameBlock ? report.block : unflatten(finding.otherBlock, grid);
    if (finding.otherThread != none)
      report.otherThread = unflatten(finding.otherThread, block);
    if (finding.site < module.siteCount) {
      report.location = module.strings + module.sites[finding.site].location;
      report.operation = module.strings + module.sites[finding.site].operation;
    }
    if (finding.otherSite < module.siteCount) {
      report.otherLocation = module.strings + module.sites[finding.otherSite].location;
      report.otherOperation = module.strings + module.sites[finding.otherSite].operation;
    }
    report.offset = finding.offset;
    report.bytes = finding.bytes;
    report.detail = finding.detail;
    report.count = finding.count;
    result.push_back(std::move(report));
  }
  return result;
}

} // namespace ashlar::simulator
