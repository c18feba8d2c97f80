//===-- Ptx.td - Instructions that NVVM lacks ----------------*- tablegen -*-===//
//
// Each operation is one PTX instruction of one thread. The semantics stated here is what both lowerings owe:
// the inline PTX of the GPU, and the call of the simulator. Section names are those of the "PTX ISA" manual,
// version 8.
//
//===----------------------------------------------------------------------===//

#ifndef ASHLAR_PTX_TD
#define ASHLAR_PTX_TD

include "dialects/Ptx/PtxBase.td"
include "dialects/Ptx/PtxWgmma.td"

//===----------------------------------------------------------------------===//
// Approximate functions of one f32
//===----------------------------------------------------------------------===//

/// One instruction of the special-function unit: f32 in, f32 out, no flags.
class Ptx_ApproximationOp<string mnemonic, string instruction>
    : Ptx_Op<mnemonic, [Pure, SameOperandsAndResultType]> {
  let arguments = (ins F32:$operand);
  let results = (outs F32:$result);
  let assemblyFormat = "$operand attr-dict `:` type($result)";
  let extraClassDeclaration = [{
    std::string getPtxTemplate() { return "}] # instruction # [{ $0, $1;"; }
  }];
}

def Ptx_Ex2Op : Ptx_ApproximationOp<"ex2", "ex2.approx.ftz.f32"> {
  let summary = "Two to the power of the operand";
  let description = [{
    `ex2.approx.ftz.f32` (section "Floating Point Instructions: ex2"). Relative error at most 2^-22; subnormal
    operands and results are flushed to zero with their sign. -inf gives +0, +inf gives +inf, NaN gives NaN.

    ```mlir
    %p = ptx.ex2 %x : f32
    ```
  }];
}

def Ptx_Lg2Op : Ptx_ApproximationOp<"lg2", "lg2.approx.ftz.f32"> {
  let summary = "Logarithm of base two";
  let description = [{
    `lg2.approx.ftz.f32` (section "Floating Point Instructions: lg2"). Absolute error at most 2^-22.6 for
    operands in [0.5, 2], relative error at most 2^-22.6 elsewhere; subnormal operands count as zero. Zero
    gives -inf, negative operands give NaN.

    ```mlir
    %l = ptx.lg2 %x : f32
    ```
  }];
}

def Ptx_TanhOp : Ptx_ApproximationOp<"tanh", "tanh.approx.f32"> {
  let summary = "Hyperbolic tangent, good for 16-bit results";
  let description = [{
    `tanh.approx.f32` (section "Floating Point Instructions: tanh"; needs sm_75). Relative error at most
    2^-11: enough where the result is rounded to f16 or bf16, too coarse for f32. Subnormal operands give
    subnormal results.

    ```mlir
    %t = ptx.tanh %x : f32
    ```
  }];
}

def Ptx_RcpOp : Ptx_ApproximationOp<"rcp", "rcp.approx.ftz.f32"> {
  let summary = "Reciprocal";
  let description = [{
    `rcp.approx.ftz.f32` (section "Floating Point Instructions: rcp"). Error at most 1 ulp; subnormal operands
    and results are flushed to zero with their sign. Zero gives an infinity of its sign.

    ```mlir
    %r = ptx.rcp %x : f32
    ```
  }];
}

def Ptx_RsqrtOp : Ptx_ApproximationOp<"rsqrt", "rsqrt.approx.ftz.f32"> {
  let summary = "Reciprocal of the square root";
  let description = [{
    `rsqrt.approx.ftz.f32` (section "Floating Point Instructions: rsqrt"). Relative error at most 2^-22.9;
    subnormal operands count as zero. Zero gives an infinity of its sign, negative operands give NaN.

    ```mlir
    %r = ptx.rsqrt %x : f32
    ```
  }];
}

def Ptx_SqrtOp : Ptx_ApproximationOp<"sqrt", "sqrt.approx.ftz.f32"> {
  let summary = "Square root";
  let description = [{
    `sqrt.approx.ftz.f32` (section "Floating Point Instructions: sqrt"). Relative error at most 2^-23;
    subnormal operands and results are flushed to zero. -0 gives -0, negative operands give NaN. Where the
    correctly rounded root is wanted, LLVM's `sqrt` intrinsic gives `sqrt.rn.f32`.

    ```mlir
    %r = ptx.sqrt %x : f32
    ```
  }];
}

def Ptx_DivOp : Ptx_Op<"div", [Pure, SameOperandsAndResultType]> {
  let summary = "Quotient, without a call";
  let description = [{
    `div.full.f32` (section "Floating Point Instructions: div"). Error at most 2 ulp over the full range; subnormal
    numbers are kept. The rounded division that LLVM selects is a subroutine, and the assembler lets no product of
    a warp group be under way across a call.

    ```mlir
    %q = ptx.div %x, %y : f32
    ```
  }];
  let arguments = (ins F32:$numerator, F32:$denominator);
  let results = (outs F32:$result);
  let assemblyFormat = "$numerator `,` $denominator attr-dict `:` type($result)";
  let extraClassDeclaration = [{
    std::string getPtxTemplate() { return "div.full.f32 $0, $1, $2;"; }
  }];
}

//===----------------------------------------------------------------------===//
// Bits and bytes
//===----------------------------------------------------------------------===//

def Ptx_Lop3Op : Ptx_Op<"lop3", [Pure, SameOperandsAndResultType]> {
  let summary = "Any bitwise function of three words";
  let description = [{
    `lop3.b32` (section "Logic and Shift Instructions: lop3"). Bit i of the result is bit (4*a_i + 2*b_i +
    c_i) of the table `immLut`; so the table of an expression is that expression of the bytes 0xF0 (a), 0xCC
    (b), 0xAA (c). Explicit because the assembler does not find `(q & m) | n` with two constants in one
    instruction.

    Constraints:
    - (C1) `immLut` lies in [0, 255].

    ```mlir
    %d = ptx.lop3 %a, %b, %c lut = 0xEA : i32     // (a & b) | c
    ```
  }];
  let arguments = (ins I32:$a, I32:$b, I32:$c, I32Attr:$immLut);
  let results = (outs I32:$result);
  let assemblyFormat = "$a `,` $b `,` $c `lut` `=` $immLut attr-dict `:` type($result)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{ std::string getPtxTemplate(); }];
}

def Ptx_PrmtOp : Ptx_Op<"prmt", [Pure, SameOperandsAndResultType]> {
  let summary = "Any four of eight bytes";
  let description = [{
    `prmt.b32` in its default mode (section "Data Movement: prmt"). The bytes of `low` are numbered 0 to 3,
    those of `high` 4 to 7. Nibble i of `selector` picks byte i of the result: its low three bits name the
    byte, its top bit asks for the sign of that byte in all eight bits instead.

    ```mlir
    %d = ptx.prmt %low, %high, %selector : i32
    ```
  }];
  let arguments = (ins I32:$low, I32:$high, I32:$selector);
  let results = (outs I32:$result);
  let assemblyFormat = "$low `,` $high `,` $selector attr-dict `:` type($result)";
  let extraClassDeclaration = [{
    std::string getPtxTemplate() { return "prmt.b32 $0, $1, $2, $3;"; }
  }];
}

//===----------------------------------------------------------------------===//
// Memory with an explicit cache policy
//===----------------------------------------------------------------------===//

def Ptx_GlobalPointer : LLVM_PointerInAddressSpace<1>;
def Ptx_SharedPointer : LLVM_PointerInAddressSpace<3>;

/// Memory effects as NVVM's asynchronous copies have them: unknown, hence nothing moves across.
def Ptx_CpAsyncOp : Ptx_Op<"cp_async", [AttrSizedOperandSegments]> {
  let summary = "Start an asynchronous copy from global to shared memory";
  let description = [{
    `cp.async.{ca,cg}.shared.global[.L2::cache_hint][.L2::NNNB]` (section "Data Movement: cp.async"; needs
    sm_80). Copies `bytes` bytes; where `source_bytes` is given, only that many are read (0 reads nothing and
    the address may be any) and the rest of the destination becomes zero. `bypass_l1` says `.cg`. `policy` is
    a 64-bit cache policy as `createpolicy` makes them; `prefetch_bytes` asks L2 to fetch more. Completion is
    that of `nvvm.cp.async.commit.group` and `nvvm.cp.async.wait.group`.

    Where neither policy nor prefetch is wanted, `nvvm.cp.async.shared.global` says the same.

    Constraints:
    - (C1) `bytes` is 4, 8 or 16.
    - (C2) `bypass_l1` needs `bytes` = 16.
    - (C3) `prefetch_bytes` is 64, 128 or 256.

    ```mlir
    ptx.cp_async %to, %from, 16 source_bytes(%n) policy(%p) bypass_l1 {prefetch_bytes = 128 : i32}
    ```
  }];
  let arguments = (ins Ptx_SharedPointer:$destination, Ptx_GlobalPointer:$source, I32Attr:$bytes,
                       Optional<I32>:$sourceBytes, Optional<I64>:$policy, UnitAttr:$bypass_l1,
                       OptionalAttr<I32Attr>:$prefetch_bytes);
  let assemblyFormat = [{
    $destination `,` $source `,` $bytes (`source_bytes` `(` $sourceBytes^ `)`)? (`policy` `(` $policy^ `)`)?
    (`bypass_l1` $bypass_l1^)? attr-dict
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{ std::string getPtxTemplate(); }];
}

def Ptx_LdGlobalOp : Ptx_Op<"ld_global", [MemoryEffects<[MemRead]>]> {
  let summary = "Load words from global memory with a cache policy";
  let description = [{
    `ld.global[.nc][.L1::no_allocate][.L2::cache_hint][.L2::NNNB][.v2|.v4].b32` (section "Data Movement: ld,
    ld.global.nc"; the policy needs sm_80). The address is aligned to the size of the result. `non_coherent`
    promises that nobody writes the words while the kernel runs. For streamed operands, such as weights read
    once.

    Where no policy is wanted, an `llvm.load` says the same (`invariant` gives `.nc`).

    Constraints:
    - (C1) `prefetch_bytes` is 64, 128 or 256.

    ```mlir
    %w = ptx.ld_global %address policy(%p) {non_coherent, no_allocate} : vector<4xi32>
    ```
  }];
  let arguments = (ins Ptx_GlobalPointer:$address, Optional<I64>:$policy, UnitAttr:$non_coherent,
                       UnitAttr:$no_allocate, OptionalAttr<I32Attr>:$prefetch_bytes);
  let results = (outs AnyTypeOf<[I32, FixedVectorOfLengthAndType<[2, 4], [I32]>]>:$result);
  let assemblyFormat = "$address (`policy` `(` $policy^ `)`)? attr-dict `:` type($result)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{ std::string getPtxTemplate(); }];
}

#endif // ASHLAR_PTX_TD
