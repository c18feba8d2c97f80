//===-- PackageWriter.h - writing .ashlar packages --------------*- C++ -*-===//
//
// Collects images and constants and writes the ZIP. Equal content gives equal bytes: entries are sorted, time
// stamps are 1980-01-01, no path or host name enters. constants.bin is stored, not compressed, and starts at
// a multiple of 64 bytes of the file so that it can be mapped; everything else is deflated.
//
//   PackageWriter writer;
//   writer.manifest().producer = "ashlar 0.1.0";
//   writer.addTarget({"sm_80", "", ImageKind::Ptx, 80, false}, ptxText);       // -> kernels/sm_80.ptx
//   unsigned weights = writer.addConstant("weights", bytes);                   // ->
//   Argument::constant(weights) writer.setReference(hostSharedObject);
//   writer.manifest().kernels.push_back(…); writer.manifest().functions.push_back(…);
//   Status status = writer.writeToFile("model.ashlar");
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_PACKAGE_PACKAGEWRITER_H
#define ASHLAR_PACKAGE_PACKAGEWRITER_H

#include "ashlar/Package/Manifest.h"

#include <map>
#include <span>
#include <string>
#include <vector>

namespace ashlar::package {

class PackageWriter {
public:
  /// Functions, kernels and the producer are filled in by the caller; targets, constants and the reference
  /// through the calls below.
  Manifest &manifest() { return contents; }

  /// Adds a target and its image. An empty `target.image` becomes kernels/<name>.{ptx,cubin,so} by its kind.
  /// PTX without a terminating zero byte: pass a std::string or string_view, not a literal.
  void addTarget(Target target, std::span<const char> image);

  /// Appends to constants.bin at the next multiple of bufferAlignment. Equal bytes are one constant, under
  /// the name they came with first. Returns the index for Argument::constant.
  unsigned addConstant(std::string name, std::span<const uint8_t> bytes);

  /// The shared object of the reference functions.
  void setReference(std::span<const char> sharedObject);

  /// Any further entry (reports, IR dumps); readers ignore it. `name` must not be one of the names above.
  void addExtraEntry(std::string name, std::string_view bytes);

  /// Verifies the manifest and builds the package in memory.
  Expected<std::vector<uint8_t>> write();
  Status writeToFile(const std::string &path);

private:
  Manifest contents;
  std::map<std::string, std::string> entries;
  std::string constantBytes;
  /// Where constants of a given hash start in constantBytes.
  std::map<size_t, std::vector<unsigned>> constantsByHash;
};

} // namespace ashlar::package

#endif // ASHLAR_PACKAGE_PACKAGEWRITER_H
