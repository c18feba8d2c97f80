//===-- Passes.td - Passes of the oracle ----------------------------------===//

#ifndef ASHLAR_REFERENCE_PASSES_TD
#define ASHLAR_REFERENCE_PASSES_TD

include "mlir/Pass/PassBase.td"

def DecomposeToReferencePass : Pass<"ashlar-decompose-to-reference"> {
  let summary = "Replace every operation of the tensor dialect by what it computes, in upstream dialects.";
  let description = [{
    Every operation with a ReferenceDecompositionInterface is replaced by its decomposition, and what a
    decomposition contains is decomposed in turn: the body of an `ashlar.kernel` ends up inline. Aggregates of
    `linalg` (`linalg.softmax`) are taken apart, too, since no lowering to loops knows them.

    Before:
    ```mlir
    %r = ashlar.kernel (%x = %a : tensor<4x8xf16>, %w = %b : tensor<8x2xf16>) -> tensor<4x2xf16> {
      %p = ashlar.matmul %x, %w : tensor<4x8xf16>, tensor<8x2xf16> -> tensor<4x2xf16>
      ashlar.yield %p : tensor<4x2xf16>
    }
    ```
    After: `linalg.generic` operations that convert %b to f32, sum the products in f32 and round the sums to
    f16.

    Leaves no operation of the dialect `ashlar` behind, or fails with a diagnostic that names the one that
    stayed.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

def LowerResultsToArgumentsPass : Pass<"ashlar-lower-results-to-arguments", "::mlir::ModuleOp"> {
  let summary = "Give every function memory to write its tensor results to.";
  let description = [{
    Each tensor argument becomes a memref that the function only reads; each tensor result becomes a further
    memref argument, after all others, that the caller has allocated. Both are row-major. Functions are
    expected not to call each other.

    Before:
    ```mlir
    func.func @twice(%x: tensor<?xf32>) -> tensor<?xf32> {
      %y = arith.addf %x, %x : tensor<?xf32>
      return %y : tensor<?xf32>
    }
    ```
    After:
    ```mlir
    func.func @twice(%x: memref<?xf32>, %out: memref<?xf32>) {
      %t = bufferization.to_tensor %x restrict : memref<?xf32> to tensor<?xf32>
      %y = arith.addf %t, %t : tensor<?xf32>
      bufferization.materialize_in_destination %y in restrict writable %out
        : (tensor<?xf32>, memref<?xf32>) -> ()
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect", "::mlir::memref::MemRefDialect"];
}

def LowerReferenceToLoopsPass : Pass<"ashlar-lower-reference-to-loops"> {
  let summary = "Lower linalg operations and copies on memory to loops that a CPU runs well.";
  let description = [{
    The loops of an operation run in the order in which it lists them, so each sum keeps its order. Where two
    operands run fastest along different loops (the sides of a product, the two tensors of a transposition),
    those loops are blocked by 64 first, such that what one of them reads with a stride stays in the
    first-level cache.

    Upstream lowers a strided `memref.copy` to a function of its run-time library; here there is no such
    library, and such copies become loops, too. Copies of contiguous memory stay.

    Before:
    ```mlir
    linalg.transpose ins(%a : memref<128x256xf32>) outs(%b : memref<256x128xf32>) permutation = [1, 0]
    ```
    After: two `scf.for` over blocks of 64x64, and in them two over the elements of a block.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect"];
}

#endif // ASHLAR_REFERENCE_PASSES_TD
