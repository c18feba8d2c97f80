//===-- Compile.cpp - from a module on tensors to a package -----------------===//
//
// Kernels are formed once; from the schedules on, every GPU has a variant of the program. Runs the pipelines
// up to the stage that is asked for.
//
//===-----------------------------------------------------------------------===//
#include "ashlar/Pipelines/Compile.h"
#include "DeclineSchedules.h"
#include "Variant.h"
#include "ashlar/GPUToPTX/PTXEmitter.h"
#include "ashlar/InitAllDialects.h"
#include "ashlar/Pipelines/Pipelines.h"
#include "ashlar/Reference/ReferenceObject.h"

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
      else if (const TargetInfo *target = lookupTarget(name, &error)) {
        if (!llvm::is_contained(targets.gpus, target))
          targets.gpus.push_back(target);
      } else
        return emitError(loc) << error << ", and sim";
    }
    if (targets.gpus.empty() && !targets.simulator)
      return emitError(loc) << "no target is given; name at least one of sm_90a, sm_80, sim";
    return targets;
  }

  /// What text is made for, and what the simulator runs.
  const TargetInfo &first() const { return gpus.empty() ? *lookupTarget("sm_80") : *gpus.front(); }
};

/// Takes modules from where they stand to where they are to stop.
class Compiler {
public:
  Compiler(const CompileOptions &options) : options(options) {}

  /// Forms kernels, which schedules are then chosen for.
  LogicalResult formKernels(ModuleOp module) const;
  /// The stages behind that, up to `options.stage` or the LLVM level.
  LogicalResult lower(ModuleOp module, const TargetInfo &target) const;
  FailureOr<SmallVector<Variant>> makeVariants(ModuleOp module, const Targets &targets) const;

private:
  /// Whether the work that ends in `stage` is still to be done, and asked for.
  bool reaches(Stage stage) const { return options.start < stage && options.stage >= stage; }
  LogicalResult run(ModuleOp module, function_ref<void(OpPassManager &)> build) const;

  const CompileOptions &options;
};

} // namespace

LogicalResult Compiler::run(ModuleOp module, function_ref<void(OpPassManager &)> build) const {
  PassManager passes(module.getContext());
  if (options.printAfterAll) {
    module.getContext()->disableMultithreading();
    passes.enableIRPrinting([](Pass *, Operation *) { return false; },
                            [](Pass *, Operation *) { return true; });
  }
  build(passes);
  return passes.run(module);
}

LogicalResult Compiler::formKernels(ModuleOp module) const {
  if (!reaches(Stage::Tensor))
    return success();
  return run(module, [](OpPassManager &passes) { buildFusionPipeline(passes); });
}

LogicalResult Compiler::lower(ModuleOp module, const TargetInfo &target) const {
  if (reaches(Stage::Tensor)) {
    if (failed(run(module, [&](OpPassManager &passes) { buildSchedulingPipeline(passes, target, options.explain); })))
      return failure();
    declineSchedules(module, target);
  }
  return run(module, [&](OpPassManager &passes) {
    if (reaches(Stage::Tile)) {
      buildTensorToTilePipeline(passes);
      buildTilePipeline(passes, target);
    }
    if (reaches(Stage::GPU))
      buildTileToGPUPipeline(passes);
    if (reaches(Stage::LLVM))
      buildGPUPipeline(passes);
  });
}

static std::string textOf(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream(text) << module << "\n";
  return text;
}

FailureOr<SmallVector<Variant>> Compiler::makeVariants(ModuleOp module, const Targets &targets) const {
  SmallVector<Variant> variants;
  std::vector<std::string> texts;
  SmallVector<const TargetInfo *> wanted = targets.gpus;
  if (wanted.empty())
    wanted.push_back(&targets.first());
  for (const TargetInfo *target : wanted) {
    OwningOpRef<ModuleOp> copy = module.clone();
    if (failed(lower(*copy, *target)))
      return failure();
    std::string text = textOf(*copy);
    auto same = llvm::find(texts, text);
    if (same == texts.end()) {
      texts.push_back(std::move(text));
      variants.push_back({{}, false, std::move(copy)});
      same = texts.end() - 1;
    }
    if (!targets.gpus.empty())
      variants[same - texts.begin()].gpus.push_back(target);
  }
  variants.front().isSimulated = targets.simulator;
  return variants;
}

static FailureOr<CompileResult> emitText(ArrayRef<Variant> variants) {
  CompileResult result;
  for (const Variant &variant : variants)
    for (const TargetInfo *target : variant.gpus) {
      gpu::GPUModuleOp kernels = variant.kernels();
      FailureOr<std::string> ptx =
          kernels ? emitPTX(kernels, *target) : FailureOr<std::string>(std::string());
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
  if (options.start > Stage::LLVM || options.start > options.stage)
    return emitError(module.getLoc())
           << "a compilation can start on the levels up to llvm, and must end behind its start";
  if (options.stage == Stage::PTX && targets->gpus.empty())
    return emitError(module.getLoc()) << "the simulator has no PTX; name a GPU target, such as sm_80";
  // The reference is lowered from the program as it is now, but last: what the passes say of a program they
  // refuse helps more.
  OwningOpRef<ModuleOp> original;
  if (options.stage == Stage::Package && options.withReference && options.start <= Stage::Tensor)
    original = module.clone();
  Compiler compiler(options);
  if (failed(compiler.formKernels(module)))
    return failure();
  if (options.stage < Stage::PTX) {
    if (failed(compiler.lower(module, targets->first())))
      return failure();
    return CompileResult{textOf(module), {}};
  }
  FailureOr<SmallVector<Variant>> variants = compiler.makeVariants(module, *targets);
  if (failed(variants))
    return failure();
  if (options.stage == Stage::PTX)
    return emitText(*variants);
  FailureOr<HostProgram> reference = original ? lowerReference(*original) : HostProgram();
  if (failed(reference))
    return failure();
  return pack(*variants, std::move(*reference), options);
}
