//===-- FileIO.cpp - whole files in and out -------------------------------===//
//
// Plain POSIX reads and writes; a file is written beside its target and renamed over it.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Support/FileIO.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ashlar {

static Status systemError(const std::string &action, const std::string &path) {
  StatusCode code = errno == ENOENT ? StatusCode::NotFound : StatusCode::InputOutput;
  return Status(code, "cannot " + action + " '" + path + "': " + std::strerror(errno));
}

static Status readAll(int descriptor, const std::string &path, std::vector<uint8_t> &bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    ssize_t got = ::read(descriptor, bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return systemError("read", path);
    if (got == 0)
      return Status(StatusCode::InputOutput, "'" + path + "' became shorter while it was read");
    done += static_cast<size_t>(got);
  }
  return {};
}

Expected<std::vector<uint8_t>> readFile(const std::string &path, uint64_t maxBytes) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return systemError("open", path);
  struct stat info;
  Status status;
  std::vector<uint8_t> bytes;
  if (::fstat(descriptor, &info) != 0) {
    status = systemError("examine", path);
  } else if (!S_ISREG(info.st_mode)) {
    status = Status(StatusCode::InputOutput, "'" + path + "' is not a regular file");
  } else if (static_cast<uint64_t>(info.st_size) > maxBytes) {
    status = Status(StatusCode::InputOutput, "'" + path + "' has " + std::to_string(info.st_size) +
                                                 " bytes; at most " + std::to_string(maxBytes) + " are read");
  } else {
    bytes.resize(static_cast<size_t>(info.st_size));
    status = readAll(descriptor, path, bytes);
  }
  ::close(descriptor);
  if (!status.ok())
    return status;
  return bytes;
}

static Status writeAll(int descriptor, const std::string &path, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    ssize_t put = ::write(descriptor, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0)
      return systemError("write", path);
    bytes = bytes.subspan(static_cast<size_t>(put));
  }
  return {};
}

Status writeFile(const std::string &path, std::span<const uint8_t> bytes) {
  // A device such as /dev/stdout or /dev/null can't be renamed over.
  struct stat info;
  bool inPlace = ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode);
  std::string target = inPlace ? path : path + ".tmp" + std::to_string(::getpid());
  int descriptor = ::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0)
    return systemError("write", path);
  Status status = writeAll(descriptor, path, bytes);
  if (::close(descriptor) != 0 && status.ok())
    status = systemError("write", path);
  if (!inPlace && status.ok() && ::rename(target.c_str(), path.c_str()) != 0)
    status = systemError("write", path);
  if (!inPlace && !status.ok())
    ::unlink(target.c_str());
  return status;
}

} // namespace ashlar
