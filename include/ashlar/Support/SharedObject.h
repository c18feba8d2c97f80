//===-- SharedObject.h - loading a shared object from memory ----*- C++ -*-===//
//
// Opens an ELF shared object whose bytes are in memory (an entry of a package) without a file on disk. The bytes
// run as code of this process: load only what you would execute.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_SUPPORT_SHAREDOBJECT_H
#define ASHLAR_SUPPORT_SHAREDOBJECT_H

#include "ashlar/Support/Status.h"

#include <cstdint>
#include <span>
#include <string>

namespace ashlar {

/// A loaded shared object; closed with the last move target. Symbols are found by name.
class SharedObject {
public:
  /// `name` appears in debuggers and messages only. Unresolved symbols of the object make this fail.
  static Expected<SharedObject> load(std::span<const uint8_t> bytes, const std::string &name);

  SharedObject() = default;
  SharedObject(SharedObject &&other) noexcept;
  SharedObject &operator=(SharedObject &&other) noexcept;
  ~SharedObject();

  /// Null when the object exports no such symbol.
  void *symbol(const std::string &name) const;

private:
  void *handle = nullptr;
  /// The memory file, open as long as the object is loaded: its path must not name another one meanwhile, for
  /// dlopen takes equal paths for the same object.
  int descriptor = -1;
};

} // namespace ashlar

#endif // ASHLAR_SUPPORT_SHAREDOBJECT_H
