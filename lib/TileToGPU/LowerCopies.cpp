//===-- LowerCopies.cpp - from global to shared memory ----------------------===//
//
// A copy is split over the block's threads in coalesced vectors. Asynchronous ones become cp.async, whose source size of
// zero fills with zeros where an element does not exist; blocking ones go through registers.
//
//===-----------------------------------------------------------------------===//
#include "Lowering.h"
#include "PackedElements.h"
#include "SharedAddressing.h"
#include "ashlar/Layout/Fragments.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

/// One vector by cp.async. Sixteen bytes bypass L1: a tile is read once by a block.
static void copyAsync(IndexMath &math, ElementAddress source, Value base, Value destination, int64_t bytes) {
  OpBuilder &builder = math.builder;
  Value sourceBytes, pointer = source.pointer;
  if (source.exists) {
    Value all = arith::ConstantIntOp::create(builder, math.loc, bytes, 32);
    Value none = arith::ConstantIntOp::create(builder, math.loc, 0, 32);
    sourceBytes = arith::SelectOp::create(builder, math.loc, source.exists, all, none);
    // The address of an element that does not exist may lie anywhere: keep it inside the buffer.
    pointer = arith::SelectOp::create(builder, math.loc, source.exists, pointer, base);
  }
  auto cache = bytes == 16 ? NVVM::LoadCacheModifierKind::CG : NVVM::LoadCacheModifierKind::CA;
  NVVM::CpAsyncOp::create(builder, math.loc, destination, pointer, static_cast<uint32_t>(bytes), cache, sourceBytes);
}

static void copyThroughRegisters(IndexMath &math, ElementAddress source, Value destination, VectorType type) {
  Value data = loadOrZero(math, source, type);
  LLVM::StoreOp::create(math.builder, math.loc, data, destination, alignmentOf(type));
}

namespace {

struct LowerCopy : OpConversionPattern<CopyOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(CopyOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const override {
    IndexMath math(rewriter, op.getLoc());
    BufferType buffer = op.getDestination().getType();
    int64_t rank = buffer.getRank();
    int64_t dim = op.getVectorDim().value_or(rank - 1), width = op.getVectorWidth().value_or(1);
    auto function = op->getParentOfType<FunctionOpInterface>();
    auto threads = function->getAttrOfType<DenseI32ArrayAttr>("nvvm.reqntid");
    if (!threads)
      return rewriter.notifyMatchFailure(op, "the kernel is not converted yet");
    auto distribution = layout::blocked({buffer.getShape().data(), buffer.getShape().size()}, threads[0],
                                        static_cast<int>(dim), width);
    if (!distribution)
      return op.emitOpError("cannot split the tile over ") << threads[0] << " threads in vectors of " << width;
    if (buffer.getElementType().isInteger(4) && width % 2 != 0)
      return op.emitOpError("moves single four-bit elements, of which two share a byte; rows must hold an even number");
    int64_t bytes = width * storageBits(buffer.getElementType()) / 8;
    if (op.getAsync() && bytes != 4 && bytes != 8 && bytes != 16)
      return op.emitOpError("an asynchronous copy moves 4, 8 or 16 bytes at a time, got ")
             << bytes << "; ashlar-tile-plan-pipeline leaves such a copy blocking";
    auto addressing = makeViewAddressing(math, rewriter, op.getView(), adaptor.getView(), op.getInBounds());
    if (failed(addressing))
      return op.emitOpError("reads a view that is not the result of tile.view in this kernel");

    std::optional<OpBuilder::InsertionGuard> guard;
    Value condition = isFirstCopy(math, *distribution);
    for (Value predicate : adaptor.getPredicate())
      condition = math.both(condition, predicate);
    if (condition) {
      auto branch = scf::IfOp::create(rewriter, op.getLoc(), condition, /*withElseRegion=*/false);
      guard.emplace(rewriter);
      rewriter.setInsertionPointToStart(branch.thenBlock());
    }
    emitVectors(op, adaptor, math, *addressing, *distribution, width);
    guard.reset();
    rewriter.eraseOp(op);
    return success();
  }

  static void emitVectors(CopyOp op, OpAdaptor adaptor, IndexMath &math, ViewAddressing &source,
                          const layout::Distribution &distribution, int64_t width) {
    BufferType buffer = op.getDestination().getType();
    int64_t rank = buffer.getRank();
    Type element = buffer.getElementType();
    SmallVector<Value> inTile = threadCoordinates(math, distribution, rank, math.thread());
    SharedAddressing destination(math, buffer, adaptor.getDestination(), inTile);
    for (int64_t value = 0; value < distribution.values(); value += width) {
      std::vector<int64_t> step = distribution.valueOffsets(value, rank);
      SmallVector<Value> inView;
      for (int64_t dim = 0; dim < rank; ++dim)
        inView.push_back(math.add(math.add(adaptor.getOffsets()[dim], inTile[dim]), step[dim]));
      ElementAddress from = source.at(inView);
      Value to = destination.at({step.data(), step.size()});
      if (op.getAsync())
        copyAsync(math, from, adaptor.getView(), to, width * storageBits(element) / 8);
      else
        copyThroughRegisters(math, from, to, memoryVectorType(element, width));
    }
  }
};

struct LowerAsyncCommit : OpConversionPattern<AsyncCommitOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(AsyncCommitOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<NVVM::CpAsyncCommitGroupOp>(op);
    return success();
  }
};

struct LowerAsyncWait : OpConversionPattern<AsyncWaitOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(AsyncWaitOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<NVVM::CpAsyncWaitGroupOp>(op, static_cast<uint32_t>(op.getPending()));
    return success();
  }
};

} // namespace

void ashlar::tile::populateCopyPatterns(const TypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<LowerCopy, LowerAsyncCommit, LowerAsyncWait>(converter, patterns.getContext());
}
