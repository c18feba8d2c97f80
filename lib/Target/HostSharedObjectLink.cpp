//===-- HostSharedObjectLink.cpp - In-process linking of host objects -----===//
//
// Drives lld as a library and checks what the linked object expects from the process that loads it.
//
//===----------------------------------------------------------------------===//

#include "HostSharedObjectLink.h"
#include "lld/Common/Driver.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <mutex>

LLD_HAS_DRIVER(elf)

using namespace llvm;

namespace ashlar {

static Error writeFile(StringRef path, StringRef bytes) {
  std::error_code code;
  raw_fd_ostream stream(path, code, sys::fs::OF_None);
  if (code)
    return createStringError(code, "cannot write '%s': %s", path.str().c_str(), code.message().c_str());
  stream << bytes;
  stream.close();
  if (stream.has_error()) {
    code = stream.error();
    stream.clear_error();
    return createStringError(code, "cannot write '%s': %s", path.str().c_str(), code.message().c_str());
  }
  return Error::success();
}

/// lld keeps its state in globals, so calls take turns; after a crash inside it no further call is possible.
static Error runLinker(ArrayRef<std::string> arguments) {
  static std::mutex mutex;
  static bool canRunAgain = true;
  std::lock_guard<std::mutex> lock(mutex);
  if (!canRunAgain)
    return createStringError("the linker failed in an earlier call and cannot be used again in this process");

  std::vector<const char *> pointers = {"ld.lld"};
  for (const std::string &argument : arguments)
    pointers.push_back(argument.c_str());
  std::string messages;
  raw_string_ostream stream(messages);
  const lld::DriverDef drivers[] = {{lld::Gnu, &lld::elf::link}};
  lld::Result result = lld::lldMain(pointers, stream, stream, drivers);
  canRunAgain = result.canRunAgain;
  if (result.retCode != 0)
    return createStringError("linking failed: " + StringRef(messages).rtrim());
  return Error::success();
}

Expected<std::vector<char>> linkHostSharedObject(StringRef object, StringRef emptyObject, StringRef name) {
  SmallString<128> directory;
  if (std::error_code code = sys::fs::createUniqueDirectory("ashlar-link", directory))
    return createStringError(code, "cannot make a temporary directory for linking: %s",
                             code.message().c_str());
  scope_exit removeDirectory([&] { sys::fs::remove_directories(directory); });
  auto inDirectory = [&](StringRef file) {
    SmallString<128> path = directory;
    sys::path::append(path, file);
    return path.str().str();
  };
  std::string input = inDirectory("input.o"), empty = inDirectory("empty.o");
  std::string mathLibrary = inDirectory("libm.so"), output = inDirectory("output.so");
  if (Error error = writeFile(input, object))
    return error;
  if (Error error = writeFile(empty, emptyObject))
    return error;

  const std::vector<std::string> common = {"-m",          "elf_x86_64",       "-shared",    "--build-id=none",
                                           "--threads=1", "--hash-style=gnu", "--strip-all"};
  std::vector<std::string> stub = common;
  stub.insert(stub.end(), {"-soname=libm.so.6", "-o", mathLibrary, empty});
  if (Error error = runLinker(stub))
    return error;
  std::vector<std::string> link = common;
  link.insert(link.end(), {"--gc-sections", "-z", "now", "-z", "noexecstack", ("-soname=" + name).str(),
                           "--no-as-needed", "-o", output, input, mathLibrary});
  if (Error error = runLinker(link))
    return error;

  ErrorOr<std::unique_ptr<MemoryBuffer>> linked =
      MemoryBuffer::getFile(output, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!linked)
    return createStringError(linked.getError(), "cannot read the linked object");
  return std::vector<char>((*linked)->getBufferStart(), (*linked)->getBufferEnd());
}

/// What every glibc gives: the memory functions that code generation and upstream lowerings call, and libm. A
/// mathematical function may carry the suffix of its float variant.
static bool isLibraryFunction(StringRef name) {
  static const StringSet<> memory = {"malloc",  "free",   "calloc",  "realloc", "aligned_alloc", "memcpy",
                                     "memmove", "memset", "memcmp",  "bcmp",    "abort",         "printf",
                                     "strlen",  "fputs",  "putchar", "puts"};
  static const StringSet<> math = {
      "acos",     "acosh",     "asin",  "asinh",     "atan",   "atan2", "atanh",     "cbrt",   "ceil",
      "copysign", "cos",       "cosh",  "erf",       "erfc",   "exp",   "exp10",     "exp2",   "expm1",
      "fabs",     "floor",     "fma",   "fmax",      "fmin",   "fmod",  "frexp",     "hypot",  "ldexp",
      "lgamma",   "log",       "log10", "log1p",     "log2",   "lrint", "lround",    "llrint", "llround",
      "modf",     "nearbyint", "pow",   "remainder", "rint",   "round", "roundeven", "sin",    "sincos",
      "sinh",     "sqrt",      "tan",   "tanh",      "tgamma", "trunc"};
  if (memory.contains(name) || math.contains(name))
    return true;
  return name.consume_back("f") && math.contains(name);
}

Error checkExternalSymbols(StringRef sharedObject) {
  auto file = object::ObjectFile::createELFObjectFile(MemoryBufferRef(sharedObject, "shared object"));
  if (!file)
    return file.takeError();
  std::vector<std::string> unknown;
  for (const object::ELFSymbolRef &symbol :
       cast<object::ELFObjectFileBase>(**file).getDynamicSymbolIterators()) {
    Expected<uint32_t> flags = symbol.getFlags();
    if (!flags)
      return flags.takeError();
    Expected<StringRef> name = symbol.getName();
    if (!name)
      return name.takeError();
    constexpr uint32_t undefined = object::SymbolRef::SF_Undefined, weak = object::SymbolRef::SF_Weak;
    if ((*flags & undefined) && !(*flags & weak) && !name->empty() && !isLibraryFunction(*name))
      unknown.push_back("'" + name->str() + "'");
  }
  if (unknown.empty())
    return Error::success();
  sort(unknown);
  return createStringError(
      "the generated code needs " + join(unknown, ", ") +
      ", which neither libc nor libm has; lower the operations that need it to code or to libm");
}

} // namespace ashlar
