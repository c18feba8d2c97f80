//===-- CarriedValues.h - further values that a loop carries ----------------===//
//
// A loop's results are part of its type, so one that is to carry more values is built anew around its body.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TILE_CARRIEDVALUES_H
#define ASHLAR_LIB_TILE_CARRIEDVALUES_H

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace ashlar::tile {

/// Replaces the loop by one that carries `inits` too, behind the values that it carried; `loop` is gone
/// afterwards. The caller appends the operands of the yield. Leaves the builder before the new loop.
mlir::scf::ForOp carryValues(mlir::OpBuilder &builder, mlir::scf::ForOp loop, mlir::ValueRange inits);

} // namespace ashlar::tile

#endif
