//===-- HostSharedObjectLink.h - In-process linking of host objects -------===//
//
// Private to the library. Shared objects are made by lld's ELF driver, which reads and writes files: inputs
// and output live in a fresh temporary directory that is gone when the function returns.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_LIB_TARGET_HOSTSHAREDOBJECTLINK_H
#define ASHLAR_LIB_TARGET_HOSTSHAREDOBJECTLINK_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <vector>

namespace ashlar {

/// Links `object`, and against an empty library named libm.so.6 so that the loader finds the mathematical
/// functions. `emptyObject` is a relocatable file without symbols (that library's only input). Both are
/// x86-64 ELF. Errors carry the linker's own text.
llvm::Expected<std::vector<char>> linkHostSharedObject(llvm::StringRef object, llvm::StringRef emptyObject,
                                                       llvm::StringRef name);

/// Fails, naming the symbols, when `sharedObject` needs something that is neither in libc nor in libm.
llvm::Error checkExternalSymbols(llvm::StringRef sharedObject);

} // namespace ashlar

#endif
