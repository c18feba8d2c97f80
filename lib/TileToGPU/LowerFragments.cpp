//===-- LowerFragments.cpp - fragments by ldmatrix --------------------------===//
//
// ldmatrix hands each lane four bytes of a row of sixteen: lane l gets bytes 4*(l%4) of row l/4 of an 8x8 matrix of
// 16-bit elements (PTX ISA, "ldmatrix"), up to four matrices at once. A tile is read so when its distribution splits
// every warp's share into such matrices; whether a matrix is stored by rows or by columns then decides `.trans`.
//
//===-----------------------------------------------------------------------===//
#include "Lowering.h"
#include "SharedAddressing.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

namespace {

/// How a tile is cut into the matrices of ldmatrix.
struct MatrixSplit {
  int64_t packed;                            // elements in a 32-bit register
  int64_t alongRegister, acrossLanes;        // the dimension of a register's elements, and the other one
  bool transposed;                           // the buffer is contiguous along acrossLanes
  SmallVector<std::vector<int64_t>> matrices; // of each register: the matrix's offset in the tile
};

} // namespace

/// Whether lanes and registers are placed as ldmatrix places them, along dimension `dim` of a tile of rank 2.
static bool hasMatrixLanes(const layout::Distribution &distribution, int64_t dim, int64_t packed) {
  if (distribution.values() % packed != 0 || distribution.threads() % 32 != 0)
    return false;
  std::vector<int64_t> origin = distribution.coordinate(0, 0, 2);
  for (int64_t lane = 0; lane < 32; ++lane) {
    std::vector<int64_t> at = distribution.coordinate(lane, 0, 2);
    if (at[dim] - origin[dim] != (lane % 4) * packed || at[1 - dim] - origin[1 - dim] != lane / 4)
      return false;
  }
  for (int64_t value = 0; value < distribution.values(); ++value) {
    std::vector<int64_t> first = distribution.valueOffsets(value - value % packed, 2);
    std::vector<int64_t> at = distribution.valueOffsets(value, 2);
    if (at[dim] - first[dim] != value % packed || at[1 - dim] != first[1 - dim])
      return false;
  }
  return true;
}

static std::optional<MatrixSplit> splitIntoMatrices(RankedTensorType tile, BufferType buffer) {
  unsigned bits = tile.getElementTypeBitWidth();
  if (tile.getRank() != 2 || (bits != 8 && bits != 16 && bits != 32))
    return std::nullopt;
  int64_t contiguous, rowElements = 128 / bits, packed = 32 / bits;
  if (sharedVectorWidth(buffer, contiguous) != rowElements)
    return std::nullopt;
  layout::Distribution distribution = getDistributionAttr(tile).getDistribution();
  for (int64_t dim : {1, 0}) {
    bool transposed = contiguous != dim;
    if ((transposed && bits != 16) || !hasMatrixLanes(distribution, dim, packed))
      continue;
    MatrixSplit split{packed, dim, 1 - dim, transposed, {}};
    for (int64_t value = 0; value < distribution.values(); value += packed)
      split.matrices.push_back(distribution.valueOffsets(value, 2));
    return split;
  }
  return std::nullopt;
}

/// The number of matrices, from `first` on, that one ldmatrix can load: 4, 2 or 1. Lane l addresses matrix l/8, so the
/// matrices' offsets must be linear in the bits of l/8.
static int64_t matricesAtOnce(const MatrixSplit &split, size_t first) {
  auto step = [&](size_t a, size_t b, size_t dim) { return split.matrices[b][dim] - split.matrices[a][dim]; };
  if (first + 4 <= split.matrices.size() && step(first, first + 1, 0) == step(first + 2, first + 3, 0) &&
      step(first, first + 1, 1) == step(first + 2, first + 3, 1))
    return 4;
  return first + 2 <= split.matrices.size() ? 2 : 1;
}

namespace {

/// Makes the ldmatrix operations of one tile.
class MatrixLoader {
public:
  MatrixLoader(IndexMath &math, const MatrixSplit &split, BufferType buffer, Value base, ArrayRef<Value> warpOrigin)
      : math(math), split(split), buffer(buffer), base(base), warpOrigin(warpOrigin) {}

  /// Matrices [first, first + count) as i32 registers.
  SmallVector<Value> load(size_t first, int64_t count) {
    const std::vector<int64_t> &origin = split.matrices[first];
    std::array<int64_t, 4> steps = {0, 0, 0, 0};
    for (int64_t dim = 0; dim < 2; ++dim) {
      steps[dim] = count > 1 ? split.matrices[first + 1][dim] - origin[dim] : 0;
      steps[2 + dim] = count > 2 ? split.matrices[first + 2][dim] - origin[dim] : 0;
    }
    Value pointer = addressing(steps).at({origin.data(), origin.size()});
    return emit(pointer, count);
  }

private:
  /// The addressing of a lane whose matrices are `steps` apart: rows along the lanes, or along the registers' dimension
  /// when the matrix is stored transposed.
  SharedAddressing &addressing(std::array<int64_t, 4> steps) {
    auto [entry, isNew] = addressings.try_emplace(steps, nullptr);
    if (isNew) {
      Value lane = math.lane();
      SmallVector<Value> coordinates(warpOrigin);
      int64_t rowDim = split.transposed ? split.alongRegister : split.acrossLanes;
      coordinates[rowDim] = math.add(coordinates[rowDim], math.rem(lane, 8));
      Value second = math.rem(math.div(lane, 8), 2), fourth = math.div(lane, 16);
      for (int64_t dim = 0; dim < 2; ++dim) {
        coordinates[dim] = math.add(coordinates[dim], math.mul(second, steps[dim]));
        coordinates[dim] = math.add(coordinates[dim], math.mul(fourth, steps[2 + dim]));
      }
      entry->second = std::make_unique<SharedAddressing>(math, buffer, base, coordinates);
    }
    return *entry->second;
  }

  SmallVector<Value> emit(Value pointer, int64_t count) {
    OpBuilder &builder = math.builder;
    Type word = builder.getI32Type();
    Type type = count == 1 ? word
                           : Type(LLVM::LLVMStructType::getLiteral(builder.getContext(),
                                                                   SmallVector<Type>(count, word)));
    auto layout = split.transposed ? NVVM::MMALayout::col : NVVM::MMALayout::row;
    auto shape = NVVM::LdStMatrixShapeAttr::get(builder.getContext(), 8, 8);
    Value result = NVVM::LdMatrixOp::create(builder, math.loc, type, pointer, static_cast<uint32_t>(count), layout,
                                            shape, NVVM::LdStMatrixEltType::B16);
    if (count == 1)
      return {result};
    SmallVector<Value> words;
    for (int64_t i = 0; i < count; ++i)
      words.push_back(LLVM::ExtractValueOp::create(builder, math.loc, result, ArrayRef<int64_t>{i}));
    return words;
  }

  IndexMath &math;
  const MatrixSplit &split;
  BufferType buffer;
  Value base;
  SmallVector<Value> warpOrigin;
  std::map<std::array<int64_t, 4>, std::unique_ptr<SharedAddressing>> addressings;
};

struct LoadByMatrix : OpConversionPattern<LoadOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(LoadOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const override {
    auto buffer = dyn_cast<BufferType>(op.getSource().getType());
    auto tile = cast<RankedTensorType>(op.getTile().getType());
    if (!buffer)
      return rewriter.notifyMatchFailure(op, "reads global memory");
    std::optional<MatrixSplit> split = splitIntoMatrices(tile, buffer);
    if (!split)
      return rewriter.notifyMatchFailure(op, "the tile is not made of the matrices of ldmatrix");
    int64_t contiguous = split->transposed ? split->acrossLanes : split->alongRegister;
    if (offsetDivisor(op, contiguous) % (128 / tile.getElementTypeBitWidth()) != 0)
      return rewriter.notifyMatchFailure(op, "rows may not start at 16 bytes");

    IndexMath math(rewriter, op.getLoc());
    SmallVector<Value> origin = threadCoordinates(math, distributionOf(op.getTile()), 2, math.warpStart());
    for (auto [coordinate, start] : llvm::zip(origin, adaptor.getOffsets()))
      coordinate = math.add(coordinate, start);
    MatrixLoader loader(math, *split, buffer, adaptor.getSource(), origin);
    SmallVector<Value> words;
    while (words.size() < split->matrices.size())
      llvm::append_range(words, loader.load(words.size(), matricesAtOnce(*split, words.size())));
    rewriter.replaceOp(op, assemble(math, tile, words, split->packed));
    return success();
  }

  /// The register vector whose 32-bit words are `words`.
  Value assemble(IndexMath &math, RankedTensorType tile, ArrayRef<Value> words, int64_t packed) const {
    OpBuilder &builder = math.builder;
    auto type = cast<VectorType>(typeConverter->convertType(tile));
    int64_t wordsInRow = std::max<int64_t>(1, type.getDimSize(1) / packed);
    SmallVector<Value> parts;
    for (size_t first = 0; first < words.size(); first += wordsInRow) {
      auto wordType = VectorType::get({wordsInRow}, builder.getI32Type());
      Value row = vector::FromElementsOp::create(builder, math.loc, wordType, words.slice(first, wordsInRow));
      auto rowType = VectorType::get({wordsInRow * packed}, type.getElementType());
      parts.push_back(vector::BitCastOp::create(builder, math.loc, rowType, row));
    }
    return Registers::join(builder, math.loc, type, parts);
  }
};

} // namespace

void ashlar::tile::populateFragmentPatterns(const TypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<LoadByMatrix>(converter, patterns.getContext(), /*benefit=*/2);
}
