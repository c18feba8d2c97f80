//===-- PTXEmitter.cpp - PTX text from a kernel module --------------------===//
//
// Translation to LLVM IR, optimisation and code generation for one target, with every complaint of LLVM
// turned into a diagnostic.
//
//===----------------------------------------------------------------------===//

#include "ashlar/GPUToPTX/PTXEmitter.h"

#include "FatalErrorTrap.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/GPU/GPUToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"

#include "llvm/Analysis/CGSCCPassManager.h"
#include "llvm/Analysis/LoopAnalysisManager.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

#include <mutex>

using namespace mlir;
using namespace ashlar;

namespace {
/// Everything of one compilation, in one place so that it can be leaked when LLVM gives up half-way.
struct Compilation {
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module;
  std::unique_ptr<llvm::TargetMachine> machine;
  llvm::SmallVector<char, 0> text;
  /// Errors that LLVM reported while it went on.
  std::string errors;
};
} // namespace

void ashlar::registerPTXEmission(DialectRegistry &registry) {
  registerBuiltinDialectTranslation(registry);
  registerGPUDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  registerNVVMDialectTranslation(registry);
}

/// 32-bit addresses of shared and local memory: fewer registers and half the integer work of address
/// arithmetic. The backend offers this as a command-line option only; where it no longer exists, 64-bit
/// addresses are as right. Read when a target machine is made; linking host code resets it, like every option
/// of the process.
static void useShortPointers() {
  llvm::cl::Option *option = llvm::cl::getRegisteredOptions().lookup("nvptx-short-ptr");
  if (option)
    static_cast<llvm::cl::opt<bool> *>(option)->setValue(true);
}

static std::unique_ptr<llvm::TargetMachine> createTargetMachine(const TargetInfo &target) {
  static std::once_flag initialized;
  std::call_once(initialized, [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
  });
  llvm::Triple triple("nvptx64-nvidia-cuda");
  std::string error;
  const llvm::Target *backend = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!backend)
    return nullptr;
  useShortPointers();
  std::string features = llvm::formatv("+ptx{0}", target.ptxVersion);
  return std::unique_ptr<llvm::TargetMachine>(
      backend->createTargetMachine(triple, target.name, features, llvm::TargetOptions(), llvm::Reloc::Static,
                                   std::nullopt, llvm::CodeGenOptLevel::Aggressive));
}

static void optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager callGraph;
  llvm::ModuleAnalysisManager modules;
  llvm::PipelineTuningOptions tuning;
  llvm::PassBuilder builder(&machine, tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(callGraph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, callGraph, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3).run(module, modules);
}

static void generateCode(Compilation &compilation) {
  llvm::raw_svector_ostream stream(compilation.text);
  llvm::legacy::PassManager passes;
  if (compilation.machine->addPassesToEmitFile(passes, stream, nullptr,
                                               llvm::CodeGenFileType::AssemblyFile)) {
    compilation.errors += "the backend cannot print assembly";
    return;
  }
  passes.run(*compilation.module);
}

static void collectErrors(const llvm::DiagnosticInfo *info, void *compilation) {
  if (info->getSeverity() != llvm::DS_Error)
    return;
  llvm::raw_string_ostream stream(static_cast<Compilation *>(compilation)->errors);
  llvm::DiagnosticPrinterRawOStream printer(stream);
  info->print(printer);
  stream << '\n';
}

/// LLVM IR of a copy of `gpuModule`, verified; a failure has been reported.
static LogicalResult translate(gpu::GPUModuleOp gpuModule, Compilation &compilation) {
  OwningOpRef<gpu::GPUModuleOp> copy(gpuModule.clone());
  if (failed(lowerToInlinePtx(*copy)))
    return gpuModule.emitOpError("cannot be turned into inline PTX");
  compilation.module =
      translateModuleToLLVMIR(*copy, compilation.context, gpuModule.getName(), /*disableVerification=*/true);
  if (!compilation.module)
    return gpuModule.emitOpError(
        "cannot be translated to LLVM IR: it must hold llvm, nvvm and ptx operations only");
  compilation.module->setTargetTriple(compilation.machine->getTargetTriple());
  compilation.module->setDataLayout(compilation.machine->createDataLayout());
  std::string message;
  llvm::raw_string_ostream stream(message);
  if (llvm::verifyModule(*compilation.module, &stream))
    return gpuModule.emitOpError("gives invalid LLVM IR: ") << message;
  return success();
}

FailureOr<std::string> ashlar::emitPTX(gpu::GPUModuleOp gpuModule, const TargetInfo &target) {
  DialectRegistry registry;
  registerPTXEmission(registry);
  gpuModule.getContext()->appendDialectRegistry(registry);

  auto compilation = std::make_unique<Compilation>();
  compilation->context.setDiagnosticHandlerCallBack(collectErrors, compilation.get());
  compilation->machine = createTargetMachine(target);
  if (!compilation->machine)
    return gpuModule.emitOpError("cannot be compiled: this build of LLVM has no NVPTX backend");
  if (failed(translate(gpuModule, *compilation)))
    return failure();

  std::optional<std::string> fatal = trapFatalErrors([&] {
    optimize(*compilation->module, *compilation->machine);
    generateCode(*compilation);
  });
  if (fatal) {
    (void)compilation.release(); // Half-built; destroying it is not safe.
    return gpuModule.emitOpError() << "cannot be compiled for " << target.name << ": " << *fatal;
  }
  if (!compilation->errors.empty())
    return gpuModule.emitOpError() << "cannot be compiled for " << target.name << ": " << compilation->errors;
  return std::string(compilation->text.begin(), compilation->text.end());
}
