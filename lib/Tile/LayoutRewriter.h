//===-- LayoutRewriter.h - Give tiles their distributions -------*- C++ -*-===//
//
// The second half of `ashlar-tile-assign-layouts`: writes the distributions that LayoutClasses has found into
// the types, and makes every use see the distribution it needs, by repeating cheap producers or by
// conversions.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TILE_LAYOUTREWRITER_H
#define ASHLAR_LIB_TILE_LAYOUTREWRITER_H

#include "LayoutClasses.h"
#include "mlir/IR/Builders.h"

namespace ashlar::tile {

/// Gives every use of a constant, splat, iota or broadcast of these a producer of its own: such tiles cost
/// nothing, so they must not tie together what uses them. Equal ones are joined again at the end.
void separateCheapTiles(KernelOp kernel);

/// Converts the tiles of global loads and stores whose distribution would waste most of every sector, unless
/// the program has chosen it.
void coalesceGlobalAccesses(KernelOp kernel, const LayoutClasses &classes);

/// Turns the conversions that move data between threads into stores to and loads from shared memory.
void lowerConversions(KernelOp kernel);

class LayoutRewriter {
public:
  LayoutRewriter(KernelOp kernel, LayoutClasses &classes) : kernel(kernel), classes(classes) {}
  void run();

private:
  void writeTypes();
  void serveOperands(mlir::Operation *op);
  void serveReduction(ReduceOp reduce);
  /// The operand, in this distribution.
  void require(mlir::OpOperand &operand, DistributionAttr distribution);
  mlir::Value materialize(mlir::Value value, DistributionAttr distribution);
  mlir::Value repeat(mlir::Operation *producer, DistributionAttr distribution);
  /// Makes the operation yield `produced` and converts it to what its users expect.
  void convertResult(mlir::OpResult result, DistributionAttr produced);

  KernelOp kernel;
  LayoutClasses &classes;
  llvm::DenseMap<std::pair<mlir::Value, mlir::Attribute>, mlir::Value> versions;
};

} // namespace ashlar::tile

#endif // ASHLAR_LIB_TILE_LAYOUTREWRITER_H
