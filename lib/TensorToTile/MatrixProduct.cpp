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

TileSpace ashlar::distributeProduct(KernelBuilder &kernel, ArrayRef<AffineExpr> outer, AffineExpr m,
                                    AffineExpr n, const ProductTile &tile) {
  SmallVector<AffineExpr> counts(outer);
  counts.push_back(m.ceilDiv(tile.m));
  counts.push_back(n.ceilDiv(tile.n));
  SmallVector<Value> block = kernel.distributeBlocks(counts);
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
