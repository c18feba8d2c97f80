//===-- Compile.cpp - from a module on tensors to a package -----------------===//
//
// Runs the pipelines up to the stage that is asked for, then the exits, and packs what they made.
//
//===-----------------------------------------------------------------------===//
#include "ashlar/Pipelines/Compile.h"
#include "ashlar/GPUToHost/GPUToHost.h"
#include "ashlar/GPUToPTX/PTXEmitter.h"
#include "ashlar/GPUToPackage/LaunchPlan.h"
#include "ashlar/InitAllDialects.h"
#include "ashlar/Pipelines/Pipelines.h"
#include "ashlar/Reference/ReferenceObject.h"
#include "ashlar/Target/HostSharedObject.h"

using namespace mlir;
using namespace ashlar;

void ashlar::registerCompiler(DialectRegistry &registry) {
  ashlar::registerAllDialects(registry);
  registerPTXEmission(registry);
  registerHostSharedObjectTranslations(registry);
}

namespace {

/// The targets of a compilation, looked up.
struct Targets {
  SmallVector<const TargetInfo *> gpus;
  bool simulator = false;

  static FailureOr<Targets> parse(ArrayRef<std::string> names, Location loc) {
    Targets targets;
    for (StringRef name : names) {
      std::string error;
      if (name == "sim")
        targets.simulator = true;
      else if (const TargetInfo *target = lookupTarget(name, &error))
        targets.gpus.push_back(target);
      else
        return emitError(loc) << error << ", and sim";
    }
    if (targets.gpus.empty() && !targets.simulator)
      return emitError(loc) << "no target is given; name at least one of sm_90a, sm_80, sim";
    return targets;
  }

  /// One launch plan serves all targets of a package, so schedules are chosen for the one that offers least.
  const TargetInfo &mostLimited() const {
    const TargetInfo *least = gpus.empty() ? lookupTarget("sm_80") : gpus.front();
    for (const TargetInfo *target : gpus)
      if (target->sharedBytesPerBlock < least->sharedBytesPerBlock)
        least = target;
    return *least;
  }
};

} // namespace

static LogicalResult runPipeline(ModuleOp module, const CompileOptions &options,
                                 function_ref<void(OpPassManager &)> build) {
  PassManager passes(module.getContext());
  if (options.printAfterAll) {
    module.getContext()->disableMultithreading();
    passes.enableIRPrinting([](Pass *, Operation *) { return false; }, [](Pass *, Operation *) { return true; });
  }
  build(passes);
  return passes.run(module);
}

static CompileResult textOf(ModuleOp module) {
  CompileResult result;
  llvm::raw_string_ostream(result.output) << module << "\n";
  return result;
}

/// Kernels that went through the GPU pipeline; null if no function needed one.
static gpu::GPUModuleOp kernelsOf(ModuleOp module) { return module.lookupSymbol<gpu::GPUModuleOp>("kernels"); }

static void addResources(package::Manifest &manifest, const TargetReport &report) {
  std::string notes;
  for (const std::string &note : report.assembly.notes)
    notes += note + "\n";
  for (const KernelResources &resources : report.assembly.kernels)
    for (package::Kernel &kernel : manifest.kernels)
      if (kernel.name == resources.name)
        kernel.resources.push_back({report.target, resources.registers,
                                    resources.spillStoreBytes + resources.spillLoadBytes, resources.sharedBytes, notes});
}

/// Emits PTX for `target`, has it assembled if asked and possible, and puts the image into the package. The PTX goes in
/// where the image of one chip would leave newer GPUs without any.
static LogicalResult addGPUImage(gpu::GPUModuleOp kernels, const TargetInfo &target, const CompileOptions &options,
                                 package::PackageWriter &writer, CompileResult &result) {
  FailureOr<std::string> ptx = emitPTX(kernels, target);
  if (failed(ptx))
    return failure();
  package::Target entry;
  entry.name = std::string(target.name);
  entry.capability = static_cast<int>(target.computeCapability);
  entry.exact = !target.runsOnNewer;
  if (options.assemble && findAssembler()) {
    FailureOr<AssemblyReport> report = assemble(*ptx, target, kernels.getLoc());
    if (failed(report))
      return failure();
    result.reports.push_back({entry.name, *report});
    addResources(writer.manifest(), result.reports.back());
  }
  entry.kind = package::ImageKind::Ptx;
  writer.addTarget(entry, *ptx);
  return success();
}

static LogicalResult addSimulatorImage(gpu::GPUModuleOp kernels, package::PackageWriter &writer) {
  FailureOr<std::vector<char>> object = emitSimulatorObject({kernels});
  if (failed(object))
    return failure();
  package::Target entry;
  entry.name = "sim";
  entry.kind = package::ImageKind::SharedObject;
  writer.addTarget(entry, std::span<const char>(*object));
  return success();
}

static FailureOr<CompileResult> pack(ModuleOp module, const Targets &targets, const CompileOptions &options,
                                     const std::vector<char> &reference) {
  CompileResult result;
  package::PackageWriter writer;
  writer.manifest().producer = "ashlar 0.1.0";
  if (failed(addLaunchPlans(module, writer)))
    return failure();
  if (gpu::GPUModuleOp kernels = kernelsOf(module)) {
    for (const TargetInfo *target : targets.gpus)
      if (failed(addGPUImage(kernels, *target, options, writer, result)))
        return failure();
    if (targets.simulator && failed(addSimulatorImage(kernels, writer)))
      return failure();
  }
  if (!reference.empty())
    writer.setReference(reference);
  Expected<std::vector<uint8_t>> bytes = writer.write();
  if (!bytes)
    return emitError(module.getLoc()) << "the package cannot be written: " << bytes.status().message();
  result.output.assign(bytes->begin(), bytes->end());
  return result;
}

static FailureOr<CompileResult> emitText(ModuleOp module, const Targets &targets) {
  CompileResult result;
  gpu::GPUModuleOp kernels = kernelsOf(module);
  for (const TargetInfo *target : targets.gpus) {
    FailureOr<std::string> ptx = kernels ? emitPTX(kernels, *target) : FailureOr<std::string>(std::string());
    if (failed(ptx))
      return failure();
    result.output += *ptx;
  }
  return result;
}

FailureOr<CompileResult> ashlar::compile(ModuleOp module, const CompileOptions &options) {
  FailureOr<Targets> targets = Targets::parse(options.targets, module.getLoc());
  if (failed(targets))
    return failure();
  const TargetInfo &limits = targets->mostLimited();
  std::vector<char> reference;
  if (options.stage == Stage::Package && options.withReference) {
    FailureOr<std::vector<char>> object = emitReferenceObject(module);
    if (failed(object))
      return failure();
    reference = std::move(*object);
  }
  auto run = [&](function_ref<void(OpPassManager &)> build) { return runPipeline(module, options, build); };
  if (options.stage == Stage::Tensor) {
    if (failed(run([&](OpPassManager &passes) { buildSchedulingPipeline(passes, limits); })))
      return failure();
    return textOf(module);
  }
  if (failed(run([&](OpPassManager &passes) { buildTensorPipeline(passes, limits); })))
    return failure();
  if (failed(run([&](OpPassManager &passes) { buildTilePipeline(passes, limits); })))
    return failure();
  if (options.stage == Stage::Tile)
    return textOf(module);
  bool stopBeforeLLVM = options.stage == Stage::GPU;
  if (failed(run([&](OpPassManager &passes) { buildGPUPipeline(passes, !stopBeforeLLVM); })))
    return failure();
  if (options.stage == Stage::GPU || options.stage == Stage::LLVM)
    return textOf(module);
  return options.stage == Stage::PTX ? emitText(module, *targets) : pack(module, *targets, options, reference);
}
