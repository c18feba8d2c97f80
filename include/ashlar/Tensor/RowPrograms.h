//===-- RowPrograms.h - Kernels that work row by row ------------*- C++ -*-===//
//
// Softmax and normalisations reduce the rows of a tensor and compute with the results on the rows again,
// perhaps several times. A row program does all of it in one kernel: a block takes some rows, runs one
// reduction after the other, then computes the results of full shape. A row that fits a block's registers is
// read once.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_TENSOR_ROWPROGRAMS_H
#define ASHLAR_TENSOR_ROWPROGRAMS_H

#include "dialects/Ashlar/Ashlar.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "llvm/ADT/SetVector.h"

#include <optional>

namespace ashlar {

/// Loops of a row program: the rows' first, then the columns'.
struct RowShape {
  unsigned rowLoops, columnLoops;
  llvm::SmallVector<int64_t> extents; ///< ShapedType::kDynamic where unknown.

  bool operator==(const RowShape &) const = default;
};

/// The shape of a reduction along rows: parallel loops, then loops of the reduction, results indexed by the
/// parallel ones in their order, and a combination that may run in any order. Nothing for any other
/// operation.
std::optional<RowShape> matchRowReduction(mlir::Operation *op);

struct RowProgram {
  RowShape shape;
  llvm::SmallVector<mlir::linalg::LinalgOp> reductions; ///< In the order in which they stand.
};

/// What a kernel is as a row program; nothing unless it has several reductions, or one and a result of full
/// shape.
std::optional<RowProgram> matchRowProgram(ash::KernelOp kernel);

/// The operations that can stand in one row program with `first`, a reduction along rows, and after it, in
/// `first`'s block; `isFree` says which operations may be taken. Empty if there are none but `first`.
llvm::SmallSetVector<mlir::Operation *, 8> growRowProgram(mlir::Operation *first,
                                                          llvm::function_ref<bool(mlir::Operation *)> isFree);

} // namespace ashlar

#endif // ASHLAR_TENSOR_ROWPROGRAMS_H
