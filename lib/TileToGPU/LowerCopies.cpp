//===-- LowerCopies.cpp - from global to shared memory ----------------------===//
//
// A copy is split over the block's threads in coalesced vectors. Asynchronous ones become cp.async, whose
// source size of zero fills with zeros where an element does not exist; blocking ones go through registers,
// several at a time so that their latencies overlap.
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
  NVVM::CpAsyncOp::create(builder, math.loc, destination, pointer, static_cast<uint32_t>(bytes), cache,
                          sourceBytes);
}

//===-- The split over threads ------------------------------------------------===//

namespace {

/// Where a thread's vector starts in the tile, and in shared memory.
struct TileVector {
  SmallVector<Value> coordinates;
  Value pointer;
};

/// A tile whose extents are products of the number of threads: coordinates of a thread's vectors differ by
/// constants.
class BlockedSplit {
public:
  BlockedSplit(IndexMath &math, BufferType buffer, Value base, const layout::Distribution &distribution,
               int64_t width)
      : math(math), distribution(distribution), rank(buffer.getRank()), width(width),
        inTile(threadCoordinates(math, distribution, rank, math.thread())),
        addressing(math, buffer, base, inTile) {}

  int64_t count() const { return distribution.values() / width; }
  TileVector at(int64_t number) {
    std::vector<int64_t> step = distribution.valueOffsets(number * width, rank);
    TileVector vector;
    for (int64_t dim = 0; dim < rank; ++dim)
      vector.coordinates.push_back(math.add(inTile[dim], step[dim]));
    vector.pointer = addressing.at({step.data(), step.size()});
    return vector;
  }

private:
  IndexMath &math;
  const layout::Distribution &distribution;
  int64_t rank, width;
  SmallVector<Value> inTile;
  SharedAddressing addressing;
};

/// Any other tile: its vectors are numbered, `dim` running fastest, and dealt out one by one.
class NumberedSplit {
public:
  NumberedSplit(IndexMath &math, BufferType buffer, Value base, int64_t threads, int64_t dim, int64_t width)
      : math(math), buffer(buffer), base(base), threads(threads), dim(dim), width(width),
        counts(buffer.getShape()) {
    counts[dim] /= width;
    for (int64_t count : counts)
      total *= count;
  }

  int64_t count() const { return llvm::divideCeil(total, threads); }
  /// Whether the thread has a vector of this number; null if every thread has.
  Value has(int64_t number) {
    if ((number + 1) * threads <= total)
      return {};
    return math.lessThan(math.add(math.thread(), number * threads), math.constant(total));
  }
  TileVector at(int64_t number) {
    Value rest = math.add(math.thread(), number * threads);
    TileVector vector;
    vector.coordinates.resize(counts.size());
    auto take = [&](int64_t from) {
      vector.coordinates[from] = math.rem(rest, counts[from]);
      rest = math.div(rest, counts[from]);
    };
    take(dim);
    vector.coordinates[dim] = math.mul(vector.coordinates[dim], width);
    for (int64_t other = counts.size(); other-- > 0;)
      if (other != dim)
        take(other);
    SmallVector<int64_t> none(counts.size(), 0);
    vector.pointer = SharedAddressing(math, buffer, base, vector.coordinates).at(none);
    return vector;
  }

private:
  IndexMath &math;
  BufferType buffer;
  Value base;
  int64_t threads, dim, width, total = 1;
  SmallVector<int64_t> counts;
};

} // namespace

//===-- Copies ----------------------------------------------------------------===//

namespace {

struct LowerCopy : OpConversionPattern<CopyOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(CopyOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
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
      return op.emitOpError("cannot split the tile over ")
             << threads[0] << " threads in vectors of " << width;
    if (buffer.getElementType().isInteger(4) && width % 2 != 0)
      return op.emitOpError(
          "moves single four-bit elements, of which two share a byte; rows must hold an even number");
    int64_t bytes = width * storageBits(buffer.getElementType()) / 8;
    if (op.getAsync() && bytes != 4 && bytes != 8 && bytes != 16)
      return op.emitOpError("an asynchronous copy moves 4, 8 or 16 bytes at a time, got ")
             << bytes << "; ashlar-tile-plan-pipeline leaves such a copy blocking";
    auto addressing = makeViewAddressing(math, rewriter, op.getView(), adaptor.getView(), op.getInBounds());
    if (failed(addressing))
      return op.emitOpError("reads a view that is not the result of tile.view in this kernel");

    std::optional<OpBuilder::InsertionGuard> guard;
    // A split that leaves threads without work while others have several vectors is a bad one.
    bool isUneven = distribution->replication() > 1 && distribution->values() > width;
    Value condition = isUneven ? Value() : isFirstCopy(math, *distribution);
    for (Value predicate : adaptor.getPredicate())
      condition = math.both(condition, predicate);
    if (condition) {
      auto branch = scf::IfOp::create(rewriter, op.getLoc(), condition, /*withElseRegion=*/false);
      guard.emplace(rewriter);
      rewriter.setInsertionPointToStart(branch.thenBlock());
    }
    if (isUneven) {
      NumberedSplit split(math, buffer, adaptor.getDestination(), threads[0], dim, width);
      // Only the last vector may be missing.
      int64_t last = split.count() - 1;
      Value hasLast = split.has(last);
      emitVectors(op, adaptor, math, *addressing, split, width, 0, hasLast ? last : last + 1);
      if (hasLast) {
        OpBuilder::InsertionGuard inner(rewriter);
        auto branch = scf::IfOp::create(rewriter, op.getLoc(), hasLast, /*withElseRegion=*/false);
        rewriter.setInsertionPointToStart(branch.thenBlock());
        emitVectors(op, adaptor, math, *addressing, split, width, last, last + 1);
      }
    } else {
      BlockedSplit split(math, buffer, adaptor.getDestination(), *distribution, width);
      emitVectors(op, adaptor, math, *addressing, split, width, 0, split.count());
    }
    guard.reset();
    rewriter.eraseOp(op);
    return success();
  }

  /// Vectors [begin, end) of a split.
  template <typename Split>
  static void emitVectors(CopyOp op, OpAdaptor adaptor, IndexMath &math, ViewAddressing &source, Split &split,
                          int64_t width, int64_t begin, int64_t end) {
    // 32 registers of data.
    constexpr int64_t bytesInFlight = 128;
    Type element = op.getDestination().getType().getElementType();
    VectorType type = memoryVectorType(element, width);
    int64_t bytes = width * storageBits(element) / 8, batch = std::max<int64_t>(bytesInFlight / bytes, 1);
    batch = std::min<int64_t>(batch, 16);
    for (int64_t first = begin; first < end; first += batch) {
      SmallVector<std::pair<Value, Value>> loaded; // data and where it goes
      for (int64_t number = first; number < std::min(first + batch, end); ++number) {
        TileVector vector = split.at(number);
        SmallVector<Value> inView;
        for (auto [offset, coordinate] : llvm::zip(adaptor.getOffsets(), vector.coordinates))
          inView.push_back(math.add(offset, coordinate));
        ElementAddress from = source.at(inView);
        if (op.getAsync())
          copyAsync(math, from, adaptor.getView(), vector.pointer, bytes);
        else
          loaded.push_back({loadOrZero(math, from, type), vector.pointer});
      }
      for (auto [data, pointer] : loaded)
        LLVM::StoreOp::create(math.builder, math.loc, data, pointer, alignmentOf(type));
    }
  }
};

struct LowerAsyncCommit : OpConversionPattern<AsyncCommitOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(AsyncCommitOp op, OpAdaptor,
                                ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<NVVM::CpAsyncCommitGroupOp>(op);
    return success();
  }
};

struct LowerAsyncWait : OpConversionPattern<AsyncWaitOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(AsyncWaitOp op, OpAdaptor,
                                ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<NVVM::CpAsyncWaitGroupOp>(op, static_cast<uint32_t>(op.getPending()));
    return success();
  }
};

} // namespace

void ashlar::tile::populateCopyPatterns(const TypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<LowerCopy, LowerAsyncCommit, LowerAsyncWait>(converter, patterns.getContext());
}
