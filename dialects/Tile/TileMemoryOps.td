//===-- TileMemoryOps.td - views, shared memory, copies, loads and stores -*- tablegen -*-===//
#ifndef ASHLAR_TILE_MEMORY_OPS
#define ASHLAR_TILE_MEMORY_OPS

include "dialects/Tile/TileBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Tile_ViewOp : Tile_Op<"view", [Pure, AttrSizedOperandSegments]> {
  let summary = "A virtual tensor over a global buffer.";
  let description = [{
    Element `d` of the view is element `map(d)[symbols]` of the buffer. Transposed operands, heads, batches, padded
    and strided windows (`h*2 + r - 1`), flattened and broadcast dimensions are all maps. `sizes` gives the dynamic
    extents of the view, in order.

    What lies outside reads as zero and is not written: outside the view's extents, or with a coordinate outside
    [0, extent) of a *static* buffer dimension. A coordinate into a dynamic buffer dimension must lie inside
    whenever the view's coordinates do. Symbols are never negative.

    Constraints:
    * (C1) the map has as many dimensions as the view's rank, as many symbols as there are symbol operands, and as
      many results as the buffer's rank.
    * (C2) the element types agree.
    * (C3) as many sizes as the view has dynamic extents.

    Example: the windows of a 3x3 convolution as the A matrix of an implicit matrix product:
    ```mlir
    %a = tile.view %x map affine_map<(m, k) -> (m floordiv 3136, (m floordiv 56) mod 56 + k floordiv 192 - 1,
                                               m mod 56 + (k floordiv 64) mod 3 - 1, k mod 64)>
        : !tile.buffer<8x56x56x64xf16, global> -> !tile.view<25088x576xf16>
    ```
  }];
  let arguments = (ins Tile_GlobalBuffer:$buffer, Variadic<Index>:$symbols, Variadic<Index>:$sizes, AffineMapAttr:$map);
  let results = (outs Tile_ViewType:$view);
  let assemblyFormat = [{
    $buffer (`[` $symbols^ `]`)? (`sizes` `(` $sizes^ `)`)? `map` $map attr-dict `:` type($buffer) `->` type($view)
  }];
  let hasVerifier = 1;
}

def Tile_BitcastOp : Tile_Op<"bitcast", [Pure]> {
  let summary = "The same bytes of a global buffer as integers of another width.";
  let description = [{
    The first of the narrow integers that share a wide one stands in its lowest bits. So a weight whose i4 elements
    arrive as words of i32 is read as what it is.

    Constraints:
    * (C1) both buffers are static and of rank 1, hold signless integers and have as many bits.

    Example:
    ```mlir
    %elements = tile.bitcast %words : !tile.buffer<1024xi32, global> -> !tile.buffer<8192xi4, global>
    ```
  }];
  let arguments = (ins Tile_GlobalBuffer:$buffer);
  let results = (outs Tile_GlobalBuffer:$result);
  let assemblyFormat = "$buffer attr-dict `:` type($buffer) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_AllocOp : Tile_Op<"alloc", [MemoryEffects<[MemAlloc]>]> {
  let summary = "Shared memory of the block.";
  let description = [{
    Lives from its first to its last use. `offset` (bytes from the start of the block's shared memory) appears when
    shared memory has been planned.

    Constraints:
    * (C1) `offset`, when given, lies in [0, 2^31).

    Example:
    ```mlir
    %sa = tile.alloc {offset = 8192 : i64} : !tile.buffer<128x32xf16, shared>
    ```
  }];
  let arguments = (ins OptionalAttr<I64Attr>:$offset);
  let results = (outs Tile_SharedBuffer:$buffer);
  let assemblyFormat = "attr-dict `:` type($buffer)";
  let hasVerifier = 1;
}

def Tile_StageOp : Tile_Op<"stage", [Pure]> {
  let summary = "One stage of a multi-stage buffer.";
  let description = [{
    Drops the first dimension of `buffer` at `index`, which must lie in [0, extent). The layout keeps its swizzle.

    Constraints:
    * (C1) the result is the buffer without its first dimension, its strides without the first, its swizzle.

    Example:
    ```mlir
    %now = tile.stage %staged[%read] : !tile.buffer<3x128x32xf16, shared> -> !tile.buffer<128x32xf16, shared>
    ```
  }];
  let arguments = (ins Tile_SharedBuffer:$buffer, Index:$index);
  let results = (outs Tile_SharedBuffer:$result);
  let assemblyFormat = "$buffer `[` $index `]` attr-dict `:` type($buffer) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_TransposeOp : Tile_Op<"transpose", [Pure]> {
  let summary = "The same shared memory with its dimensions in another order.";
  let description = [{
    Dimension i of the result is dimension `permutation[i]` of the buffer; no data moves.

    Constraints:
    * (C1) `permutation` is a permutation of the buffer's dimensions.
    * (C2) the result's shape and strides are the permuted ones, the swizzle is the buffer's.

    Example:
    ```mlir
    %flipped = tile.transpose %sb [1, 0]
        : !tile.buffer<128x32xf16, shared> -> !tile.buffer<32x128xf16, shared, #tile.buffer_layout<[1, 32]>>
    ```
  }];
  let arguments = (ins Tile_SharedBuffer:$buffer, DenseI64ArrayAttr:$permutation);
  let results = (outs Tile_SharedBuffer:$result);
  let assemblyFormat = "$buffer $permutation attr-dict `:` type($buffer) `->` type($result)";
  let hasVerifier = 1;
  let builders = [OpBuilder<(ins "::mlir::Value":$buffer, "::llvm::ArrayRef<int64_t>":$permutation)>];
}

def Tile_CopyOp : Tile_Op<"copy", [AttrSizedOperandSegments, MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "Copies a tile from a view into shared memory.";
  let description = [{
    Copies the tile of the destination's shape that starts at `offsets` of the view. Outside elements become zero.
    Without `async` it is complete when the next operation runs. With `async` (`cp.async`) it completes at the
    `tile.async_wait` that its `tile.async_commit` is retired by. `in_bounds` says for each dimension of the view
    that no element lies outside the view's extents. `vector_width` (elements moved by one instruction along
    `vector_dim`) is decided by `ashlar-tile-assign-layouts`.

    Constraints:
    * (C1) one offset per dimension of the view; the ranks and element types of view and destination agree.
    * (C2) `in_bounds`, when given, has one entry per dimension.
    * (C3) `vector_dim`, when given, is a dimension of the destination; `vector_width`, when given, is at least 1.
    * (C4) at most one predicate.

    Example:
    ```mlir
    tile.copy async %va[%m, %k] -> %sa if %more {vector_dim = 1 : i64, vector_width = 8 : i64}
        : !tile.view<?x512xf16> -> !tile.buffer<128x32xf16, shared>
    ```
  }];
  let arguments = (ins Tile_ViewType:$view, Variadic<Index>:$offsets,
                       Tile_SharedBuffer:$destination, Variadic<I1>:$predicate,
                       UnitAttr:$async, OptionalAttr<DenseBoolArrayAttr>:$in_bounds,
                       OptionalAttr<I64Attr>:$vector_width, OptionalAttr<I64Attr>:$vector_dim);
  let assemblyFormat = [{
    (`async` $async^)? $view `[` $offsets `]` `->` $destination (`if` $predicate^)? attr-dict `:` type($view) `->` type($destination)
  }];
  let hasVerifier = 1;
}

def Tile_AsyncCommitOp : Tile_Op<"async_commit", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "Makes one group of the asynchronous copies issued since the last commit.";
  let description = [{
    Groups are retired in the order in which they were made, by `tile.async_wait`. A group may be empty.

    Example:
    ```mlir
    tile.copy async %va[%m, %k] -> %sa : !tile.view<?x512xf16> -> !tile.buffer<128x32xf16, shared>
    tile.copy async %vb[%k, %n] -> %sb : !tile.view<512x256xf16> -> !tile.buffer<32x128xf16, shared>
    tile.async_commit
    ```
  }];
  let assemblyFormat = "attr-dict";
}

def Tile_AsyncWaitOp : Tile_Op<"async_wait", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "Waits until at most `pending` of the latest groups are still under way.";
  let description = [{
    The block's copies of the retired groups are then complete and visible to the whole block: a barrier belongs to
    it, which `ashlar-tile-plan-barriers` makes explicit.

    Constraints:
    * (C1) `pending` lies in [0, 2^31).

    Example:
    ```mlir
    tile.async_wait 1    // all groups but the latest are complete
    ```
  }];
  let arguments = (ins I64Attr:$pending);
  let assemblyFormat = "$pending attr-dict";
  let hasVerifier = 1;
}

def Tile_BarrierOp : Tile_Op<"barrier", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "All threads of the block meet; shared memory written before is visible after.";
  let description = [{
    Made by `ashlar-tile-plan-barriers`; a program before that pass holds none.

    Example:
    ```mlir
    tile.store %t, %s[%c0, %c0] : tensor<64x32xf32>, !tile.buffer<64x32xf32, shared>
    tile.barrier
    %u = tile.load %s[%c0, %c0] : !tile.buffer<64x32xf32, shared> -> tensor<64x32xf32>
    ```
  }];
  let assemblyFormat = "attr-dict";
}

def Tile_LoadOp : Tile_Op<"load", [MemoryEffects<[MemRead]>]> {
  let summary = "Reads a tile into registers.";
  let description = [{
    From a view (global memory) or a shared buffer, starting at `offsets`. Outside elements of a view read as zero;
    a shared buffer must hold the whole tile. `in_bounds` as in `tile.copy`.

    Constraints:
    * (C1) one offset per dimension of the source; the ranks and element types of source and tile agree.
    * (C2) `in_bounds`, when given, has one entry per dimension.
    * (C3) a shared buffer is in no dimension smaller than the tile.

    Example:
    ```mlir
    %x = tile.load %view[%m, %c0] {in_bounds = array<i1: false, true>} : !tile.view<?x64xf32> -> tensor<16x64xf32>
    ```
  }];
  let arguments = (ins Tile_Addressable:$source, Variadic<Index>:$offsets, OptionalAttr<DenseBoolArrayAttr>:$in_bounds);
  let results = (outs Tile_Tile:$tile);
  let assemblyFormat = "$source `[` $offsets `]` attr-dict `:` type($source) `->` type($tile)";
  let hasVerifier = 1;
}

def Tile_StoreOp : Tile_Op<"store", [MemoryEffects<[MemWrite]>]> {
  let summary = "Writes a tile from registers.";
  let description = [{
    Into a view (global memory) or a shared buffer, starting at `offsets`. Outside elements of a view are not
    written; every element is written by one thread, also where threads hold copies.

    Constraints:
    * (C1) one offset per dimension of the destination; ranks and element types agree.
    * (C2) `in_bounds`, when given, has one entry per dimension.
    * (C3) a shared buffer is in no dimension smaller than the tile.

    Example:
    ```mlir
    tile.store %y, %view[%m, %c0] : tensor<16x64xf32>, !tile.view<?x64xf32>
    ```
  }];
  let arguments = (ins Tile_Tile:$tile, Tile_Addressable:$destination,
                       Variadic<Index>:$offsets, OptionalAttr<DenseBoolArrayAttr>:$in_bounds);
  let assemblyFormat = "$tile `,` $destination `[` $offsets `]` attr-dict `:` type($tile) `,` type($destination)";
  let hasVerifier = 1;
}

#endif
