//===-- Pipelines.h - the order of passes -----------------------------------===//
//
// This is the only place that knows which pass follows which. One pipeline per level, each ending at a
// level's boundary, so that `--emit` can stop there and a test can look:
//
//   ashlar-compile-tensor   tensors: kernels formed, schedules chosen; ends in tile.kernel and tile.launch
//   ashlar-compile-tile     one block's program: layouts, pipelining, shared memory, barriers, budget
//   ashlar-compile-gpu      one thread's program, then the LLVM-level kernel module both exits take
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_PIPELINES_PIPELINES_H
#define ASHLAR_PIPELINES_PIPELINES_H

#include "ashlar/Target/TargetInfo.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace ashlar {

/// What the pipelines need to know; also their textual options.
struct PipelineOptions : mlir::PassPipelineOptions<PipelineOptions> {
  Option<std::string> target{
      *this, "target",
      llvm::cl::desc("GPU whose limits and rates the schedules are chosen for: sm_80, sm_86, "
                     "sm_89 or sm_90a"),
      llvm::cl::init("sm_80")};
};

/// The parts of the pipelines, each on a module, in order. `target` gives limits and rates.
/// Inlines, and groups operations into kernels.
void buildFusionPipeline(mlir::OpPassManager &passes);
/// Chooses a schedule for every kernel that has none; with `explain`, remarks on the candidates.
void buildSchedulingPipeline(mlir::OpPassManager &passes, const TargetInfo &target, bool explain = false);
/// Makes one block's program of every kernel.
void buildTensorToTilePipeline(mlir::OpPassManager &passes);
/// Expands every decision in it.
void buildTilePipeline(mlir::OpPassManager &passes, const TargetInfo &target);
/// Makes one thread's program of it.
void buildTileToGPUPipeline(mlir::OpPassManager &passes);
/// Lowers that to what both exits take.
void buildGPUPipeline(mlir::OpPassManager &passes);

/// Registers the three, and `ashlar-compile`, which is all of them in order.
void registerPipelines();

} // namespace ashlar

#endif // ASHLAR_PIPELINES_PIPELINES_H
