//===-- Compare.cpp - how far a result is from what was expected ----------===//
//
// One pass over both tensors.
//
//===----------------------------------------------------------------------===//

#include "Compare.h"

#include <cmath>
#include <cstdio>
#include <limits>

namespace ashlar::run {

package::Tolerance defaultTolerance(ElementType element) {
  switch (element) {
  case ElementType::F32:
    return {1e-4, 1e-4};
  case ElementType::F16:
    return {1e-2, 1e-2};
  case ElementType::BF16:
    return {5e-2, 5e-2};
  default:
    return {0, 0};
  }
}

/// |got - expected|, infinite where only one is NaN or infinite.
static double distance(double got, double expected) {
  if (std::isnan(got) && std::isnan(expected))
    return 0;
  if (got == expected)
    return 0;
  double difference = std::abs(got - expected);
  return std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
}

static double numberAt(const HostTensor &tensor, int64_t index) {
  return loadElement(tensor.element, tensor.bytes.data(), index);
}

Comparison compare(const HostTensor &got, const HostTensor &expected, const package::Tolerance &tolerance) {
  Comparison result;
  result.tolerance = tolerance;
  result.elements = got.count();
  double worstExcess = -1;
  for (int64_t i = 0; i < result.elements; ++i) {
    double a = numberAt(got, i), b = numberAt(expected, i), error = distance(a, b);
    // Integers of 64 bits lose digits as doubles; equality is exact all the same.
    if (error == 0 && got.element == ElementType::I64 &&
        loadInteger(got.element, got.bytes.data(), i) != loadInteger(got.element, expected.bytes.data(), i))
      error = 1;
    if (error == 0)
      continue;
    double scale = std::max(std::abs(b), tolerance.absolute);
    result.maxAbsoluteError = std::max(result.maxAbsoluteError, error);
    result.maxRelativeError =
        std::max(result.maxRelativeError, scale > 0 ? error / scale : std::numeric_limits<double>::infinity());
    double excess = error - (tolerance.absolute + tolerance.relative * std::abs(b));
    // An infinite expected value leaves no tolerance to measure with.
    if (!(excess <= 0) || std::isinf(error)) {
      ++result.failures;
      excess = std::isfinite(excess) ? excess : std::numeric_limits<double>::max();
      if (excess > worstExcess) {
        worstExcess = excess;
        result.worstIndex = i;
        result.worstGot = a;
        result.worstExpected = b;
      }
    }
  }
  return result;
}

static std::string numberText(const char *format, double value) {
  // The sign of a NaN means nothing.
  if (std::isnan(value))
    return "nan";
  char buffer[64];
  std::snprintf(buffer, sizeof(buffer), format, value);
  return buffer;
}

static std::string positionText(const HostTensor &tensor, int64_t index) {
  std::string text;
  for (size_t axis = tensor.dims.size(); axis-- > 0;) {
    text = std::to_string(index % tensor.dims[axis]) + (text.empty() ? "" : ", ") + text;
    index /= tensor.dims[axis];
  }
  return "[" + text + "]";
}

std::string comparisonText(const Comparison &comparison, const HostTensor &tensor) {
  std::string text = "max error " + numberText("%.3g", comparison.maxAbsoluteError) + " absolute, " +
                     numberText("%.3g", comparison.maxRelativeError) + " relative (tolerance " +
                     numberText("%.3g", comparison.tolerance.absolute) + " + " +
                     numberText("%.3g", comparison.tolerance.relative) + " * |expected|): ";
  if (comparison.passed())
    return text + "PASS";
  return text + "FAIL, " + std::to_string(comparison.failures) + " of " + std::to_string(comparison.elements) +
         " elements; worst at " + positionText(tensor, comparison.worstIndex) + ": got " +
         numberText("%.9g", comparison.worstGot) + ", expected " + numberText("%.9g", comparison.worstExpected);
}

} // namespace ashlar::run
