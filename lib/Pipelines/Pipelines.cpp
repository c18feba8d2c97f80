//===-- Pipelines.cpp - the order of passes ---------------------------------===//
//
// Each pipeline ends where a level ends. Limits of the target are handed to the passes that refuse what exceeds them.
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

void ashlar::buildSchedulingPipeline(OpPassManager &passes, const TargetInfo &target) {
  // A launch plan has no calls.
  passes.addPass(createInlinerPass());
  passes.addPass(createSymbolDCEPass());
  passes.addPass(createCanonicalizerPass());
  passes.addNestedPass<func::FuncOp>(createFuseKernelsPass());
  AssignSchedulesPassOptions schedules;
  schedules.target = std::string(target.name);
  passes.addNestedPass<func::FuncOp>(createAssignSchedulesPass(schedules));
}

void ashlar::buildTensorPipeline(OpPassManager &passes, const TargetInfo &target) {
  buildSchedulingPipeline(passes, target);
  passes.addPass(createConvertTensorToTilePass());
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
}

void ashlar::buildTilePipeline(OpPassManager &passes, const TargetInfo &target) {
  OpPassManager &kernel = passes.nest<tile::KernelOp>();
  kernel.addPass(tile::createAssignLayoutsPass());
  tile::PlanPipelinePassOptions pipelining;
  pipelining.maxSharedMemoryBytes = target.sharedBytesPerBlock;
  kernel.addPass(tile::createPlanPipelinePass(pipelining));
  kernel.addPass(tile::createPipelinePass());
  kernel.addPass(createCanonicalizerPass());
  kernel.addPass(createCSEPass());
  tile::PlanSharedMemoryPassOptions sharedMemory;
  sharedMemory.maxSharedMemoryBytes = target.sharedBytesPerBlock;
  kernel.addPass(tile::createPlanSharedMemoryPass(sharedMemory));
  kernel.addPass(tile::createPlanBarriersPass());
  tile::VerifyBudgetPassOptions budget;
  budget.maxSharedMemoryBytes = target.sharedBytesPerBlock;
  budget.maxRegistersPerThread = target.maxRegistersPerThread;
  budget.registersPerMultiprocessor = target.registersPerMultiprocessor;
  kernel.addPass(tile::createVerifyBudgetPass(budget));
}

void ashlar::buildGPUPipeline(OpPassManager &passes, bool toLLVM) {
  passes.addPass(createConvertTileToGPUPass());
  OpPassManager &kernels = passes.nest<gpu::GPUModuleOp>();
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createCSEPass());
  kernels.addPass(createLoopInvariantCodeMotionPass());
  if (toLLVM)
    kernels.addPass(createConvertGPUToLLVMPass());
}

/// The table's row, or the first one after a diagnostic on standard error: pipelines have no way to fail.
static const TargetInfo &targetOf(const PipelineOptions &options) {
  std::string error;
  if (const TargetInfo *target = lookupTarget(options.target.getValue(), &error))
    return *target;
  llvm::errs() << error << "; using " << allTargets().front().name << "\n";
  return allTargets().front();
}

void ashlar::registerPipelines() {
  PassPipelineRegistration<PipelineOptions>(
      "ashlar-tensor-pipeline", "From operations on tensors to tile.kernel and tile.launch",
      [](OpPassManager &passes, const PipelineOptions &options) { buildTensorPipeline(passes, targetOf(options)); });
  PassPipelineRegistration<PipelineOptions>(
      "ashlar-tile-pipeline", "Expand every decision in tile.kernel: layouts, pipelining, shared memory, barriers",
      [](OpPassManager &passes, const PipelineOptions &options) { buildTilePipeline(passes, targetOf(options)); });
  PassPipelineRegistration<>("ashlar-gpu-pipeline", "From tile.kernel to LLVM-level kernels",
                             [](OpPassManager &passes) { buildGPUPipeline(passes); });
  PassPipelineRegistration<PipelineOptions>(
      "ashlar-compile", "All of it: from operations on tensors to LLVM-level kernels",
      [](OpPassManager &passes, const PipelineOptions &options) {
        buildTensorPipeline(passes, targetOf(options));
        buildTilePipeline(passes, targetOf(options));
        buildGPUPipeline(passes);
      });
}
