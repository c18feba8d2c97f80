//===-- LowerPack.cpp - tensors in packed order -----------------------------===//
//
// A block makes a stretch of the packed vector, element by element in the order of memory: neighbours that
// share a byte then belong to one thread, and the words that several share come about by themselves.
//
//===-----------------------------------------------------------------------===//
#include "LoopSpaces.h"
#include "ashlar/TensorToTile/MainOperations.h"

using namespace mlir;
using namespace ashlar;

LogicalResult ashlar::lowerPack(KernelBuilder &kernel, Operation *op) {
  auto pack = cast<ash::PackOp>(op);
  ValueRange yielded = kernel.source().getYield().getValues();
  if (yielded.size() != 1 || yielded.front() != pack.getResult())
    return pack.emitError(
        "'ashlar.pack' must be the last operation of its kernel, and its result the only one");
  FailureOr<SmallVector<int64_t>> tile = kernel.scheduleList("tile", 1);
  if (failed(tile))
    return failure();
  auto type = cast<RankedTensorType>(pack.getInput().getType());
  LoopSpace block = distributeLoops(kernel, kernel.constant(type.getNumElements()), *tile);
  AffineMap position = block.map(kernel.context());
  TileEvaluator evaluator(kernel, block.space);
  FailureOr<Value> elements =
      evaluator.evaluate(pack.getInput(), pack.getPacking().getPlainMap(type.getShape()).compose(position));
  if (failed(elements))
    return failure();
  kernel.store(*elements, kernel.resultView(0, position, block.space, 0u), block.space, 0u);
  return success();
}
