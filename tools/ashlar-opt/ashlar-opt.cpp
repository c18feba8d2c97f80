//===-- ashlar-opt.cpp - Runs passes on MLIR files ------------------------===//
//
// The compiler engineer's tool: parses a module, runs the passes named on the command line and prints it.
//
//===----------------------------------------------------------------------===//

#include "ashlar/InitAllDialects.h"
#include "ashlar/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  ashlar::registerAllDialects(registry);
  ashlar::registerAllPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "Ashlar's pass driver\n", registry));
}
