//===-- ScheduleChoice.h - the best of several rankings ---------*- C++ -*-===//
//
// A kernel may have schedules of several kinds: by warps, by warp groups, by single threads. The cost model
// ranks each kind by itself; here the rankings become one.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TENSOR_SCHEDULECHOICE_H
#define ASHLAR_LIB_TENSOR_SCHEDULECHOICE_H

#include "ashlar/CostModel/Explain.h"
#include "ashlar/Target/TargetInfo.h"
#include "mlir/IR/BuiltinAttributes.h"

#include <map>

namespace ashlar {

/// What is wanted of the families of schedules.
struct ScheduleRequest {
  const TargetInfo &target;
  bool withWarpgroups = false; ///< Kernels by warp groups, too.
  size_t alternatives = 0;     ///< How many of the next best schedules to name.
  bool explain = false;
};

/// A family's answer.
struct ScheduleChoice {
  mlir::DictionaryAttr best;
  llvm::SmallVector<mlir::Attribute> alternatives; ///< Better ones first.
  std::string explanation;                         ///< Empty unless asked for.
};

/// Collects the ranked schedules of all kinds.
class ScheduleChooser {
public:
  ScheduleChooser(const ScheduleRequest &request, std::string problem) : request(request) {
    comparison.problem = std::move(problem);
  }

  /// Adds schedules of one family, best first, which `write` makes attributes of.
  template <typename Schedule>
  void add(const std::vector<Schedule> &ranked,
           llvm::function_ref<mlir::DictionaryAttr(const Schedule &)> write) {
    size_t written = 0;
    for (const Schedule &schedule : ranked) {
      cost::Candidate candidate = cost::describe(schedule);
      bool isWanted = written <= request.alternatives && isWorthTrying(candidate);
      written += isWanted;
      if (isWanted || request.explain)
        addOne(std::move(candidate), isWanted ? write(schedule) : mlir::DictionaryAttr());
      else if (written > request.alternatives)
        break;
    }
  }

  /// Says why there are no schedules of a kind.
  void refuse(std::string kind, std::string reason) {
    comparison.refusals.push_back({std::move(kind), std::move(reason)});
  }

  bool empty() const { return schedules.empty(); }

  /// The best schedule, and what was asked for beside. There must be one.
  ScheduleChoice choose();

private:
  /// What cannot be built for one tile can hardly be built for the same with another stage: two of a tile are
  /// enough.
  bool isWorthTrying(const cost::Candidate &candidate) {
    constexpr int mostOfATile = 2;
    return taken[{candidate.kind, candidate.tile}]++ < mostOfATile;
  }
  void addOne(cost::Candidate candidate, mlir::DictionaryAttr schedule) {
    comparison.candidates.push_back(std::move(candidate));
    schedules.push_back(schedule);
  }

  const ScheduleRequest &request;
  cost::Comparison comparison;
  llvm::SmallVector<mlir::DictionaryAttr> schedules; ///< Of comparison.candidates; null if not worth trying.
  std::map<std::pair<std::string, std::string>, int> taken; ///< How many of a kind and tile there are.
};

} // namespace ashlar

#endif // ASHLAR_LIB_TENSOR_SCHEDULECHOICE_H
