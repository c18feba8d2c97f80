//===-- TileConcurrencyOps.td - roles, memory barriers, what is under way -*- tablegen -*-===//
#ifndef ASHLAR_TILE_CONCURRENCY_OPS
#define ASHLAR_TILE_CONCURRENCY_OPS

include "dialects/Tile/TileBase.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

//===-- Roles -------------------------------------------------------------------===//

def Tile_RoleOp : Tile_Op<"role", [NoTerminator, SingleBlock, RecursiveMemoryEffects]> {
  let summary = "What some warps of the block do, while the others do something else.";
  let description = [{
    The threads [`first_thread`, `first_thread` + `threads`) execute the region. Roles that follow each other in a
    kernel run at the same time; nothing but memory barriers orders what one does after what another one does. A
    `tile.barrier` inside is one of the role's own threads. `registers` is what each of its threads may use while it
    runs: the whole warp groups of a role hand registers back, or ask for more. In a role of a `single_thread` the
    first thread alone executes the region: it starts copies and waits for memory barriers.

    Constraints:
    * (C1) the role stands directly in a kernel and its threads are warps of the kernel's: multiples of 32 in range.
    * (C2) the kernel's roles have no thread in common.
    * (C3) `registers`, when given, is a multiple of 8 in [24, 256], and the role's threads are whole warp groups.
    * (C4) a role of a `single_thread` makes no tiles.

    Example:
    ```mlir
    tile.role "producer" threads 128 from 256 registers 40 single_thread { … }
    tile.role "consumer" threads 256 from 0 registers 232 { … }
    ```
  }];
  let arguments = (ins StrAttr:$name, I64Attr:$threads, I64Attr:$first_thread, OptionalAttr<I64Attr>:$registers,
                       UnitAttr:$single_thread);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $name `threads` $threads `from` $first_thread (`registers` $registers^)? (`single_thread` $single_thread^)?
    $body attr-dict
  }];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
}

//===-- Memory barriers ------------------------------------------------------------===//

/// Memory barriers are the elements of a shared buffer of i64, one a stage.
class Tile_MbarrierOp<string mnemonic, list<Trait> traits = [MemoryEffects<[MemRead, MemWrite]>]>
    : Tile_Op<"mbarrier_" # mnemonic, traits> {
  let hasVerifier = 1;
}

def Tile_MbarrierInitOp : Tile_MbarrierOp<"init"> {
  let summary = "Makes every element of a buffer a memory barrier in its first phase.";
  let description = [{
    A phase of a memory barrier ends when `arrivals` arrivals have been counted and all bytes that were announced
    have been written; the next one begins. Phases have the parities 0, 1, 0, … A `tile.barrier` (or, in a cluster,
    a `tile.cluster_barrier`) has to stand between this and the first use.

    Constraints:
    * (C1) the buffer has one dimension and holds i64.
    * (C2) `arrivals` lies in [1, 2^20).

    Example:
    ```mlir
    %full = tile.alloc : !tile.buffer<4xi64, shared>
    tile.mbarrier_init %full arrivals 1 : !tile.buffer<4xi64, shared>
    ```
  }];
  let arguments = (ins Tile_SharedBuffer:$barriers, I64Attr:$arrivals);
  let assemblyFormat = "$barriers `arrivals` $arrivals attr-dict `:` type($barriers)";
}

def Tile_MbarrierExpectOp : Tile_MbarrierOp<"expect"> {
  let summary = "Arrives once and announces bytes that copies will write in this phase.";
  let description = [{
    Only in a role of a single thread. `bytes` counts what every `tile.tensor_copy` that signals this barrier in this
    phase writes, elements outside of its tensor included.

    Constraints:
    * (C1) the buffer has one dimension and holds i64.
    * (C2) `bytes` lies in [1, 2^20).

    Example:
    ```mlir
    tile.mbarrier_expect %full[%stage] bytes 32768 : !tile.buffer<4xi64, shared>
    ```
  }];
  let arguments = (ins Tile_SharedBuffer:$barriers, Index:$stage, I64Attr:$bytes);
  let assemblyFormat = "$barriers `[` $stage `]` `bytes` $bytes attr-dict `:` type($barriers)";
}

def Tile_MbarrierArriveOp : Tile_MbarrierOp<"arrive"> {
  let summary = "Each warp of the role arrives once.";
  let description = [{
    What the role's threads have read and written before happens before what those do that wait for the phase.
    With a `predicate`, only where it holds.

    Constraints:
    * (C1) the buffer has one dimension and holds i64.
    * (C2) at most one predicate.

    Example:
    ```mlir
    tile.mbarrier_arrive %empty[%stage] if %more : !tile.buffer<4xi64, shared>
    ```
  }];
  let arguments = (ins Tile_SharedBuffer:$barriers, Index:$stage, Variadic<I1>:$predicate);
  let assemblyFormat = "$barriers `[` $stage `]` (`if` $predicate^)? attr-dict `:` type($barriers)";
}

def Tile_MbarrierWaitOp : Tile_MbarrierOp<"wait"> {
  let summary = "Waits until the phase of this parity has ended.";
  let description = [{
    `parity` is 0 or 1. In front of the first phase, the phase of parity 1 counts as ended. With a `predicate`, only
    where it holds.

    Constraints:
    * (C1) the buffer has one dimension and holds i64.
    * (C2) at most one predicate.

    Example:
    ```mlir
    tile.mbarrier_wait %full[%stage] parity %parity : !tile.buffer<4xi64, shared>
    ```
  }];
  let arguments = (ins Tile_SharedBuffer:$barriers, Index:$stage, Index:$parity, Variadic<I1>:$predicate);
  let assemblyFormat = [{
    $barriers `[` $stage `]` `parity` $parity (`if` $predicate^)? attr-dict `:` type($barriers)
  }];
}

//===-- Copies by tensor maps --------------------------------------------------------===//

def Tile_TensorCopyOp : Tile_Op<"tensor_copy", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "Starts the copy of a tile from a view into shared memory by a tensor map.";
  let description = [{
    Like `tile.copy`, but started by one thread and carried out by the copy engine: only in a role of a single
    thread. It has taken place when the phase of the memory barrier `signal` ends that its bytes are announced in.

    Constraints:
    * (C1) one offset per dimension of the view; the ranks and element types of view and destination agree.
    * (C2) the map's coordinates have a dimension for each of the view's and a symbol for each symbol of its
      `tile.view`; its box has as many elements as the destination, or one of the panels that it is made of.
    * (C3) `signal` has one dimension and holds i64.

    Example:
    ```mlir
    tile.tensor_copy %va[%m, %k] -> %sa signal %full[%stage] map #a
        : !tile.view<4096x4096xbf16> -> !tile.buffer<128x64xbf16, shared, #rows>, !tile.buffer<4xi64, shared>
    ```
  }];
  let arguments = (ins Tile_ViewType:$view, Variadic<Index>:$offsets, Tile_SharedBuffer:$destination,
                       Tile_SharedBuffer:$signal, Index:$stage, Tile_TensorMapAttr:$map);
  let assemblyFormat = [{
    $view `[` $offsets `]` `->` $destination `signal` $signal `[` $stage `]` `map` $map attr-dict
    `:` type($view) `->` type($destination) `,` type($signal)
  }];
  let hasVerifier = 1;
}

//===-- Products under way -----------------------------------------------------------===//

def Tile_MmaWaitOp : Tile_Op<"mma_wait", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "Waits until at most `pending` asynchronous products are under way.";
  let description = [{
    Hands accumulators on: what is computed from them, other than by further products, is computed from the results.
    Behind it the operands of all but the latest `pending` products may be overwritten.

    Constraints:
    * (C1) `pending` lies in [0, 7].
    * (C2) the results have the types of the operands.

    Example:
    ```mlir
    %sum = tile.mma wgmma %a, %b, %zero {async} : …
    %done = tile.mma_wait 0 (%sum) : tensor<128x256xf32>
    ```
  }];
  let arguments = (ins I64Attr:$pending, Variadic<Tile_Tile>:$tiles);
  let results = (outs Variadic<Tile_Tile>:$results);
  let assemblyFormat = "$pending (`(` $tiles^ `)` `:` type($tiles))? attr-dict (`->` type($results)^)?";
  let hasVerifier = 1;
}

#endif
