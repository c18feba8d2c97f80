//===-- AshlarQuantized.td - Quantised values and weights -----------------===//

#ifndef ASHLAR_QUANTIZED_TD
#define ASHLAR_QUANTIZED_TD

include "dialects/Ashlar/AshlarBase.td"

def Ashlar_QuantizeOp : Ashlar_TensorOp<"quantize"> {
  let summary = "rounds floats to scaled integers of few bits";
  let description = [{
    `result = clamp(roundeven(input / scale) + zero_point, lowest, highest)`, computed in f32. `lowest` and
    `highest` are those of the result's type, read as an unsigned number with `unsigned` and as a signed one
    without. A value that is not a number becomes `lowest`. An absent zero point counts as 0.

    The shape of `scale` says what shares a scale:
    - rank 0: the whole tensor;
    - rank 1, with `axis`: everything at one index of that axis;
    - the input's rank, with `axis`: each group of consecutive elements along that axis. The group size is the
      input's size divided by the scale's.

    Example:
    ```mlir
    %q = ashlar.quantize %x scale %s zero_point %z axis 1 unsigned
      : tensor<?x64xf32>, tensor<64xf32>, tensor<64xi8> -> tensor<?x64xi8>
    ```

    Constraints:
    - (C1) The input's and the scale's element types are f32, f16 or bf16.
    - (C2) The result's element type is i4 or i8; its shape is the input's.
    - (C3) `axis` is given unless the scale has rank 0, and is a dimension of the input.
    - (C4) The scale's shape is [], [size of the axis], or the input's with the axis divided by a group size;
      then the sizes of the axis are static in both, and at least 1.
    - (C5) `zero_point` has the shape of `scale` and the result's element type.
  }];
  let arguments = (ins
    Arg<AnyRankedTensor, "the floats">:$input,
    Arg<AnyRankedTensor, "what one step of the integer is worth">:$scale,
    Arg<Optional<AnyRankedTensor>, "the integer that stands for 0">:$zero_point,
    OptionalAttr<I64Attr>:$axis,
    UnitAttr:$unsigned_result);
  let results = (outs Res<AnyRankedTensor, "the integers">:$result);
  let assemblyFormat = [{
    $input `scale` $scale (`zero_point` $zero_point^)? (`axis` $axis^)? (`unsigned` $unsigned_result^)?
    attr-dict `:` type($input) `,` type($scale) (`,` type($zero_point)^)? `->` type($result)
  }];
}

def Ashlar_DequantizeOp : Ashlar_TensorOp<"dequantize"> {
  let summary = "turns scaled integers into floats";
  let description = [{
    `result = (input - zero_point) * scale`, computed in f32 and rounded to the result's type. The integers
    are read as unsigned numbers with `unsigned`, as signed ones without. `scale`, `zero_point` and `axis` are
    those of `ashlar.quantize`.

    Example:
    ```mlir
    %w = ashlar.dequantize %q scale %s axis 1 : tensor<128x512xi4>, tensor<128x4xf16> -> tensor<128x512xf16>
    ```

    Constraints:
    - (C1) The result's and the scale's element types are f32, f16 or bf16.
    - (C2) The input's element type is i4 or i8; the result's shape is the input's.
    - (C3) `axis` is given unless the scale has rank 0, and is a dimension of the input.
    - (C4) The scale's shape is [], [size of the axis], or the input's with the axis divided by a group size;
      then the sizes of the axis are static in both, and at least 1.
    - (C5) `zero_point` has the shape of `scale` and the input's element type.
  }];
  let arguments = (ins
    Arg<AnyRankedTensor, "the integers">:$input,
    Arg<AnyRankedTensor, "what one step of the integer is worth">:$scale,
    Arg<Optional<AnyRankedTensor>, "the integer that stands for 0">:$zero_point,
    OptionalAttr<I64Attr>:$axis,
    UnitAttr:$unsigned_input);
  let results = (outs Res<AnyRankedTensor, "the floats">:$result);
  let assemblyFormat = [{
    $input `scale` $scale (`zero_point` $zero_point^)? (`axis` $axis^)? (`unsigned` $unsigned_input^)?
    attr-dict `:` type($input) `,` type($scale) (`,` type($zero_point)^)? `->` type($result)
  }];
}

def Ashlar_QuantizedMatmulOp : Ashlar_TensorOp<"quantized_matmul", [
    AttrSizedOperandSegments, DeclareOpInterfaceMethods<SharedSizesInterface>]> {
  let summary = "multiplies activations with a quantised weight";
  let description = [{
    `result[..., m, n] = sum over k of input[..., m, k] * w[n, k]` where `w[n, k] = (weight[n, k] -
    zero_points) * scales`. The weight's integers are read as unsigned numbers with `unsigned_weights`, as
    signed ones without; absent zero points count as 0. The shape of `scales` says what shares a scale:
    - []: the whole weight;
    - [N]: each row of the weight, that is, each output channel;
    - [N, K / g]: each group of g consecutive values of a row.

    Float activations: `w` is a number of the activations' type (the scale is rounded to it, then the product);
    products and their sum are f32. Activations of i8 (signed): the products `input * (weight - zero_point)` are
    summed exactly, in i32, within each
    group; the sums are scaled and added in f32 and multiplied with `input_scale`, which is one number or one
    for each row.

    Example:
    ```mlir
    %y = ashlar.quantized_matmul %x, %w scales %s zero_points %z unsigned_weights
      : (tensor<?x4096xf16>, tensor<11008x4096xi4>, tensor<11008x32xf16>, tensor<11008x32xi4>)
      -> tensor<?x11008xf16>
    ```

    Constraints:
    - (C1) `input` and the result have the same rank, 2 or more; `weight` has rank 2.
    - (C2) The input's element type is f32, f16, bf16 or i8, the result's and the scales' f32, f16 or bf16.
    - (C3) `weight` is a static tensor of i4 or i8, each size at least 1.
    - (C4) The last dimension of `input` and of `weight` is the same, K, and static.
    - (C5) `scales` has the shape [], [N] or [N, K / g], where g is a whole number.
    - (C6) `zero_points` has the shape of `scales` and the weight's element type.
    - (C7) `input_scale` is given for i8 activations and only for them; its element type is f32, its shape []
      or that of `input` without the last dimension.
    - (C8) The result's shape is the input's with the last dimension replaced by N.
  }];
  let arguments = (ins
    Arg<AnyRankedTensor, "the activations, [..., M, K]">:$input,
    Arg<AnyRankedTensor, "the quantised weight, [N, K]">:$weight,
    Arg<AnyRankedTensor, "the weight's scales, [], [N] or [N, K / g]">:$scales,
    Arg<Optional<AnyRankedTensor>, "the weight's zero points, shaped like the scales">:$zero_points,
    Arg<Optional<AnyRankedTensor>, "the scale of i8 activations, [] or [..., M]">:$input_scale,
    UnitAttr:$unsigned_weights);
  let results = (outs Res<AnyRankedTensor, "the product, [..., M, N]">:$result);
  let assemblyFormat = [{
    $input `,` $weight `scales` $scales (`zero_points` $zero_points^)? (`input_scale` $input_scale^)?
    (`unsigned_weights` $unsigned_weights^)? attr-dict `:` functional-type(operands, results)
  }];
  let builders = [
    OpBuilder<(ins "::mlir::Value":$input, "::mlir::Value":$weight, "::mlir::Value":$scales,
                   "::mlir::Value":$zeroPoints, "::mlir::Value":$inputScale,
                   "::mlir::Type":$resultElementType, CArg<"bool", "false">:$unsignedWeights)>
  ];
  let extraClassDeclaration = [{
    ::mlir::RankedTensorType getInputType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getInput().getType());
    }
    ::mlir::RankedTensorType getWeightType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getWeight().getType());
    }
    ::mlir::RankedTensorType getScalesType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getScales().getType());
    }
    ::mlir::RankedTensorType getResultType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getResult().getType());
    }

    int64_t getOutputSize() { return getWeightType().getDimSize(0); }    // N
    int64_t getReductionSize() { return getWeightType().getDimSize(1); } // K
    /// How many consecutive values of a row share a scale: g, or K where scales are per channel or per
    /// tensor.
    int64_t getGroupSize();
    bool isIntegerInput() { return getInputType().getElementType().isInteger(); }
  }];
}

#endif // ASHLAR_QUANTIZED_TD
