//===-- LoopSpaces.cpp - loops of a linalg operation as tile spaces ---------===//
//
// From loops and tile sizes to what a block works on.
//
//===-----------------------------------------------------------------------===//
#include "LoopSpaces.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace ashlar;

void LoopSpace::addLoop(KernelBuilder &kernel, unsigned loop, int64_t size, Value offset, AffineExpr extent) {
  if (size == 1) {
    loops[loop] = getAffineSymbolExpr(space.symbols.size(), kernel.context());
    space.symbols.push_back(offset);
    return;
  }
  loops[loop] = getAffineDimExpr(space.dims.size(), kernel.context());
  space.dims.push_back({size, offset, extent, KernelBuilder::isTiledExactly(extent, size)});
}

void LoopSpace::ensureDimension(KernelBuilder &kernel) {
  if (space.dims.empty())
    space.dims.push_back({1, kernel.constantIndex(0), kernel.constant(1), true});
}

AffineMap LoopSpace::map(MLIRContext *context) const { return space.map(loops, context); }

FailureOr<SmallVector<AffineExpr>> ashlar::loopExtents(KernelBuilder &kernel, linalg::LinalgOp op) {
  SmallVector<AffineExpr> extents(op.getNumLoops());
  for (OpOperand &operand : op->getOpOperands())
    for (auto [position, coordinate] : llvm::enumerate(op.getMatchingIndexingMap(&operand).getResults()))
      if (auto loop = dyn_cast<AffineDimExpr>(coordinate); loop && !extents[loop.getPosition()]) {
        FailureOr<AffineExpr> extent = kernel.extent(operand.get(), position);
        if (failed(extent))
          return failure();
        extents[loop.getPosition()] = *extent;
      }
  for (auto [loop, extent] : llvm::enumerate(extents))
    if (!extent)
      return op->emitError() << "the extent of loop " << loop
                             << " is no operand's dimension, so it is unknown",
             failure();
  return extents;
}

LoopSpace ashlar::distributeLoops(KernelBuilder &kernel, ArrayRef<AffineExpr> extents,
                                  ArrayRef<int64_t> sizes) {
  SmallVector<AffineExpr> counts;
  for (auto [extent, size] : llvm::zip(extents, sizes))
    counts.push_back(size == 0 ? kernel.constant(1) : extent.ceilDiv(size));
  SmallVector<Value> indices = kernel.distributeBlocks(counts);
  LoopSpace result;
  result.loops.resize(extents.size());
  for (auto [loop, size] : llvm::enumerate(sizes)) {
    if (size == 0)
      continue;
    Value offset = size == 1 ? indices[loop] : kernel.tileDim(indices[loop], size, extents[loop]).offset;
    result.addLoop(kernel, loop, size, offset, extents[loop]);
  }
  result.ensureDimension(kernel);
  return result;
}

FailureOr<SmallVector<Value>>
ashlar::loopOverTiles(KernelBuilder &kernel, AffineExpr extent, int64_t size, ValueRange carried,
                      function_ref<FailureOr<SmallVector<Value>>(Value, ValueRange)> body) {
  if (auto number = dyn_cast<AffineConstantExpr>(extent);
      number && number.getValue() > 0 && number.getValue() <= size)
    return body(kernel.constantIndex(0), carried);
  OpBuilder &builder = kernel.builder();
  Location loc = kernel.source().getLoc();
  auto loop = scf::ForOp::create(builder, loc, kernel.constantIndex(0), kernel.materialize(extent),
                                 kernel.constantIndex(size), carried);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  FailureOr<SmallVector<Value>> next = body(loop.getInductionVar(), loop.getRegionIterArgs());
  if (failed(next))
    return failure();
  if (!next->empty()) // Without results, the loop comes with its terminator.
    scf::YieldOp::create(builder, loc, *next);
  return SmallVector<Value>(loop.getResults());
}
