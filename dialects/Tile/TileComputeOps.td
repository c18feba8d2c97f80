//===-- TileComputeOps.td - what is computed on tiles in registers -*- tablegen -*-===//
#ifndef ASHLAR_TILE_COMPUTE_OPS
#define ASHLAR_TILE_COMPUTE_OPS

include "dialects/Tile/TileBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"

def Tile_MmaOp : Tile_Op<"mma", [DeclareOpInterfaceMethods<MemoryEffectsOpInterface>, AlwaysSpeculatable,
    AllTypesMatch<["accumulator", "result"]>]> {
  let summary = "Matrix product of two tiles, added to a third.";
  let description = [{
    `result = accumulator + a · b` with `a` M×K, `b` K×N and `accumulator` M×N. `kind` names the instruction:
    `mma_sync` (tensor cores: f16, bf16 → f32; i8 → i32; f32 as tf32 → f32), `wgmma` (tensor cores by warp groups:
    the same and 8-bit floats → f32) or `fma` (scalar, any type). The operands are tiles; those of `wgmma` are shared
    buffers, `a` may be either. With `async` the product is only started: further products may use its result as their
    accumulator, everything else what a `tile.mma_wait` makes of it.

    Constraints:
    * (C1) the shapes agree.
    * (C2) `a` and `b` have one element type of at most 32 bits; the accumulator is f32 for floats, i32 for integers.
    * (C3) for `mma_sync`: M is a multiple of 16, N of 8 and K of 256 / element bits (16 for 16-bit, 32 for 8-bit,
      8 for tf32).
    * (C4) for `wgmma`: M is a multiple of 64, N of 8 (of 16 for integers) in [8, 256] and K of 256 / element bits, and
      `b` is a shared buffer; for the others both operands are tiles, and not `async`.

    Example:
    ```mlir
    %d = tile.mma mma_sync %a, %b, %c : tensor<128x32xf16>, tensor<32x128xf16> -> tensor<128x128xf32>
    ```
  }];
  let arguments = (ins Tile_Operand:$a, Tile_Operand:$b, Tile_Tile:$accumulator, Tile_MmaKind:$kind, UnitAttr:$unsigned_a,
                       UnitAttr:$unsigned_b, UnitAttr:$async);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = "$kind $a `,` $b `,` $accumulator attr-dict `:` type($a) `,` type($b) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_ReduceOp : Tile_Op<"reduce", [Pure]> {
  let summary = "Combines the elements along one dimension; the dimension disappears.";
  let description = [{
    `max` and `min` return NaN when an element is NaN. Integers are signed.

    Constraints:
    * (C1) the result's shape is the source's without `dim`; the element types agree.
    * (C2) a result that has a distribution has the slice of the source's along `dim`.

    Example:
    ```mlir
    %m = tile.reduce max %x along 1 : tensor<4x1024xf32> -> tensor<4xf32>
    ```
  }];
  let arguments = (ins Tile_ReduceKind:$kind, Tile_Tile:$source, I64Attr:$dim);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = "$kind $source `along` $dim attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_BroadcastOp : Tile_Op<"broadcast", [Pure]> {
  let summary = "Repeats a tile along a new dimension.";
  let description = [{
    Constraints:
    * (C1) the source's shape is the result's without `dim`; the element types agree.
    * (C2) a source that has a distribution has the slice of the result's along `dim`.

    Example:
    ```mlir
    %b = tile.broadcast %m along 1 : tensor<4xf32> -> tensor<4x1024xf32>
    ```
  }];
  let arguments = (ins Tile_Tile:$source, I64Attr:$dim);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = "$source `along` $dim attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_SplatOp : Tile_Op<"splat", [Pure]> {
  let summary = "A tile of one value.";
  let description = [{
    Constraints:
    * (C1) the value is an element of the tile.

    Example:
    ```mlir
    %s = tile.splat %scale : f32 -> tensor<16x64xf32>
    ```
  }];
  let arguments = (ins AnyType:$value);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = "$value attr-dict `:` type($value) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_IotaOp : Tile_Op<"iota", [Pure]> {
  let summary = "The coordinate of each element along one dimension, plus an offset, as i32.";
  let description = [{
    Constraints:
    * (C1) `dim` is a dimension of the tile, whose elements are i32.

    Example: the column of every element, with which a mask is computed.
    ```mlir
    %column = tile.iota %n along 1 : tensor<64x64xi32>
    ```
  }];
  let arguments = (ins Index:$offset, I64Attr:$dim);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = "$offset `along` $dim attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Tile_ConvertLayoutOp : Tile_Op<"convert_layout", [Pure]> {
  let summary = "The same tile under another distribution.";
  let description = [{
    Where every thread already holds its elements, registers are renamed; otherwise
    `ashlar-tile-assign-layouts` takes the tile through shared memory.

    Constraints:
    * (C1) shape and element type stay.

    Example:
    ```mlir
    %t = tile.convert_layout %x : tensor<32x64xf32, #rows> -> tensor<32x64xf32, #columns>
    ```
  }];
  let arguments = (ins Tile_Tile:$source);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_UnpackOp : Tile_Op<"unpack", [Pure]> {
  let summary = "A tile whose elements another one holds in packed order.";
  let description = [{
    Element `d` of the result is element `map(d)` of `source`. No data moves: every thread keeps its elements.
    `ashlar-tile-assign-layouts` gives the source the distribution that makes it so, with each thread's registers in the
    order of the source's elements. A weight that lies in memory in the order in which threads use it is thus copied
    and read block by block, as it lies, and becomes the operand of a product here.

    Constraints:
    * (C1) `map` has the result's rank of dimensions, no symbols and the source's rank of results, and divides by
      positive constants only; the tiles have one element type and as many elements.
    * (C2) where both have a distribution, the source's is the result's renumbered by `map`.

    Example: 2 x 1 blocks, each 8 rows and 4 columns of the result, columns first:
    ```mlir
    %w = tile.unpack %blocks map affine_map<(n, k) -> (n floordiv 8, k floordiv 4, (k mod 4) * 8 + n mod 8)>
      : tensor<2x1x32xi4> -> tensor<16x4xi4>
    ```
  }];
  let arguments = (ins Tile_Tile:$source, AffineMapAttr:$map);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = "$source `map` $map attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// What the source must be distributed like for a result of this distribution; nothing where a thread's elements
    /// do not lie regularly enough in the source.
    std::optional<::ashlar::layout::Renumbering> renumber(const ::ashlar::layout::Distribution &result);
  }];
}

#endif
