//===-- JsonPath.h - where in manifest.json an error is ---------*- C++ -*-===//
//
// A path is a chain of steps on the stack, from the innermost outwards; it is spelled out only when an error needs
// it, so that checking a large manifest builds no strings.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_PACKAGE_JSONPATH_H
#define ASHLAR_LIB_PACKAGE_JSONPATH_H

#include "ashlar/Support/Status.h"

#include <cstddef>
#include <string>

namespace ashlar::package {

struct JsonPath {
  const JsonPath *parent = nullptr;
  /// A key of the enclosing object; null for element `index` of the enclosing array.
  const char *key = nullptr;
  size_t index = 0;

  JsonPath operator/(const char *name) const { return {this, name, 0}; }
  JsonPath operator[](size_t element) const { return {this, nullptr, element}; }

  std::string text() const {
    if (!parent)
      return "";
    std::string outer = parent->text();
    if (!key)
      return outer + "[" + std::to_string(index) + "]";
    return outer.empty() ? key : outer + "." + key;
  }

  Status error(const std::string &message) const {
    std::string where = text();
    return invalidPackage("manifest.json: " + (where.empty() ? message : where + ": " + message));
  }
};

} // namespace ashlar::package

#endif // ASHLAR_LIB_PACKAGE_JSONPATH_H
