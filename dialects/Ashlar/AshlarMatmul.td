//===-- AshlarMatmul.td - Matrix multiplication ---------------------------===//

#ifndef ASHLAR_MATMUL_TD
#define ASHLAR_MATMUL_TD

include "dialects/Ashlar/AshlarBase.td"

def Ashlar_MatmulOp : Ashlar_TensorOp<"matmul", [DeclareOpInterfaceMethods<SharedSizesInterface>]> {
  let summary = "multiplies two matrices, or two batches of matrices";
  let description = [{
    `result[b, m, n] = sum over k of lhs[b, m, k] * rhs[b, k, n]`, where `b` stands for any number of leading
    batch dimensions. With `transpose` before an operand, that operand's last two dimensions are stored the
    other way round (`lhs` as [b, k, m], `rhs` as [b, n, k]). A `rhs` of rank 2 is one weight shared by all
    batches.

    Products of floats are summed in f32 and rounded once, to the result's type; products of i8 (signed) are
    summed in i32, wrapping. Any dimension may be dynamic; that dynamic dimensions agree is checked when
    the program runs.

    Example:
    ```mlir
    %y = ashlar.matmul %x, transpose %w : tensor<?x512xf16>, tensor<1024x512xf16> -> tensor<?x1024xf32>
    ```

    Constraints:
    - (C1) `lhs`, `rhs` and the result have rank 2 or more.
    - (C2) `lhs` and `rhs` have the same element type: f32, f16, bf16 or i8.
    - (C3) The result's element type is f32, f16 or bf16 for float operands and i32 for i8 operands.
    - (C4) `rhs` has rank 2 or the rank of `lhs`; its batch dimensions equal those of `lhs`.
    - (C5) The dimension summed over is the same in `lhs` and `rhs`.
    - (C6) The result's shape is [b, m, n].
  }];
  let arguments = (ins
    Arg<AnyRankedTensor, "the left matrix, [b, m, k], or [b, k, m] when transposed">:$lhs,
    Arg<AnyRankedTensor,
        "the right matrix, [b, k, n] or [k, n], or [b, n, k] or [n, k] when transposed">:$rhs,
    UnitAttr:$transpose_lhs,
    UnitAttr:$transpose_rhs);
  let results = (outs Res<AnyRankedTensor, "the product, [b, m, n]">:$result);
  let assemblyFormat = [{
    (`transpose` $transpose_lhs^)? $lhs `,` (`transpose` $transpose_rhs^)? $rhs attr-dict
    `:` type($lhs) `,` type($rhs) `->` type($result)
  }];
  let builders = [
    OpBuilder<(ins "::mlir::Value":$lhs, "::mlir::Value":$rhs, "::mlir::Type":$resultElementType,
                   CArg<"bool", "false">:$transposeLhs, CArg<"bool", "false">:$transposeRhs)>
  ];
  let extraClassDeclaration = [{
    /// The type [b, m, n] of the product. The operands must satisfy C1, C4 and C5.
    static ::mlir::RankedTensorType inferResultType(::mlir::RankedTensorType lhs,
                                                    ::mlir::RankedTensorType rhs,
                                                    ::mlir::Type resultElementType, bool transposeLhs,
                                                    bool transposeRhs);

    ::mlir::RankedTensorType getLhsType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getLhs().getType());
    }
    ::mlir::RankedTensorType getRhsType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getRhs().getType());
    }
    ::mlir::RankedTensorType getResultType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getResult().getType());
    }

    /// The number of leading batch dimensions of `lhs` and the result.
    int64_t getBatchRank() { return getLhsType().getRank() - 2; }
    /// Whether one `rhs` of rank 2 serves all batches of a `lhs` that has some.
    bool isRhsBroadcast() { return getRhsType().getRank() < getLhsType().getRank(); }

    /// Where m and k stand in `lhs`, and k and n in `rhs`.
    int64_t getLhsRowDim() { return getLhsType().getRank() - (getTransposeLhs() ? 1 : 2); }
    int64_t getLhsReductionDim() { return getLhsType().getRank() - (getTransposeLhs() ? 2 : 1); }
    int64_t getRhsReductionDim() { return getRhsType().getRank() - (getTransposeRhs() ? 1 : 2); }
    int64_t getRhsColumnDim() { return getRhsType().getRank() - (getTransposeRhs() ? 2 : 1); }

    /// The type products are summed in: f32 or i32.
    ::mlir::Type getAccumulatorType();
  }];
  let hasCanonicalizer = 1;
}

#endif // ASHLAR_MATMUL_TD
