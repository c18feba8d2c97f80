//===-- AshlarInterfaces.td - Interfaces of the tensor level --------------===//
//
// The interface through which every operation of the dialect says what it computes.
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

#endif // ASHLAR_INTERFACES_TD
