//===-- ashlar-opt.cpp - Runs passes on MLIR files ------------------------===//
//
// The compiler engineer's tool: parses a module, runs the passes named on the command line and prints it.
//
//===----------------------------------------------------------------------===//

#include "ashlar/InitAllDialects.h"
#include "ashlar/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/CommandLine.h"

static constexpr char overview[] = R"(runs passes on MLIR files, as mlir-opt does, with Ashlar's dialects and passes

  ashlar-opt layer.mlir --ashlar-tensor-fuse-kernels
  ashlar-opt layer.mlir --ashlar-compile-tensor=target=sm_80 --mlir-print-ir-after-all
  ashlar-opt kernels.mlir --ashlar-tile-plan-barriers --ashlar-tile-verify-barriers

docs/generated says what each pass does; --help-hidden adds the options of LLVM.
)";

int main(int argc, char **argv) {
  // Up to here only LLVM's libraries have registered options: hundreds, which bury those of this tool.
  for (auto &entry : llvm::cl::getRegisteredOptions())
    entry.second->setHiddenFlag(llvm::cl::Hidden);

  mlir::DialectRegistry registry;
  ashlar::registerAllDialects(registry);
  ashlar::registerAllPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, overview, registry));
}
