//===-- HostExpressions.h - index arithmetic of the host as expressions -----===//
#ifndef ASHLAR_LIB_GPUTOPACKAGE_HOSTEXPRESSIONS_H
#define ASHLAR_LIB_GPUTOPACKAGE_HOSTEXPRESSIONS_H

#include "ashlar/Package/Manifest.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AffineMap.h"
#include "llvm/ADT/DenseMap.h"

namespace ashlar {

/// Turns index values of one function into expressions over its dimension symbols. There is one symbol for every
/// dynamic dimension of every input, in order.
class HostExpressions {
public:
  explicit HostExpressions(mlir::func::FuncOp function);

  const std::vector<package::DimSymbol> &symbols() const { return table; }
  /// The type of a tensor of the function, its dynamic dimensions given by `dims` in order.
  mlir::FailureOr<package::TensorType> inputType(mlir::BlockArgument argument);
  /// The expression of an index value; a diagnostic at its operation where it is none.
  mlir::FailureOr<package::Expression> of(mlir::Value index);
  /// The extent of a tensor's dimension, followed through launches and reshapes.
  mlir::FailureOr<package::Expression> extent(mlir::Value tensor, int64_t dim);
  /// The number of a tensor's elements.
  mlir::FailureOr<package::Expression> elements(mlir::Value tensor);
  /// The expression of an affine map's result whose symbols are `symbols`.
  static package::Expression expand(mlir::AffineExpr expr, mlir::ArrayRef<package::Expression> symbols);

private:
  std::vector<package::DimSymbol> table;
  llvm::DenseMap<std::pair<mlir::Value, int64_t>, unsigned> symbolOf; // by argument and axis
};

/// The element type as packages name it; a diagnostic at `loc` for one that packages do not know.
mlir::FailureOr<ElementType> packageElementType(mlir::Type type, mlir::Location loc);

} // namespace ashlar

#endif // ASHLAR_LIB_GPUTOPACKAGE_HOSTEXPRESSIONS_H
