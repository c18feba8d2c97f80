//===-- compile_in_process.cpp - a front end: the compiler as a library -----===//
//
// Compiles a matrix product to a package in memory, opens that, and prints what is inside.
//
//===-----------------------------------------------------------------------===//
#include "ashlar/Package/PackageReader.h"
#include "ashlar/Pipelines/Compile.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"

#include <cstdio>

static constexpr char program[] = R"(
  func.func @product(%a: tensor<64x32xf16>, %b: tensor<32x64xf16>) -> tensor<64x64xf16> {
    %c = ashlar.matmul %a, %b : tensor<64x32xf16>, tensor<32x64xf16> -> tensor<64x64xf16>
    return %c : tensor<64x64xf16>
  })";

int main() {
  mlir::DialectRegistry registry;
  ashlar::registerCompiler(registry);
  mlir::MLIRContext context(registry);
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::parseSourceString<mlir::ModuleOp>(program, &context);
  if (!module)
    return 1;
  mlir::FailureOr<ashlar::CompileResult> result = ashlar::compile(*module, {.targets = {"sm_80", "sim"}});
  if (mlir::failed(result))
    return 1;
  auto package = ashlar::package::PackageReader::openBytes({result->output.begin(), result->output.end()});
  if (!package) {
    fprintf(stderr, "%s\n", package.status().message().c_str());
    return 1;
  }
  for (const ashlar::package::Function &function : package->manifest().functions)
    printf("function %s\n", function.name.c_str());
  for (const ashlar::package::Target &target : package->manifest().targets)
    printf("target %s\n", target.name.c_str());
  return 0;
}
