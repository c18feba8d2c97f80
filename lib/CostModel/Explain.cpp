//===-- Explain.cpp - why a schedule was chosen -----------------------------===//
//
// Tables of candidates.
//
//===------------------------------------------------------------------------===//
#include "ashlar/CostModel/Explain.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>

using namespace ashlar;
using namespace ashlar::cost;

/// How many of the best candidates are shown, and of those that differ in stages and the like only.
static constexpr size_t shownCandidates = 10, shownOfATile = 3;

static std::string number(int64_t value) { return std::to_string(value); }

static std::string product(std::initializer_list<int64_t> extents) {
  std::string text;
  for (int64_t extent : extents)
    text += (text.empty() ? "" : "x") + number(extent);
  return text;
}

static std::string count(int64_t value, std::string_view noun) {
  return number(value) + " " + std::string(noun) + (value == 1 ? "" : "s");
}

//===-- Schedules -------------------------------------------------------------===//

Candidate cost::describe(const MatmulSchedule &schedule) {
  bool isScalar = schedule.threads == schedule.gridM * schedule.gridN;
  return {isScalar ? "fma" : "mma_sync", product({schedule.tileM, schedule.tileN, schedule.tileK}),
          product({schedule.gridM, schedule.gridN}) + (isScalar ? " threads, " : " warps, ") +
              count(schedule.stages, "stage"),
          schedule.cycles};
}

Candidate cost::describe(const AttentionSchedule &schedule) {
  bool isScalar = schedule.threads == schedule.gridM * schedule.gridN;
  std::string text = product({schedule.gridM, schedule.gridN}) + (isScalar ? " threads, " : " warps, ") +
                     count(schedule.stages, "stage");
  if (schedule.packing > 1)
    text += ", " + count(schedule.packing, "head") + " packed";
  return {isScalar ? "fma" : "mma_sync", product({schedule.queryTile, schedule.keyTile}), text,
          schedule.cycles};
}

Candidate cost::describe(const WarpgroupMatmulSchedule &schedule) {
  std::string text = count(schedule.consumers, "consumer") + ", " + count(schedule.stages, "stage");
  if (schedule.clusterM * schedule.clusterN > 1)
    text += ", cluster " + product({schedule.clusterM, schedule.clusterN});
  if (schedule.isPersistent)
    text += ", persistent";
  if (schedule.rasterGroup > 1)
    text += ", groups of " + number(schedule.rasterGroup) +
            (schedule.rasterAxis == RasterAxis::M ? " along M" : " along N");
  if (schedule.epilogueParts > 1)
    text += ", results in " + count(schedule.epilogueParts, "part");
  if (schedule.splitK > 1)
    text += ", K split by " + number(schedule.splitK);
  if (schedule.isSwapped)
    text += ", swapped";
  bool hasRoles = schedule.roles != WarpgroupRoles::None;
  return {"wgmma " + std::string(hasRoles ? nameOf(schedule.roles) : "without roles"),
          product({schedule.tileM, schedule.tileN, schedule.tileK}), text, schedule.cycles};
}

Candidate cost::describe(const WarpgroupAttentionSchedule &schedule) {
  std::string text = count(schedule.consumers, "consumer") + ", " + count(schedule.stages, "stage");
  if (schedule.isOverlapped)
    text += ", products under the softmax";
  if (schedule.sharesProbabilities)
    text += ", probabilities by shared memory";
  if (schedule.packing > 1)
    text += ", " + count(schedule.packing, "head") + " packed";
  if (schedule.isPersistent)
    text += ", persistent";
  if (schedule.splitKeys > 1)
    text += ", keys split by " + number(schedule.splitKeys);
  return {schedule.isPingpong ? "wgmma pingpong" : "wgmma cooperative",
          product({schedule.queryTile, schedule.keyTile}), text, schedule.cycles};
}

//===-- Tables ----------------------------------------------------------------===//

static std::string padLeft(std::string text, size_t width) {
  return std::string(text.size() < width ? width - text.size() : 0, ' ') + text;
}

static std::string clocks(double value) { return number(std::llround(value)); }

static std::string decimal(double value, const char *format) {
  char text[32];
  std::snprintf(text, sizeof(text), format, value);
  return text;
}

static std::string heading() {
  std::string line = "  rank     total";
  for (const CycleField &field : allCycleFields())
    line += padLeft(std::string(field.name), 10);
  return line + "   waves  schedule";
}

static std::string row(size_t rank, const Candidate &candidate) {
  std::string line = padLeft(number(rank), 6) + padLeft(clocks(candidate.cycles.total), 10);
  for (const CycleField &field : allCycleFields())
    line += padLeft(clocks(candidate.cycles.*field.member), 10);
  return line + padLeft(decimal(candidate.cycles.waves, "%.2f"), 8) + "  " + candidate.kind + " " +
         candidate.tile + ", " + candidate.text;
}

/// What bounds a candidate, and where it takes longer than the first one.
static std::string loss(size_t rank, const Candidate &candidate, const Candidate &first) {
  const KernelCycles &mine = candidate.cycles, &best = first.cycles;
  auto moreIn = [&](const CycleField &field) { return mine.*field.member - best.*field.member; };
  CycleField bound = bottleneckOf(mine), worst = *std::ranges::max_element(allCycleFields(), {}, moreIn);
  std::string line = padLeft(number(rank), 6) + "  " +
                     decimal(100 * (mine.total - best.total) / best.total, "%.1f") + "% slower: ";
  if (moreIn(bound) >= 1)
    return line + "bound by " + std::string(bound.name) + ", which takes " + clocks(moreIn(bound)) + " more";
  if (moreIn(worst) >= 1)
    return line + clocks(moreIn(worst)) + " more in " + std::string(worst.name) + ", bound by " +
           std::string(bound.name) + " no more than the first";
  return line + (mine.total > best.total ? "its resources overlap less" : "a tie");
}

/// The best candidates, few of a tile, and the best of each kind beyond them.
static std::vector<size_t> chooseShown(const Comparison &comparison) {
  std::vector<size_t> shown;
  std::set<std::string_view> kinds;
  std::map<std::pair<std::string_view, std::string_view>, size_t> tiles;
  for (size_t index = 0; index < comparison.candidates.size(); ++index) {
    const Candidate &candidate = comparison.candidates[index];
    bool isNewKind = kinds.insert(candidate.kind).second;
    bool isAmongBest =
        shown.size() < shownCandidates && tiles[{candidate.kind, candidate.tile}]++ < shownOfATile;
    if (isNewKind || isAmongBest)
      shown.push_back(index);
  }
  return shown;
}

std::string cost::explain(const Comparison &comparison) {
  std::string text = comparison.problem + ": " +
                     count(int64_t(comparison.candidates.size()), "legal schedule") + ", predicted clocks";
  std::vector<size_t> shown = chooseShown(comparison);
  if (!shown.empty())
    text += "\n" + heading();
  for (size_t index : shown)
    text += "\n" + row(index + 1, comparison.candidates[index]);
  if (!shown.empty())
    text += "\nthe first is bound by " + std::string(bottleneckOf(comparison.candidates[0].cycles).name);
  for (size_t index : shown)
    if (index > 0)
      text += "\n" + loss(index + 1, comparison.candidates[index], comparison.candidates[0]);
  for (const Refusal &refusal : comparison.refusals)
    text += "\nno " + refusal.kind + ": " + refusal.reason;
  return text;
}
