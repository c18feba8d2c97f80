//===-- AccessVectorization.cpp - How many elements a copy moves at once --===//
//
// Writes what the contiguity analysis says about each copy into the IR.
//
//===----------------------------------------------------------------------===//
#include "SharedLayouts.h"

#include "ashlar/Tile/Contiguity.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace ashlar::tile;

static LogicalResult vectorizeCopy(CopyOp copy) {
  VectorAccess vectors{std::max<int64_t>(copy.getView().getType().getRank() - 1, 0), 1};
  if (std::optional<TileAccess> access = describeAccess(copy))
    vectors = vectorAccess(*access);
  int64_t bits = storageBits(copy.getDestination().getType().getElementType());
  if (vectors.width * bits < 8)
    return copy.emitOpError("moves elements of ")
           << bits
           << " bits one by one, since none of the view's dimensions is contiguous in pairs that start at "
           << "whole bytes; lay the tensor out so that one is (ashlar.pack), or widen its elements";
  Builder builder(copy.getContext());
  copy.setVectorDimAttr(builder.getI64IntegerAttr(vectors.dim));
  copy.setVectorWidthAttr(builder.getI64IntegerAttr(vectors.width));
  return success();
}

LogicalResult ashlar::tile::vectorizeCopies(KernelOp kernel) {
  WalkResult result = kernel.getBody().walk([](CopyOp copy) {
    bool isDecided = copy.getVectorDim() && copy.getVectorWidth();
    return WalkResult(isDecided ? success() : vectorizeCopy(copy));
  });
  return failure(result.wasInterrupted());
}
