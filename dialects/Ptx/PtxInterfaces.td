//===-- PtxInterfaces.td - What an instruction says of itself -*- tablegen -*-===//
//
// One interface stands between the instructions and their lowering, so that one pattern serves them all.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_PTX_INTERFACES_TD
#define ASHLAR_PTX_INTERFACES_TD

include "mlir/IR/OpBase.td"

def Ptx_InlinePtxInterface : OpInterface<"InlinePtxInterface"> {
  let cppNamespace = "::ashlar::ptx";
  let description = [{
    An operation that stands for one PTX instruction and can print it.

    The template names registers the way LLVM's inline assembly does: `$0` is the first result register, and
    operand registers follow the result registers in operand order. A value takes one register or several (a
    vector of 32-bit elements takes one an element); `registersOf` in Ptx.h states the rule, and both the
    template and the constraints are built on it.
  }];
  let methods = [
    InterfaceMethod<"The PTX text with its terminating semicolon, registers named `$0`, `$1`, ...",
                    "std::string", "getPtxTemplate">,
    InterfaceMethod<"The constraint string: results (`=f`), then operands (`f`), one entry a register.",
                    "std::string", "getPtxConstraints", (ins), "",
                    "return ::ashlar::ptx::deriveConstraints($_op.getOperation());">,
    InterfaceMethod<[{
                      Whether the backend must keep the instruction where it stands: true for whatever touches
                      memory, false for pure arithmetic, which may be moved, merged and removed.
                    }],
                    "bool", "hasPtxSideEffects", (ins), "",
                    "return !::mlir::isMemoryEffectFree($_op.getOperation());">
  ];
}

#endif // ASHLAR_PTX_INTERFACES_TD
