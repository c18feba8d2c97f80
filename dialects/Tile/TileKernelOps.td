//===-- TileKernelOps.td - kernels, launches and the block's place in the grid -*- tablegen -*-===//
#ifndef ASHLAR_TILE_KERNEL_OPS
#define ASHLAR_TILE_KERNEL_OPS

include "dialects/Tile/TileBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/Interfaces/FunctionInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Tile_KernelOp : Tile_Op<"kernel", [FunctionOpInterface, IsolatedFromAbove, AutomaticAllocationScope]> {
  let summary = "The program of one thread block, launched over a grid.";
  let description = [{
    Arguments: global buffers (inputs, then outputs, then workspace), then the runtime dimensions as `index`.
    `grid` gives the number of blocks along x, y and z as an affine map of the runtime dimensions; `threads` is the
    number of threads of a block. `schedule` is the decision that the program was built from, kept for the passes
    that expand it and for reports. `shared_bytes` appears when shared memory has been planned.

    Constraints:
    * (C1) `grid` has three results, no dimensions and one symbol per `index` argument.
    * (C2) `threads` is a multiple of 32 in [32, 1024].
    * (C3) buffers stand before `index` arguments, every buffer is global, and nothing else is an argument.
    * (C4) the body is one block that ends with `tile.return`, and there are no results.
    * (C5) `shared_bytes`, when given, is not negative.
    * (C6) every tensor of the body is a tile: static, not empty, of at most 2^20 elements (more than all registers hold).

    Example:
    ```mlir
    tile.kernel @copy(%in: !tile.buffer<?x64xf32, global>, %out: !tile.buffer<?x64xf32, global>, %rows: index)
        grid affine_map<()[s0] -> (s0 ceildiv 16, 1, 1)> threads 128 { … tile.return }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<FunctionType>:$function_type, AffineMapAttr:$grid,
                       I64Attr:$threads, OptionalAttr<DictionaryAttr>:$schedule, OptionalAttr<I64Attr>:$shared_bytes,
                       OptionalAttr<DictArrayAttr>:$arg_attrs, OptionalAttr<DictArrayAttr>:$res_attrs);
  let regions = (region AnyRegion:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let skipDefaultBuilders = 1;
  let builders = [OpBuilder<(ins "::llvm::StringRef":$name, "::llvm::ArrayRef<::mlir::Type>":$arguments,
      "::mlir::AffineMap":$grid, "int64_t":$threads, CArg<"::mlir::DictionaryAttr", "{}">:$schedule)>];
  let extraClassDeclaration = [{
    ::llvm::ArrayRef<::mlir::Type> getArgumentTypes() { return getFunctionType().getInputs(); }
    ::llvm::ArrayRef<::mlir::Type> getResultTypes() { return {}; }
    ::mlir::Region *getCallableRegion() { return &getBody(); }
    /// The arguments of buffer type, and those of type index.
    ::mlir::Block::BlockArgListType getBufferArguments();
    ::mlir::Block::BlockArgListType getDimensionArguments();
  }];
}

def Tile_ReturnOp : Tile_Op<"return", [Terminator, Pure, HasParent<"KernelOp">]> {
  let summary = "Ends a kernel.";
  let description = [{
    Example:
    ```mlir
    tile.return
    ```
  }];
  let assemblyFormat = "attr-dict";
}

def Tile_BlockIdOp : Tile_Op<"block_id", [Pure]> {
  let summary = "The block's index along one axis of the grid.";
  let description = [{
    Example:
    ```mlir
    %block = tile.block_id x
    %row = arith.muli %block, %c128 : index
    ```
  }];
  let arguments = (ins Tile_Dimension:$dimension);
  let results = (outs Index:$index);
  let assemblyFormat = "$dimension attr-dict";
}

def Tile_BlockCountOp : Tile_Op<"block_count", [Pure]> {
  let summary = "The number of blocks along one axis of the grid, as it was launched.";
  let description = [{
    May be less than the kernel's `grid` says where the kernel is persistent: its blocks then walk over the grid.

    Example:
    ```mlir
    %blocks = tile.block_count x
    ```
  }];
  let arguments = (ins Tile_Dimension:$dimension);
  let results = (outs Index:$count);
  let assemblyFormat = "$dimension attr-dict";
}

def Tile_LaunchOp : Tile_Op<"launch", [AttrSizedOperandSegments, Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Runs a kernel over its grid on tensors.";
  let description = [{
    Stands in a function on tensors: `inputs` are read, the results are the tensors that the kernel writes. Each
    kernel writes its whole outputs, so results need no initial value. `dimensions` are the kernel's runtime
    dimensions; `result_dimensions` give the dynamic dimensions of the results, in order. Workspace is what the
    kernel needs beside its inputs and outputs: the types in `workspace` (static tensors). `requirements` says of
    `dimensions` what the kernel relies on and types leave open, e.g. that two extents are the same; whoever launches
    the kernel checks it.

    Constraints:
    * (C1) the callee, while it is a `tile.kernel` (later it is a `gpu.func`), exists and its arguments agree in number, shape and
      element type with inputs, results, workspace and dimensions.
    * (C2) as many `result_dimensions` as the results have dynamic dimensions.
    * (C3) `workspace` lists tensors of static shape.
    * (C4) `requirements`, when given, has no dimensions and one symbol per operand in `dimensions`.

    Example:
    ```mlir
    %rows = tensor.dim %x, %c0 : tensor<?x64xf32>
    %y = tile.launch @copy(%x) dimensions(%rows) result_dimensions(%rows) : (tensor<?x64xf32>) -> tensor<?x64xf32>
    ```
  }];
  let arguments = (ins SymbolRefAttr:$kernel, Variadic<AnyRankedTensor>:$inputs, Variadic<Index>:$dimensions,
                       Variadic<Index>:$result_dimensions, DefaultValuedAttr<TypeArrayAttr, "{}">:$workspace,
                       OptionalAttr<IntegerSetAttr>:$requirements);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $kernel `(` $inputs `)` (`dimensions` `(` $dimensions^ `)`)? (`result_dimensions` `(` $result_dimensions^ `)`)?
    (`requires` $requirements^)? attr-dict `:` functional-type($inputs, $results)
  }];
  let hasVerifier = 1;
}

#endif
