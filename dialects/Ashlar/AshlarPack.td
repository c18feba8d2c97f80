//===-- AshlarPack.td - Weights in the order in which a kernel reads them -===//

#ifndef ASHLAR_PACK_TD
#define ASHLAR_PACK_TD

include "dialects/Ashlar/AshlarBase.td"

def Ashlar_PackingAttr : AttrDef<Ashlar_Dialect, "Packing"> {
  let mnemonic = "packing";
  let summary = "a permutation of a tensor's elements";
  let description = [{
    Each dimension is split into the factors listed for it, outermost first; `?`, allowed as the first factor,
    stands for what the others leave. The factors of all dimensions, numbered from 0 in the order in which
    they are listed, are then put in the order of `permutation`, outermost first. The name says which kernel
    layout this is; it means nothing here.

    ```mlir
    // Blocks of 8 rows and 4 columns, one after the other; inside a block the rows run fastest.
    #ashlar.packing<"blocked", [[?, 8], [?, 4]] -> [0, 2, 3, 1]>
    // Weights [N, K] of four bits in the order of mma.sync's fragments: blocks of 16 x 64, in each of them the
    // 32 weights of a lane side by side, one load of 16 bytes.
    #ashlar.packing<"fragments", [[?, 2, 8], [?, 4, 2, 4, 2]] -> [0, 3, 2, 6, 1, 4, 5, 7]>
    ```
  }];
  let parameters = (ins
    StringRefParameter<"the layout's name">:$name,
    ArrayRefParameter<"::mlir::DenseI64ArrayAttr", "the factors of each dimension">:$factors,
    ArrayRefParameter<"int64_t", "the factors' new order">:$permutation);
  let assemblyFormat = "`<` $name `,` custom<PackingFactors>($factors) `->` `[` $permutation `]` `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The factors of a tensor of this shape without `?`, a list for each dimension; fails when the shape is
    /// dynamic, has another rank or does not divide.
    ::mlir::FailureOr<::llvm::SmallVector<::llvm::SmallVector<int64_t>>>
    resolveFactors(::llvm::ArrayRef<int64_t> shape) const;
    /// Where an element of a tensor of this shape, which the factors must divide, lies in the packed vector.
    ::mlir::AffineMap getPackedMap(::llvm::ArrayRef<int64_t> shape) const;
    /// The inverse: which element of the tensor stands at a position of the packed vector.
    ::mlir::AffineMap getPlainMap(::llvm::ArrayRef<int64_t> shape) const;
    /// How many elements from every multiple of that number on are neighbours in the packed vector and, along
    /// one dimension, in the tensor.
    int64_t getRunLength(::llvm::ArrayRef<int64_t> shape) const;
    /// The boxes that the packed vector consists of; nothing unless the first factors of all dimensions come
    /// first in the new order.
    std::optional<PackedBlocks> getBlocks(::llvm::ArrayRef<int64_t> shape) const;
  }];
}

def Ashlar_PackOp : Ashlar_TensorOp<"pack"> {
  let summary = "puts a weight's elements in the order in which a kernel reads them";
  let description = [{
    A pure permutation. The result is a vector of the permuted elements; with a wider integer element type,
    consecutive elements share one integer, the first one in the lowest bits: the same bytes in memory.

    Example:
    ```mlir
    %p = ashlar.pack %w packing<"blocked", [[?, 8], [?, 4]] -> [0, 2, 3, 1]>
      : tensor<128x64xi4> -> tensor<1024xi32>
    ```

    Constraints:
    - (C1) `input` is static, and the packing's factors divide its shape.
    - (C2) The result's element type is the input's, or both are signless integers and the result's width is a
      power of two times the input's.
    - (C3) The result has rank 1 and as many bits as the input.
  }];
  let arguments = (ins Arg<AnyRankedTensor, "the weight">:$input, Ashlar_PackingAttr:$packing);
  let results = (outs Res<AnyRankedTensor, "the permuted elements">:$result);
  let assemblyFormat = "$input custom<Packing>($packing) attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
}

def Ashlar_UnpackOp : Ashlar_TensorOp<"unpack"> {
  let summary = "undoes `ashlar.pack`";
  let description = [{
    The weight that `ashlar.pack` with the same packing turned into the operand. A kernel that reads packed
    weights contains this operation before the one that uses the weight, so that the IR still says what is
    computed.

    Example:
    ```mlir
    %w = ashlar.unpack %p packing<"blocked", [[?, 8], [?, 4]] -> [0, 2, 3, 1]>
      : tensor<1024xi32> -> tensor<128x64xi4>
    ```

    Constraints:
    - (C1) The result is static, and the packing's factors divide its shape.
    - (C2) The input's element type is the result's, or both are signless integers and the input's width is a
      power of two times the result's.
    - (C3) The input has rank 1 and as many bits as the result.
  }];
  let arguments = (ins Arg<AnyRankedTensor, "the permuted elements">:$input, Ashlar_PackingAttr:$packing);
  let results = (outs Res<AnyRankedTensor, "the weight">:$result);
  let assemblyFormat = "$input custom<Packing>($packing) attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
}

#endif // ASHLAR_PACK_TD
