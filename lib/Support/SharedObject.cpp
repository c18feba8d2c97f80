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

Expected<SharedObject> SharedObject::load(std::span<const uint8_t> bytes, const std::string &name) {
  int descriptor = ::memfd_create(name.c_str(), MFD_CLOEXEC);
  if (descriptor < 0)
    return Status(StatusCode::InputOutput,
                  "cannot create a memory file for '" + name + "': " + std::strerror(errno));
  std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  size_t done = 0;
  while (done < bytes.size()) {
    ssize_t put = ::write(descriptor, bytes.data() + done, bytes.size() - done);
    if (put < 0 && errno == EINTR)
      continue;
    if (put <= 0) {
      Status status(StatusCode::InputOutput, "cannot write the memory file of '" + name + "'");
      ::close(descriptor);
      return status;
    }
    done += static_cast<size_t>(put);
  }
  SharedObject object;
  object.handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  const char *reason = object.handle ? nullptr : ::dlerror();
  std::string message = reason ? reason : "";
  ::close(descriptor);
  if (!object.handle)
    return invalidPackage("'" + name + "' is no loadable x86-64 shared object: " + message);
  return object;
}

SharedObject::SharedObject(SharedObject &&other) noexcept : handle(std::exchange(other.handle, nullptr)) {}

SharedObject &SharedObject::operator=(SharedObject &&other) noexcept {
  std::swap(handle, other.handle);
  return *this;
}

SharedObject::~SharedObject() {
  if (handle)
    ::dlclose(handle);
}

void *SharedObject::symbol(const std::string &name) const {
  return handle ? ::dlsym(handle, name.c_str()) : nullptr;
}

} // namespace ashlar
