//===-- SharedObject.cpp - loading a shared object from memory ------------===//
//
// An anonymous memory file (memfd_create) gives dlopen a path under /proc.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Support/SharedObject.h"

#include <cerrno>
#include <cstring>
#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace ashlar {

static Status writeAll(int descriptor, std::span<const uint8_t> bytes, const std::string &name) {
  while (!bytes.empty()) {
    ssize_t put = ::write(descriptor, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR)
      continue;
    if (put <= 0)
      return Status(StatusCode::InputOutput,
                    "cannot write the memory file of '" + name + "': " + std::strerror(errno));
    bytes = bytes.subspan(static_cast<size_t>(put));
  }
  return {};
}

Expected<SharedObject> SharedObject::load(std::span<const uint8_t> bytes, const std::string &name) {
  SharedObject object;
  object.descriptor = ::memfd_create(name.c_str(), MFD_CLOEXEC);
  if (object.descriptor < 0)
    return Status(StatusCode::InputOutput,
                  "cannot create a memory file for '" + name + "': " + std::strerror(errno));
  ASHLAR_RETURN_IF_ERROR(writeAll(object.descriptor, bytes, name));
  std::string path = "/proc/self/fd/" + std::to_string(object.descriptor);
  object.handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!object.handle) {
    const char *reason = ::dlerror();
    return invalidPackage("'" + name + "' is no loadable x86-64 shared object: " + (reason ? reason : "unknown"));
  }
  return object;
}

SharedObject::SharedObject(SharedObject &&other) noexcept
    : handle(std::exchange(other.handle, nullptr)), descriptor(std::exchange(other.descriptor, -1)) {}

SharedObject &SharedObject::operator=(SharedObject &&other) noexcept {
  std::swap(handle, other.handle);
  std::swap(descriptor, other.descriptor);
  return *this;
}

SharedObject::~SharedObject() {
  if (handle)
    ::dlclose(handle);
  if (descriptor >= 0)
    ::close(descriptor);
}

void *SharedObject::symbol(const std::string &name) const {
  return handle ? ::dlsym(handle, name.c_str()) : nullptr;
}

} // namespace ashlar
