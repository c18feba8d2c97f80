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

/// Where compilation stops. All but Package give text.
enum class Stage { Tensor, Tile, GPU, LLVM, PTX, Package };

struct CompileOptions {
  /// "sm_90a", "sm_80", …, and "sim" for the simulator. Schedules respect the limits of every GPU named.
  std::vector<std::string> targets = {"sm_90a", "sm_80", "sim"};
  Stage stage = Stage::Package;
  /// Put the reference decomposition into the package, as host code, for `ashlar-run --check`.
  bool withReference = true;
  /// Run ptxas where it is found: its report enters the result and the package, its image too.
  bool assemble = true;
  /// Prints the IR after every pass to standard error.
  bool printAfterAll = false;
};

/// What ptxas said of the kernels for one target.
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

/// Compiles `module`, which is changed on the way. Errors are diagnostics at the operation at fault.
mlir::FailureOr<CompileResult> compile(mlir::ModuleOp module, const CompileOptions &options);

} // namespace ashlar

#endif // ASHLAR_PIPELINES_COMPILE_H
