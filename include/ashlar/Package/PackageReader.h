//===-- PackageReader.h - reading .ashlar packages --------------*- C++ -*-===//
//
// Opens a package and checks it as a whole: the ZIP directory, the manifest, and that every image, the constants and
// the reference that the manifest names are there with the sizes it claims. Nothing in the file is trusted; a
// damaged, hostile or too new package gives a status, never a crash.
//
// A reader is immutable once open, so threads may share it. It keeps the file's bytes in memory.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_PACKAGE_PACKAGEREADER_H
#define ASHLAR_PACKAGE_PACKAGEREADER_H

#include "ashlar/Package/Manifest.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ashlar::package {

class PackageReader {
public:
  static Expected<PackageReader> openFile(const std::string &path);
  static Expected<PackageReader> openBytes(std::vector<uint8_t> bytes);

  PackageReader(PackageReader &&) noexcept;
  PackageReader &operator=(PackageReader &&) noexcept;
  ~PackageReader();

  const Manifest &manifest() const;
  /// The image of a target of this manifest, decompressed. PTX has no terminating zero byte.
  Expected<std::vector<uint8_t>> image(const Target &target) const;
  /// constants.bin, manifest().constantsBytes long; valid while the reader lives.
  std::span<const uint8_t> constants() const;
  /// The shared object of the reference; NotFound when the package has none.
  Expected<std::vector<uint8_t>> reference() const;
  /// Names and uncompressed sizes of all entries.
  std::vector<std::pair<std::string, uint64_t>> entries() const;
  /// Any entry by name.
  Expected<std::vector<uint8_t>> entry(const std::string &name) const;

private:
  struct State;
  explicit PackageReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state;
};

} // namespace ashlar::package

#endif // ASHLAR_PACKAGE_PACKAGEREADER_H
