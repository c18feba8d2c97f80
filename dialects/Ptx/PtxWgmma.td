//===-- PtxWgmma.td - Products of a warp group ----------------*- tablegen -*-===//
//
// wgmma with either place for A, and the two operations that order its registers. NVVM's form has A in shared
// memory only, a constant in the place of scale-d, and its fence and wait say nothing of registers: what is
// computed from an accumulator could then be moved in front of the wait.
//
// PTX ISA, section "Asynchronous Warpgroup Level Matrix Instructions".
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_PTX_WGMMA_TD
#define ASHLAR_PTX_WGMMA_TD

include "dialects/Ptx/PtxBase.td"
include "mlir/IR/EnumAttr.td"

def Ptx_WgmmaElement : I32EnumAttr<"WgmmaElement", "an element type of wgmma's operands", [
    I32EnumAttrCase<"F16", 0, "f16">, I32EnumAttrCase<"BF16", 1, "bf16">, I32EnumAttrCase<"TF32", 2, "tf32">,
    I32EnumAttrCase<"E4M3", 3, "e4m3">, I32EnumAttrCase<"E5M2", 4, "e5m2">, I32EnumAttrCase<"S8", 5, "s8">,
    I32EnumAttrCase<"U8", 6, "u8">]> {
  let cppNamespace = "::ashlar::ptx";
}

def Ptx_WgmmaOp : Ptx_Op<"wgmma", [AttrSizedOperandSegments]> {
  let summary = "Start a product of 64 rows by a warp group";
  let description = [{
    `wgmma.mma_async.sync.aligned.m64nNkK` (sm_90a). D = A * B + C, or A * B where `accumulate` is zero; all 128
    threads of a warp group execute it. A is 64xK, in four registers a thread or in shared memory; B is KxN, in
    shared memory; the accumulator takes N/2 registers a thread: f32 for floats, s32 for integers. The depth K is
    256 bits of an element. What lies in shared memory is named by a matrix descriptor; `transposed_a` and
    `transposed_b` say that it is M-major or N-major (16-bit elements only).

    The operation only starts the product: its results may be used by further `wgmma` as accumulators, and by
    everything else once `ptx.wgmma_wait` has passed them on. Registers that other instructions wrote go through
    `ptx.wgmma_fence` first.

    Constraints:
    - (C1) N is a multiple of 8 in [8, 256]; of 16 above 32, and 24, for integers.
    - (C2) A is a descriptor or four registers, not both.
    - (C3) there are N/2 accumulators, i32 for integers and f32 otherwise, and as many results of their type.
    - (C4) A and B are both f16, both bf16, both tf32, both of 8-bit floats, or both of 8-bit integers.
    - (C5) only 16-bit elements in shared memory may be transposed.

    ```mlir
    %d:4 = ptx.wgmma n 8 bf16 [%a], bf16 [%b] transposed_b, accumulate %one, (%c0, %c1, %c2, %c3) : f32
    %e:4 = ptx.wgmma n 8 f16 (%a0, %a1, %a2, %a3), f16 [%b], accumulate %one, (%c0, %c1, %c2, %c3) : f32
    ```
  }];
  let arguments = (ins Variadic<AnyTypeOf<[F32, I32]>>:$accumulators, Variadic<I32>:$a_registers,
                       Optional<I64>:$a_descriptor, I64:$b_descriptor, I32:$accumulate, I32Attr:$n,
                       Ptx_WgmmaElement:$a_element, Ptx_WgmmaElement:$b_element, UnitAttr:$transposed_a,
                       UnitAttr:$transposed_b);
  let results = (outs Variadic<AnyTypeOf<[F32, I32]>>:$results);
  let assemblyFormat = [{
    `n` $n $a_element (`[` $a_descriptor^ `]`)? (`(` $a_registers^ `)`)? (`transposed_a` $transposed_a^)? `,`
    $b_element `[` $b_descriptor `]` (`transposed_b` $transposed_b^)? `,` `accumulate` $accumulate `,`
    `(` $accumulators `)` attr-dict `:` custom<RegisterTypes>(type($accumulators), type($results), ref($accumulators))
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    std::string getPtxTemplate();
    std::string getPtxConstraints();
    /// K: as many elements as 256 bits hold.
    int64_t getDepth();
    bool isInteger() { return getAElement() == WgmmaElement::S8 || getAElement() == WgmmaElement::U8; }
  }];
}

/// Passes registers on, in front of or behind which an instruction stands.
class Ptx_WgmmaOrderingOp<string mnemonic> : Ptx_Op<mnemonic> {
  let extraClassDeclaration = [{
    std::string getPtxTemplate();
    std::string getPtxConstraints();
  }];
}

def Ptx_WgmmaFenceOp : Ptx_WgmmaOrderingOp<"wgmma_fence"> {
  let summary = "Order registers before the products that use them";
  let description = [{
    `wgmma.fence.sync.aligned`. What has written the registers stands before it, the products that read or
    accumulate into its results behind it. Without registers it is `nvvm.wgmma.fence.aligned`.

    ```mlir
    %c:2 = ptx.wgmma_fence (%x0, %x1) : f32
    ```
  }];
  let arguments = (ins Variadic<AnyTypeOf<[F32, I32]>>:$registers);
  let results = (outs Variadic<AnyTypeOf<[F32, I32]>>:$results);
  let assemblyFormat = "`(` $registers `)` attr-dict `:` custom<RegisterTypes>(type($registers), type($results), ref($registers))";
}

def Ptx_WgmmaWaitOp : Ptx_WgmmaOrderingOp<"wgmma_wait"> {
  let summary = "Wait until at most `pending` groups of products are under way";
  let description = [{
    `wgmma.wait_group.sync.aligned`. A group is what `nvvm.wgmma.commit.group.sync.aligned` has closed. The results
    are the registers given: accumulators of products that are then complete, which everything may use; those of
    products still under way are passed on for further products and waits only.

    Constraints:
    - (C1) `pending` lies in [0, 7].

    ```mlir
    nvvm.wgmma.commit.group.sync.aligned
    %x:2 = ptx.wgmma_wait 0 (%d0, %d1) : f32
    ```
  }];
  let arguments = (ins I32Attr:$pending, Variadic<AnyTypeOf<[F32, I32]>>:$registers);
  let results = (outs Variadic<AnyTypeOf<[F32, I32]>>:$results);
  let assemblyFormat = "$pending `(` $registers `)` attr-dict `:` custom<RegisterTypes>(type($registers), type($results), ref($registers))";
  let hasVerifier = 1;
}

#endif // ASHLAR_PTX_WGMMA_TD
