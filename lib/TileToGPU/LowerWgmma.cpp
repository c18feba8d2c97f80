//===-- LowerWgmma.cpp - matrix products of warp groups ---------------------===//
//
// A product becomes instructions of 64 rows each, one for every 256 bits of depth. What lies in shared memory
// is named by matrix descriptors: a part that depends on where it starts, and a constant that says how it lies.
//
//===-----------------------------------------------------------------------===//
#include "Lowering.h"
#include "dialects/Ptx/Ptx.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

static constexpr int64_t groupRows = 64;

static ptx::WgmmaElement elementOf(Type type, bool isUnsigned) {
  if (type.isF16())
    return ptx::WgmmaElement::F16;
  if (type.isBF16())
    return ptx::WgmmaElement::BF16;
  if (type.isF32())
    return ptx::WgmmaElement::TF32;
  if (isa<Float8E4M3FNType>(type))
    return ptx::WgmmaElement::E4M3;
  if (isa<Float8E5M2Type>(type))
    return ptx::WgmmaElement::E5M2;
  return isUnsigned ? ptx::WgmmaElement::U8 : ptx::WgmmaElement::S8;
}

//===-- Operands in shared memory ---------------------------------------------===//

namespace {

/// How an operand lies: rows of `pitch` bytes (one swizzle each) along the depth, or along the rows or columns.
/// (PTX ISA, "Matrix Descriptor Format" and "Strides".)
class SharedOperand {
public:
  /// `depthDim` is the dimension of `buffer` that is summed over.
  SharedOperand(BufferType buffer, unsigned depthDim) : buffer(buffer), depthDim(depthDim) {}

  /// Fails, with a diagnostic at `op`, where the hardware cannot read the layout.
  LogicalResult analyze(MmaOp op);
  bool isTransposed() const { return !isDepthContiguous; }
  /// Bytes from the buffer's start to the part at these elements along the outer dimension and the depth.
  int64_t offset(int64_t outer, int64_t depth) const;
  /// What a descriptor says beside the address, as its bits.
  uint64_t constantBits() const;

private:
  int64_t bytes(int64_t elements) const { return elements * storageBits(buffer.getElementType()) / 8; }
  int64_t along(int64_t position, int64_t stride, bool isContiguous) const;

  BufferType buffer;
  unsigned depthDim;
  bool isDepthContiguous = false;
  int64_t width = 0, panelStride = 0, pitch = 0; // In elements.
};

} // namespace

LogicalResult SharedOperand::analyze(MmaOp op) {
  SmallVector<int64_t> strides = buffer.getStrides();
  int64_t panelDim = buffer.getPanelDim();
  isDepthContiguous = panelDim >= 0 ? panelDim == int64_t(depthDim) : strides[depthDim] == 1;
  unsigned contiguous = isDepthContiguous ? depthDim : 1 - depthDim;
  BufferLayoutAttr layout = buffer.getLayout();
  pitch = strides[1 - contiguous];
  width = panelDim >= 0 ? layout.getPanelWidth() : buffer.getShape()[contiguous];
  panelStride = panelDim >= 0 ? layout.getPanelStride() : 0;
  int64_t bits = layout ? layout.getSwizzleBits() : 0;
  bool isDense = pitch == width && bytes(width) == int64_t(16) << bits;
  bool isSwizzled = bits == 0 || (bytes(int64_t(1) << layout.getSwizzleBase()) == 16 && layout.getSwizzleShift() == 3);
  if (strides[contiguous] != 1 || !isDense || !isSwizzled)
    return op.emitOpError("has an operand whose layout tensor cores cannot read: ") << buffer;
  if (!isDepthContiguous && storageBits(buffer.getElementType()) != 16)
    return op.emitOpError("has an operand of ")
           << buffer.getElementType() << " that does not lie contiguously along the summed dimension; only 16-bit "
                                         "elements may";
  return success();
}

int64_t SharedOperand::along(int64_t position, int64_t stride, bool isContiguous) const {
  return isContiguous ? position % width + position / width * panelStride : position * stride;
}

int64_t SharedOperand::offset(int64_t outer, int64_t depth) const {
  return bytes(along(outer, pitch, !isDepthContiguous) + along(depth, pitch, isDepthContiguous));
}

uint64_t SharedOperand::constantBits() const {
  constexpr int64_t groupLines = 8; // Eight rows are the unit of every layout.
  uint64_t betweenGroups = bytes(groupLines * pitch) / 16, betweenPanels = bytes(panelStride) / 16;
  int64_t bits = buffer.getLayout() ? buffer.getLayout().getSwizzleBits() : 0;
  // Without a swizzle the two change places where the depth is not contiguous.
  if (bits == 0 && !isDepthContiguous)
    std::swap(betweenGroups, betweenPanels);
  uint64_t leading = bits > 0 && isDepthContiguous ? 1 : betweenPanels; // Not used by the hardware there.
  constexpr uint64_t codes[] = {0, 3, 2, 1};                            // By the swizzle's bits.
  return leading << 16 | betweenGroups << 32 | codes[bits] << 62;
}

/// The descriptor of what starts `bytes` behind `start`, an i64 of the address in units of 16 bytes.
static Value makeDescriptor(IndexMath &math, Value start, int64_t bytes) {
  Value step = arith::ConstantIntOp::create(math.builder, math.loc, bytes / 16, 64);
  return bytes == 0 ? start : Value(arith::AddIOp::create(math.builder, math.loc, start, step));
}

/// The descriptor of the operand's start plus `runtimeOffset` bytes.
static Value startDescriptor(IndexMath &math, const SharedOperand &operand, Value pointer, Value runtimeOffset) {
  OpBuilder &builder = math.builder;
  Type i32 = builder.getI32Type(), i64 = builder.getI64Type();
  Value address = LLVM::PtrToIntOp::create(builder, math.loc, i32, pointer);
  if (runtimeOffset)
    address = arith::AddIOp::create(builder, math.loc, address,
                                    arith::IndexCastOp::create(builder, math.loc, i32, runtimeOffset));
  Value shift = arith::ConstantIntOp::create(builder, math.loc, 4, 32);
  Value units = arith::ShRUIOp::create(builder, math.loc, address, shift);
  Value wide = arith::ExtUIOp::create(builder, math.loc, i64, units);
  Value rest = arith::ConstantOp::create(builder, math.loc,
                                         builder.getIntegerAttr(i64, APInt(64, operand.constantBits())));
  return arith::OrIOp::create(builder, math.loc, wide, rest);
}

//===-- The product -------------------------------------------------------------===//

namespace {

struct LowerWgmma : OpConversionPattern<MmaOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(MmaOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const override {
    if (op.getKind() != MmaKind::Wgmma)
      return rewriter.notifyMatchFailure(op, "not by wgmma");
    auto bBuffer = cast<BufferType>(op.getB().getType());
    auto aBuffer = dyn_cast<BufferType>(op.getA().getType());
    SharedOperand a(aBuffer ? aBuffer : bBuffer, 1), b(bBuffer, 0);
    if (failed(b.analyze(op)) || (aBuffer && failed(a.analyze(op))))
      return failure();
    IndexMath math(rewriter, op.getLoc());
    auto tile = cast<RankedTensorType>(op.getResult().getType());
    layout::Distribution distribution = distributionOf(op.getResult());
    Product product{op, adaptor, math, tile.getDimSize(1), distribution.values() / (tile.getDimSize(1) / 2)};
    product.depth = bBuffer.getShape()[0];
    product.depthStep = 256 / storageBits(bBuffer.getElementType());
    product.bStart = startDescriptor(math, b, adaptor.getB(), Value());
    if (aBuffer) {
      int64_t ownRows = product.count * groupRows, groups = tile.getDimSize(0) / ownRows;
      Value group = groups > 1 ? math.div(math.thread(), 128) : Value();
      product.aStart =
          startDescriptor(math, a, adaptor.getA(), group ? math.mul(group, a.offset(ownRows, 0)) : Value());
    }
    emit(rewriter, product, a, b);
    return success();
  }

private:
  struct Product {
    MmaOp op;
    OpAdaptor adaptor;
    IndexMath &math;
    int64_t columns, count; ///< Of the result; products of 64 rows that a warp group makes.
    int64_t depth = 0, depthStep = 0;
    Value aStart, bStart; ///< Descriptors; aStart is null for an operand in registers.
  };

  /// The words of A for product `number` and the `step`th part of the depth.
  static SmallVector<Value> registerWords(IndexMath &math, Value a, int64_t number) {
    Registers registers(math.builder, math.loc, a);
    int64_t packed = 32 / registers.elementType().getIntOrFloatBitWidth();
    SmallVector<Value> words;
    for (int64_t word = 0; word < 4; ++word) {
      Value part = registers.slice((number * 4 + word) * packed, packed);
      auto single = VectorType::get({1}, math.builder.getI32Type());
      Value cast = vector::BitCastOp::create(math.builder, math.loc, single, part);
      words.push_back(vector::ExtractOp::create(math.builder, math.loc, cast, ArrayRef<int64_t>{0}));
    }
    return words;
  }

  static void emit(ConversionPatternRewriter &rewriter, Product &product, const SharedOperand &a,
                   const SharedOperand &b) {
    MmaOp op = product.op;
    Location loc = op.getLoc();
    IndexMath &math = product.math;
    Registers sums(rewriter, loc, product.adaptor.getAccumulator());
    SmallVector<Value> registers;
    for (int64_t i = 0; i < sums.size(); ++i)
      registers.push_back(sums.scalar(i));
    int64_t steps = product.depth / product.depthStep, accumulators = registers.size();
    SmallVector<SmallVector<Value>> words; // Of A, by product and step.
    if (!product.aStart)
      for (int64_t number = 0; number < product.count * steps; ++number) {
        words.push_back(registerWords(math, product.adaptor.getA(), number));
        llvm::append_range(registers, words.back());
      }
    SmallVector<Type> types = llvm::map_to_vector(registers, [](Value value) { return value.getType(); });
    registers = ptx::WgmmaFenceOp::create(rewriter, loc, types, registers).getResults();

    Value one = arith::ConstantIntOp::create(rewriter, loc, 1, 32);
    Type element = cast<BufferType>(op.getB().getType()).getElementType();
    Type aElement = isa<BufferType>(op.getA().getType()) ? cast<BufferType>(op.getA().getType()).getElementType()
                                                         : getElementTypeOrSelf(op.getA().getType());
    int64_t perProduct = product.columns / 2;
    SmallVector<Value> results;
    for (int64_t number = 0; number < product.count; ++number) {
      SmallVector<Value> sum(ArrayRef(registers).slice(number * perProduct, perProduct));
      SmallVector<Type> sumTypes(perProduct, sum.front().getType());
      for (int64_t step = 0; step < steps; ++step) {
        int64_t depth = step * product.depthStep;
        ValueRange aWords;
        Value aDescriptor;
        if (product.aStart)
          aDescriptor = makeDescriptor(math, product.aStart, a.offset(number * groupRows, depth));
        else
          aWords = ArrayRef(registers).slice(accumulators + (number * steps + step) * 4, 4);
        auto part = ptx::WgmmaOp::create(
            rewriter, loc, sumTypes, sum, aWords, aDescriptor, makeDescriptor(math, product.bStart, b.offset(0, depth)),
            one, static_cast<uint32_t>(product.columns), elementOf(aElement, op.getUnsignedA()),
            elementOf(element, op.getUnsignedB()), product.aStart && a.isTransposed(), b.isTransposed());
        sum.assign(part.getResults().begin(), part.getResults().end());
      }
      llvm::append_range(results, sum);
    }
    NVVM::WgmmaGroupSyncAlignedOp::create(rewriter, loc);
    if (!op.getAsync()) {
      SmallVector<Type> resultTypes(results.size(), results.front().getType());
      auto wait = ptx::WgmmaWaitOp::create(rewriter, loc, resultTypes, /*pending=*/0, results);
      results.assign(wait.getResults().begin(), wait.getResults().end());
    }
    auto type = cast<VectorType>(product.adaptor.getAccumulator().getType());
    rewriter.replaceOp(op, Registers::join(rewriter, loc, type, results));
  }
};

struct LowerMmaWait : OpConversionPattern<MmaWaitOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(MmaWaitOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    if (op.getTiles().empty()) {
      NVVM::WgmmaWaitGroupSyncOp::create(rewriter, loc, static_cast<uint64_t>(op.getPending()));
      rewriter.eraseOp(op);
      return success();
    }
    SmallVector<Value> registers;
    for (Value tile : adaptor.getTiles()) {
      Registers own(rewriter, loc, tile);
      for (int64_t i = 0; i < own.size(); ++i)
        registers.push_back(own.scalar(i));
    }
    SmallVector<Type> types = llvm::map_to_vector(registers, [](Value value) { return value.getType(); });
    auto wait = ptx::WgmmaWaitOp::create(rewriter, loc, types, static_cast<uint32_t>(op.getPending()), registers);
    SmallVector<Value> passed(wait.getResults());
    SmallVector<Value> results;
    ArrayRef<Value> rest = passed;
    for (Value tile : adaptor.getTiles()) {
      auto type = cast<VectorType>(tile.getType());
      results.push_back(Registers::join(rewriter, loc, type, rest.take_front(type.getNumElements())));
      rest = rest.drop_front(type.getNumElements());
    }
    rewriter.replaceOp(op, results);
    return success();
  }
};

} // namespace

void ashlar::tile::populateWgmmaPatterns(const TypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<LowerWgmma, LowerMmaWait>(converter, patterns.getContext());
}
