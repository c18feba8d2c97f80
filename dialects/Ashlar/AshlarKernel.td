//===-- AshlarKernel.td - The unit of fusion ------------------------------===//

#ifndef ASHLAR_KERNEL_TD
#define ASHLAR_KERNEL_TD

include "dialects/Ashlar/AshlarBase.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"

def Ashlar_KernelOp : Op<Ashlar_Dialect, "kernel", [
    IsolatedFromAbove, SingleBlock, RecursiveMemoryEffects, RecursivelySpeculatable,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>,
    DeclareOpInterfaceMethods<ReferenceDecompositionInterface>]> {
  let summary = "groups the operations that become one GPU kernel";
  let description = [{
    The region computes the results from the inputs as if it stood inline: grouping never changes a value.
    What it adds is a decision: everything inside is meant to run as one kernel, and tensors that do not leave
    the region never reach global memory. `schedule` is the decision how; it is absent until a schedule is
    chosen. `alternatives` are the schedules that were next best, better ones first, for a lowering that cannot
    build the chosen one.

    The name is a wish for the generated kernel's name; it need not be unique.

    Example:
    ```mlir
    %y = ashlar.kernel @projection (%a = %x : tensor<?x512xf16>, %b = %w : tensor<1024x512xf16>)
        -> tensor<?x1024xf16> {
      %0 = ashlar.matmul %a, transpose %b : tensor<?x512xf16>, tensor<1024x512xf16> -> tensor<?x1024xf16>
      %1 = math.tanh %0 : tensor<?x1024xf16>
      ashlar.yield %1 : tensor<?x1024xf16>
    }
    ```

    Constraints:
    - (C1) The block has one argument for each input, of the input's type.
    - (C2) `ashlar.yield` has one operand for each result, of the result's type.
    - (C3) Inputs are ranked tensors, integers, floats or indices; results are ranked tensors.
  }];
  let arguments = (ins
    Arg<Variadic<AnyType>, "what the region may use of the world outside, bound to its arguments">:$inputs,
    OptionalAttr<StrAttr>:$kernel_name,
    OptionalAttr<AnyAttr>:$schedule,
    OptionalAttr<ArrayAttr>:$alternatives);
  let results = (outs Res<Variadic<AnyRankedTensor>, "what the region yields">:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasRegionVerifier = 1;
  let hasCanonicalizer = 1;
  let skipDefaultBuilders = 1;
  let builders = [
    // Creates the body's block with its arguments, and leaves it without a terminator.
    OpBuilder<(ins "::mlir::TypeRange":$resultTypes, "::mlir::ValueRange":$inputs,
                   CArg<"::llvm::StringRef", "{}">:$name)>
  ];
  let extraClassDeclaration = [{
    ::mlir::Block *getBlock() { return &getBody().front(); }
    ::ashlar::ash::YieldOp getYield();
  }];
}

def Ashlar_YieldOp : Op<Ashlar_Dialect, "yield", [Pure, Terminator, ReturnLike, HasParent<"KernelOp">]> {
  let summary = "ends a kernel's region and names its results";
  let description = [{
    Example:
    ```mlir
    ashlar.yield %0, %1 : tensor<4xf32>, tensor<4xi32>
    ```
  }];
  let arguments = (ins Arg<Variadic<AnyRankedTensor>, "the kernel's results">:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

#endif // ASHLAR_KERNEL_TD
