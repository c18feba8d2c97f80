//===-- LowerTensorCopies.cpp - copies by tensor maps -----------------------===//
//
// Every tensor map of a kernel becomes an argument of it; a copy names its argument and the coordinates at
// which its box starts, one instruction for each panel of the destination.
//
//===-----------------------------------------------------------------------===//
#include "Lowering.h"
#include "ashlar/GPU/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

/// On a tile.tensor_copy: which of the kernel's tensor maps it uses.
static constexpr StringLiteral mapNumberName = "ashlar.tensor_map_number";

/// As include/ashlar/GPU/Passes.h describes it.
static DictionaryAttr describe(TensorCopyOp copy, int64_t buffer) {
  TensorMapAttr map = copy.getMap();
  Builder builder(copy.getContext());
  NamedAttrList entries;
  entries.set("buffer", builder.getI64IntegerAttr(buffer));
  // Truth values take a byte.
  Type element = copy.getView().getType().getElementType();
  entries.set("element", TypeAttr::get(element.isInteger(1) ? builder.getI8Type() : element));
  entries.set("extents", AffineMapAttr::get(map.getExtents()));
  entries.set("strides", AffineMapAttr::get(map.getStrides()));
  entries.set("offset", builder.getI64IntegerAttr(map.getOffset()));
  entries.set("box", builder.getDenseI64ArrayAttr(map.getBox()));
  entries.set("swizzle", builder.getI64IntegerAttr(map.getSwizzle()));
  return entries.getDictionary(copy.getContext());
}

LogicalResult ashlar::tile::numberTensorMaps(KernelOp kernel) {
  Builder builder(kernel.getContext());
  SmallVector<Attribute> maps;
  WalkResult result = kernel.walk([&](TensorCopyOp copy) -> WalkResult {
    auto view = copy.getView().getDefiningOp<ViewOp>();
    Value memory = view ? Value(view.getBuffer()) : Value();
    while (auto bitcast = memory ? memory.getDefiningOp<BitcastOp>() : BitcastOp())
      memory = bitcast.getBuffer();
    auto argument = dyn_cast_or_null<BlockArgument>(memory);
    if (!argument)
      return copy.emitOpError("reads a view that is not the result of tile.view of a buffer of the kernel");
    Attribute map = describe(copy, argument.getArgNumber());
    auto known = llvm::find(maps, map);
    copy->setAttr(mapNumberName, builder.getI64IntegerAttr(known - maps.begin()));
    if (known == maps.end())
      maps.push_back(map);
    return WalkResult::advance();
  });
  if (!maps.empty())
    kernel->setAttr(tensorMapsAttrName, builder.getArrayAttr(maps));
  return failure(result.wasInterrupted());
}

namespace {

struct LowerTensorCopy : OpConversionPattern<TensorCopyOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(TensorCopyOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    auto function = op->getParentOfType<gpu::GPUFuncOp>();
    auto view = op.getView().getDefiningOp<ViewOp>();
    auto number = op->getAttrOfType<IntegerAttr>(mapNumberName);
    if (!function || !view || !number)
      return rewriter.notifyMatchFailure(op, "the kernel is not converted yet");
    auto maps = function->getAttrOfType<ArrayAttr>(tensorMapsAttrName);
    Value map = function.getArgument(function.getNumArguments() - maps.size() + number.getInt());

    IndexMath math(rewriter, op.getLoc());
    SmallVector<Value> coordinates = coordinatesOf(op, adaptor, view, rewriter, math);
    BufferType buffer = op.getDestination().getType();
    int64_t bits = storageBits(buffer.getElementType()), panelDim = buffer.getPanelDim(), panels = 1;
    if (panelDim >= 0)
      panels = llvm::divideCeil(buffer.getShape()[panelDim], buffer.getLayout().getPanelWidth());
    Value signal = offsetPointer(math, adaptor.getSignal(), adaptor.getStage(), /*bits=*/64);
    auto clusterPointer = LLVM::LLVMPointerType::get(op.getContext(), 7);
    SmallVector<Value> starts;
    for (Value coordinate : coordinates)
      starts.push_back(rewriter.createOrFold<arith::IndexCastOp>(op.getLoc(), rewriter.getI32Type(), coordinate));
    for (int64_t panel = 0; panel < panels; ++panel) {
      Value to = adaptor.getDestination();
      if (panel > 0) {
        BufferLayoutAttr layout = buffer.getLayout();
        to = offsetPointer(math, to, math.constant(panel * layout.getPanelStride()), bits);
        starts[0] = rewriter.createOrFold<arith::IndexCastOp>(
            op.getLoc(), rewriter.getI32Type(), math.add(coordinates[0], panel * layout.getPanelWidth()));
      }
      to = LLVM::AddrSpaceCastOp::create(rewriter, op.getLoc(), clusterPointer, to);
      NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp::create(
          rewriter, op.getLoc(), to, map, starts, signal, ValueRange(), /*multicastMask=*/Value(),
          /*l2CacheHint=*/Value(), NVVM::TMALoadMode::TILE, /*isCTAOnly=*/false, NVVM::CTAGroupKindAttr(),
          /*predicate=*/Value());
    }
    rewriter.eraseOp(op);
    return success();
  }

private:
  /// Where the tile starts in the tensor, as index values.
  static SmallVector<Value> coordinatesOf(TensorCopyOp op, OpAdaptor adaptor, ViewOp view,
                                          ConversionPatternRewriter &rewriter, IndexMath &math) {
    SmallVector<Value> symbols;
    for (Value symbol : view.getSymbols())
      symbols.push_back(rewriter.getRemappedValue(symbol));
    AffineMap map = op.getMap().getCoordinates();
    // Offsets and symbols are never negative.
    SmallVector<Interval> dims(map.getNumDims(), Interval{0, std::nullopt}),
        symbolRanges(map.getNumSymbols(), Interval{0, std::nullopt});
    SmallVector<Value> coordinates;
    for (AffineExpr expr : map.getResults())
      coordinates.push_back(expandExpression(math, expr, adaptor.getOffsets(), symbols, dims, symbolRanges));
    return coordinates;
  }
};

} // namespace

void ashlar::tile::populateTensorCopyPatterns(const TypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<LowerTensorCopy>(converter, patterns.getContext());
}
