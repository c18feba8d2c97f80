//===-- Passes.td - Passes of the oracle ----------------------------------===//

#ifndef ASHLAR_REFERENCE_PASSES_TD
#define ASHLAR_REFERENCE_PASSES_TD

include "mlir/Pass/PassBase.td"

def DecomposeToReferencePass : Pass<"ashlar-decompose-to-reference"> {
  let summary = "Replace every operation of the tensor dialect by what it computes, in upstream dialects.";
  let description = [{
    Every operation with a ReferenceDecompositionInterface is replaced by its decomposition, and what a decomposition
    contains is decomposed in turn: the body of an `ashlar.kernel` ends up inline. Aggregates of `linalg`
    (`linalg.softmax`) are taken apart, too, since no lowering to loops knows them.

    Before:
    ```mlir
    %r = ashlar.kernel (%x = %a : tensor<4x8xf16>, %w = %b : tensor<8x2xf16>) -> tensor<4x2xf16> {
      %p = ashlar.matmul %x, %w : tensor<4x8xf16>, tensor<8x2xf16> -> tensor<4x2xf16>
      ashlar.yield %p : tensor<4x2xf16>
    }
    ```
    After: `linalg.generic` operations that convert %b to f32, sum the products in f32 and round the sums to f16.

    Leaves no operation of the dialect `ashlar` behind, or fails with a diagnostic that names the one that stayed.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

def BindResultsToArgumentsPass : Pass<"ashlar-bind-results-to-arguments", "::mlir::ModuleOp"> {
  let summary = "Give every function memory to write its tensor results to.";
  let description = [{
    Each tensor argument becomes a memref that the function only reads; each tensor result becomes a further memref
    argument, after all others, that the caller has allocated. Both are row-major. Functions are expected not to call
    each other.

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
      bufferization.materialize_in_destination %y in restrict writable %out : (tensor<?xf32>, memref<?xf32>) -> ()
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect", "::mlir::memref::MemRefDialect"];
}

def LowerCopiesToLinalgPass : Pass<"ashlar-lower-copies-to-linalg"> {
  let summary = "Turn copies of strided memory into linalg operations.";
  let description = [{
    Upstream lowers `memref.copy` to memcpy where both sides are row-major, and to a function of its run-time library
    elsewhere. Here there is no such library: the latter become `linalg.copy`, hence loops.

    Before: `memref.copy %a, %b : memref<4x8xf32> to memref<4x8xf32, strided<[16, 1]>>`

    After: `linalg.copy ins(%a : memref<4x8xf32>) outs(%b : memref<4x8xf32, strided<[16, 1]>>)`
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

#endif // ASHLAR_REFERENCE_PASSES_TD
