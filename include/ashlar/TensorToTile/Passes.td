//===-- Passes.td - from tensors to one block's program ------*- tablegen -*-===//
#ifndef ASHLAR_TENSORTOTILE_PASSES
#define ASHLAR_TENSORTOTILE_PASSES

include "mlir/Pass/PassBase.td"

def ConvertTensorToTilePass : Pass<"ashlar-convert-tensor-to-tile", "::mlir::ModuleOp"> {
  let summary = "Turn every ashlar.kernel into a tile.kernel and its launch";
  let description = [{
    Each `ashlar.kernel` becomes a `tile.kernel` in the module, the program of one thread block, and a `tile.launch`
    in its place. The main operation of the region (a matrix product, a convolution, an attention, a reduction, or
    none) decides the loops; elementwise operations around it are computed on tiles in registers.

    Precondition: every kernel has the `schedule` that `ashlar-tensor-assign-schedules` writes. Afterwards no
    `ashlar.kernel` is left; tiles have no distribution and shared buffers no layout yet. An operation that has no
    lowering is refused by name, with the reason.

    Before:
    ```mlir
    %y = ashlar.kernel @twice (%a = %x : tensor<4096xf32>) -> tensor<4096xf32>
        attributes {schedule = {tile = [1024], threads = 128 : i64}} {
      %0 = arith.addf %a, %a : tensor<4096xf32>
      ashlar.yield %0 : tensor<4096xf32>
    }
    ```
    After:
    ```mlir
    tile.kernel @twice(%in: !tile.buffer<4096xf32, global>, %out: !tile.buffer<4096xf32, global>)
        grid affine_map<() -> (4, 1, 1)> threads 128 { … %t = tile.load … arith.addf %t, %t … tile.store … }
    …
    %y = tile.launch @twice(%x) : (tensor<4096xf32>) -> tensor<4096xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect", "::ashlar::tile::TileDialect"];
}

#endif // ASHLAR_TENSORTOTILE_PASSES
