//===-- LowerMatmul.cpp - matrix products -----------------------------------===//
//
// One output tile a block. K runs in a loop: both operands' tiles are copied to shared memory in memory's order and
// loaded from there as the operands of tile.mma, prologues acting on the loaded tiles.
//
//===-----------------------------------------------------------------------===//
#include "ashlar/TensorToTile/MainOperations.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace ashlar;

namespace {
/// The sizes of a product, and where its block stands.
struct MatmulShape {
  SmallVector<int64_t> tile; // M, N, K
  AffineExpr m, n, k;
  SmallVector<AffineExpr> batches;
};
} // namespace

static FailureOr<MatmulShape> shapeOf(KernelBuilder &kernel, ash::MatmulOp op) {
  FailureOr<SmallVector<int64_t>> tile = kernel.scheduleList("tile", 3);
  FailureOr<SmallVector<AffineExpr>> lhs = kernel.extents(op.getLhs());
  FailureOr<AffineExpr> n = kernel.extent(op.getRhs(), op.getRhsColumnDim());
  if (failed(tile) || failed(lhs) || failed(n))
    return failure();
  MatmulShape shape{*tile, (*lhs)[op.getLhsRowDim()], *n, (*lhs)[op.getLhsReductionDim()], {}};
  shape.batches.append(lhs->begin(), lhs->begin() + op.getBatchRank());
  return shape;
}

/// The coordinates of an operand or the result: the batch, which is symbolic, and two dimensions of the space.
static AffineMap operandMap(const TileSpace &space, int64_t batchRank, bool isTransposed, MLIRContext *context) {
  SmallVector<AffineExpr> coordinates;
  for (int64_t batch = 0; batch < batchRank; ++batch)
    coordinates.push_back(space.symbol(batch));
  coordinates.push_back(space.dim(isTransposed ? 1 : 0));
  coordinates.push_back(space.dim(isTransposed ? 0 : 1));
  return space.map(coordinates, context);
}

/// accumulator + lhs · rhs for the tiles of one step along K.
static FailureOr<Value> multiplyStep(KernelBuilder &kernel, ash::MatmulOp op, const TileSpace &output, TileDim depth,
                                     Value accumulator, tile::MmaKind kind) {
  MLIRContext *context = kernel.context();
  TileEvaluator lhs(kernel, {{output.dims[0], depth}, output.symbols}, /*staged=*/true);
  TileEvaluator rhs(kernel, {{depth, output.dims[1]}, output.symbols}, /*staged=*/true);
  int64_t batchRank = op.getBatchRank();
  FailureOr<Value> a =
      lhs.evaluate(op.getLhs(), operandMap(lhs.space(), batchRank, op.getTransposeLhs(), context));
  FailureOr<Value> b = rhs.evaluate(op.getRhs(), operandMap(rhs.space(), op.isRhsBroadcast() ? 0 : batchRank,
                                                            op.getTransposeRhs(), context));
  if (failed(a) || failed(b))
    return failure();
  return tile::MmaOp::create(kernel.builder(), op.getLoc(), accumulator.getType(), *a, *b, accumulator, kind)
      .getResult();
}

/// The loop over K. Returns the sum of all steps.
static FailureOr<Value> multiply(KernelBuilder &kernel, ash::MatmulOp op, const TileSpace &output,
                                 const MatmulShape &shape, tile::MmaKind kind) {
  OpBuilder &builder = kernel.builder();
  Location loc = op.getLoc();
  auto type = RankedTensorType::get(output.tileShape(), op.getAccumulatorType());
  Value zero = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  auto loop = scf::ForOp::create(builder, loc, kernel.constantIndex(0), kernel.materialize(shape.k),
                                 kernel.constantIndex(shape.tile[2]), zero);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  TileDim depth{shape.tile[2], loop.getInductionVar(), shape.k,
                KernelBuilder::isTiledExactly(shape.k, shape.tile[2])};
  FailureOr<Value> sum = multiplyStep(kernel, op, output, depth, loop.getRegionIterArg(0), kind);
  if (failed(sum))
    return failure();
  scf::YieldOp::create(builder, loc, *sum);
  return loop.getResult(0);
}

/// The accumulator in the result's type, which is narrower for 16-bit results.
static Value roundTo(OpBuilder &builder, Location loc, Value accumulator, Type element) {
  if (getElementTypeOrSelf(accumulator) == element)
    return accumulator;
  Type type = cast<RankedTensorType>(accumulator.getType()).clone(element);
  return arith::TruncFOp::create(builder, loc, type, accumulator);
}

LogicalResult ashlar::lowerMatmul(KernelBuilder &kernel, Operation *operation) {
  auto op = cast<ash::MatmulOp>(operation);
  FailureOr<MatmulShape> shape = shapeOf(kernel, op);
  FailureOr<StringRef> kindName = kernel.scheduleWord("mma");
  if (failed(shape) || failed(kindName))
    return failure();
  std::optional<tile::MmaKind> kind = tile::symbolizeMmaKind(*kindName);
  if (!kind)
    return kernel.source().emitOpError("has a schedule with the unknown mma '")
           << *kindName << "'; expected mma_sync or fma";

  SmallVector<AffineExpr> counts(shape->batches);
  counts.push_back(shape->m.ceilDiv(shape->tile[0]));
  counts.push_back(shape->n.ceilDiv(shape->tile[1]));
  SmallVector<Value> block = kernel.distributeBlocks(counts);
  TileSpace output;
  output.symbols.append(block.begin(), block.end() - 2);
  output.dims = {kernel.tileDim(block[block.size() - 2], shape->tile[0], shape->m),
                 kernel.tileDim(block[block.size() - 1], shape->tile[1], shape->n)};

  FailureOr<Value> product = multiply(kernel, op, output, *shape, *kind);
  if (failed(product))
    return failure();
  TileEvaluator evaluator(kernel, output);
  AffineMap coordinates = operandMap(output, op.getBatchRank(), /*isTransposed=*/false, kernel.context());
  evaluator.bind(op.getResult(), coordinates,
                 roundTo(kernel.builder(), op.getLoc(), *product, op.getResultType().getElementType()));
  return storeResults(evaluator, MainResult{op.getResult(), coordinates});
}
