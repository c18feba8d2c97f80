//===-- TileEvaluator.cpp - tensor values, tile by tile ---------------------===//
//
// From a tensor of the region back to inputs and bound tiles. Inputs are read in TileEvaluatorInputs.cpp,
// bodies repeated in TileEvaluatorBody.cpp.
//
//===-----------------------------------------------------------------------===//
#include "ashlar/TensorToTile/TileEvaluator.h"
#include "CoordinateMaps.h"
#include "TilePieces.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace ashlar;

SmallVector<unsigned> TileEvaluator::allDims() const {
  return llvm::to_vector(llvm::seq<unsigned>(0, space_.dims.size()));
}

void TileEvaluator::bind(Value tensor, AffineMap coordinates, Value tile) {
  SmallVector<unsigned> dims = allDims();
  bind(tensor, coordinates, PartialTile{tile, {dims.begin(), dims.end()}});
}

void TileEvaluator::bind(Value tensor, AffineMap coordinates, PartialTile tile) {
  known_[{tensor, simplifyAffineMap(coordinates)}] = std::move(tile);
}

void TileEvaluator::adopt(const TileEvaluator &outer) {
  for (auto &[key, tile] : outer.known_)
    known_.try_emplace({key.first, space_.map(key.second.getResults(), kernel_.context())}, tile);
}

FailureOr<Value> TileEvaluator::evaluate(Value tensor, AffineMap coordinates) {
  FailureOr<PartialTile> partial = evaluatePartial(tensor, coordinates);
  if (failed(partial))
    return failure();
  return broadcastToSpace(*partial);
}

FailureOr<PartialTile> TileEvaluator::evaluatePartial(Value tensor, AffineMap coordinates) {
  AffineMap map = simplifyAffineMap(coordinates);
  if (auto found = known_.find({tensor, map}); found != known_.end())
    return found->second;
  FailureOr<PartialTile> tile = evaluateUncached(tensor, map);
  if (succeeded(tile))
    known_[{tensor, map}] = *tile;
  return tile;
}

//===-- Operations ------------------------------------------------------------===//

static bool isParallel(linalg::LinalgOp op) { return op.getNumLoops() == op.getNumParallelLoops(); }

FailureOr<PartialTile> ashlar::refuseInKernel(Operation *op, const Twine &reason) {
  op->emitError() << "'" << op->getName() << "' has no lowering inside a kernel: " << reason;
  return failure();
}

FailureOr<PartialTile> TileEvaluator::evaluateOperand(linalg::LinalgOp op, OpOperand &operand,
                                                      AffineMap loops) {
  if (!isa<RankedTensorType>(operand.get().getType()))
    return evaluateScalar(operand.get());
  return evaluatePartial(operand.get(), op.getMatchingIndexingMap(&operand).compose(loops));
}

FailureOr<PartialTile> TileEvaluator::evaluateLinalg(linalg::LinalgOp op, unsigned result,
                                                     AffineMap coordinates) {
  if (!isParallel(op))
    return refuseInKernel(op,
                          "it reduces, and a kernel has one main operation; move it to a kernel of its own");
  AffineMap toLoops = inversePermutation(op.getIndexingMapMatchingResult(op->getResult(result)));
  if (!toLoops)
    return refuseInKernel(op, "its result is not indexed by a permutation of its loops");
  AffineMap loops = toLoops.compose(coordinates);
  SmallVector<PartialTile> arguments;
  for (OpOperand &operand : op->getOpOperands()) {
    if (!op.payloadUsesValueFromOperand(&operand)) {
      arguments.push_back({});
      continue;
    }
    FailureOr<PartialTile> tile = evaluateOperand(op, operand, loops);
    if (failed(tile))
      return failure();
    arguments.push_back(*tile);
  }
  FailureOr<SmallVector<PartialTile>> yielded = evaluateBody(op, arguments, loops);
  if (failed(yielded))
    return failure();
  // The other results come for free where they have the same coordinates.
  for (unsigned other = 0; other < op->getNumResults(); ++other)
    bind(op->getResult(other), op.getIndexingMapMatchingResult(op->getResult(other)).compose(loops),
         (*yielded)[other]);
  return (*yielded)[result];
}

FailureOr<PartialTile> TileEvaluator::evaluateElementwise(Operation *op, unsigned result,
                                                          AffineMap coordinates) {
  SmallVector<PartialTile> operands;
  for (Value operand : op->getOperands()) {
    FailureOr<PartialTile> tile = isa<RankedTensorType>(operand.getType())
                                      ? evaluatePartial(operand, coordinates)
                                      : evaluateScalar(operand);
    if (failed(tile))
      return failure();
    operands.push_back(*tile);
  }
  FailureOr<SmallVector<PartialTile>> results = evaluateOperation(op, operands);
  if (failed(results))
    return failure();
  return (*results)[result];
}

FailureOr<PartialTile> TileEvaluator::evaluateScalar(Value value) {
  Operation *op = value.getDefiningOp();
  if (auto constant = dyn_cast_or_null<arith::ConstantOp>(op)) {
    FailureOr<SmallVector<PartialTile>> results = evaluateOperation(constant, {});
    if (failed(results))
      return failure();
    return (*results)[0];
  }
  if (isa<IndexType>(value.getType())) {
    FailureOr<AffineExpr> extent = kernel_.extentOfIndex(value);
    if (failed(extent))
      return failure();
    return evaluateExtent(*extent);
  }
  if (auto extract = dyn_cast_or_null<tensor::ExtractOp>(op)) {
    SmallVector<AffineExpr> coordinates;
    for (Value index : extract.getIndices()) {
      APInt number;
      if (!matchPattern(index, m_ConstantInt(&number)))
        return refuseInKernel(
            extract, "it reads at computed indices, for which tiles have no operation; read at constant "
                     "ones, or gather outside of the function");
      coordinates.push_back(kernel_.constant(number.getSExtValue()));
    }
    return evaluatePartial(extract.getTensor(), space_.map(coordinates, kernel_.context()));
  }
  if (op && OpTrait::hasElementwiseMappableTraits(op))
    return evaluateElementwise(op, cast<OpResult>(value).getResultNumber(),
                               space_.map({}, kernel_.context()));
  emitError(value.getLoc()) << "a scalar of type " << value.getType()
                            << " cannot enter a kernel; pass it as a tensor of rank 0";
  return failure();
}

FailureOr<PartialTile> TileEvaluator::evaluateUncached(Value tensor, AffineMap coordinates) {
  if (kernel_.isInput(tensor))
    return evaluateInput(tensor, coordinates);
  Operation *op = tensor.getDefiningOp();
  if (!op) {
    emitError(tensor.getLoc()) << "a kernel cannot read an input of type " << tensor.getType();
    return failure();
  }
  unsigned result = cast<OpResult>(tensor).getResultNumber();
  if (isa<tensor::PadOp, tensor::ConcatOp, tensor::InsertSliceOp>(op))
    return evaluatePieces(op, coordinates);
  if (isa<tensor::SplatOp>(op))
    return evaluateScalar(op->getOperand(0));
  Type element = getElementTypeOrSelf(tensor);
  TypedAttr scalar;
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    auto splat = dyn_cast<SplatElementsAttr>(constant.getValue());
    if (!splat)
      return refuseInKernel(op, "a constant of several values must be an input of the kernel");
    scalar = splat.getSplatValue<TypedAttr>();
  } else if (isa<tensor::EmptyOp>(op)) { // Any value will do.
    scalar = kernel_.builder().getZeroAttr(element);
  }
  if (scalar)
    return PartialTile{arith::ConstantOp::create(kernel_.builder(), tensor.getLoc(), scalar), {}};
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    return evaluateLinalg(linalgOp, result, coordinates);
  if (OpTrait::hasElementwiseMappableTraits(op))
    return evaluateElementwise(op, result, coordinates);
  if (isa<ash::UnpackOp>(op))
    return refuseInKernel(op, "it reads a packed tensor that the kernel computes; make that an input");
  if (FailureOr<AffineMap> source = sourceCoordinates(op, coordinates); succeeded(source))
    return evaluatePartial(op->getOperand(0), *source);
  return refuseInKernel(op, isEvaluable(op) ? "its shape or position is not static"
                                            : "it is not elementwise and not the kernel's main operation");
}

//===-- Results ---------------------------------------------------------------===//

LogicalResult ashlar::storeResult(TileEvaluator &evaluator, unsigned number, AffineMap coordinates) {
  KernelBuilder &kernel = evaluator.kernel();
  const TileSpace &space = evaluator.space();
  Value value = kernel.source().getYield().getValues()[number];
  FailureOr<PartialTile> tile = evaluator.evaluatePartial(value, coordinates);
  if (failed(tile))
    return failure();
  SmallVector<unsigned> dims;
  for (unsigned dim = 0; dim < space.dims.size(); ++dim)
    if (coordinates.isFunctionOfDim(dim))
      dims.push_back(dim);
  if (dims.empty()) // A result of one element: the space has a dimension of extent 1 for it.
    dims.push_back(0);
  dims = uniteDims(dims, tile->dims);
  kernel.store(evaluator.broadcast(*tile, dims).value, kernel.resultView(number, coordinates, space, dims),
               space, dims);
  return success();
}

LogicalResult ashlar::storeResults(TileEvaluator &evaluator, ArrayRef<MainResult> results) {
  KernelBuilder &kernel = evaluator.kernel();
  llvm::DenseMap<Value, AffineMap> coordinates;
  for (const MainResult &result : results)
    coordinates[result.tensor] = simplifyAffineMap(result.coordinates);
  for (Operation &op : kernel.source().getBlock()->without_terminator())
    for (OpOperand &operand : op.getOpOperands()) {
      auto known = coordinates.find(operand.get());
      if (known == coordinates.end())
        continue;
      AffineMap from = known->second;
      for (OpResult result : op.getResults())
        if (FailureOr<AffineMap> map =
                resultCoordinates(&op, operand.getOperandNumber(), result.getResultNumber(), from);
            succeeded(map))
          coordinates.try_emplace(result, simplifyAffineMap(*map));
    }
  for (auto [number, value] : llvm::enumerate(kernel.source().getYield().getValues())) {
    auto known = coordinates.find(value);
    if (known == coordinates.end())
      return kernel.source().emitOpError(
          "yields a value that is not an elementwise function of its main operation; "
          "give it a kernel of its own");
    if (failed(storeResult(evaluator, number, known->second)))
      return failure();
  }
  return success();
}
