//===-- PtxBase.td - The ptx dialect itself -------------------*- tablegen -*-===//
//
// The dialect and what all of its operations have in common.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_PTX_BASE_TD
#define ASHLAR_PTX_BASE_TD

include "PtxInterfaces.td"
include "mlir/Dialect/LLVMIR/LLVMOpBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/IR/OpBase.td"

def Ptx_Dialect : Dialect {
  let name = "ptx";
  let summary = "PTX instructions that the NVVM dialect lacks";
  let description = [{
    The operations of one GPU thread that neither `nvvm` nor LLVM IR can express. All of them have two
    lowerings: inline PTX (see `InlinePtxInterface`) and a call of the simulator. The rationale is
    dialects/Ptx/README.md.
  }];
  let cppNamespace = "::ashlar::ptx";
}

class Ptx_Op<string mnemonic, list<Trait> traits = []>
    : Op<Ptx_Dialect, mnemonic, [Ptx_InlinePtxInterface] # traits>;

#endif // ASHLAR_PTX_BASE_TD
