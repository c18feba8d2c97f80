//===-- LowerKernels.cpp - kernels, views and shared buffers ----------------===//
//
// What frames a kernel becomes a gpu.func; views and buffers become pointers.
//
//===-----------------------------------------------------------------------===//
#include "Lowering.h"
#include "ashlar/GPU/Passes.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace ashlar::tile;

namespace {

struct LowerKernel : OpConversionPattern<KernelOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(KernelOp kernel, OpAdaptor,
                                ConversionPatternRewriter &rewriter) const override {
    TypeConverter::SignatureConversion signature(kernel.getNumArguments());
    if (failed(typeConverter->convertSignatureArgs(kernel.getArgumentTypes(), signature)))
      return rewriter.notifyMatchFailure(kernel, "an argument has no type on the GPU level");
    // Tensor maps are arguments behind all others.
    auto tensorMaps = kernel->getAttrOfType<ArrayAttr>(ashlar::tensorMapsAttrName);
    if (tensorMaps)
      signature.addInputs(SmallVector<Type>(tensorMaps.size(), LLVM::LLVMPointerType::get(getContext())));
    auto type = rewriter.getFunctionType(signature.getConvertedTypes(), {});
    auto function = gpu::GPUFuncOp::create(rewriter, kernel.getLoc(), kernel.getSymName(), type);
    function->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), rewriter.getUnitAttr());
    auto threads = static_cast<int32_t>(kernel.getThreads());
    function->setAttr("nvvm.reqntid", rewriter.getDenseI32ArrayAttr({threads, 1, 1}));
    function->setAttr("nvvm.minctasm", rewriter.getI32IntegerAttr(1));
    function->setAttr("ashlar.grid", kernel.getGridAttr());
    function->setAttr("ashlar.shared_bytes", rewriter.getI64IntegerAttr(kernel.getSharedBytes().value_or(0)));
    if (Attribute traffic = kernel->getDiscardableAttr("tile.traffic"))
      function->setAttr("ashlar.traffic", traffic);
    function->setAttr(ashlar::indexBitwidthAttrName, kernel->getAttr(ashlar::indexBitwidthAttrName));
    if (tensorMaps)
      function->setAttr(ashlar::tensorMapsAttrName, tensorMaps);
    // A block a multiprocessor; they walk over the grid.
    if (kernel.getScheduleAttr() && kernel.getScheduleAttr().contains("persistent"))
      function->setAttr("ashlar.persistent_grid", rewriter.getI64IntegerAttr(1));
    if (kernel.getScheduleAttr())
      function->setAttr("ashlar.schedule", kernel.getScheduleAttr());
    rewriter.eraseBlock(&function.getBody().front());
    rewriter.inlineRegionBefore(kernel.getBody(), function.getBody(), function.getBody().end());
    if (failed(rewriter.convertRegionTypes(&function.getBody(), *typeConverter, &signature)))
      return failure();
    rewriter.eraseOp(kernel);
    return success();
  }
};

struct LowerReturn : OpConversionPattern<ReturnOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(ReturnOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<gpu::ReturnOp>(op);
    return success();
  }
};

struct LowerBlockId : OpConversionPattern<BlockIdOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(BlockIdOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    auto dimension = static_cast<gpu::Dimension>(op.getDimension());
    rewriter.replaceOpWithNewOp<gpu::BlockIdOp>(op, rewriter.getIndexType(), dimension);
    return success();
  }
};

/// Another name for a buffer's memory is its pointer. Accesses find a view's map through the operation.
template <typename NamingOp>
struct LowerToBuffer : OpConversionPattern<NamingOp> {
  using OpConversionPattern<NamingOp>::OpConversionPattern;
  LogicalResult matchAndRewrite(NamingOp op, typename NamingOp::Adaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, adaptor.getBuffer());
    return success();
  }
};

struct LowerAlloc : OpConversionPattern<AllocOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(AllocOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    if (!op.getOffset())
      return op.emitOpError("has no offset; run ashlar-tile-plan-shared-memory first");
    Type pointer = typeConverter->convertType(op.getType());
    Value base = LLVM::AddressOfOp::create(rewriter, op.getLoc(), pointer, "ashlar_shared");
    rewriter.replaceOpWithNewOp<LLVM::GEPOp>(op, pointer, rewriter.getI8Type(), base,
                                             ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(*op.getOffset())});
    return success();
  }
};

struct LowerStage : OpConversionPattern<StageOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(StageOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    IndexMath math(rewriter, op.getLoc());
    BufferType buffer = op.getBuffer().getType();
    Value offset = math.mul(adaptor.getIndex(), buffer.getStrides().front());
    rewriter.replaceOp(
        op, offsetPointer(math, adaptor.getBuffer(), offset, storageBits(buffer.getElementType())));
    return success();
  }
};

} // namespace

void ashlar::tile::populateKernelPatterns(const TypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<LowerKernel, LowerReturn, LowerBlockId, LowerToBuffer<ViewOp>, LowerToBuffer<BitcastOp>,
               LowerToBuffer<TransposeOp>, LowerAlloc, LowerStage>(converter,
                                                                                 patterns.getContext());
}
