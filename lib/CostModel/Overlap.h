//===-- Overlap.h - how long two things take at the same time ---------------===//
//
// What the cycle estimates of all families have in common.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_COSTMODEL_OVERLAP_H
#define ASHLAR_LIB_COSTMODEL_OVERLAP_H

#include <algorithm>

namespace ashlar::cost {

/// The longer one rules, but nothing overlaps perfectly: a tenth of the shorter one shows.
inline double overlap(double a, double b) { return std::max(a, b) + 0.1 * std::min(a, b); }

} // namespace ashlar::cost

#endif // ASHLAR_LIB_COSTMODEL_OVERLAP_H
