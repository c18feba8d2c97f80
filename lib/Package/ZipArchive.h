//===-- ZipArchive.h - ZIP in memory, both ways -----------------*- C++ -*-===//
//
// The only place that knows the ZIP library. Reading treats the bytes as hostile: every entry's claimed size is
// checked against what its compressed bytes could hold before memory is spent on it.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_PACKAGE_ZIPARCHIVE_H
#define ASHLAR_LIB_PACKAGE_ZIPARCHIVE_H

#include "ashlar/Support/Status.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::package {

/// Limits of an archive as a whole.
inline constexpr uint64_t maxZipEntries = 4096;
inline constexpr uint64_t maxZipEntryBytes = uint64_t{1} << 40;

struct ZipEntry {
  uint64_t compressedBytes = 0;
  uint64_t bytes = 0;
  bool stored = false;
  /// Position in the central directory.
  uint64_t directoryOffset = 0;
  uint64_t directoryIndex = 0;
};

/// The central directory by entry name. Refuses duplicate names, encryption and methods other than store and deflate.
Expected<std::map<std::string, ZipEntry>> readZipDirectory(std::span<const uint8_t> archive);

/// The content of an entry, checksum verified; at most `maxBytes`.
Expected<std::vector<uint8_t>> readZipEntry(std::span<const uint8_t> archive, const std::string &name,
                                            const ZipEntry &entry, uint64_t maxBytes);

/// The content of a stored entry as a part of `archive`, checksum verified.
Expected<std::span<const uint8_t>> viewZipEntry(std::span<const uint8_t> archive, const std::string &name,
                                                const ZipEntry &entry);

/// One entry to write; `store` keeps it uncompressed, at an offset that is a multiple of 64.
struct ZipContent {
  std::string_view bytes;
  bool store = false;
};

/// An archive of `entries` in the order of their names, time stamps fixed.
Expected<std::vector<uint8_t>> writeZip(const std::map<std::string, ZipContent> &entries);

} // namespace ashlar::package

#endif // ASHLAR_LIB_PACKAGE_ZIPARCHIVE_H
