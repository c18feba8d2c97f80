//===-- ConvertGPUToLLVM.cpp - One thread's program in LLVM ---------------===//
//
// The pass that ends the GPU level: functions are expanded first, on rows and scalars, then everything
// becomes LLVM, NVVM and PTX operations in one conversion.
//
//===----------------------------------------------------------------------===//

#include "ThreadProgram.h"
#include "ashlar/GPU/Passes.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/GPUToNVVM/GPUToNVVMPass.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Dialect/Vector/Transforms/VectorRewritePatterns.h"
#include "mlir/Transforms/DialectConversion.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace ashlar {
#define GEN_PASS_DEF_CONVERTGPUTOLLVMPASS
#include "ashlar/GPU/Passes.h.inc"
} // namespace ashlar

using namespace mlir;
using namespace ashlar;

/// Hands the width of `index` that the module asks for to the functions without one of their own. Fails with
/// a diagnostic for a width that we do not have.
static LogicalResult inheritIndexBitwidth(gpu::GPUModuleOp gpuModule) {
  auto inherited = gpuModule->getAttrOfType<IntegerAttr>(indexBitwidthAttrName);
  SmallVector<Operation *> operations = {gpuModule};
  for (Operation &op : *gpuModule.getBody())
    operations.push_back(&op);
  for (Operation *op : operations) {
    auto attribute = op->getAttrOfType<IntegerAttr>(indexBitwidthAttrName);
    if (attribute && attribute.getInt() != 32 && attribute.getInt() != 64)
      return op->emitOpError() << "'" << indexBitwidthAttrName << "' must be 32 or 64, but is "
                               << attribute.getInt();
    if (isa<gpu::GPUFuncOp>(op) && inherited && !attribute)
      op->setAttr(indexBitwidthAttrName, inherited);
  }
  return success();
}

/// Functions and n-D vectors in terms of rows, scalars and what the hardware computes.
static LogicalResult expandOperations(gpu::GPUModuleOp gpuModule) {
  RewritePatternSet patterns(gpuModule.getContext());
  populateElementwiseUnrollingPatterns(patterns);
  populateMathToPtxPatterns(patterns);
  populateMathExpansionPatterns(patterns);
  populateMathAlgebraicSimplificationPatterns(patterns);
  arith::populateCeilFloorDivExpandOpsPatterns(patterns);

  vector::populateVectorBroadcastLoweringPatterns(patterns);
  vector::populateVectorMultiReductionLoweringPatterns(patterns,
                                                       vector::VectorMultiReductionLowering::InnerParallel);
  vector::populateVectorContractLoweringPatterns(patterns, vector::VectorContractLowering::ParallelArith);
  vector::populateVectorOuterProductLoweringPatterns(patterns);
  vector::populateVectorTransposeLoweringPatterns(patterns, vector::VectorTransposeLowering::EltWise);
  vector::populateVectorShapeCastLoweringPatterns(patterns);
  vector::populateVectorBitCastLoweringPatterns(patterns);
  vector::populateVectorInterleaveLoweringPatterns(patterns);
  vector::populateVectorShuffleLoweringPatterns(patterns);
  vector::populateVectorStepLoweringPatterns(patterns);
  vector::populateVectorMaskOpLoweringPatterns(patterns);
  vector::populateVectorRankReducingFMAPattern(patterns);
  vector::populateVectorToElementsUnrollPatterns(patterns);
  vector::populateVectorFromElementsUnrollPatterns(patterns);
  vector::populateVectorInsertExtractStridedSliceTransforms(patterns);
  return applyPatternsGreedily(gpuModule, std::move(patterns));
}

static LogicalResult convertControlFlow(gpu::GPUModuleOp gpuModule) {
  RewritePatternSet patterns(gpuModule.getContext());
  populateSCFToControlFlowConversionPatterns(patterns);
  ConversionTarget target(*gpuModule.getContext());
  target.markUnknownOpDynamicallyLegal([](Operation *op) { return !isa<scf::SCFDialect>(op->getDialect()); });
  return applyPartialConversion(gpuModule, target, std::move(patterns));
}

/// Converts the functions whose `index` has this width.
static LogicalResult convertToLLVM(gpu::GPUModuleOp gpuModule, unsigned indexBitwidth) {
  MLIRContext *context = gpuModule.getContext();
  SmallVector<Operation *> functions;
  for (auto function : gpuModule.getOps<FunctionOpInterface>()) {
    auto own = function->getAttrOfType<IntegerAttr>(indexBitwidthAttrName);
    if ((own ? own.getInt() : 32) == indexBitwidth)
      functions.push_back(function);
  }
  LowerToLLVMOptions options(context);
  options.overrideIndexBitwidth(indexBitwidth);
  LLVMTypeConverter converter(context, options);
  configureGpuToNVVMTypeConverter(converter);

  RewritePatternSet patterns(context);
  populateGpuToNVVMConversionPatterns(converter, patterns);
  arith::populateArithToLLVMConversionPatterns(converter, patterns);
  cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
  index::populateIndexToLLVMConversionPatterns(converter, patterns);
  populateMathToLLVMConversionPatterns(converter, patterns);
  populateVectorToLLVMConversionPatterns(converter, patterns, /*reassociateFPReductions=*/false,
                                         /*force32BitVectorIndices=*/true);
  ub::populateUBToLLVMConversionPatterns(converter, patterns);

  ConversionTarget target(*context);
  target.addLegalDialect<LLVM::LLVMDialect, NVVM::NVVMDialect, ptx::PtxDialect>();
  target.addLegalOp<UnrealizedConversionCastOp>();
  return applyPartialConversion(functions, target, std::move(patterns));
}

/// The block size is exact, not a bound: `reqntid` lets the assembler use it. One resident block is what
/// register allocation shall aim at unless a schedule asks for more: without a lower bound ptxas ignores
/// setmaxnreg and keeps registers for blocks that shared memory forbids.
static void completeKernelAttributes(gpu::GPUModuleOp gpuModule) {
  StringRef upperBound = NVVM::NVVMDialect::getMaxntidAttrName(),
            exact = NVVM::NVVMDialect::getReqntidAttrName();
  StringRef minBlocks = NVVM::NVVMDialect::getMinctasmAttrName();
  Builder builder(gpuModule.getContext());
  for (auto function : gpuModule.getOps<LLVM::LLVMFuncOp>()) {
    if (!function->hasAttr(NVVM::NVVMDialect::getKernelFuncAttrName()))
      continue;
    function->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), builder.getUnitAttr());
    if (Attribute size = function->removeAttr(upperBound); size && !function->hasAttr(exact))
      function->setAttr(exact, size);
    for (StringRef name : {"gpu.known_block_size", "gpu.known_grid_size"})
      function->removeAttr(name);
    // The assembler ignores the number of blocks where their size is open.
    if (function->hasAttr(exact) && !function->hasAttr(minBlocks))
      function->setAttr(minBlocks, builder.getI32IntegerAttr(1));
  }
}

/// Tensor maps are handed over by value and read where the driver put them: copies name them by their address
/// in parameter space.
static void passTensorMapsByValue(gpu::GPUModuleOp gpuModule) {
  Builder builder(gpuModule.getContext());
  auto bytes = LLVM::LLVMArrayType::get(builder.getI8Type(), tensorMapBytes);
  for (auto function : gpuModule.getOps<LLVM::LLVMFuncOp>()) {
    auto maps = function->getAttrOfType<ArrayAttr>(tensorMapsAttrName);
    unsigned count = function.getNumArguments();
    for (unsigned i = count - (maps ? maps.size() : 0); i < count; ++i) {
      function.setArgAttr(i, LLVM::LLVMDialect::getByValAttrName(), TypeAttr::get(bytes));
      function.setArgAttr(i, LLVM::LLVMDialect::getAlignAttrName(), builder.getI64IntegerAttr(64));
      function.setArgAttr(i, NVVM::NVVMDialect::getGridConstantAttrName(), builder.getUnitAttr());
    }
  }
}

namespace {
struct ConvertGPUToLLVMPass : ashlar::impl::ConvertGPUToLLVMPassBase<ConvertGPUToLLVMPass> {
  void runOnOperation() override {
    gpu::GPUModuleOp gpuModule = getOperation();
    markFunctionsWithoutCalls(gpuModule);
    if (failed(inheritIndexBitwidth(gpuModule)) || failed(verifyBeforeConversion(gpuModule)) ||
        failed(expandOperations(gpuModule)) || failed(convertControlFlow(gpuModule)) ||
        failed(convertToLLVM(gpuModule, 32)) || failed(convertToLLVM(gpuModule, 64)) ||
        failed(verifyAfterConversion(gpuModule)))
      return signalPassFailure();
    completeKernelAttributes(gpuModule);
    passTensorMapsByValue(gpuModule);
  }
};
} // namespace
