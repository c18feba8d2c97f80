//===-- Compile.h - from a module on tensors to a package -------------------===//
//
// The whole compiler as one call: what `ashlar-compile` does, for programs that embed it.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_PIPELINES_COMPILE_H
#define ASHLAR_PIPELINES_COMPILE_H

#include "ashlar/GPUToPTX/Assembler.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Support/LLVM.h"

#include <string>
#include <vector>

namespace ashlar {

/// Where a program stands. Input is operations on tensors that know no schedule yet; all others are results
/// of a compilation that was stopped there, the last one is no text.
enum class Stage { Input, Tensor, Tile, GPU, LLVM, PTX, Package };

struct CompileOptions {
  /// "sm_90a", "sm_80", …, and "sim" for the simulator. Every GPU gets schedules of its own; the simulator
  /// runs those of the first GPU named, or of sm_80.
  std::vector<std::string> targets = {"sm_90a", "sm_80", "sim"};
  /// Where the module stands: a compilation that was stopped (and perhaps edited) goes on from there. Later
  /// than Stage::LLVM is refused.
  Stage start = Stage::Input;
  /// Where compilation stops. Text is of the first GPU named, PTX of every one.
  Stage stage = Stage::Package;
  /// Put the reference decomposition into the package, as host code, for `ashlar-run --check`. Only a
  /// compilation from Stage::Input or Stage::Tensor has one.
  bool withReference = true;
  /// Run ptxas where it is found: its report enters the result and the package.
  bool assemble = true;
  /// Remarks at every kernel, for every GPU, which schedules were compared, and why one was chosen.
  bool explain = false;
  /// Put ptxas's images into the package in place of PTX. They load at once, but only on the generation they were
  /// made for.
  bool assembledImages = false;
  /// Prints the IR after every pass to standard error.
  bool printAfterAll = false;
};

/// What ptxas said of the kernels for one target; shared memory includes what is asked for at launch.
struct TargetReport {
  std::string target;
  AssemblyReport assembly;
};

struct CompileResult {
  /// The package's bytes, or the text of the stage.
  std::string output;
  /// One for each GPU target, if ptxas was found and asked.
  std::vector<TargetReport> reports;
};

/// Registers every dialect, extension and translation that compilation needs.
void registerCompiler(mlir::DialectRegistry &registry);

/// Compiles `module`, which is changed on the way. Errors are diagnostics at the operation at fault. The same
/// module and options give the same bytes. Works on the threads of the module's context; one call at a time
/// in a process, and no other use of LLVM's code generators meanwhile (linking host code resets their
/// options).
mlir::FailureOr<CompileResult> compile(mlir::ModuleOp module, const CompileOptions &options);

} // namespace ashlar

#endif // ASHLAR_PIPELINES_COMPILE_H
