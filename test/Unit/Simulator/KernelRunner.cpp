//===-- KernelRunner.cpp - From kernel text to values ---------------------===//
//
// The compiling half, which needs MLIR.
//
//===----------------------------------------------------------------------===//

#include "KernelRunner.h"
#include "ashlar/GPUToHost/GPUToHost.h"
#include "dialects/Ptx/Ptx.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Parser/Parser.h"

using namespace mlir;

namespace ashlar::test {

std::vector<char> compileKernels(const std::string &text, std::string &diagnostics) {
  DialectRegistry registry;
  registry.insert<gpu::GPUDialect, LLVM::LLVMDialect, NVVM::NVVMDialect, ptx::PtxDialect>();
  registerHostSharedObjectTranslations(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.getDiagEngine().registerHandler(
      [&](Diagnostic &diagnostic) { diagnostics += diagnostic.str() + "\n"; });
  ParserConfig config(&context);
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, config, "kernels.mlir");
  if (!module)
    return {};
  SmallVector<gpu::GPUModuleOp> kernels = llvm::to_vector(module->getOps<gpu::GPUModuleOp>());
  FailureOr<std::vector<char>> object = emitSimulatorObject(kernels);
  return failed(object) ? std::vector<char>() : std::move(*object);
}

} // namespace ashlar::test
