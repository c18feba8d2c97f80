//===-- MatrixProduct.cpp - the loop of a matrix product --------------------===//
//
// One output tile a block, the summed dimension in a loop.
//
//===-----------------------------------------------------------------------===//
#include "MatrixProduct.h"
#include "TileArithmetic.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace ashlar;

FailureOr<tile::MmaKind> ashlar::scheduledMma(KernelBuilder &kernel) {
  FailureOr<StringRef> name = kernel.scheduleWord("mma");
  if (failed(name))
    return failure();
  if (std::optional<tile::MmaKind> kind = tile::symbolizeMmaKind(*name))
    return *kind;
  return kernel.source().emitOpError("has a schedule with the unknown mma '")
             << *name << "'; expected mma_sync or fma",
         failure();
}

FailureOr<ProductTile> ashlar::scheduledProduct(KernelBuilder &kernel) {
  FailureOr<SmallVector<int64_t>> tile = kernel.scheduleList("tile", 3);
  FailureOr<tile::MmaKind> kind = scheduledMma(kernel);
  if (failed(tile) || failed(kind))
    return failure();
  return ProductTile{(*tile)[0], (*tile)[1], (*tile)[2], *kind};
}

namespace {
/// A tile's place among the tiles of the result.
struct TilePlace {
  Value major, minor;
};
} // namespace

/// The place of tile `number`, where tiles are numbered through groups of `group` along the major axis, column by
/// column of a group: neighbours in number share operands, which L2 then holds.
static TilePlace placeInGroups(KernelBuilder &kernel, Value number, AffineExpr majorCount,
                               AffineExpr minorCount, int64_t group) {
  OpBuilder &builder = kernel.builder();
  Location loc = kernel.source().getLoc();
  Value size = kernel.constantIndex(group);
  Value tilesInGroup = builder.createOrFold<arith::MulIOp>(loc, kernel.materialize(minorCount), size);
  Value first = arith::MulIOp::create(builder, loc, arith::DivUIOp::create(builder, loc, number, tilesInGroup), size);
  Value inGroup = arith::RemUIOp::create(builder, loc, number, tilesInGroup);
  // The last group may be a smaller one.
  Value rest = arith::SubIOp::create(builder, loc, kernel.materialize(majorCount), first);
  Value rows = arith::MinUIOp::create(builder, loc, rest, size);
  Value row = arith::RemUIOp::create(builder, loc, inGroup, rows);
  return {arith::AddIOp::create(builder, loc, first, row), arith::DivUIOp::create(builder, loc, inGroup, rows)};
}

/// The schedule's `raster_group`, 1 without one, and whether groups lie along the columns.
static int64_t rasterGroup(KernelBuilder &kernel, bool &isAlongColumns) {
  auto schedule = dyn_cast_or_null<DictionaryAttr>(kernel.source().getScheduleAttr());
  auto group = schedule ? schedule.getAs<IntegerAttr>("raster_group") : IntegerAttr();
  auto axis = schedule ? schedule.getAs<StringAttr>("raster_axis") : StringAttr();
  isAlongColumns = axis && axis.getValue() == "n";
  return group ? std::max<int64_t>(group.getInt(), 1) : 1;
}

TileSpace ashlar::distributeProduct(KernelBuilder &kernel, ArrayRef<AffineExpr> outer, AffineExpr m,
                                    AffineExpr n, const ProductTile &tile) {
  AffineExpr rows = m.ceilDiv(tile.m), columns = n.ceilDiv(tile.n);
  bool isAlongColumns = false;
  int64_t group = rasterGroup(kernel, isAlongColumns);
  SmallVector<AffineExpr> counts(outer);
  if (group > 1)
    counts.push_back(rows * columns);
  else
    counts.append({rows, columns});
  SmallVector<Value> block = kernel.distributeBlocks(counts);
  if (group > 1) {
    TilePlace place = placeInGroups(kernel, block.pop_back_val(), isAlongColumns ? columns : rows,
                                    isAlongColumns ? rows : columns, group);
    block.append({isAlongColumns ? place.minor : place.major, isAlongColumns ? place.major : place.minor});
  }
  TileSpace output;
  output.symbols.append(block.begin(), block.end() - 2);
  output.dims = {kernel.tileDim(block[block.size() - 2], tile.m, m),
                 kernel.tileDim(block[block.size() - 1], tile.n, n)};
  return output;
}

FailureOr<Value> ashlar::multiplyTiles(KernelBuilder &kernel, const MatrixProduct &product,
                                       const TileSpace &output) {
  OpBuilder &builder = kernel.builder();
  Location loc = kernel.source().getLoc();
  auto type = RankedTensorType::get(output.tileShape(), product.accumulatorType);
  Value zero = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  auto loop = scf::ForOp::create(builder, loc, kernel.constantIndex(0), kernel.materialize(product.depth),
                                 kernel.constantIndex(product.depthTile), zero);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  TileDim depth{product.depthTile, loop.getInductionVar(), product.depth,
                KernelBuilder::isTiledExactly(product.depth, product.depthTile)};
  FailureOr<Value> lhs = product.lhs({{output.dims[0], depth}, output.symbols});
  FailureOr<Value> rhs = product.rhs({{depth, output.dims[1]}, output.symbols});
  if (failed(lhs) || failed(rhs))
    return failure();
  Value sum = loop.getRegionIterArg(0);
  FailureOr<Value> next = sum;
  if (product.step)
    next = product.step(*lhs, *rhs, sum, {{depth, output.dims[1]}, output.symbols});
  else
    next = tile::MmaOp::create(builder, loc, type, *lhs, *rhs, sum, product.kind).getResult();
  if (failed(next))
    return failure();
  scf::YieldOp::create(builder, loc, *next);
  return loop.getResult(0);
}

Value ashlar::clearBeyond(TileEvaluator &evaluator, Value tile, unsigned dim) {
  KernelBuilder &kernel = evaluator.kernel();
  OpBuilder &builder = kernel.builder();
  Location loc = tile.getLoc();
  const TileDim &tileDim = evaluator.space().dims[dim];
  if (tileDim.inBounds)
    return tile;
  TileArithmetic math(builder, loc);
  Value index = evaluator.evaluateIndex(evaluator.space().dim(dim)).value;
  Value extent = math.splatIndex(tileDim.size, kernel.materialize(tileDim.extent));
  PartialTile inside{arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, index, extent), {dim}};
  auto type = cast<RankedTensorType>(tile.getType());
  return math.select(evaluator.broadcastToSpace(inside), tile,
                     math.constant(type.getShape(), type.getElementType(), 0));
}

/// The accumulator in the result's type, which is narrower for 16-bit results.
static Value roundTo(OpBuilder &builder, Location loc, Value accumulator, Type element) {
  if (getElementTypeOrSelf(accumulator) == element)
    return accumulator;
  Type type = cast<RankedTensorType>(accumulator.getType()).clone(element);
  return arith::TruncFOp::create(builder, loc, type, accumulator);
}

LogicalResult ashlar::storeProduct(KernelBuilder &kernel, Value result, AffineMap coordinates,
                                   const TileSpace &output, Value accumulator) {
  TileEvaluator evaluator(kernel, output);
  Value rounded = roundTo(kernel.builder(), result.getLoc(), accumulator, getElementTypeOrSelf(result));
  evaluator.bind(result, coordinates, rounded);
  return storeResults(evaluator, MainResult{result, coordinates});
}
