//===-- LowerQuantizedMatmul.cpp - products with quantised weights ----------===//
//
// The weight travels as it is stored, to shared memory and on into the registers of the right operand; only
// there its integers become numbers of the operand's type, q - zero. These are small whole numbers, so every
// type holds them exactly. With float activations the scale comes next, as the operation says. With
// activations of i8 sums are exact, so scales are applied to sums: of the whole of K where a column has one
// scale, else of a step along K, which then lies within a group.
//
// Activations of i8 are multiplied on tensor cores as i8 where q - zero fits that, else as f16. Sums of
// floats are exact over a step along K, no longer; they go on as integers then.
//
//===-----------------------------------------------------------------------===//
#include "IndexArithmetic.h"
#include "MatrixProduct.h"
#include "TileArithmetic.h"
#include "ashlar/TensorToTile/MainOperations.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace ashlar;

namespace {
class QuantizedMatmulLowering {
public:
  QuantizedMatmulLowering(KernelBuilder &kernel, ash::QuantizedMatmulOp op)
      : kernel_(kernel), op_(op), loc_(op->getLoc()), math_(kernel.builder(), op->getLoc()) {}
  LogicalResult lower();

private:
  LogicalResult chooseTypes(const ProductTile &tile);
  LogicalResult distribute(const ProductTile &tile);
  SmallVector<AffineExpr> rowCoordinates(const TileSpace &space, AffineExpr row);
  FailureOr<Value> activations(const TileSpace &space);
  FailureOr<Value> weights(const TileSpace &space);
  Value multiply(Value lhs, Value rhs, Value sum);
  Value multiplyFromZero(Value lhs, Value rhs, Type accumulator);
  Value multiplyExactly(Value lhs, Value rhs, Value sum);
  FailureOr<Value> multiplyGroup(Value lhs, Value rhs, Value sum, const TileSpace &space);
  FailureOr<PartialTile> groupTile(TileEvaluator &evaluator, Value tensor);
  FailureOr<Value> scaled(Value accumulator);
  Value toFloat(Value integers, Type element);
  PartialTile convert(PartialTile tile, Type element);
  bool isGrouped() { return op_.getScalesType().getRank() == 2; }

  KernelBuilder &kernel_;
  ash::QuantizedMatmulOp op_;
  Location loc_;
  TileArithmetic math_;
  TileSpace output_;
  int64_t outerRank_ =
      0; // Dimensions of the input that are symbols; the others but the last make up the rows.
  int64_t depthTile_ = 0;
  tile::MmaKind kind_;
  Type operandType_;           // What the operands of tile.mma are.
  bool scalesWeights_ = false; // Whether the scale is applied to the weights themselves,
  bool scalesSteps_ = false;   // or to every step's sum; otherwise to the whole sum.
};
} // namespace

//===-- Decisions -------------------------------------------------------------===//

LogicalResult QuantizedMatmulLowering::chooseTypes(const ProductTile &tile) {
  kind_ = tile.kind;
  depthTile_ = tile.k;
  Type element = op_.getInputType().getElementType();
  if (kind_ == tile::MmaKind::Fma) {
    operandType_ = kernel_.builder().getF32Type();
    scalesWeights_ = !op_.isIntegerInput() || isGrouped();
    return success();
  }
  if (!op_.isIntegerInput()) {
    if (element.isF32())
      return kernel_.source().emitOpError("has a schedule with mma_sync for activations of f32; use fma");
    operandType_ = element;
    scalesWeights_ = true;
    return success();
  }
  // Differences of two i4 are i8; differences of two i8 are not.
  bool fitsInt8 = op_.getWeightType().getElementTypeBitWidth() < 8 || !op_.getZeroPoints();
  operandType_ = fitsInt8 && depthTile_ % 32 == 0 ? element : Type(kernel_.builder().getF16Type());
  scalesSteps_ = isGrouped();
  if (scalesSteps_ && op_.getGroupSize() % depthTile_ != 0)
    return kernel_.source().emitOpError("has a schedule with steps of ")
           << depthTile_ << " along K, which do not divide a group of " << op_.getGroupSize()
           << " weights; choose a divisor, or fma";
  return success();
}

/// Rows are numbered through all leading dimensions where these are static but for the first.
LogicalResult QuantizedMatmulLowering::distribute(const ProductTile &tile) {
  FailureOr<SmallVector<AffineExpr>> extents = kernel_.extents(op_.getInput());
  if (failed(extents))
    return failure();
  ArrayRef<AffineExpr> leading = ArrayRef(*extents).drop_back();
  auto isConstant = [](AffineExpr extent) { return isa<AffineConstantExpr>(extent); };
  outerRank_ = llvm::all_of(leading.drop_front(), isConstant) ? 0 : leading.size() - 1;
  AffineExpr rows = kernel_.constant(1);
  for (AffineExpr extent : leading.drop_front(outerRank_))
    rows = rows * extent;
  output_ = distributeProduct(kernel_, leading.take_front(outerRank_), rows,
                              kernel_.constant(op_.getOutputSize()), tile);
  return success();
}

/// The leading coordinates of input and result.
SmallVector<AffineExpr> QuantizedMatmulLowering::rowCoordinates(const TileSpace &space, AffineExpr row) {
  SmallVector<AffineExpr> coordinates, sizes;
  for (int64_t dim = 0; dim < outerRank_; ++dim)
    coordinates.push_back(space.symbol(dim));
  for (int64_t size : op_.getInputType().getShape().drop_back().drop_front(outerRank_ + 1))
    sizes.push_back(kernel_.constant(size));
  llvm::append_range(coordinates, splitIndex(row, sizes));
  return coordinates;
}

//===-- Operands --------------------------------------------------------------===//

Value QuantizedMatmulLowering::toFloat(Value integers, Type element) {
  Type type = cast<ShapedType>(integers.getType()).clone(element);
  if (op_.getUnsignedWeights())
    return arith::UIToFPOp::create(kernel_.builder(), loc_, type, integers);
  return arith::SIToFPOp::create(kernel_.builder(), loc_, type, integers);
}

FailureOr<Value> QuantizedMatmulLowering::activations(const TileSpace &space) {
  SmallVector<AffineExpr> coordinates = rowCoordinates(space, space.dim(0));
  coordinates.push_back(space.dim(1));
  TileEvaluator evaluator(kernel_, space, /*staged=*/true);
  FailureOr<Value> tile = evaluator.evaluate(op_.getInput(), space.map(coordinates, kernel_.context()));
  if (failed(tile))
    return failure();
  Type element = getElementTypeOrSelf(*tile);
  if (element == operandType_)
    return tile;
  if (isa<FloatType>(element))
    return math_.convertFloat(*tile, operandType_);
  // Activations are signed, whatever the weights are.
  return arith::SIToFPOp::create(kernel_.builder(), loc_,
                                 cast<ShapedType>(tile->getType()).clone(operandType_), *tile)
      .getResult();
}

/// The tile of scales or zero points in a space (k, n): a number for each column where a step lies within a
/// group.
FailureOr<PartialTile> QuantizedMatmulLowering::groupTile(TileEvaluator &evaluator, Value tensor) {
  const TileSpace &space = evaluator.space();
  SmallVector<AffineExpr> coordinates;
  int64_t rank = cast<RankedTensorType>(tensor.getType()).getRank();
  if (rank > 0)
    coordinates.push_back(space.dim(1));
  if (rank > 1) // The last symbol is the group of the step's first weight.
    coordinates.push_back(op_.getGroupSize() % depthTile_ == 0 ? space.symbol(space.symbols.size() - 1)
                                                               : space.dim(0).floorDiv(op_.getGroupSize()));
  return evaluator.evaluatePartial(tensor, space.map(coordinates, kernel_.context()));
}

/// Integers (of the weight's kind) or floats as floats.
PartialTile QuantizedMatmulLowering::convert(PartialTile tile, Type element) {
  bool isFloat = isa<FloatType>(getElementTypeOrSelf(tile.value));
  tile.value = isFloat ? math_.convertFloat(tile.value, element) : toFloat(tile.value, element);
  return tile;
}

/// `space` with one more symbol, the group of its first k.
static TileSpace withGroup(KernelBuilder &kernel, TileSpace space, int64_t groupSize) {
  Value group = arith::DivUIOp::create(kernel.builder(), kernel.source().getLoc(), space.dims[0].offset,
                                       kernel.constantIndex(groupSize));
  space.symbols.push_back(group);
  return space;
}

FailureOr<Value> QuantizedMatmulLowering::weights(const TileSpace &step) {
  TileSpace space = withGroup(kernel_, step, op_.getGroupSize());
  TileEvaluator staged(kernel_, space, /*staged=*/true), evaluator(kernel_, space);
  FailureOr<Value> codes =
      staged.evaluate(op_.getWeight(), space.map({space.dim(1), space.dim(0)}, kernel_.context()));
  FailureOr<PartialTile> zeros = PartialTile(), scales = PartialTile();
  if (op_.getZeroPoints())
    zeros = groupTile(evaluator, op_.getZeroPoints());
  if (scalesWeights_)
    scales = groupTile(evaluator, op_.getScales());
  if (failed(codes) || failed(zeros) || failed(scales))
    return failure();

  Value tile = *codes;
  if (auto integer = dyn_cast<IntegerType>(operandType_)) {
    auto extend = [&](Value value) -> Value {
      Type type = cast<ShapedType>(value.getType()).clone(integer);
      if (value.getType() == type)
        return value;
      if (op_.getUnsignedWeights())
        return arith::ExtUIOp::create(kernel_.builder(), loc_, type, value);
      return arith::ExtSIOp::create(kernel_.builder(), loc_, type, value);
    };
    tile = extend(tile);
    if (zeros->value)
      tile = math_.subtract(tile, evaluator.broadcastToSpace({extend(zeros->value), zeros->dims}));
  } else {
    tile = toFloat(tile, operandType_);
    if (zeros->value)
      tile = math_.subtract(tile, evaluator.broadcastToSpace(convert(*zeros, operandType_)));
    if (scales->value)
      tile = math_.multiply(tile, evaluator.broadcastToSpace(convert(*scales, operandType_)));
  }
  // Beyond the end of K activations are zero, unless they are computed.
  return kernel_.isInput(op_.getInput()) ? tile : clearBeyond(evaluator, tile, 0);
}

//===-- Sums ------------------------------------------------------------------===//

Value QuantizedMatmulLowering::multiply(Value lhs, Value rhs, Value sum) {
  auto mma = tile::MmaOp::create(kernel_.builder(), loc_, sum.getType(), lhs, rhs, sum, kind_);
  mma.setUnsignedB(operandType_.isInteger(8) && op_.getUnsignedWeights() && !op_.getZeroPoints());
  return mma.getResult();
}

Value QuantizedMatmulLowering::multiplyFromZero(Value lhs, Value rhs, Type accumulator) {
  return multiply(lhs, rhs, math_.constant(output_.tileShape(), accumulator, 0));
}

/// One step of whole numbers that are floats: below 2^24, which a step does not reach, their sums are exact.
Value QuantizedMatmulLowering::multiplyExactly(Value lhs, Value rhs, Value sum) {
  OpBuilder &builder = kernel_.builder();
  Value partial = multiplyFromZero(lhs, rhs, builder.getF32Type());
  partial = arith::FPToSIOp::create(builder, loc_, sum.getType(), partial);
  return arith::AddIOp::create(builder, loc_, sum, partial);
}

/// One step inside of a group, scaled.
FailureOr<Value> QuantizedMatmulLowering::multiplyGroup(Value lhs, Value rhs, Value sum,
                                                        const TileSpace &step) {
  OpBuilder &builder = kernel_.builder();
  TileSpace space = withGroup(kernel_, step, op_.getGroupSize());
  TileEvaluator evaluator(kernel_, space);
  FailureOr<PartialTile> scales = groupTile(evaluator, op_.getScales());
  if (failed(scales))
    return failure();
  auto type = cast<RankedTensorType>(sum.getType());
  Type accumulator = operandType_.isInteger(8) ? Type(builder.getI32Type()) : builder.getF32Type();
  Value partial = multiplyFromZero(lhs, rhs, accumulator);
  if (accumulator.isInteger())
    partial = arith::SIToFPOp::create(builder, loc_, type, partial);
  Value columns = math_.convertFloat(scales->value, builder.getF32Type());
  return math_.multiplyAdd(partial, math_.broadcast(columns, 0, type.getDimSize(0)), sum);
}

/// The sum with the scales that are left.
FailureOr<Value> QuantizedMatmulLowering::scaled(Value accumulator) {
  OpBuilder &builder = kernel_.builder();
  Type f32 = builder.getF32Type();
  Value sum = accumulator;
  if (isa<IntegerType>(getElementTypeOrSelf(sum)))
    sum = arith::SIToFPOp::create(builder, loc_, cast<RankedTensorType>(sum.getType()).clone(f32), sum);
  TileEvaluator evaluator(kernel_, output_);
  auto multiplyWith = [&](Value tensor, ArrayRef<AffineExpr> coordinates) -> LogicalResult {
    FailureOr<PartialTile> factor =
        evaluator.evaluatePartial(tensor, output_.map(coordinates, kernel_.context()));
    if (failed(factor))
      return failure();
    sum = math_.multiply(sum, evaluator.broadcastToSpace(convert(*factor, f32)));
    return success();
  };
  SmallVector<AffineExpr> column, row;
  if (op_.getScalesType().getRank() == 1)
    column = {output_.dim(1)};
  if (!scalesWeights_ && !scalesSteps_ && failed(multiplyWith(op_.getScales(), column)))
    return failure();
  if (!op_.getInputScale())
    return sum;
  if (cast<RankedTensorType>(op_.getInputScale().getType()).getRank() > 0)
    row = rowCoordinates(output_, output_.dim(0));
  return failed(multiplyWith(op_.getInputScale(), row)) ? FailureOr<Value>(failure()) : sum;
}

LogicalResult QuantizedMatmulLowering::lower() {
  FailureOr<ProductTile> tile = scheduledProduct(kernel_);
  if (failed(tile) || failed(chooseTypes(*tile)) || failed(distribute(*tile)))
    return failure();
  Type f32 = kernel_.builder().getF32Type();
  // Sums of integers end exactly, unless scales are a part of what is summed.
  bool isExact = op_.isIntegerInput() && !scalesSteps_ && !scalesWeights_;
  auto lhs = [&](const TileSpace &space) { return activations(space); };
  auto rhs = [&](const TileSpace &space) { return weights(space); };
  auto step = [&](Value a, Value b, Value sum, const TileSpace &space) -> FailureOr<Value> {
    if (scalesSteps_)
      return multiplyGroup(a, b, sum, space);
    return isExact && !operandType_.isInteger() ? multiplyExactly(a, b, sum) : multiply(a, b, sum);
  };
  Type accumulator = isExact ? Type(kernel_.builder().getI32Type()) : f32;
  AffineExpr depth = kernel_.constant(op_.getReductionSize());
  FailureOr<Value> sum =
      multiplyTiles(kernel_, {lhs, rhs, depth, depthTile_, accumulator, kind_, step}, output_);
  if (failed(sum))
    return failure();
  FailureOr<Value> result = scaled(*sum);
  if (failed(result))
    return failure();
  SmallVector<AffineExpr> coordinates = rowCoordinates(output_, output_.dim(0));
  coordinates.push_back(output_.dim(1));
  return storeProduct(kernel_, op_.getResult(), output_.map(coordinates, kernel_.context()), output_,
                      *result);
}

LogicalResult ashlar::lowerQuantizedMatmul(KernelBuilder &kernel, Operation *op) {
  return QuantizedMatmulLowering(kernel, cast<ash::QuantizedMatmulOp>(op)).lower();
}
