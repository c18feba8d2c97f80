//===-- AshlarBase.td - The dialect `ashlar` and what its operations share ===//

#ifndef ASHLAR_BASE_TD
#define ASHLAR_BASE_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "dialects/Ashlar/AshlarInterfaces.td"

def Ashlar_Dialect : Dialect {
  let name = "ashlar";
  let cppNamespace = "::ashlar::ash";
  let summary = "Tensor operations that a tile compiler must see whole";
  let description = [{
    Values are ranked tensors; there is no memory and there are no threads. The dialect names only what would
    be hard to recognise again once it is taken apart: matrix multiplication, convolution, attention,
    quantisation, and the `ashlar.kernel` region that says what becomes one GPU kernel. Everything else stays
    in `linalg`, `tensor`, `arith` and `math`, which mix freely with these operations.

    Every constraint of an operation has a number (C1, C2, ...) in its description; the verifier's message
    begins with it. Element types are checked there, too, so operands are declared as plain ranked tensors.
  }];
  let useDefaultAttributePrinterParser = 1;
}

// An operation on tensors: no side effects, a shape that can be computed from its operands, a reference
// decomposition.
class Ashlar_TensorOp<string mnemonic, list<Trait> traits = []> : Op<Ashlar_Dialect, mnemonic, traits # [
    Pure,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>,
    DeclareOpInterfaceMethods<ReferenceDecompositionInterface>]> {
  let hasVerifier = 1;
}

#endif // ASHLAR_BASE_TD
