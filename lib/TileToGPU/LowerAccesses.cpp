//===-- LowerAccesses.cpp - loads and stores, vector by vector --------------===//
//
// Registers that are neighbours in memory move together, up to sixteen bytes; an element that may not exist
// is read under a branch and is zero otherwise.
//
//===-----------------------------------------------------------------------===//
#include "Lowering.h"
#include "PackedElements.h"
#include "SharedAddressing.h"
#include "ashlar/Tile/Contiguity.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

unsigned ashlar::tile::alignmentOf(VectorType type) {
  return std::max<int64_t>(1, type.getNumElements() * type.getElementTypeBitWidth() / 8);
}

Value ashlar::tile::loadOrZero(IndexMath &math, ElementAddress address, VectorType type) {
  OpBuilder &builder = math.builder;
  auto load = [&](OpBuilder &at) -> Value {
    return LLVM::LoadOp::create(at, math.loc, type, address.pointer, alignmentOf(type));
  };
  if (!address.exists)
    return load(builder);
  auto branch = scf::IfOp::create(
      builder, math.loc, address.exists,
      [&](OpBuilder &then, Location loc) { scf::YieldOp::create(then, loc, load(then)); },
      [&](OpBuilder &otherwise, Location loc) {
        Value zero = arith::ConstantOp::create(otherwise, loc, otherwise.getZeroAttr(type));
        scf::YieldOp::create(otherwise, loc, zero);
      });
  return branch.getResult(0);
}

static void storeIf(IndexMath &math, Value condition, Value data, Value pointer) {
  OpBuilder &builder = math.builder;
  unsigned alignment = alignmentOf(cast<VectorType>(data.getType()));
  if (!condition) {
    LLVM::StoreOp::create(builder, math.loc, data, pointer, alignment);
    return;
  }
  scf::IfOp::create(builder, math.loc, condition, [&](OpBuilder &then, Location loc) {
    LLVM::StoreOp::create(then, loc, data, pointer, alignment);
    scf::YieldOp::create(then, loc);
  });
}

FailureOr<ViewAddressing> ashlar::tile::makeViewAddressing(IndexMath &math,
                                                           ConversionPatternRewriter &rewriter, Value view,
                                                           Value base,
                                                           std::optional<ArrayRef<bool>> inBounds) {
  auto op = view.getDefiningOp<ViewOp>();
  SmallVector<Value> symbols, sizes;
  if (!op || failed(rewriter.getRemappedValues(op.getSymbols(), symbols)) ||
      failed(rewriter.getRemappedValues(op.getSizes(), sizes)))
    return failure();
  return ViewAddressing(math, op, base, symbols, sizes, inBounds);
}

//===-- Annotations -----------------------------------------------------------===//

static constexpr StringLiteral offsetDivisorsName = "tile.offset_divisors";
static constexpr StringLiteral vectorWidthName = "tile.vector_width";

void ashlar::tile::annotateAccesses(KernelOp kernel) {
  Builder builder(kernel.getContext());
  kernel.walk([&](Operation *op) {
    if (!isa<LoadOp, StoreOp>(op))
      return;
    OperandRange offsets = isa<LoadOp>(op) ? cast<LoadOp>(op).getOffsets() : cast<StoreOp>(op).getOffsets();
    SmallVector<int64_t> divisors = llvm::map_to_vector(offsets, knownDivisor);
    op->setAttr(offsetDivisorsName, builder.getDenseI64ArrayAttr(divisors));
    op->setAttr(vectorWidthName, builder.getI64IntegerAttr(registerVectorAccess(op).width));
  });
}

int64_t ashlar::tile::offsetDivisor(Operation *access, int64_t dim) {
  return access->getAttrOfType<DenseI64ArrayAttr>(offsetDivisorsName)[dim];
}

//===-- Vectors ---------------------------------------------------------------===//

/// How many consecutive registers one access to shared memory moves.
static int64_t sharedAccessWidth(Operation *access, BufferType buffer,
                                 const layout::Distribution &distribution) {
  int64_t contiguous, width = sharedVectorWidth(buffer, contiguous);
  if (contiguous < 0)
    return 1;
  int64_t registers = distribution.contiguousValues(static_cast<int>(contiguous));
  while (registers % width != 0 || offsetDivisor(access, contiguous) % width != 0)
    width /= 2;
  return width;
}

/// Whether every vector of a store of four-bit elements covers whole bytes.
static bool storesWholeBytes(StoreOp op) {
  auto buffer = dyn_cast<BufferType>(op.getDestination().getType());
  layout::Distribution distribution = distributionOf(op.getTile());
  int64_t width = buffer ? sharedAccessWidth(op, buffer, distribution)
                         : op->getAttrOfType<IntegerAttr>(vectorWidthName).getInt();
  return width % 2 == 0;
}

namespace {

/// What loads and stores share: a call of `access(pointer, exists, first register, width)` for every vector.
template <typename Op, typename Adaptor>
LogicalResult forEachVector(Op op, Adaptor adaptor, Value memory, Value base, Value tile, IndexMath &math,
                            ConversionPatternRewriter &rewriter,
                            function_ref<void(ElementAddress, int64_t, int64_t)> access) {
  layout::Distribution distribution = distributionOf(tile);
  int64_t rank = cast<RankedTensorType>(tile.getType()).getRank();
  SmallVector<Value> origin = threadCoordinates(math, distribution, rank, math.thread());
  for (auto [coordinate, offset] : llvm::zip(origin, adaptor.getOffsets()))
    coordinate = math.add(coordinate, offset);

  if (auto buffer = dyn_cast<BufferType>(memory.getType())) {
    SharedAddressing addressing(math, buffer, base, origin);
    int64_t width = sharedAccessWidth(op, buffer, distribution);
    for (int64_t value = 0; value < distribution.values(); value += width) {
      std::vector<int64_t> step = distribution.valueOffsets(value, rank);
      ArrayRef<int64_t> offset(step.data(), step.size());
      access({addressing.at(offset), {}, addressing.nibbleAt(offset)}, value, width);
    }
    return success();
  }

  auto addressing = makeViewAddressing(math, rewriter, memory, base, op.getInBounds());
  if (failed(addressing))
    return op.emitOpError("uses a view that is not the result of tile.view in this kernel");
  int64_t width = op->template getAttrOfType<IntegerAttr>(vectorWidthName).getInt();
  for (int64_t value = 0; value < distribution.values(); value += width) {
    std::vector<int64_t> step = distribution.valueOffsets(value, rank);
    SmallVector<Value> coordinates;
    for (int64_t dim = 0; dim < rank; ++dim)
      coordinates.push_back(math.add(origin[dim], step[dim]));
    access(addressing->at(coordinates), value, width);
  }
  return success();
}

/// `width` elements at `address`, as registers hold them. A single four-bit element is shifted out of its
/// byte.
Value loadElements(IndexMath &math, ElementAddress address, Type element, int64_t width) {
  if (!element.isInteger(4) || width > 1)
    return unpackFromMemory(math.builder, math.loc,
                            loadOrZero(math, address, memoryVectorType(element, width)), element);
  auto byte = VectorType::get({1}, math.builder.getI8Type());
  Value stored = loadOrZero(math, address, byte);
  Value shift = arith::IndexCastOp::create(math.builder, math.loc, math.builder.getI8Type(),
                                           math.mul(address.nibble, 4));
  return arith::ShRUIOp::create(math.builder, math.loc, stored,
                                vector::BroadcastOp::create(math.builder, math.loc, byte, shift));
}

struct LowerLoad : OpConversionPattern<LoadOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(LoadOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    IndexMath math(rewriter, op.getLoc());
    auto type = cast<VectorType>(typeConverter->convertType(op.getTile().getType()));
    SmallVector<Value> parts;
    auto load = [&](ElementAddress address, int64_t, int64_t width) {
      Type element = cast<RankedTensorType>(op.getTile().getType()).getElementType();
      Value data = loadElements(math, address, element, width);
      int64_t columns = std::min(width, type.getDimSize(1));
      for (int64_t first = 0; first < width; first += columns)
        parts.push_back(sliceVector(rewriter, op.getLoc(), data, first, columns));
    };
    if (failed(forEachVector(op, adaptor, op.getSource(), adaptor.getSource(), op.getTile(), math, rewriter,
                             load)))
      return failure();
    rewriter.replaceOp(op, Registers::join(rewriter, op.getLoc(), type, parts));
    return success();
  }
};

struct LowerStore : OpConversionPattern<StoreOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(StoreOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    IndexMath math(rewriter, op.getLoc());
    Registers registers(rewriter, op.getLoc(), adaptor.getTile());
    if (cast<RankedTensorType>(op.getTile().getType()).getElementType().isInteger(4) && !storesWholeBytes(op))
      return op.emitOpError(
          "writes single four-bit elements, of which two share a byte; the contiguous dimension must "
          "be even and start at an even offset");
    Value isFirst = isFirstCopy(math, distributionOf(op.getTile()));
    auto store = [&](ElementAddress address, int64_t first, int64_t width) {
      Type element = cast<RankedTensorType>(op.getTile().getType()).getElementType();
      Value data = packForMemory(rewriter, op.getLoc(), registers.slice(first, width), element);
      storeIf(math, math.both(isFirst, address.exists), data, address.pointer);
    };
    if (failed(forEachVector(op, adaptor, op.getDestination(), adaptor.getDestination(), op.getTile(), math,
                             rewriter, store)))
      return failure();
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void ashlar::tile::populateAccessPatterns(const TypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<LowerLoad, LowerStore>(converter, patterns.getContext());
}
