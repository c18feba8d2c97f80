//===-- LowerAccesses.cpp - loads and stores, vector by vector --------------===//
//
// Registers that are neighbours in memory move together, up to sixteen bytes; an element that may not exist is read
// under a branch and is zero otherwise.
//
//===-----------------------------------------------------------------------===//
#include "Lowering.h"
#include "SharedAddressing.h"
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

FailureOr<ViewAddressing> ashlar::tile::makeViewAddressing(IndexMath &math, ConversionPatternRewriter &rewriter,
                                                           Value view, Value base,
                                                           std::optional<ArrayRef<bool>> inBounds) {
  auto op = view.getDefiningOp<ViewOp>();
  SmallVector<Value> symbols, sizes;
  if (!op || failed(rewriter.getRemappedValues(op.getSymbols(), symbols)) ||
      failed(rewriter.getRemappedValues(op.getSizes(), sizes)))
    return failure();
  return ViewAddressing(math, op, base, symbols, sizes, inBounds);
}

//===-- Vectors ---------------------------------------------------------------===//

/// Whether `value` is a multiple of `width`, as far as constants tell.
static bool isMultiple(Value value, int64_t width) {
  APInt constant;
  return width == 1 || (matchPattern(value, m_ConstantInt(&constant)) && constant.getSExtValue() % width == 0);
}

/// How many consecutive registers one access to shared memory moves.
static int64_t sharedAccessWidth(BufferType buffer, const layout::Distribution &distribution, ValueRange offsets) {
  int64_t contiguous, width = sharedVectorWidth(buffer, contiguous);
  if (contiguous < 0)
    return 1;
  int64_t registers = distribution.contiguousValues(static_cast<int>(contiguous));
  while (registers % width != 0 || !isMultiple(offsets[contiguous], width))
    width /= 2;
  return width;
}

/// The same for a view: the best dimension wins.
static int64_t viewAccessWidth(Value view, const layout::Distribution &distribution, ValueRange offsets) {
  auto type = cast<ViewType>(view.getType());
  int64_t best = 1, limit = 128 / type.getElementType().getIntOrFloatBitWidth();
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    int64_t registers = distribution.contiguousValues(static_cast<int>(dim));
    int64_t width = registers > best ? viewVectorWidth(view, offsets, dim, limit) : 1;
    while (registers % width != 0)
      width /= 2;
    best = std::max(best, width);
  }
  return best;
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
    int64_t width = sharedAccessWidth(buffer, distribution, adaptor.getOffsets());
    for (int64_t value = 0; value < distribution.values(); value += width) {
      std::vector<int64_t> step = distribution.valueOffsets(value, rank);
      access({addressing.at({step.data(), step.size()}), {}}, value, width);
    }
    return success();
  }

  auto addressing = makeViewAddressing(math, rewriter, memory, base, op.getInBounds());
  if (failed(addressing))
    return op.emitOpError("uses a view that is not the result of tile.view in this kernel");
  int64_t width = viewAccessWidth(memory, distribution, op.getOffsets());
  for (int64_t value = 0; value < distribution.values(); value += width) {
    std::vector<int64_t> step = distribution.valueOffsets(value, rank);
    SmallVector<Value> coordinates;
    for (int64_t dim = 0; dim < rank; ++dim)
      coordinates.push_back(math.add(origin[dim], step[dim]));
    access(addressing->at(coordinates), value, width);
  }
  return success();
}

struct LowerLoad : OpConversionPattern<LoadOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(LoadOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const override {
    IndexMath math(rewriter, op.getLoc());
    auto type = cast<VectorType>(typeConverter->convertType(op.getTile().getType()));
    SmallVector<Value> parts;
    auto load = [&](ElementAddress address, int64_t, int64_t width) {
      Value data = loadOrZero(math, address, VectorType::get({width}, type.getElementType()));
      Registers registers(rewriter, op.getLoc(),
                          vector::ShapeCastOp::create(rewriter, op.getLoc(),
                                                      VectorType::get({1, width}, type.getElementType()), data));
      int64_t columns = std::min(width, type.getDimSize(1));
      for (int64_t first = 0; first < width; first += columns)
        parts.push_back(registers.slice(first, columns));
    };
    if (failed(forEachVector(op, adaptor, op.getSource(), adaptor.getSource(), op.getTile(), math, rewriter, load)))
      return failure();
    rewriter.replaceOp(op, Registers::join(rewriter, op.getLoc(), type, parts));
    return success();
  }
};

struct LowerStore : OpConversionPattern<StoreOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(StoreOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const override {
    IndexMath math(rewriter, op.getLoc());
    Registers registers(rewriter, op.getLoc(), adaptor.getTile());
    Value isFirst = isFirstCopy(math, distributionOf(op.getTile()));
    auto store = [&](ElementAddress address, int64_t first, int64_t width) {
      storeIf(math, math.both(isFirst, address.exists), registers.slice(first, width), address.pointer);
    };
    if (failed(forEachVector(op, adaptor, op.getDestination(), adaptor.getDestination(), op.getTile(), math, rewriter,
                             store)))
      return failure();
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void ashlar::tile::populateAccessPatterns(const TypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<LowerLoad, LowerStore>(converter, patterns.getContext());
}
int64_t ashlar::tile::viewVectorWidth(Value, ValueRange, int64_t, int64_t) { return 1; }
