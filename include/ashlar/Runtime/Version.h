//===-- Version.h - version of the runtime library --------------*- C++ -*-===//
//
// The version of the library; the version of the package format is in ashlar/Package/Manifest.h.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_RUNTIME_VERSION_H
#define ASHLAR_RUNTIME_VERSION_H

namespace ashlar::runtime {

/// 10000 * major + 100 * minor + patch, and the same as text; a test holds both to the project's version.
inline constexpr unsigned versionNumber = 100;
inline constexpr const char *versionText = "0.1.0";

} // namespace ashlar::runtime

#endif // ASHLAR_RUNTIME_VERSION_H
