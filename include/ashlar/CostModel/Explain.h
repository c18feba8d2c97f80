//===-- Explain.h - Why a schedule was chosen -------------------*- C++ -*-===//
//
// Text for `ashlar-compile --explain`: the best candidates and the best of every kind in a table, what bounds
// each, why it is not the first, and which kinds of schedules are not legal at all. Pure functions.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_COSTMODEL_EXPLAIN_H
#define ASHLAR_COSTMODEL_EXPLAIN_H

#include "ashlar/CostModel/WarpgroupAttentionSchedule.h"
#include "ashlar/CostModel/WarpgroupMatmulSchedule.h"

#include <string>
#include <vector>

namespace ashlar::cost {

/// A schedule, as far as its explanation is concerned.
struct Candidate {
  std::string kind; ///< "wgmma pingpong", "mma_sync".
  std::string tile; ///< "128x256x64".
  std::string text; ///< Stages and the like, in one line.
  KernelCycles cycles;
};

Candidate describe(const MatmulSchedule &schedule);
Candidate describe(const AttentionSchedule &schedule);
Candidate describe(const WarpgroupAttentionSchedule &schedule);
Candidate describe(const WarpgroupMatmulSchedule &schedule);

/// A kind of schedules of which none is legal.
struct Refusal {
  std::string kind, reason;
};

/// All that was considered for one kernel.
struct Comparison {
  std::string problem;               ///< "matmul 4096 x 4096 x 4096 for sm_90a".
  std::vector<Candidate> candidates; ///< Best first.
  std::vector<Refusal> refusals;
};

/// Several lines, the last without a line's end.
std::string explain(const Comparison &comparison);

} // namespace ashlar::cost

#endif // ASHLAR_COSTMODEL_EXPLAIN_H
