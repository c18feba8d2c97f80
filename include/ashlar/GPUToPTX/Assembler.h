//===-- Assembler.h - The verdict of ptxas ----------------------*- C++ -*-===//
//
// Where NVIDIA's assembler is installed it verifies our PTX and pre-assembles it; without it compilation
// works just the same and the driver assembles at load time. The report is what tests and the cost model look
// at: registers, spills, stack, and the remarks by which ptxas announces a loss of speed.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_GPUTOPTX_ASSEMBLER_H
#define ASHLAR_GPUTOPTX_ASSEMBLER_H

#include "ashlar/Target/TargetInfo.h"
#include "mlir/IR/Location.h"
#include "mlir/Support/LLVM.h"

#include <optional>
#include <string>
#include <vector>

namespace ashlar {

/// What one kernel takes, as ptxas reports it.
struct KernelResources {
  std::string name;
  unsigned registers = 0;  ///< A thread.
  unsigned stackBytes = 0; ///< Local memory, a thread; holds arrays that are indexed by values, and spills.
  unsigned spillStoreBytes = 0; ///< A thread, summed over all instructions.
  unsigned spillLoadBytes = 0;  ///< A thread, summed over all instructions.
  unsigned sharedBytes = 0;     ///< Static shared memory, a block.
  unsigned barriers = 0;        ///< Named barriers, a block.
};

struct AssemblyReport {
  std::vector<char> cubin;              ///< The image for the driver; empty where only a log was parsed.
  std::vector<KernelResources> kernels; ///< In the order of the PTX.
  std::vector<std::string> notes; ///< Warnings and remarks (such as C7508, C7510, C7513), one line each.
};

/// The path of `ptxas`, looked up in PATH; nothing where there is none.
std::optional<std::string> findAssembler();

/// Assembles `ptx` for `target` in a temporary folder. Fails with a diagnostic at `location` if there is no
/// ptxas (ask findAssembler first), if it rejects the text, or if the folder cannot be written.
mlir::FailureOr<AssemblyReport> assemble(llvm::StringRef ptx, const TargetInfo &target,
                                         mlir::Location location);

/// Reads the output of `ptxas -v`. Lines of unknown form are skipped, unknown remarks are kept.
AssemblyReport parseAssemblerLog(llvm::StringRef log);

} // namespace ashlar

#endif // ASHLAR_GPUTOPTX_ASSEMBLER_H
