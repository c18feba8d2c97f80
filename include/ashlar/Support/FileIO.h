//===-- FileIO.h - whole files in and out -----------------------*- C++ -*-===//
//
// Reads and writes complete files; failures name the path and the system's reason.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_SUPPORT_FILEIO_H
#define ASHLAR_SUPPORT_FILEIO_H

#include "ashlar/Support/Status.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ashlar {

/// The bytes of a regular file; `maxBytes` bounds what is read into memory.
Expected<std::vector<uint8_t>> readFile(const std::string &path, uint64_t maxBytes = UINT64_MAX);

/// Replaces `path` as a whole: a reader sees the old content or the new one, never half of it.
Status writeFile(const std::string &path, std::span<const uint8_t> bytes);

} // namespace ashlar

#endif // ASHLAR_SUPPORT_FILEIO_H
