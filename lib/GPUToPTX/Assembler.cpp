//===-- Assembler.cpp - Running ptxas -------------------------------------===//
//
// ptxas reads and writes files only: it runs in a temporary folder that disappears with this call.
//
//===----------------------------------------------------------------------===//

#include "ashlar/GPUToPTX/Assembler.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace ashlar;

std::optional<std::string> ashlar::findAssembler() {
  llvm::ErrorOr<std::string> path = llvm::sys::findProgramByName("ptxas");
  if (!path)
    return std::nullopt;
  return *path;
}

static LogicalResult writeFile(StringRef path, StringRef text) {
  std::error_code error;
  llvm::raw_fd_ostream stream(path, error);
  if (error)
    return failure();
  stream << text;
  stream.close();
  return failure(stream.has_error());
}

/// The log without the name of the temporary folder, which differs from run to run.
static std::string withoutFolder(std::string log, StringRef folder) {
  std::string prefix = (folder + llvm::sys::path::get_separator()).str();
  for (size_t at = log.find(prefix); at != std::string::npos; at = log.find(prefix, at))
    log.erase(at, prefix.size());
  return log;
}

static std::string readFile(StringRef path) {
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer =
      llvm::MemoryBuffer::getFile(path, /*IsText=*/false);
  return buffer ? (*buffer)->getBuffer().str() : std::string();
}

FailureOr<AssemblyReport> ashlar::assemble(StringRef ptx, const TargetInfo &target, Location location) {
  std::optional<std::string> assembler = findAssembler();
  if (!assembler)
    return emitError(location, "no ptxas is found in PATH: PTX is emitted without being assembled");
  SmallString<128> folder;
  if (std::error_code error = llvm::sys::fs::createUniqueDirectory("ashlar-ptxas", folder))
    return emitError(location) << "cannot create a temporary folder for ptxas: " << error.message();
  llvm::scope_exit removeFolder([&] { llvm::sys::fs::remove_directories(folder); });

  auto pathOf = [&](StringRef name) {
    SmallString<128> path = folder;
    llvm::sys::path::append(path, name);
    return path;
  };
  SmallString<128> source = pathOf("kernels.ptx"), image = pathOf("kernels.cubin"), log = pathOf("log");
  if (failed(writeFile(source, ptx)))
    return emitError(location) << "cannot write '" << source << "' for ptxas";

  std::string architecture = llvm::formatv("-arch={0}", StringRef(target.name));
  StringRef arguments[] = {*assembler, "-v", "-O3", architecture, source, "-o", image};
  std::optional<StringRef> redirects[] = {StringRef(), StringRef(log), StringRef(log)};
  std::string message;
  int status = llvm::sys::ExecuteAndWait(*assembler, arguments, /*Env=*/std::nullopt, redirects,
                                         /*SecondsToWait=*/0, /*MemoryLimit=*/0, &message);
  std::string output = withoutFolder(readFile(log), folder);
  if (status != 0)
    return emitError(location) << "ptxas rejects the kernels for " << target.name << ": "
                               << (output.empty() ? message : output);
  AssemblyReport report = parseAssemblerLog(output);
  std::string cubin = readFile(image);
  report.cubin.assign(cubin.begin(), cubin.end());
  return report;
}
