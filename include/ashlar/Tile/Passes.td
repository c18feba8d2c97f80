//===-- Passes.td - passes on the tile level -*- tablegen -*-===//
//
// In the order in which they run. Each one reads decisions from the IR, makes or expands one, and leaves it
// in the IR for the next.
//
//===-------------------------------------------------------===//
#ifndef ASHLAR_TILE_PASSES
#define ASHLAR_TILE_PASSES

include "mlir/Pass/PassBase.td"

//===-- ashlar-tile-count-traffic ---------------------------------------------===//

def CountTrafficPass : Pass<"ashlar-tile-count-traffic", "::ashlar::tile::KernelOp"> {
  let summary = "Count the bytes that a kernel's tiles move through global memory.";
  let description = [{
    Writes `tile.traffic` onto the kernel: the bytes that its copies, loads and stores on views read and write
    in the whole launch, when every tile is moved as often as the program says and no element twice for one
    tile. It is what the schedule makes unavoidable: what the simulator counts for the compiled kernel can be
    held against it.

    Tiles are clipped to the extents of their views. Dimensions that a view broadcasts count once, neighbours
    that share an element (`n floordiv 128`) too. Padding, which reads as zero, counts
    nothing, unless an access has more than a million elements to look at: then it counts as if it were read.
    A kernel with dynamic dimensions gets no attribute.

    Before: `tile.kernel @matmul(…)`. After, for 256x512 by 512x256 of f16 in tiles of 128x128:
    `tile.kernel @matmul(…) attributes {tile.traffic = {read = 1048576 : i64, written = 131072 : i64}}`.
  }];
}

//===-- ashlar-tile-assign-layouts --------------------------------------------===//

def AssignLayoutsPass : Pass<"ashlar-tile-assign-layouts", "::ashlar::tile::KernelOp"> {
  let summary = "Decide which thread holds which element, and how shared memory is arranged.";
  let description = [{
    Gives every tile a `#tile.distribution`, every shared buffer a `#tile.buffer_layout` and every copy its
    vector, from the products outward:

    1. The result and operands of each `tile.mma` get the fragments of its instruction, for the grid of warps
       `schedule.warps` = [along M, along N] (`mma_sync`) or the grid of threads `schedule.thread_grid`
       (`fma`); a grid that is missing or does not divide the tile is chosen.
    2. Tiles that elementwise operations, loops and branches connect share a distribution; `tile.reduce` and
       `tile.broadcast` pass it on as a slice, `tile.unpack` renumbers it; loads and constants take what is asked. Tiles without a product
       near them are blocked along the dimension that is contiguous in global memory, such that reductions
       stay within a warp.
    3. Where distributions meet that differ, cheap producers are repeated and others converted: by renaming
       registers (`tile.convert_layout`) where every thread already holds its elements, else through shared
       memory. Global accesses that would waste more than half of every sector are converted, too.
    4. Copies get `vector_dim` and `vector_width`; shared buffers are row-major along the dimension that is
       written contiguously, with the swizzle or padding that makes for the fewest bank conflicts.

    Distributions and layouts that are already there are kept. All threads of the kernel take part in every
    distribution (those that have nothing of their own hold copies).

    Before:
    ```mlir
    %sa = tile.alloc : !tile.buffer<128x32xf16, shared>
    tile.copy %va[%m, %k] -> %sa : !tile.view<256x512xf16> -> !tile.buffer<128x32xf16, shared>
    %a = tile.load %sa[%c0, %c0] : !tile.buffer<128x32xf16, shared> -> tensor<128x32xf16>
    ```
    After, where `%a` is the operand of a tensor-core product by 2x2 warps:
    ```mlir
    #A = #tile.distribution<"thread = [4:2@1, 8:1@0, 2:64@0, 2:0], value = [2:1@1, 2:8@0, 2:8@1, 4:16@0, 2:16@1]">
    #shared = #tile.buffer_layout<[32, 1], swizzle = 2 : 3 : 3>
    %sa = tile.alloc : !tile.buffer<128x32xf16, shared, #shared>
    tile.copy %va[%m, %k] -> %sa {vector_dim = 1 : i64, vector_width = 8 : i64} : …
    %a = tile.load %sa[%c0, %c0] : !tile.buffer<128x32xf16, shared, #shared> -> tensor<128x32xf16, #A>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let options = [
    Option<"maxSharedMemoryBytes", "max-shared-memory-bytes", "int64_t", "232448",
           "shared memory that one block may use: results of kernels with roles pass through it where it has room">
  ];
}

//===-- ashlar-tile-plan-tensor-copies ----------------------------------------===//

def PlanTensorCopiesPass : Pass<"ashlar-tile-plan-tensor-copies", "::ashlar::tile::KernelOp"> {
  let summary = "Decide by which tensor map the copy engine moves each copy.";
  let description = [{
    In kernels whose schedule has `roles`: writes a `#tile.tensor_map` onto every `tile.copy`, as `tile.tensor_map`,
    and the number of stages of its buffer, as `tile.copy_stages`: the schedule's `stages` for copies of innermost
    loops, 1 for others. Nothing is moved yet: `ashlar-tile-pipeline-phases` expands the decision. Kernels without
    roles are left as they are.

    A product by warp groups without roles, or of an operand that the kernel computes, is an error: tensor cores do not
    see what threads write into shared memory unless a fence stands between. A copy that no tensor map can move is an error that says why: its address is not linear in the view's
    coordinates, its rows do not start at multiples of 16 bytes, and so on.

    Before, in `schedule = {roles = "cooperative", stages = 4 : i64}`:
    ```mlir
    tile.copy %a[%m, %k] -> %sa : !tile.view<4096x8192xbf16> -> !tile.buffer<128x64xbf16, shared, #rows>
    ```
    After:
    ```mlir
    tile.copy %a[%m, %k] -> %sa {tile.copy_stages = 4 : i64, tile.tensor_map = #tile.tensor_map<
        coordinates = (m, k) -> (k, m), extents = () -> (8192, 4096),
        strides = () -> (16384), offset = 0, box = [64, 128], swizzle = 128>} : …
    ```

    Precondition: `ashlar-tile-assign-layouts` has run.
  }];
}

//===-- ashlar-tile-pipeline-phases -------------------------------------------===//

def PipelinePhasesPass : Pass<"ashlar-tile-pipeline-phases", "::ashlar::tile::KernelOp"> {
  let summary = "Expand copies by tensor maps into rings of full and empty phases.";
  let description = [{
    Buffers that are filled together become a ring of as many stages as their copies ask for, with two memory
    barriers a stage: *full*, whose phase ends when the bytes have arrived, and *empty*, whose phase ends when every
    consuming warp has read them. Where the copies stood, the producer waits until the stage is empty, announces
    the bytes and starts the copies; in front of the first reader the consumers wait until it is full; behind the
    last they arrive at empty. Stage and parity are carried through all loops around, so that a ring goes on
    from one turn of an outer loop to the next. The first lap finds every stage empty: the producer waits for the
    parity before the first phase.

    Which role executes an operation stands on it, as `tile.role_name`; the program still reads as if one
    processor ran it. `ashlar-tile-specialize-roles` deals it out.

    After, for one buffer and 4 stages:
    ```mlir
    %staged = tile.alloc : !tile.buffer<4x128x64xbf16, shared, #rows>
    %full = tile.alloc : !tile.buffer<4xi64, shared>
    %empty = tile.alloc : !tile.buffer<4xi64, shared>
    tile.mbarrier_init %full arrivals 1 : !tile.buffer<4xi64, shared>
    tile.mbarrier_init %empty arrivals 8 : !tile.buffer<4xi64, shared>
    tile.barrier
    scf.for %k = … iter_args(…, %stage = %c0, %parity = %c0) {
      %before = arith.subi %c1, %parity : index
      tile.mbarrier_wait %empty[%stage] parity %before {tile.role_name = "producer"}
      tile.mbarrier_expect %full[%stage] bytes 16384 {tile.role_name = "producer"}
      %sa = tile.stage %staged[%stage] : …
      tile.tensor_copy %a[%m, %k] -> %sa signal %full[%stage] map #a {tile.role_name = "producer"}
      tile.mbarrier_wait %full[%stage] parity %parity {tile.role_name = "consumer"}
      … %sa is read
      tile.mbarrier_arrive %empty[%stage] {tile.role_name = "consumer"}
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect"];
}

//===-- ashlar-tile-specialize-roles ------------------------------------------===//

def SpecializeRolesPass : Pass<"ashlar-tile-specialize-roles", "::ashlar::tile::KernelOp"> {
  let summary = "Deal the program out to a producer and its consumers.";
  let description = [{
    What stands behind the kernel's first barrier becomes two `tile.role`s. The consumers, the threads that the
    layouts were made for, keep the program without the producer's operations. The producer, a warp group behind
    them of which one thread works, gets a copy of the loops with its own operations and the scalars that these
    need; tiles it does not have. The producer's registers are handed to the consumers where there are two warp
    groups of them or more.

    Precondition: `ashlar-tile-pipeline-phases` has written `tile.role_name` onto what it made; a kernel without
    any is left as it is.

    Before: `tile.kernel @matmul(…) threads 256 { … tile.barrier … }`. After:
    ```mlir
    tile.kernel @matmul(…) threads 384 {
      … allocations and memory barriers
      tile.barrier
      tile.role "consumer" threads 256 from 0 registers 240 { … }
      tile.role "producer" threads 128 from 256 registers 24 single_thread { … }
    ```
  }];
  let options = [
    Option<"registersPerMultiprocessor", "registers-per-multiprocessor", "int64_t", "65536",
           "registers that the threads of a block share">
  ];
}

//===-- ashlar-tile-pipeline-products -----------------------------------------===//

def PipelineProductsPass : Pass<"ashlar-tile-pipeline-products", "::ashlar::tile::KernelOp"> {
  let summary = "Start products of warp groups and hand their stages back an iteration later.";
  let description = [{
    A loop that only adds up products by `wgmma` need not wait for each: tensor cores run through while the next
    stage is waited for. The product becomes `async`; behind it stands a wait that leaves it under way, so the one
    of the iteration before is complete, and that iteration's stages are handed back. Behind the loop the last
    product is waited for.

    Loops that do more with tiles than that are left as they are.

    Before:
    ```mlir
    %sum = scf.for %k = … iter_args(%acc = %zero, %stage = %c0, …) {
      tile.mbarrier_wait %full[%stage] parity %parity
      %d = tile.mma wgmma %sa, %sb, %acc : …
      tile.mbarrier_arrive %empty[%stage]
      scf.yield %d, …
    }
    ```
    After:
    ```mlir
    %sum = scf.for %k = … iter_args(%acc = %zero, %stage = %c0, …, %before = %c0) {
      tile.mbarrier_wait %full[%stage] parity %parity
      %d = tile.mma wgmma %sa, %sb, %acc {async} : …
      %e = tile.mma_wait 1 (%d) : …
      %later = arith.cmpi ne, %k, %first : index
      tile.mbarrier_arrive %empty[%before] if %later
      scf.yield %e, …, %stage
    }
    %done = tile.mma_wait 0 (%sum#0) : …
    tile.mbarrier_arrive %empty[%sum#3]
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

//===-- ashlar-tile-plan-pipeline ---------------------------------------------===//

def PlanPipelinePass : Pass<"ashlar-tile-plan-pipeline", "::ashlar::tile::KernelOp"> {
  let summary = "Decide how many stages of a loop's copies are under way at once.";
  let description = [{
    Marks the copies of a loop that can run ahead of their use with `tile.pipelined`, and the loop with the
    number of stages, `tile.stages`. Nothing is moved yet: `ashlar-tile-pipeline` expands the decision.

    A copy can run ahead if
    * it stands directly in the loop and fills a buffer that only this loop uses, that nothing else writes,
      and that is read only after it in an iteration;
    * its place in global memory follows from the loop's induction variable and values from outside the loop,
      and no store of the loop writes that memory;
    * `vector_width` elements are 4, 8 or 16 bytes, what `cp.async` can move.

    A copy that can't is left as it is, with a remark. The number of stages is the kernel's `schedule.stages`,
    at most 32 and the loop's trip count, and reduced (with a remark) until shared memory holds the staged buffers.

    Before:
    ```mlir
    scf.for %k = %c0 to %c512 step %c32 {
      tile.copy %a[%m, %k] -> %sa {vector_width = 8 : i64} : …
    ```
    After, for `schedule = {stages = 3 : i64}`:
    ```mlir
    scf.for %k = %c0 to %c512 step %c32 {
      tile.copy %a[%m, %k] -> %sa {tile.pipelined, vector_width = 8 : i64} : …
    } {tile.stages = 3 : i64}
    ```
  }];
  let options = [
    Option<"maxSharedMemoryBytes", "max-shared-memory-bytes", "int64_t", "232448",
           "shared memory that one block may use">
  ];
}

//===-- ashlar-tile-pipeline --------------------------------------------------===//

def PipelinePass : Pass<"ashlar-tile-pipeline", "::ashlar::tile::KernelOp"> {
  let summary = "Expand the planned pipelines into asynchronous copies, groups and waits.";
  let description = [{
    Expands every loop with `tile.stages` = S. The buffers of its pipelined copies get a leading dimension of
    S stages. The copies of the first S-1 iterations are issued before the loop, each iteration's as one group
    (predicated by the trip count, which may be smaller, even zero). In the loop, iteration i

    1. waits until its own group is complete (`tile.async_wait` S-2),
    2. issues the copies of iteration i+S-1 into the stage that iteration i-1 has read, and commits the group,
       also when the loop ends before that iteration: the number of groups in flight stays the same;
    3. computes on its own stage.

    The stage is a loop-carried index that wraps by comparison. The order is such that one barrier, between 1
    and 2, separates all threads' reads of iteration i-1 from the copies that overwrite them *and* makes all
    threads' copies visible. After the loop, `tile.async_wait 0` says that nothing is under way.

    After, for S = 3:
    ```mlir
    %staged = tile.alloc : !tile.buffer<3x128x32xf16, shared>
    … copies of iterations 0 and 1 into stages 0 and 1, tile.async_commit after each
    scf.for %k = %c0 to %c512 step %c32 iter_args(%read = %c0) -> (index) {
      tile.async_wait 1
      %ahead = arith.addi %k, %c64 : index
      %more = arith.cmpi slt, %ahead, %c512 : index
      … %write = %read == 0 ? 2 : %read - 1
      %into = tile.stage %staged[%write] : …
      tile.copy async %a[%m, %ahead] -> %into if %more : …
      tile.async_commit
      %sa = tile.stage %staged[%read] : …
      … the body, on %sa
      scf.yield %next : index
    }
    tile.async_wait 0
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

//===-- ashlar-tile-plan-shared-memory ----------------------------------------===//

def PlanSharedMemoryPass : Pass<"ashlar-tile-plan-shared-memory", "::ashlar::tile::KernelOp"> {
  let summary = "Give every shared buffer its offset, with reuse by liveness.";
  let description = [{
    A buffer lives from its first to its last use; through the whole of a loop that uses it and does not
    contain its `tile.alloc`; and, filled by an asynchronous copy, until the `tile.async_wait 0` after it.
    Buffers that never live together may share memory. Offsets are exact for up to a dozen buffers (a search
    that ends with a proof or at a fixed number of steps) and multiples of 128 bytes, or of the period of the
    swizzle if that is more.

    Leaves `offset` on every `tile.alloc` and `shared_bytes` on the kernel. A kernel that needs more than
    `max-shared-memory-bytes` is refused: the diagnostic names the largest buffers.

    Before: `%a = tile.alloc : !tile.buffer<128x32xf16, shared>`. After:
    `%a = tile.alloc {offset = 8192 : i64} : !tile.buffer<128x32xf16, shared>`.
  }];
  let options = [
    Option<"maxSharedMemoryBytes", "max-shared-memory-bytes", "int64_t", "232448",
           "shared memory that one block may use">
  ];
}

//===-- ashlar-tile-plan-barriers ---------------------------------------------===//

def PlanBarriersPass : Pass<"ashlar-tile-plan-barriers", "::ashlar::tile::KernelOp"> {
  let summary = "Insert the barriers that hazards on shared and global memory demand.";
  let description = [{
    Every operation is executed by all threads, each with elements of its own, so an operation that reads what
    an earlier one wrote (or overwrites what an earlier one read or wrote) needs a barrier between them.
    Memory is the byte range of a shared buffer, or a global buffer. The analysis follows loops to a fixpoint
    and both branches of `scf.if`; an asynchronous copy writes at the wait that retires it. Stages of a buffer
    are told apart where their indices are constants, or rotate with the iterations of one loop.

    Barriers stand outside a loop where that suffices, and none can be left out alone. Where a barrier cannot
    help because a copy may still be under way (a missing `tile.async_wait`), the kernel is refused.

    Before:
    ```mlir
    scf.for %k = %c0 to %n step %c32 {
      tile.copy %a[%m, %k] -> %sa : …
      %x = tile.load %sa[%c0, %c0] : …
    ```
    After:
    ```mlir
    scf.for %k = %c0 to %n step %c32 {
      tile.barrier                        // the last iteration's loads are done
      tile.copy %a[%m, %k] -> %sa : …
      tile.barrier                        // the copy is complete
      %x = tile.load %sa[%c0, %c0] : …
    ```

    Precondition: `ashlar-tile-plan-shared-memory` has run. The scalars that control `scf.if` and `scf.for`
    are the same in all threads of a block (nothing on this level can make them differ).
  }];
}

//===-- ashlar-tile-verify-barriers -------------------------------------------===//

def VerifyBarriersPass : Pass<"ashlar-tile-verify-barriers", "::ashlar::tile::KernelOp"> {
  let summary = "Refuse kernels that lack a barrier or a wait.";
  let description = [{
    The analysis of `ashlar-tile-plan-barriers`, as a check: names both operations of every hazard that no
    barrier separates. Changes nothing.
  }];
}

//===-- ashlar-tile-verify-phases ---------------------------------------------===//

def VerifyPhasesPass : Pass<"ashlar-tile-verify-phases", "::ashlar::tile::KernelOp"> {
  let summary = "Refuse kernels whose roles could wait forever or touch a stage at the wrong time.";
  let description = [{
    Proves the protocol of a kernel's roles, as it stands in the IR: whoever wrote or changed it. Changes nothing;
    kernels without roles pass. It refuses, naming the operation, the memory barrier, the iteration and the way out:

    * a wait that is never over, a role that ends while another waits for it, arrivals that do not match
      `tile.mbarrier_init`, an arrival or a wait that may belong to another phase than its own parity says;
    * a copy that may overwrite a stage before every warp has read it, a read of a stage that may not be full, or of
      the data of another iteration;
    * bytes that differ from what `tile.mbarrier_expect` announces; a copy that may be under way when the kernel ends;
    * a stage handed back while an asynchronous product may read it, a sum used before its `tile.mma_wait`.

    Stages, parities and predicates are evaluated, so they have to follow from constants and loops. For given trip
    counts each role is a straight line of steps, and one run with vector clocks decides about every order of them
    (`lib/Tile/PhaseModel.h` has the argument). Loops whose bounds are computed alike run in step. Constant trip
    counts are taken as they are, for others the combinations of 0, 1, 2, 3, S - 1, S, S + 1, 2 S + 1 with S stages:
    the place of a ring has period 2 S. Outer loops take fewer, in the end 0 to 2, and constant counts are cut to
    2 S + 1, where all together would be more than 100 000 steps.

    Refused: `"tile.tensor_copy" op may overwrite a stage before every warp has read it; …`

    Precondition: `ashlar-tile-specialize-roles` has run.
  }];
}

//===-- ashlar-tile-verify-budget ---------------------------------------------===//

def VerifyBudgetPass : Pass<"ashlar-tile-verify-budget", "::ashlar::tile::KernelOp"> {
  let summary = "Refuse kernels that need more registers or shared memory than a block may have.";
  let description = [{
    Registers per thread are those of the tiles that live at the same time (registers per thread by the
    distribution, times the element's bits, over 32), one for each scalar, two for each vector that a thread
    copies in an iteration of a loop, and a constant for the rest. Operands that go from shared memory to
    tensor cores count one step of the product, since the assembler moves their loads;
    `lib/Tile/RegisterEstimate.h` has the details and what they were fitted to. The peak is written onto the
    kernel as `tile.register_estimate`; the limit is `max-registers-per-thread`, or less where the block's
    threads share `registers-per-multiprocessor`.

    Before: `tile.kernel @matmul(…) … attributes {shared_bytes = 49152 : i64}`. After:
    `attributes {shared_bytes = 49152 : i64, tile.register_estimate = 211 : i64}`.

    Precondition: the barriers stand, and shared memory is planned.
    A diagnostic names the operation at the peak, the tiles that live there and the way out.
  }];
  let options = [
    Option<"maxRegistersPerThread", "max-registers-per-thread", "int64_t", "255",
           "registers that one thread may use">,
    Option<"registersPerMultiprocessor", "registers-per-multiprocessor", "int64_t", "65536",
           "registers that the threads of a block share">,
    Option<"maxSharedMemoryBytes", "max-shared-memory-bytes", "int64_t", "232448",
           "shared memory that one block may use">
  ];
}

#endif
