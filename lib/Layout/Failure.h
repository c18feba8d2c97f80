//===-- Failure.h - Reporting a failure without aborting --------------------===//
//
// Private to lib/Layout: `return failure(error, "reason");` in a function that returns an optional.
//
//===------------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_LAYOUT_FAILURE_H
#define ASHLAR_LIB_LAYOUT_FAILURE_H

#include <optional>
#include <string>
#include <utility>

namespace ashlar::layout {

/// Stores the message where the caller wants one.
inline std::nullopt_t failure(std::string *error, std::string message) {
  if (error)
    *error = std::move(message);
  return std::nullopt;
}

} // namespace ashlar::layout

#endif // ASHLAR_LIB_LAYOUT_FAILURE_H
