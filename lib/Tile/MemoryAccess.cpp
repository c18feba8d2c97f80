//===-- MemoryAccess.cpp - which memory an operation reads and writes --------===//
//
// Looks through views, bitcasts, stages and transposes.
//
//===-----------------------------------------------------------------------===//
#include "MemoryAccess.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

MemoryAccess tile::findMemory(Value value) {
  MemoryAccess access;
  while (Operation *definition = value.getDefiningOp()) {
    if (auto view = dyn_cast<ViewOp>(definition)) {
      value = view.getBuffer();
    } else if (auto bitcast = dyn_cast<BitcastOp>(definition)) {
      value = bitcast.getBuffer();
    } else if (auto transpose = dyn_cast<TransposeOp>(definition)) {
      value = transpose.getBuffer();
    } else if (auto stage = dyn_cast<StageOp>(definition)) {
      value = stage.getBuffer();
      // Of a stage of a stage, or of a transposed buffer, nothing is known: it may be any part.
      access.stageIndex = value.getDefiningOp<AllocOp>() ? stage.getIndex() : Value();
    } else {
      break;
    }
  }
  bool isKnown = value.getDefiningOp<AllocOp>() ||
                 (isa<BlockArgument>(value) && isa<KernelOp>(value.getParentBlock()->getParentOp()));
  access.memory = isKnown ? value : Value();
  return access;
}

static MemoryAccess makeAccess(Value viewOrBuffer, bool isWrite, bool isAsync = false) {
  MemoryAccess access = findMemory(viewOrBuffer);
  access.isWrite = isWrite;
  access.isAsync = isAsync;
  return access;
}

SmallVector<MemoryAccess> tile::getMemoryAccesses(Operation *op) {
  using Accesses = SmallVector<MemoryAccess>;
  return TypeSwitch<Operation *, Accesses>(op)
      .Case([](CopyOp copy) {
        return Accesses{makeAccess(copy.getView(), /*isWrite=*/false, copy.getAsync()),
                        makeAccess(copy.getDestination(), /*isWrite=*/true, copy.getAsync())};
      })
      .Case([](LoadOp load) { return Accesses{makeAccess(load.getSource(), /*isWrite=*/false)}; })
      .Case([](StoreOp store) { return Accesses{makeAccess(store.getDestination(), /*isWrite=*/true)}; })
      .Case([](MmaOp mma) {
        Accesses accesses;
        for (Value operand : {mma.getA(), mma.getB()})
          if (isa<BufferType>(operand.getType()))
            accesses.push_back(makeAccess(operand, /*isWrite=*/false));
        return accesses;
      })
      .Case<ViewOp, BitcastOp, StageOp, TransposeOp, AllocOp>([](Operation *) { return Accesses(); })
      // What these write, phases of memory barriers hand over.
      .Case<TensorCopyOp, MbarrierInitOp, MbarrierExpectOp, MbarrierArriveOp, MbarrierWaitOp>(
          [](Operation *) { return Accesses(); })
      .Default([](Operation *other) {
        Accesses accesses;
        for (Value operand : other->getOperands())
          if (isa<BufferType, ViewType>(operand.getType()))
            accesses.append({makeAccess(operand, /*isWrite=*/false), makeAccess(operand, /*isWrite=*/true)});
        return accesses;
      });
}
