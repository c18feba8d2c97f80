//===-- HostSharedObject.cpp - x86-64 shared objects from LLVM-dialect modules ---===//
//
// Translates to LLVM IR, adds the few arithmetic routines the baseline processor lacks, optimises, generates
// an object file in memory and hands it to the in-process linker.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Target/HostSharedObject.h"
#include "HostSharedObjectLink.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm-c/Target.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Linker/Linker.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/Transforms/IPO/Internalize.h"

using namespace llvm;

namespace ashlar {

static constexpr StringLiteral hostTriple = "x86_64-unknown-linux-gnu";

/// Roundings that x86-64-v3 has no instruction for; code generation calls them by these names. Old libgccs
/// lack them, so they travel with the object. From double: round to odd in single precision first, so that
/// the second rounding is the only one that counts.
static constexpr StringLiteral supportRoutines = R"(
define hidden bfloat @__truncsfbf2(float %x) nounwind memory(none) {
  %bits = bitcast float %x to i32
  %magnitude = and i32 %bits, 2147483647
  %isNaN = icmp ugt i32 %magnitude, 2139095040
  %high = lshr i32 %bits, 16
  %odd = and i32 %high, 1
  %bias = add i32 %odd, 32767
  %sum = add i32 %bits, %bias
  %rounded = lshr i32 %sum, 16
  %quiet = or i32 %high, 64
  %word = select i1 %isNaN, i32 %quiet, i32 %rounded
  %half = trunc i32 %word to i16
  %result = bitcast i16 %half to bfloat
  ret bfloat %result
}
define internal float @ashlar_round_to_odd(double %x) nounwind memory(none) {
  %nearest = fptrunc double %x to float
  %back = fpext float %nearest to double
  %isExact = fcmp ueq double %back, %x
  %backMagnitude = call double @llvm.fabs.f64(double %back)
  %magnitude = call double @llvm.fabs.f64(double %x)
  %isAbove = fcmp ogt double %backMagnitude, %magnitude
  %bits = bitcast float %nearest to i32
  %one = zext i1 %isAbove to i32
  %truncated = sub i32 %bits, %one
  %odd = or i32 %truncated, 1
  %chosen = select i1 %isExact, i32 %bits, i32 %odd
  %result = bitcast i32 %chosen to float
  ret float %result
}
define hidden bfloat @__truncdfbf2(double %x) nounwind memory(none) {
  %single = call float @ashlar_round_to_odd(double %x)
  %result = call bfloat @__truncsfbf2(float %single)
  ret bfloat %result
}
define hidden half @__truncdfhf2(double %x) nounwind memory(none) {
  %single = call float @ashlar_round_to_odd(double %x)
  %result = fptrunc float %single to half
  ret half %result
}
declare double @llvm.fabs.f64(double)
@llvm.compiler.used = appending global [3 x ptr] [ptr @__truncsfbf2, ptr @__truncdfbf2, ptr @__truncdfhf2]
)";

void registerHostSharedObjectTranslations(mlir::DialectRegistry &registry) {
  mlir::registerBuiltinDialectTranslation(registry);
  mlir::registerLLVMDialectTranslation(registry);
}

static Expected<std::unique_ptr<TargetMachine>> createTargetMachine(const HostSharedObjectOptions &options) {
  static const bool initialized = [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    return true;
  }();
  (void)initialized;
  Triple triple(hostTriple);
  std::string message;
  const Target *target = TargetRegistry::lookupTarget(triple, message);
  if (!target)
    return createStringError(message);
  TargetOptions targetOptions;
  targetOptions.FunctionSections = true;
  targetOptions.DataSections = true;
  auto level = static_cast<CodeGenOptLevel>(std::min(options.optimizationLevel, 3u));
  std::unique_ptr<TargetMachine> machine(target->createTargetMachine(
      triple, options.processor, "", targetOptions, Reloc::PIC_, std::nullopt, level));
  if (!machine || !machine->getMCSubtargetInfo()->isCPUStringValid(options.processor))
    return createStringError("'" + options.processor + "' is no x86-64 processor that LLVM knows");
  return machine;
}

static Error addSupportRoutines(Module &module) {
  SMDiagnostic diagnostic;
  std::unique_ptr<Module> routines = parseAssemblyString(supportRoutines, diagnostic, module.getContext());
  if (!routines)
    return createStringError(diagnostic.getMessage());
  routines->setDataLayout(module.getDataLayout());
  routines->setTargetTriple(module.getTargetTriple());
  if (Linker::linkModules(module, std::move(routines)))
    return createStringError("the module defines a compiler support routine itself");
  return Error::success();
}

/// Makes everything internal that dlsym need not find, so that the optimiser may inline and drop it.
static Error restrictExports(Module &module, ArrayRef<std::string> names) {
  if (names.empty())
    return Error::success();
  for (const std::string &name : names)
    if (GlobalValue *value = module.getNamedValue(name); !value || value->isDeclaration())
      return createStringError("the module does not define the exported name '" + name + "'");
  internalizeModule(module, [&](const GlobalValue &value) {
    return value.hasHiddenVisibility() || is_contained(names, value.getName());
  });
  return Error::success();
}

static void optimize(Module &module, TargetMachine &machine, unsigned level) {
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager components;
  ModuleAnalysisManager modules;
  PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  const OptimizationLevel levels[] = {OptimizationLevel::O0, OptimizationLevel::O1, OptimizationLevel::O2,
                                      OptimizationLevel::O3};
  OptimizationLevel chosen = levels[std::min(level, 3u)];
  ModulePassManager passes = chosen == OptimizationLevel::O0 ? builder.buildO0DefaultPipeline(chosen)
                                                             : builder.buildPerModuleDefaultPipeline(chosen);
  passes.run(module, modules);
}

static Expected<SmallVector<char, 0>> generateObject(Module &module, TargetMachine &machine) {
  SmallVector<char, 0> object;
  raw_svector_ostream stream(object);
  legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, stream, nullptr, CodeGenFileType::ObjectFile))
    return createStringError("LLVM has no object writer for " + hostTriple);
  passes.run(module);
  return object;
}

static Expected<HostObject> compile(Module &module, const HostSharedObjectOptions &options) {
  Expected<std::unique_ptr<TargetMachine>> machine = createTargetMachine(options);
  if (!machine)
    return machine.takeError();
  auto prepare = [&](Module &toPrepare) {
    toPrepare.setTargetTriple((*machine)->getTargetTriple());
    toPrepare.setDataLayout((*machine)->createDataLayout());
    toPrepare.setSourceFileName(options.name);
    toPrepare.setModuleIdentifier(options.name);
  };
  prepare(module);
  if (Error error = addSupportRoutines(module))
    return error;
  if (Error error = restrictExports(module, options.exportedNames))
    return error;
  optimize(module, **machine, options.optimizationLevel);
  Module emptyModule("empty", module.getContext());
  prepare(emptyModule);
  Expected<SmallVector<char, 0>> object = generateObject(module, **machine);
  if (!object)
    return object.takeError();
  Expected<SmallVector<char, 0>> emptyObject = generateObject(emptyModule, **machine);
  if (!emptyObject)
    return emptyObject.takeError();
  return HostObject{options.name, std::move(*object), std::move(*emptyObject)};
}

mlir::FailureOr<HostObject> compileHostObject(mlir::ModuleOp module, const HostSharedObjectOptions &options) {
  mlir::DialectRegistry registry;
  registerHostSharedObjectTranslations(registry);
  module.getContext()->appendDialectRegistry(registry);
  LLVMContext context;
  std::unique_ptr<Module> translated = mlir::translateModuleToLLVMIR(module, context, options.name);
  if (!translated)
    return mlir::emitError(
        module.getLoc(),
        "cannot be translated to LLVM IR for the host; lower every operation to the LLVM dialect "
        "first");
  Expected<HostObject> object = compile(*translated, options);
  if (!object)
    return mlir::emitError(module.getLoc(), "cannot be compiled for the host: ")
           << toString(object.takeError());
  return std::move(*object);
}

mlir::FailureOr<std::vector<char>> linkHostObject(const HostObject &object, mlir::Location location) {
  auto text = [](ArrayRef<char> bytes) { return StringRef(bytes.data(), bytes.size()); };
  Expected<std::vector<char>> linked =
      linkHostSharedObject(text(object.code), text(object.empty), object.name);
  Error error = linked ? checkExternalSymbols(text(*linked)) : linked.takeError();
  if (error)
    return mlir::emitError(location, "cannot be linked for the host: ") << toString(std::move(error));
  return std::move(*linked);
}

mlir::FailureOr<std::vector<char>> emitHostSharedObject(mlir::ModuleOp module,
                                                        const HostSharedObjectOptions &options) {
  mlir::FailureOr<HostObject> object = compileHostObject(module, options);
  if (mlir::failed(object))
    return mlir::failure();
  return linkHostObject(*object, module.getLoc());
}

} // namespace ashlar
