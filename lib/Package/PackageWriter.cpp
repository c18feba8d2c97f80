//===-- PackageWriter.cpp - writing .ashlar packages ----------------------===//
//
// Collects entries by name and hands them to the ZIP writer in sorted order.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Package/PackageWriter.h"
#include "ashlar/Support/FileIO.h"

#include "ZipArchive.h"

#include <algorithm>

namespace ashlar::package {

static const char *imageSuffix(ImageKind kind) {
  switch (kind) {
  case ImageKind::Ptx:
    return ".ptx";
  case ImageKind::Cubin:
    return ".cubin";
  case ImageKind::SharedObject:
    return ".so";
  }
  return "";
}

void PackageWriter::addTarget(Target target, std::span<const char> image) {
  if (target.image.empty())
    target.image = "kernels/" + target.name + imageSuffix(target.kind);
  entries[target.image] = std::string(image.data(), image.size());
  contents.targets.push_back(std::move(target));
}

unsigned PackageWriter::addConstant(std::string name, std::span<const uint8_t> bytes) {
  std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  std::vector<unsigned> &candidates = constantsByHash[std::hash<std::string_view>()(text)];
  auto equal = [&](unsigned index) {
    const Constant &constant = contents.constants[index];
    return std::string_view(constantBytes).substr(size_t(constant.offset), size_t(constant.size)) == text;
  };
  if (auto known = std::find_if(candidates.begin(), candidates.end(), equal); known != candidates.end())
    return *known;
  constantBytes.resize((constantBytes.size() + bufferAlignment - 1) / bufferAlignment * bufferAlignment);
  candidates.push_back(static_cast<unsigned>(contents.constants.size()));
  contents.constants.push_back(
      {std::move(name), static_cast<int64_t>(constantBytes.size()), static_cast<int64_t>(bytes.size())});
  constantBytes.append(text);
  return candidates.back();
}

void PackageWriter::setReference(std::span<const char> sharedObject) {
  entries[referenceEntry] = std::string(sharedObject.data(), sharedObject.size());
  contents.hasReference = true;
}

void PackageWriter::addExtraEntry(std::string name, std::string_view bytes) {
  entries[std::move(name)] = std::string(bytes);
}

Expected<std::vector<uint8_t>> PackageWriter::write() {
  contents.constantsBytes = static_cast<int64_t>(constantBytes.size());
  ASHLAR_RETURN_IF_ERROR(verifyManifest(contents).withContext("the package to write is inconsistent"));
  std::string json = manifestToJson(contents);
  std::map<std::string, ZipContent> zip;
  for (const auto &[name, bytes] : entries)
    zip[name] = {bytes, false};
  zip[manifestEntry] = {json, false};
  if (!constantBytes.empty())
    zip[constantsEntry] = {constantBytes, true};
  return writeZip(zip);
}

Status PackageWriter::writeToFile(const std::string &path) {
  ASHLAR_ASSIGN_OR_RETURN(std::vector<uint8_t> bytes, write());
  return writeFile(path, bytes);
}

} // namespace ashlar::package
