//===-- ReferencePipeline.cpp - From tensors to host code -----------------===//
//
// The order of the passes, nearly all of them upstream's, that lower a module's reference decomposition to
// the LLVM dialect.
//
//===----------------------------------------------------------------------===//

#include "ashlar/Reference/Passes.h"
#include "ashlar/Reference/ReferenceObject.h"
#include "ashlar/Target/HostSharedObject.h"
#include "dialects/Ashlar/Ashlar.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Pipelines/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

/// Tensors to memory: results in place in the caller's buffers, temporaries allocated and freed.
static void addBufferization(OpPassManager &passes) {
  passes.addPass(ashlar::createLowerResultsToArgumentsPass());
  passes.addPass(bufferization::createEmptyTensorEliminationPass());
  passes.addPass(bufferization::createOneShotBufferizePass());
  passes.addNestedPass<func::FuncOp>(bufferization::createBufferLoopHoistingPass());
  bufferization::buildBufferDeallocationPipeline(passes, {});
}

/// Structured loops and math to the LLVM dialect.
static void addLowering(OpPassManager &passes) {
  passes.addPass(ashlar::createLowerReferenceToLoopsPass());
  passes.addPass(createLoopInvariantCodeMotionPass());
  passes.addPass(memref::createExpandStridedMetadataPass());
  passes.addPass(createLowerAffinePass());
  passes.addPass(createSCFToControlFlowPass());
  passes.addPass(createCanonicalizerPass());
  // Before functions of libm join those of the module.
  passes.addNestedPass<func::FuncOp>(LLVM::createLLVMRequestCWrappersPass());
  // Functions that libm has in f32 and f64 only.
  passes.addPass(math::createMathExtendToSupportedTypes());
  passes.addPass(arith::createArithExpandOpsPass());
  passes.addPass(createConvertMathToLLVMPass());
  passes.addPass(createConvertMathToLibmPass());
  passes.addPass(createFinalizeMemRefToLLVMConversionPass());
  passes.addPass(createConvertToLLVMPass());
  passes.addPass(createReconcileUnrealizedCastsPass());
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
}

void ashlar::buildReferencePipeline(OpPassManager &passes) {
  passes.addPass(createInlinerPass());
  passes.addPass(createSymbolDCEPass());
  passes.addPass(createDecomposeToReferencePass());
  passes.addNestedPass<func::FuncOp>(createConvertElementwiseToLinalgPass());
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
  addBufferization(passes);
  addLowering(passes);
}

void ashlar::registerReferencePipeline() {
  PassPipelineRegistration<>("ashlar-lower-reference",
                             "Lower functions on tensors to LLVM-dialect host code through their reference.",
                             buildReferencePipeline);
}

void ashlar::registerReferenceDialects(DialectRegistry &registry) {
  registerAllDialects(registry);
  registerAllExtensions(registry);
  registerHostSharedObjectTranslations(registry);
  registry.insert<ash::AshlarDialect>();
}
