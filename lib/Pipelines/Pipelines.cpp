//===-- Pipelines.cpp - the order of passes ---------------------------------===//
//
// Each pipeline ends where a level ends. Limits of the target are handed to the passes that refuse what
// exceeds them.
//
//===-----------------------------------------------------------------------===//
#include "ashlar/Pipelines/Pipelines.h"
#include "ashlar/GPU/Passes.h"
#include "ashlar/Tensor/Passes.h"
#include "ashlar/TensorToTile/Passes.h"
#include "ashlar/Tile/Passes.h"
#include "ashlar/TileToGPU/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace ashlar;

void ashlar::buildFusionPipeline(OpPassManager &passes) {
  // A launch plan has no calls.
  passes.addPass(createInlinerPass());
  passes.addPass(createSymbolDCEPass());
  passes.addPass(createCanonicalizerPass());
  passes.addNestedPass<func::FuncOp>(createFuseKernelsPass());
}

void ashlar::buildSchedulingPipeline(OpPassManager &passes, const TargetInfo &target, bool explain) {
  AssignSchedulesPassOptions schedules;
  schedules.explain = explain;
  schedules.target = std::string(target.name);
  schedules.warpgroups = target.hasWgmma && target.hasTma;
  // As many as it takes to come to a schedule of another kind.
  schedules.alternatives = 3;
  passes.addNestedPass<func::FuncOp>(createAssignSchedulesPass(schedules));
}

void ashlar::buildTensorToTilePipeline(OpPassManager &passes) {
  passes.addPass(createConvertTensorToTilePass());
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
}

void ashlar::buildTilePipeline(OpPassManager &passes, const TargetInfo &target) {
  OpPassManager &kernel = passes.nest<tile::KernelOp>();
  // First, of the program as it was scheduled: what later passes add shows against it.
  kernel.addPass(tile::createCountTrafficPass());
  tile::AssignLayoutsPassOptions layouts;
  layouts.maxSharedMemoryBytes = target.sharedBytesPerBlock;
  kernel.addPass(tile::createAssignLayoutsPass(layouts));
  tile::PlanPipelinePassOptions pipelining;
  pipelining.maxSharedMemoryBytes = target.sharedBytesPerBlock;
  kernel.addPass(tile::createPlanTensorCopiesPass());
  kernel.addPass(tile::createPipelinePhasesPass());
  kernel.addPass(tile::createPlanPipelinePass(pipelining));
  kernel.addPass(tile::createPipelinePass());
  tile::SpecializeRolesPassOptions roles;
  roles.registersPerMultiprocessor = target.registersPerMultiprocessor;
  kernel.addPass(tile::createSpecializeRolesPass(roles));
  kernel.addPass(tile::createPipelineProductsPass());
  kernel.addPass(createCanonicalizerPass());
  kernel.addPass(createCSEPass());
  tile::PlanSharedMemoryPassOptions sharedMemory;
  sharedMemory.maxSharedMemoryBytes = target.sharedBytesPerBlock;
  kernel.addPass(tile::createPlanSharedMemoryPass(sharedMemory));
  kernel.addPass(tile::createPlanBarriersPass());
  kernel.addPass(tile::createVerifyPhasesPass());
  tile::VerifyBudgetPassOptions budget;
  budget.maxSharedMemoryBytes = target.sharedBytesPerBlock;
  budget.maxRegistersPerThread = target.maxRegistersPerThread;
  budget.registersPerMultiprocessor = target.registersPerMultiprocessor;
  kernel.addPass(tile::createVerifyBudgetPass(budget));
}

void ashlar::buildTileToGPUPipeline(OpPassManager &passes) {
  passes.addPass(createConvertTileToGPUPass());
  OpPassManager &kernels = passes.nest<gpu::GPUModuleOp>();
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createCSEPass());
  kernels.addPass(createLoopInvariantCodeMotionPass());
}

void ashlar::buildGPUPipeline(OpPassManager &passes) {
  passes.nest<gpu::GPUModuleOp>().addPass(createConvertGPUToLLVMPass());
}

//===-- By name ---------------------------------------------------------------===//

/// The first three parts, and the last two: what the registered pipelines are made of.
static void buildTensorPipeline(OpPassManager &passes, const TargetInfo &target) {
  buildFusionPipeline(passes);
  buildSchedulingPipeline(passes, target);
  buildTensorToTilePipeline(passes);
}

static void buildThreadPipeline(OpPassManager &passes) {
  buildTileToGPUPipeline(passes);
  buildGPUPipeline(passes);
}

/// A pipeline with the option `target`, which is refused when no GPU has that name.
static void registerPipeline(StringRef name, StringRef description,
                             std::function<void(OpPassManager &, const TargetInfo &)> build) {
  registerPassPipeline(
      name, description,
      [build = std::move(build)](OpPassManager &passes, StringRef text,
                                 function_ref<LogicalResult(const Twine &)> reportError) -> LogicalResult {
        PipelineOptions options;
        if (failed(options.parseFromString(text)))
          return failure();
        std::string error;
        const TargetInfo *target = lookupTarget(options.target.getValue(), &error);
        if (!target)
          return reportError(error);
        build(passes, *target);
        return success();
      },
      [](function_ref<void(const detail::PassOptions &)> show) { show(PipelineOptions()); });
}

void ashlar::registerPipelines() {
  registerPipeline("ashlar-compile-tensor", "From operations on tensors to tile.kernel and tile.launch",
                   buildTensorPipeline);
  registerPipeline("ashlar-compile-tile",
                   "Expand every decision in tile.kernel: layouts, pipelining, shared memory, barriers",
                   buildTilePipeline);
  PassPipelineRegistration<>("ashlar-compile-gpu", "From tile.kernel to LLVM-level kernels",
                             buildThreadPipeline);
  registerPipeline("ashlar-compile", "All of it: from operations on tensors to LLVM-level kernels",
                   [](OpPassManager &passes, const TargetInfo &target) {
                     buildTensorPipeline(passes, target);
                     buildTilePipeline(passes, target);
                     buildThreadPipeline(passes);
                   });
}
