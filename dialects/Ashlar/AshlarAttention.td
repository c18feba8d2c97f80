//===-- AshlarAttention.td - Attention ------------------------------------===//

#ifndef ASHLAR_ATTENTION_TD
#define ASHLAR_ATTENTION_TD

include "dialects/Ashlar/AshlarBase.td"

def Ashlar_AttentionOp : Ashlar_TensorOp<"attention", [DeclareOpInterfaceMethods<SharedSizesInterface>]> {
  let summary = "computes softmax(scale * Q K^T + mask) V for a batch of heads";
  let description = [{
    For each batch `b` and query head `h`, which reads the key and value head `h / (Hq / Hkv)`:

    1. `s[i, j] = scale * sum over d of query[i, d] * key[j, d]`; `scale` is `1 / sqrt(D)` unless given.
    2. With `softcap c`: `s = c * tanh(s / c)`.
    3. A float mask is added to `s`; where a boolean mask is false, `s` becomes minus infinity.
    4. With `causal`, `s[i, j]` becomes minus infinity where `j > i + Sk - Sq`: the last query sees the last
       key.
    5. `p[i, j] = exp(s[i, j]) / sum over j' of exp(s[i, j'])`
    6. `output[i, e] = sum over j of p[i, j] * value[j, e]`
    7. `log_sum_exp[i] = log(sum over j of exp(s[i, j]))`, natural logarithm, where that result is asked for.

    A row whose every score is minus infinity (every key masked, or no key at all) has the output 0 and the
    log-sum-exp minus infinity.

    Scores, softmax and sums are f32; a kernel may round `p` to the type of `value` before the second product.
    Any dimension may be dynamic except D, Dv and the numbers of heads; that dynamic dimensions
    agree is checked when the program runs.

    Examples:
    ```mlir
    %o = ashlar.attention %q, %k, %v causal
      : tensor<1x32x?x128xf16>, tensor<1x8x?x128xf16>, tensor<1x8x?x128xf16> -> tensor<1x32x?x128xf16>
    %p, %lse = ashlar.attention %q, %k, %v mask %m scale 1.250000e-01 softcap 3.000000e+01
      : tensor<2x4x7x64xf32>, tensor<2x4x9x64xf32>, tensor<2x4x9x32xf32>, tensor<2x1x7x9xi1>
      -> tensor<2x4x7x32xf32>, tensor<2x4x7xf32>
    ```

    Constraints:
    - (C1) `query`, `key`, `value` and `output` have rank 4, `mask` has rank 4, `log_sum_exp` has rank 3.
    - (C2) `query`, `key` and `value` have the same element type: f32, f16 or bf16.
    - (C3) `output` has the element type f32, f16 or bf16, `log_sum_exp` f32.
    - (C4) `mask` has the element type i1, f32, f16 or bf16.
    - (C5) The head sizes and the numbers of heads are static and at least 1.
    - (C6) `query`, `key` and `value` have the same batch size.
    - (C7) `key` and `value` have the same number of heads, which divides the query's, and the same length.
    - (C8) `query` and `key` have the same head size.
    - (C9) `mask` has the shape [B or 1, Hq or 1, Sq or 1, Sk]; a static 1 is broadcast.
    - (C10) `scale` is finite; `softcap` is finite and greater than 0.
    - (C11) `output` has the shape [B, Hq, Sq, Dv], `log_sum_exp` [B, Hq, Sq].
  }];
  let arguments = (ins
    Arg<AnyRankedTensor, "the queries, [B, Hq, Sq, D]">:$query,
    Arg<AnyRankedTensor, "the keys, [B, Hkv, Sk, D]">:$key,
    Arg<AnyRankedTensor, "the values, [B, Hkv, Sk, Dv]">:$value,
    Arg<Optional<AnyRankedTensor>, "added to the scores (floats), or what may be attended to (i1)">:$mask,
    UnitAttr:$causal,
    OptionalAttr<F32Attr>:$scale,
    OptionalAttr<F32Attr>:$softcap);
  let results = (outs
    Res<AnyRankedTensor, "the weighted values, [B, Hq, Sq, Dv]">:$output,
    Res<Optional<AnyRankedTensor>,
        "the logarithm of each row's softmax denominator, [B, Hq, Sq]">:$log_sum_exp);
  let assemblyFormat = [{
    $query `,` $key `,` $value (`mask` $mask^)? (`causal` $causal^)? (`scale` $scale^)? (`softcap` $softcap^)?
    attr-dict `:` type($query) `,` type($key) `,` type($value) (`,` type($mask)^)?
    `->` type($output) (`,` type($log_sum_exp)^)?
  }];
  let builders = [
    OpBuilder<(ins "::mlir::Value":$query, "::mlir::Value":$key, "::mlir::Value":$value,
                   "::mlir::Value":$mask, "::mlir::Type":$outputElementType, CArg<"bool", "false">:$causal,
                   CArg<"std::optional<float>", "std::nullopt">:$scale,
                   CArg<"std::optional<float>", "std::nullopt">:$softcap,
                   CArg<"bool", "false">:$withLogSumExp)>
  ];
  let extraClassDeclaration = [{
    ::mlir::RankedTensorType getQueryType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getQuery().getType());
    }
    ::mlir::RankedTensorType getKeyType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getKey().getType());
    }
    ::mlir::RankedTensorType getValueType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getValue().getType());
    }
    ::mlir::RankedTensorType getOutputType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getOutput().getType());
    }
    /// Null without a mask.
    ::mlir::RankedTensorType getMaskType() {
      return getMask() ? ::llvm::cast<::mlir::RankedTensorType>(getMask().getType())
                       : ::mlir::RankedTensorType();
    }
    bool isMaskBoolean() { return getMask() && getMaskType().getElementType().isInteger(1); }

    int64_t getQueryHeads() { return getQueryType().getDimSize(1); }
    int64_t getKeyHeads() { return getKeyType().getDimSize(1); }
    /// How many query heads share one key and value head.
    int64_t getGroupSize() { return getQueryHeads() / getKeyHeads(); }
    /// `scale`, or 1 / sqrt(D).
    float getScaleOrDefault();
  }];
}

#endif // ASHLAR_ATTENTION_TD
