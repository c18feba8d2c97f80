//===-- Compare.h - how far a result is from what was expected --*- C++ -*-===//
//
// An element passes when |got - expected| <= absolute + relative * |expected|; NaN equals NaN, infinities equal
// themselves. Integers pass by the same rule, with tolerance 0 unless stated.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_TOOLS_ASHLAR_RUN_COMPARE_H
#define ASHLAR_TOOLS_ASHLAR_RUN_COMPARE_H

#include "HostTensor.h"

namespace ashlar::run {

struct Comparison {
  package::Tolerance tolerance;
  double maxAbsoluteError = 0;
  /// Largest |got - expected| / max(|expected|, absolute tolerance): what is smaller than the absolute tolerance is
  /// measured against it.
  double maxRelativeError = 0;
  int64_t elements = 0;
  /// Elements outside the tolerance, and the one that is furthest outside.
  int64_t failures = 0;
  int64_t worstIndex = -1;
  double worstGot = 0, worstExpected = 0;

  bool passed() const { return failures == 0; }
};

/// What is allowed where a package states nothing: rounding of the element type over a long reduction.
package::Tolerance defaultTolerance(ElementType element);

/// Both tensors have the same type.
Comparison compare(const HostTensor &got, const HostTensor &expected, const package::Tolerance &tolerance);

/// "max error 0.001 absolute, 0.01 relative (tolerance …): PASS", or FAIL with the worst element.
std::string comparisonText(const Comparison &comparison, const HostTensor &tensor);

} // namespace ashlar::run

#endif // ASHLAR_TOOLS_ASHLAR_RUN_COMPARE_H
