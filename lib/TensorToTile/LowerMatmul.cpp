//===-- LowerMatmul.cpp - matrix products -----------------------------------===//
//
// One output tile a block. K runs in a loop: both operands' tiles are copied to shared memory in memory's
// order and loaded from there as the operands of tile.mma, prologues acting on the loaded tiles.
//
//===-----------------------------------------------------------------------===//
#include "MatrixProduct.h"
#include "StagedTile.h"
#include "ashlar/TensorToTile/MainOperations.h"

using namespace mlir;
using namespace ashlar;

/// The coordinates of an operand or the result: the batch, which is symbolic, and two dimensions of the
/// space.
static AffineMap operandMap(const TileSpace &space, int64_t batchRank, bool isTransposed,
                            MLIRContext *context) {
  SmallVector<AffineExpr> coordinates;
  for (int64_t batch = 0; batch < batchRank; ++batch)
    coordinates.push_back(space.symbol(batch));
  coordinates.push_back(space.dim(isTransposed ? 1 : 0));
  coordinates.push_back(space.dim(isTransposed ? 0 : 1));
  return space.map(coordinates, context);
}

/// An operand where products by warp groups read it.
static FailureOr<Value> stageOperand(KernelBuilder &kernel, Value tensor, AffineMap coordinates,
                                     const TileSpace &space) {
  FailureOr<StagedTile> staged = StagedTile::create(kernel, tensor, coordinates, space);
  return failed(staged) ? FailureOr<Value>(failure()) : FailureOr<Value>(staged->buffer());
}

LogicalResult ashlar::lowerMatmul(KernelBuilder &kernel, Operation *operation) {
  auto op = cast<ash::MatmulOp>(operation);
  FailureOr<ProductTile> tile = scheduledProduct(kernel);
  FailureOr<SmallVector<AffineExpr>> extents = kernel.extents(op.getLhs());
  FailureOr<AffineExpr> columns = kernel.extent(op.getRhs(), op.getRhsColumnDim());
  if (failed(tile) || failed(extents) || failed(columns))
    return failure();
  int64_t batchRank = op.getBatchRank();
  TileSpace output = distributeProduct(kernel, ArrayRef(*extents).take_front(batchRank),
                                       (*extents)[op.getLhsRowDim()], *columns, *tile);
  bool isStaged = tile->kind == tile::MmaKind::Wgmma;
  auto lhs = [&](const TileSpace &space) -> FailureOr<Value> {
    AffineMap coordinates = operandMap(space, batchRank, op.getTransposeLhs(), kernel.context());
    if (isStaged)
      return stageOperand(kernel, op.getLhs(), coordinates, space);
    TileEvaluator evaluator(kernel, space, /*staged=*/true);
    FailureOr<Value> tile = evaluator.evaluate(op.getLhs(), coordinates);
    // Beyond the end of K an input is zero; what is computed from zeros may be anything, on both sides.
    bool isZeroThere = kernel.isInput(op.getLhs()) || kernel.isInput(op.getRhs());
    return failed(tile) || isZeroThere ? tile : clearBeyond(evaluator, *tile, 1);
  };
  auto rhs = [&](const TileSpace &space) {
    AffineMap coordinates =
        operandMap(space, op.isRhsBroadcast() ? 0 : batchRank, op.getTransposeRhs(), kernel.context());
    return isStaged ? stageOperand(kernel, op.getRhs(), coordinates, space)
                    : TileEvaluator(kernel, space, /*staged=*/true).evaluate(op.getRhs(), coordinates);
  };
  FailureOr<Value> product = multiplyTiles(
      kernel, {lhs, rhs, (*extents)[op.getLhsReductionDim()], tile->k, op.getAccumulatorType(), tile->kind},
      output);
  if (failed(product))
    return failure();
  AffineMap coordinates = operandMap(output, batchRank, /*isTransposed=*/false, kernel.context());
  return storeProduct(kernel, op.getResult(), coordinates, output, *product);
}
