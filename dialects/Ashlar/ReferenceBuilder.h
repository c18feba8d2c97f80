//===-- ReferenceBuilder.h - Writes reference decompositions ----*- C++ -*-===//
//
// linalg.generic with less ceremony. A decomposition names the sizes and the element type of what it
// computes, says where in each input a point finds its values, and gives the scalar code; maps, iterators and
// empty tensors follow.
//
// Loops run in the order of the dimensions, so a decomposition puts the dimension that is contiguous in
// memory last: then the innermost loop can be vectorised without reordering a floating-point sum.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_DIALECTS_ASHLAR_REFERENCEBUILDER_H
#define ASHLAR_DIALECTS_ASHLAR_REFERENCEBUILDER_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace ashlar::ash {

using TensorSizes = llvm::SmallVector<mlir::OpFoldResult>;

class ReferenceBuilder : public mlir::ImplicitLocOpBuilder {
public:
  ReferenceBuilder(mlir::OpBuilder &builder, mlir::Location location)
      : ImplicitLocOpBuilder(location, builder) {}

  /// A tensor and the index at which a point of the loops reads it. A null map is the identity.
  struct Operand {
    mlir::Value tensor;
    mlir::AffineMap map = {};
  };
  using Body = llvm::function_ref<mlir::Value(mlir::ValueRange)>;

  //===--- Sizes and indices ---===//

  mlir::OpFoldResult size(mlir::Value tensor, int64_t dim);
  TensorSizes sizes(mlir::Value tensor);
  mlir::AffineExpr dim(int64_t index) { return getAffineDimExpr(index); }
  /// The map (d0, ..., d[loops - 1]) -> (results).
  mlir::AffineMap map(int64_t loops, llvm::ArrayRef<mlir::AffineExpr> results);
  mlir::Value index(mlir::OpFoldResult size);

  //===--- Tensors ---===//

  mlir::Value empty(const TensorSizes &sizes, mlir::Type elementType);
  /// A tensor whose every element is the same number, 0, minus infinity, ...
  mlir::Value filled(const TensorSizes &sizes, mlir::Type elementType, double number);
  /// result[point] = body(inputs at point). The loops are the result's dimensions.
  mlir::Value compute(const TensorSizes &sizes, mlir::Type elementType, llvm::ArrayRef<Operand> inputs,
                      Body body);
  /// result[map(point)] = body(inputs at point, result[map(point)]), beginning with `init`. The map is a
  /// projected permutation; loops that it leaves out are reductions.
  mlir::Value accumulate(Operand init, llvm::ArrayRef<Operand> inputs, Body body);
  /// The sum of products of `lhs` and `rhs`, converted to f32 or i32, over the loops that `resultMap` leaves
  /// out.
  mlir::Value contract(const TensorSizes &sizes, mlir::AffineMap resultMap, Operand lhs, Operand rhs);
  /// The same elements in another type; `tensor` itself when it has that type.
  mlir::Value convertTensor(mlir::Value tensor, mlir::Type elementType);
  /// The slice of the given sizes at the given offsets, without the dimensions in which it has the static
  /// size 1 if `rank` asks for fewer dimensions than the tensor has.
  mlir::Value slice(mlir::Value tensor, const TensorSizes &offsets, const TensorSizes &sizes, int64_t rank);
  mlir::Value insert(mlir::Value part, mlir::Value whole, const TensorSizes &offsets,
                     const TensorSizes &sizes);
  /// `value` as `type`, which differs from its own at most in what is static.
  mlir::Value as(mlir::Value value, mlir::Type type);

  //===--- Scalars ---===//

  /// Between integers and floats of any width, rounding to nearest even; `isUnsigned` says how an integer is
  /// read.
  mlir::Value convert(mlir::Value scalar, mlir::Type type, bool isUnsigned = false);
  mlir::Value number(mlir::Type type, double value);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value subtract(mlir::Value a, mlir::Value b);
  mlir::Value multiply(mlir::Value a, mlir::Value b);
};

} // namespace ashlar::ash

#endif // ASHLAR_DIALECTS_ASHLAR_REFERENCEBUILDER_H
