//===-- PackageReader.cpp - reading .ashlar packages ----------------------===//
//
// Directory first, then the manifest, then the agreement of the two.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Package/PackageReader.h"
#include "ashlar/Support/FileIO.h"

#include "ZipArchive.h"

namespace ashlar::package {

/// Images and references beyond this are refused; real ones have a few megabytes.
static constexpr uint64_t maxImageBytes = uint64_t{1} << 30;

struct PackageReader::State {
  std::vector<uint8_t> bytes;
  std::map<std::string, ZipEntry> directory;
  Manifest manifest;
  /// Points into `bytes` when constants.bin is stored, else into `unpackedConstants`.
  std::span<const uint8_t> constants;
  std::vector<uint8_t> unpackedConstants;

  Expected<const ZipEntry *> find(const std::string &name) const {
    auto found = directory.find(name);
    if (found == directory.end())
      return invalidPackage("the package has no entry '" + name + "'");
    return &found->second;
  }

  Expected<std::vector<uint8_t>> read(const std::string &name, uint64_t maxBytes) const {
    ASHLAR_ASSIGN_OR_RETURN(const ZipEntry *entry, find(name));
    return readZipEntry(bytes, name, *entry, maxBytes);
  }

  Status openConstants();
  Status checkEntries() const;
};

Status PackageReader::State::openConstants() {
  if (manifest.constantsBytes == 0)
    return {};
  ASHLAR_ASSIGN_OR_RETURN(const ZipEntry *entry, find(constantsEntry));
  if (entry->bytes != static_cast<uint64_t>(manifest.constantsBytes))
    return invalidPackage(std::string(constantsEntry) + " has " + std::to_string(entry->bytes) +
                          " bytes, the manifest says " + std::to_string(manifest.constantsBytes));
  if (entry->stored) {
    ASHLAR_ASSIGN_OR_RETURN(constants, viewZipEntry(bytes, constantsEntry, *entry));
    return {};
  }
  ASHLAR_ASSIGN_OR_RETURN(unpackedConstants, readZipEntry(bytes, constantsEntry, *entry, entry->bytes));
  constants = unpackedConstants;
  return {};
}

Status PackageReader::State::checkEntries() const {
  for (const Target &target : manifest.targets)
    ASHLAR_RETURN_IF_ERROR(find(target.image).status().withContext("target '" + target.name + "'"));
  if (manifest.hasReference)
    ASHLAR_RETURN_IF_ERROR(find(referenceEntry).status());
  return {};
}

Expected<PackageReader> PackageReader::openBytes(std::vector<uint8_t> bytes) {
  auto state = std::make_unique<State>();
  state->bytes = std::move(bytes);
  ASHLAR_ASSIGN_OR_RETURN(state->directory, readZipDirectory(state->bytes));
  ASHLAR_ASSIGN_OR_RETURN(std::vector<uint8_t> json, state->read(manifestEntry, ManifestLimits::jsonBytes));
  ASHLAR_ASSIGN_OR_RETURN(state->manifest,
                          manifestFromJson({reinterpret_cast<const char *>(json.data()), json.size()}));
  ASHLAR_RETURN_IF_ERROR(state->checkEntries());
  ASHLAR_RETURN_IF_ERROR(state->openConstants());
  return PackageReader(std::move(state));
}

Expected<PackageReader> PackageReader::openFile(const std::string &path) {
  ASHLAR_ASSIGN_OR_RETURN(std::vector<uint8_t> bytes, readFile(path));
  Expected<PackageReader> reader = openBytes(std::move(bytes));
  if (!reader)
    return reader.status().withContext("'" + path + "'");
  return reader;
}

PackageReader::PackageReader(std::unique_ptr<State> state) : state(std::move(state)) {}
PackageReader::PackageReader(PackageReader &&) noexcept = default;
PackageReader &PackageReader::operator=(PackageReader &&) noexcept = default;
PackageReader::~PackageReader() = default;

const Manifest &PackageReader::manifest() const { return state->manifest; }
std::span<const uint8_t> PackageReader::constants() const { return state->constants; }

Expected<std::vector<uint8_t>> PackageReader::image(const Target &target) const {
  return state->read(target.image, maxImageBytes);
}

Expected<std::vector<uint8_t>> PackageReader::reference() const {
  if (!state->manifest.hasReference)
    return notFound("the package has no reference (compile it with one to use --check)");
  return state->read(referenceEntry, maxImageBytes);
}

Expected<std::vector<uint8_t>> PackageReader::entry(const std::string &name) const {
  if (!state->directory.count(name))
    return notFound("the package has no entry '" + name + "'");
  return state->read(name, maxImageBytes);
}

std::vector<std::pair<std::string, uint64_t>> PackageReader::entries() const {
  std::vector<std::pair<std::string, uint64_t>> result;
  for (const auto &[name, entry] : state->directory)
    result.emplace_back(name, entry.bytes);
  return result;
}

} // namespace ashlar::package
