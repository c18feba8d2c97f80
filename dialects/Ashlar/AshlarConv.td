//===-- AshlarConv.td - Convolution ---------------------------------------===//

#ifndef ASHLAR_CONV_TD
#define ASHLAR_CONV_TD

include "dialects/Ashlar/AshlarBase.td"

def Ashlar_ConvLayout : I32EnumAttr<"ConvLayout", "where the channels stand in a convolution's tensors", [
    I32EnumAttrCase<"ChannelsLast", 0, "channels_last">,
    I32EnumAttrCase<"ChannelsFirst", 1, "channels_first">]> {
  let cppNamespace = "::ashlar::ash";
  let genSpecializedAttr = 0;
}
def Ashlar_ConvLayoutAttr : EnumAttr<Ashlar_Dialect, Ashlar_ConvLayout, "conv_layout">;

def Ashlar_ConvOp : Ashlar_TensorOp<"conv", [DeclareOpInterfaceMethods<SharedSizesInterface>]> {
  let summary = "convolves a batch of 1-D, 2-D or 3-D images with a bank of filters";
  let description = [{
    A cross-correlation, as neural networks understand convolution. With S the spatial dimensions and g the
    number of groups, the tensors are

    | layout           | input        | filter             | result       |
    |------------------|--------------|--------------------|--------------|
    | `channels_last`  | [N, S..., C] | [K, S..., C / g]   | [N, S..., K] |
    | `channels_first` | [N, C, S...] | [K, C / g, S...]   | [N, K, S...] |

    and, for each output channel `k` of group `j = k / (K / g)`,
    ```
    result[n, o, k] = sum over r, c of
        input[n, o * stride + r * dilation - padding_low, j * (C / g) + c] * filter[k, r, c]
    ```
    where what lies outside the input counts as zero. `groups` equal to C is a depthwise convolution. In each
    dimension the output size is
    `floor((size + padding_low + padding_high - dilation * (filter - 1) - 1) / stride) + 1`.

    Accumulation and rounding are those of `ashlar.matmul`. Strides, dilations and paddings that are left out
    are 1, 1 and 0. The batch and the spatial sizes may be dynamic.

    Example:
    ```mlir
    %y = ashlar.conv %x, %w channels_last strides [2, 2] padding_low [3, 3] padding_high [3, 3]
      : tensor<1x224x224x3xf16>, tensor<64x7x7x3xf16> -> tensor<1x112x112x64xf16>
    ```

    Constraints:
    - (C1) `input`, `filter` and the result have the same rank: 3, 4 or 5.
    - (C2) `input` and `filter` have the same element type: f32, f16, bf16 or i8.
    - (C3) The result's element type is f32, f16 or bf16 for float operands and i32 for i8 operands.
    - (C4) `strides`, `dilations`, `padding_low` and `padding_high` have one value for each spatial dimension,
      where given.
    - (C5) Strides and dilations are at least 1, paddings at least 0, `groups` at least 1.
    - (C6) The channels and the filter's shape are static and at least 1.
    - (C7) `groups` divides the number of input channels and of output channels.
    - (C8) The filter's channels are the input's channels divided by `groups`.
    - (C9) The result's shape is the one computed from the operands, and no output size is below 1. A spatial
      size is dynamic where the input's is.
  }];
  let arguments = (ins
    Arg<AnyRankedTensor, "the images, [N, S..., C] or [N, C, S...]">:$input,
    Arg<AnyRankedTensor, "the filters, [K, S..., C / g] or [K, C / g, S...]">:$filter,
    Ashlar_ConvLayoutAttr:$layout,
    DefaultValuedOptionalAttr<DenseI64ArrayAttr, "{}">:$strides,
    DefaultValuedOptionalAttr<DenseI64ArrayAttr, "{}">:$dilations,
    DefaultValuedOptionalAttr<DenseI64ArrayAttr, "{}">:$padding_low,
    DefaultValuedOptionalAttr<DenseI64ArrayAttr, "{}">:$padding_high,
    DefaultValuedOptionalAttr<I64Attr, "1">:$groups);
  let results = (outs Res<AnyRankedTensor, "the convolved images, in the input's layout">:$result);
  let assemblyFormat = [{
    $input `,` $filter custom<ConvLayout>($layout) (`strides` $strides^)? (`dilations` $dilations^)?
    (`padding_low` $padding_low^)? (`padding_high` $padding_high^)? (`groups` $groups^)? attr-dict
    `:` type($input) `,` type($filter) `->` type($result)
  }];
  let builders = [
    OpBuilder<(ins "::mlir::Value":$input, "::mlir::Value":$filter, "::mlir::Type":$resultElementType,
                   "const ::ashlar::ash::ConvWindow &":$window)>
  ];
  let extraClassDeclaration = [{
    ::mlir::RankedTensorType getInputType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getInput().getType());
    }
    ::mlir::RankedTensorType getFilterType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getFilter().getType());
    }
    ::mlir::RankedTensorType getResultType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getResult().getType());
    }

    /// The attributes with every default filled in.
    ::ashlar::ash::ConvWindow getWindow();
    /// All sizes, by name rather than by position.
    ::ashlar::ash::ConvSizes getSizes();
    /// The type products are summed in: f32 or i32.
    ::mlir::Type getAccumulatorType();

    /// The result's type. The operands must satisfy C1 and C4 to C8.
    static ::mlir::RankedTensorType inferResultType(::mlir::RankedTensorType input,
                                                    ::mlir::RankedTensorType filter,
                                                    ::mlir::Type resultElementType,
                                                    const ::ashlar::ash::ConvWindow &window);
  }];
}

#endif // ASHLAR_CONV_TD
