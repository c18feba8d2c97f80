//===-- ConvertTileToGPU.cpp - from one block's program to one thread's -----===//
//
// Puts the kernels of a module into one gpu.module and rewrites each by the patterns of this folder.
//
//===-----------------------------------------------------------------------===//
#include "Lowering.h"
#include "ashlar/GPU/Passes.h"
#include "ashlar/TileToGPU/Passes.h"
#include "mlir/Dialect/SCF/Transforms/Patterns.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Transforms/DialectConversion.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

namespace ashlar {
#define GEN_PASS_DEF_CONVERTTILETOGPUPASS
#include "ashlar/TileToGPU/Passes.h.inc"
} // namespace ashlar

static void addTypeConversions(TypeConverter &converter) {
  converter.addConversion([](Type type) { return type; });
  converter.addConversion([](RankedTensorType tile) -> Type { return getRegisterType(tile); });
  converter.addConversion([](BufferType buffer) -> Type {
    return LLVM::LLVMPointerType::get(buffer.getContext(), buffer.isShared() ? 3 : 1);
  });
  converter.addConversion(
      [](ViewType view) -> Type { return LLVM::LLVMPointerType::get(view.getContext(), 1); });
}

/// A tile without a distribution is a mistake of the pipeline, told before any conversion fails over it.
static LogicalResult checkDistributions(KernelOp kernel) {
  WalkResult result = kernel.walk([](Operation *op) {
    for (Type type : op->getResultTypes())
      if (isa<RankedTensorType>(type) && !getDistributionAttr(type)) {
        op->emitError("the tile ") << type << " has no distribution; run ashlar-tile-assign-layouts first";
        return WalkResult::interrupt();
      }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

/// Moves every tile.kernel into a new gpu.module at the end of `module` and lets launches name them there.
static gpu::GPUModuleOp collectKernels(ModuleOp module, ArrayRef<KernelOp> kernels) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto gpuModule = gpu::GPUModuleOp::create(builder, module.getLoc(), "kernels");
  builder.setInsertionPointToStart(gpuModule.getBody());
  auto bytes = LLVM::LLVMArrayType::get(builder.getI8Type(), 0);
  LLVM::GlobalOp::create(builder, module.getLoc(), bytes, /*isConstant=*/false, LLVM::Linkage::External,
                         "ashlar_shared", Attribute(), /*alignment=*/1024, /*addrSpace=*/3);
  for (KernelOp kernel : kernels)
    kernel->moveBefore(gpuModule.getBody(), gpuModule.getBody()->end());
  auto moduleName = StringAttr::get(module.getContext(), "kernels");
  module.walk([&](LaunchOp launch) {
    auto name = FlatSymbolRefAttr::get(launch.getKernelAttr().getLeafReference());
    launch.setKernelAttr(SymbolRefAttr::get(moduleName, {name}));
  });
  return gpuModule;
}

/// The width of a kernel's index arithmetic: 64 where a static extent asks for it. That dynamic ones do not
/// is checked by the launch plan at each call, so that they cost nothing.
static int64_t indexBitwidth(KernelOp kernel) {
  for (BlockArgument argument : kernel.getBufferArguments()) {
    double elements = 1;
    for (int64_t extent : cast<BufferType>(argument.getType()).getShape())
      elements *= ShapedType::isDynamic(extent) ? 1 : double(std::max<int64_t>(extent, 1));
    if (elements > double(maxElements32Bit))
      return 64;
  }
  return 32;
}

/// The conversion follows an error of a pattern with one of its own, "failed to legalize", which says nothing
/// new. This lets that pass only where no pattern has said what is wrong.
static LogicalResult withoutFollowUps(MLIRContext *context, function_ref<LogicalResult()> convert) {
  bool isExplained = false;
  ScopedDiagnosticHandler handler(context, [&](Diagnostic &diagnostic) {
    bool isFollowUp = StringRef(diagnostic.str()).starts_with("failed to legalize");
    isExplained |= diagnostic.getSeverity() == DiagnosticSeverity::Error && !isFollowUp;
    return success(isFollowUp && isExplained);
  });
  return convert();
}

namespace {

struct ConvertTileToGPU : ashlar::impl::ConvertTileToGPUPassBase<ConvertTileToGPU> {
  void getDependentDialects(DialectRegistry &registry) const override {
    ConvertTileToGPUPassBase::getDependentDialects(registry);
    registry.insert<ub::UBDialect>();
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<KernelOp> kernels(module.getOps<KernelOp>());
    if (kernels.empty())
      return;
    if (llvm::any_of(kernels, [](KernelOp kernel) { return failed(checkDistributions(kernel)); }))
      return signalPassFailure();
    llvm::for_each(kernels, annotateAccesses);
    llvm::for_each(kernels, annotateRoles);
    if (llvm::any_of(kernels, [](KernelOp kernel) { return failed(numberTensorMaps(kernel)); }))
      return signalPassFailure();
    for (KernelOp kernel : kernels)
      kernel->setAttr(indexBitwidthAttrName, OpBuilder(module).getI64IntegerAttr(indexBitwidth(kernel)));
    gpu::GPUModuleOp gpuModule = collectKernels(module, kernels);
    if (failed(withoutFollowUps(&getContext(), [&] { return convert(gpuModule); })))
      signalPassFailure();
  }

  LogicalResult convert(gpu::GPUModuleOp gpuModule) {
    TypeConverter converter;
    addTypeConversions(converter);
    RewritePatternSet patterns(&getContext());
    ConversionTarget target(getContext());
    populateKernelPatterns(converter, patterns);
    populateElementwisePatterns(converter, patterns);
    populateCopyPatterns(converter, patterns);
    populateAccessPatterns(converter, patterns);
    populateFragmentPatterns(converter, patterns);
    populateMmaPatterns(converter, patterns);
    populateConcurrencyPatterns(converter, patterns);
    populateTensorCopyPatterns(converter, patterns);
    populateWgmmaPatterns(converter, patterns);
    populateReductionPatterns(converter, patterns);
    scf::populateSCFStructuralTypeConversionsAndLegality(converter, patterns, target);
    target.addIllegalDialect<TileDialect>();
    target.markUnknownOpDynamicallyLegal([&](Operation *op) { return isa<gpu::GPUFuncOp>(op) || converter.isLegal(op); });
    return applyPartialConversion(gpuModule, target, std::move(patterns));
  }
};

} // namespace
