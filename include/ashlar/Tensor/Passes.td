//===-- Passes.td - passes on tensors ------------------------*- tablegen -*-===//
//
// In the order in which they run.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_TENSOR_PASSES
#define ASHLAR_TENSOR_PASSES

include "mlir/Pass/PassBase.td"

def FuseKernelsPass : Pass<"ashlar-tensor-fuse-kernels", "::mlir::func::FuncOp"> {
  let summary = "Group a function's tensor operations into ashlar.kernel regions";
  let description = [{
    First the function is brought into a normal form: elementwise operations and named `linalg` operations become
    `linalg.generic`, softmax and the like are decomposed, chains of elementwise operations become one.

    Then every operation that computes goes into an `ashlar.kernel`. A main operation (`ashlar.matmul` and the other
    named ones, or a `linalg` operation that reduces) takes with it
    - its epilogue: the chain of elementwise consumers, each the only user of what stands before it, with reshapes
      between them;
    - its prologue: what only moves elements (transpositions, slices, broadcasts), and cheap elementwise producers that
      it alone uses;
    - constants, fills and empty tensors.

    Reductions along rows, and what is computed with them on the rows again, become one kernel, a row program: softmax
    and normalisations read their input once where a row fits a block's registers.

    What is left gets a kernel of its own. Reshapes, constants and index arithmetic stay outside: they cost nothing. An
    operation on tensors that no kernel can compute is refused with a diagnostic.

    Before:
    ```mlir
    func.func @layer(%x: tensor<8x64xf16>, %w: tensor<32x64xf16>) -> tensor<8x32xf16> {
      %0 = ashlar.matmul %x, transpose %w : tensor<8x64xf16>, tensor<32x64xf16> -> tensor<8x32xf16>
      %1 = math.tanh %0 : tensor<8x32xf16>
      return %1 : tensor<8x32xf16>
    }
    ```
    After:
    ```mlir
    %y = ashlar.kernel @layer_matmul (%a = %x : tensor<8x64xf16>, %b = %w : tensor<32x64xf16>) -> tensor<8x32xf16> {
      %0 = ashlar.matmul %a, transpose %b : …
      %1 = linalg.generic … ins(%0 : tensor<8x32xf16>) { … math.tanh … }
      ashlar.yield %1 : tensor<8x32xf16>
    }
    ```
  }];
  let dependentDialects = ["::ashlar::ash::AshlarDialect", "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

def AssignSchedulesPass : Pass<"ashlar-tensor-assign-schedules", "::mlir::func::FuncOp"> {
  let summary = "Choose how each kernel is tiled and write it down as its schedule";
  let description = [{
    Gives every `ashlar.kernel` without one a `schedule`, a dictionary that the later passes read:
    - `tile`: for a product [M, N, K]; else a tile size for each loop of the (first) reduction or each dimension of the
      first result (1 where it is not tiled), or a single one that cuts the elements of the result as they are numbered;
    - `threads`: the threads of a block;
    - for products: `mma` ("mma_sync" or "fma"), `warps` or `thread_grid` [along M, along N], `stages`.

    The choice is a pure function of the kernel and the target (`lib/CostModel`, `docs/CostModel.md`). A schedule that is
    already there stays.

    With `warpgroups`, products and attention may get a schedule for blocks of warp groups instead. A product's entries are
    - `mma` = "wgmma"; `tile`, as it is multiplied: with `swap` (a unit), M runs along the columns of the result;
    - `roles`: "cooperative" (a producer and consumers of one tile), "pingpong" (a producer and two consumers, each
      with a tile of its own), "none" (one warp group starts copies and multiplies);
    - `consumers`: the warp groups that multiply; `threads`: theirs, a producer has 128 more; `registers`: what setmaxnreg
      gives to a thread of [a consumer, the producer];
    - `stages`; `cluster` [along M, along N], where the grid of tiles is padded to whole clusters;
    - `persistent` (a unit): a block takes several tiles in turn, and has a buffer for 1/`epilogue_parts` of a tile's
      columns of results;
    - `raster_group` tiles along `raster_axis` ("n", without it M) are numbered before the next column;
    - `split_k`: the blocks that share a tile's reduction.

    Attention has `mma`, `consumers`, `threads`, `registers`, `stages` (of keys, and of values) and `persistent` with the same
    meaning, and
    - `tile`: 64 rows for each consumer, and the keys of a tile;
    - `packing`: the query heads of a group that share the rows of a tile;
    - `roles`: "pingpong" where a barrier has consumers multiply in turns, else "cooperative";
    - `overlap` (a unit): a consumer starts the next tile's scores before it weighs those at hand;
    - `share_probabilities` (a unit): the second product reads them from shared memory;
    - `split_keys`: the blocks that share a row's keys, whose results a second kernel joins.

    Entries that would say 1, or nothing, are left out.

    With `alternatives`, kernels get an array of that many schedules at most, the next best ones, no more than two of a
    tile, the last of another kind if there is any: for lowerings that cannot build the first. With `explain`, a remark at
    each kernel with a ranking compares the candidates.

    After:
    ```mlir
    %y = ashlar.kernel … schedule({mma = "mma_sync", stages = 3 : i64, threads = 256 : i64, tile = [128, 256, 64],
                                   warps = [2, 4]}) -> tensor<4096x4096xf16> { … }
    ```
  }];
  let options = [
    Option<"target", "target", "std::string", "\"sm_80\"", "the target, as LLVM spells it (sm_80, sm_90a)">,
    Option<"warpgroups", "warpgroups", "bool", "false", "whether kernels by warp groups (wgmma) are considered">,
    Option<"alternatives", "alternatives", "unsigned", "0", "how many of the next best schedules to write down">,
    Option<"explain", "explain", "bool", "false", "remark on the candidates, their predicted times and what bounds them">
  ];
}

#endif // ASHLAR_TENSOR_PASSES
