//===-- AshlarInterfaces.td - Interfaces of the tensor level --------------===//
//
// The interfaces through which operations of the dialect say what they compute, and for which sizes.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_INTERFACES_TD
#define ASHLAR_INTERFACES_TD

include "mlir/IR/OpBase.td"

def ReferenceDecompositionInterface : OpInterface<"ReferenceDecompositionInterface"> {
  let description = [{
    The meaning of an operation, written in upstream dialects: `linalg`, `tensor`, `arith`, `math`. It is the
    oracle that every kernel is checked against, so it is written to be read, not to be fast: floating-point
    values are accumulated in f32, integers in i32, and nothing is rounded in between.
  }];
  let cppNamespace = "::ashlar::ash";
  let methods = [
    InterfaceMethod<[{
        Builds the decomposition at the builder's insertion point and returns one value for each result of the
        operation, of exactly the result's type. The operation itself stays. Fails, after a diagnostic, where
        the operation has no decomposition.
      }],
      "::mlir::FailureOr<::llvm::SmallVector<::mlir::Value>>", "decompose",
      (ins "::mlir::OpBuilder &":$builder)>
  ];
}

def SharedSizesInterface : OpInterface<"SharedSizesInterface"> {
  let description = [{
    Which dimensions of operands and results have the same size. Types can leave that open (`?` agrees with
    everything), so whoever compiles the operation owes a check at run time.
  }];
  let cppNamespace = "::ashlar::ash";
  let methods = [InterfaceMethod<"Groups of dimensions; those of one group have one size.",
                                 "::llvm::SmallVector<::ashlar::ash::SharedSize>", "getSharedSizes">];
}

#endif // ASHLAR_INTERFACES_TD
