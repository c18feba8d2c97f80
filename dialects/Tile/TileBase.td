//===-- TileBase.td - the tile dialect, its attributes and types -*- tablegen -*-===//
#ifndef ASHLAR_TILE_BASE
#define ASHLAR_TILE_BASE

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/TensorEncoding.td"

def TileDialect : Dialect {
  let name = "tile";
  let cppNamespace = "::ashlar::tile";
  let summary = "One thread block's program on tiles, with explicit memory and without threads.";
  let description = [{
    A `tile.kernel` is the program of one thread block. Its values are *tiles* (builtin ranked tensors, whose
    elements live in the registers of the block's threads) and *buffers* (global or shared memory). The program
    reads as if one processor ran it in order: barriers, address arithmetic and the split over threads are made
    later from what the program says, from the `#tile.distribution` of every tile and from the layout in every
    buffer's type.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
}

class Tile_Op<string mnemonic, list<Trait> traits = []> : Op<TileDialect, mnemonic, traits>;

//===-- Enumerations ------------------------------------------------------------===//

def Tile_Global : I32EnumAttrCase<"Global", 0, "global">;
def Tile_Shared : I32EnumAttrCase<"Shared", 1, "shared">;
def Tile_MemorySpace : I32EnumAttr<"MemorySpace", "where a buffer lives", [Tile_Global, Tile_Shared]> {
  let cppNamespace = "::ashlar::tile";
}

def Tile_Dimension : I32EnumAttr<"Dimension", "an axis of the launch grid", [
    I32EnumAttrCase<"x", 0>, I32EnumAttrCase<"y", 1>, I32EnumAttrCase<"z", 2>]> {
  let cppNamespace = "::ashlar::tile";
}

def Tile_ReduceKind : I32EnumAttr<"ReduceKind", "how two elements are combined", [
    I32EnumAttrCase<"Add", 0, "add">, I32EnumAttrCase<"Mul", 1, "mul">, I32EnumAttrCase<"Max", 2, "max">,
    I32EnumAttrCase<"Min", 3, "min">]> {
  let cppNamespace = "::ashlar::tile";
}

def Tile_MmaKind : I32EnumAttr<"MmaKind", "the instruction that multiplies", [
    I32EnumAttrCase<"MmaSync", 0, "mma_sync">, I32EnumAttrCase<"Fma", 1, "fma">,
    I32EnumAttrCase<"Wgmma", 2, "wgmma">]> {
  let cppNamespace = "::ashlar::tile";
}

//===-- Attributes --------------------------------------------------------------===//

class Tile_Attr<string name, string attrMnemonic, list<Trait> traits = []> : AttrDef<TileDialect, name, traits> {
  let mnemonic = attrMnemonic;
}

def Tile_DistributionAttr : Tile_Attr<"Distribution", "distribution", [
    DeclareAttrInterfaceMethods<VerifiableTensorEncoding, ["verifyEncoding"]>]> {
  let summary = "Which register of which thread holds which element of a tile.";
  let description = [{
    Two lists of modes `size:stride@dim`. The first mode of `thread` varies fastest with the thread's index, the
    first mode of `value` fastest with the register's. One step along a mode moves `stride` elements along the
    tile's dimension `dim`; a thread mode of stride 0 says that these threads hold copies. `lib/Layout` defines
    the algebra (`Distribution.h`).

    Example: the accumulator of one warp's m16n8 `mma.sync`:
    ```mlir
    #accumulator = #tile.distribution<"thread = [4:2@1, 8:1@0], value = [2:1@1, 2:8@0]">
    ```
  }];
  let parameters = (ins ArrayRefParameter<"int64_t", "triples size, stride, dim">:$thread,
                        ArrayRefParameter<"int64_t", "triples size, stride, dim">:$value);
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    /// The same as a value of the layout library, for a tile of extents `dims`.
    layout::Distribution getDistribution() const;
    static DistributionAttr get(::mlir::MLIRContext *context, const layout::Distribution &distribution);
  }];
}

def Tile_BufferLayoutAttr : Tile_Attr<"BufferLayout", "buffer_layout"> {
  let summary = "Where in a buffer an element lies: strides, then an XOR swizzle.";
  let description = [{
    Element (i0, i1, …) lies at `swizzle(i0*s0 + i1*s1 + …)`, counted in elements. The swizzle `<bits, base, shift>`
    XORs bits [base+shift, base+shift+bits) of that number into bits [base, base+bits); `bits` 0 means none (CuTe's
    `Swizzle<B, M, S>`). A buffer without a layout is row-major and not swizzled.

    With a panel the contiguous dimension, the last of stride 1, is cut into panels of `width` elements that lie
    `stride` elements apart: coordinate i contributes `i mod width + (i div width) * stride`. So lie operands whose
    rows are longer than the 128 bytes within which copy engine and tensor cores can swizzle.

    Constraints:
    * (C1) no stride is negative; (C2) the swizzle is one that `lib/Layout/Swizzle.h` can make.
    * (C3) a panel's width and stride are positive, and some stride is 1.

    Example: rows of 32 16-bit elements, whose groups of 8 are swapped such that eight rows lie in different banks;
    and 64 rows of 256, in four panels:
    ```mlir
    #shared = #tile.buffer_layout<[32, 1], swizzle = 2 : 3 : 3>
    #panels = #tile.buffer_layout<[64, 1], swizzle = 3 : 3 : 3, panel = 64 : 4096>
    ```
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$strides,
                        DefaultValuedParameter<"int64_t", "0">:$swizzleBits,
                        DefaultValuedParameter<"int64_t", "0">:$swizzleBase,
                        DefaultValuedParameter<"int64_t", "0">:$swizzleShift,
                        DefaultValuedParameter<"int64_t", "0">:$panelWidth,
                        DefaultValuedParameter<"int64_t", "0">:$panelStride);
  let genVerifyDecl = 1;
  let builders = [AttrBuilder<(ins "::llvm::ArrayRef<int64_t>":$strides, "int64_t":$bits, "int64_t":$base,
      "int64_t":$shift), [{
    return $_get($_ctxt, strides, bits, base, shift, /*panelWidth=*/0, /*panelStride=*/0);
  }]>];
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    /// The same arrangement of other dimensions, given by their strides.
    BufferLayoutAttr withStrides(::llvm::ArrayRef<int64_t> strides) const {
      return get(getContext(), strides, getSwizzleBits(), getSwizzleBase(), getSwizzleShift(), getPanelWidth(),
                 getPanelStride());
    }
  }];
}

def Tile_TensorMapAttr : Tile_Attr<"TensorMap", "tensor_map"> {
  let summary = "How the copy engine finds the tiles of a view.";
  let description = [{
    A tensor of 1 to 5 dimensions over the bytes of the view's global buffer, innermost dimension first. The copy of
    the tile at some offsets of the view starts at `coordinates` (of the offsets, and of the symbols of the
    `tile.view`) and moves `box` elements along each dimension. `extents` counts the elements of each dimension,
    `strides` the bytes from element to element for all but the first; both are functions of the kernel's runtime
    dimensions. `offset` is where in the buffer the tensor starts, in bytes. Chunks of 16 bytes are permuted within
    `swizzle` bytes (0 for none), as the destination's layout says. (PTX ISA, "Tensors".)

    Constraints:
    * (C1) coordinates, extents and box have 1 to 5 entries each, the same number, and strides one less.
    * (C2) `swizzle` is 0, 32, 64 or 128, and `offset` a multiple of 16 that is not negative.
    * (C3) each entry of the box lies in [1, 256].

    Example: tiles of 128x64 of a matrix of bf16:
    ```mlir
    #a = #tile.tensor_map<coordinates = (m, k) -> (k, m), extents = () -> (4096, 8192),
                          strides = () -> (8192), offset = 0, box = [64, 128], swizzle = 128>
    ```
  }];
  let parameters = (ins "::mlir::AffineMap":$coordinates, "::mlir::AffineMap":$extents, "::mlir::AffineMap":$strides,
                        "int64_t":$offset, ArrayRefParameter<"int64_t">:$box, "int64_t":$swizzle);
  let genVerifyDecl = 1;
  let assemblyFormat = [{
    `<` `coordinates` `=` $coordinates `,` `extents` `=` $extents `,` `strides` `=` $strides `,` `offset` `=` $offset
    `,` `box` `=` `[` $box `]` `,` `swizzle` `=` $swizzle `>`
  }];
}

//===-- Types -------------------------------------------------------------------===//

class Tile_Type<string name, string typeMnemonic, list<Trait> traits = []> : TypeDef<TileDialect, name, traits> {
  let mnemonic = typeMnemonic;
}

def Tile_BufferType : Tile_Type<"Buffer", "buffer"> {
  let summary = "Memory of a fixed shape, element type, memory space and layout.";
  let description = [{
    `!tile.buffer<128x32xf16, shared, #layout>`. Global buffers are row-major and may have a dynamic first
    dimension, so their strides are static. Elements of four bits are packed two a byte, low nibble first.

    Constraints:
    * (C1) elements are integers or floats of 1, 4, 8, 16, 32 or 64 bits.
    * (C2) only the first dimension of a global buffer may be dynamic.
    * (C3) a layout has one stride per dimension.
    * (C4) the buffer spans at most 2^48 elements; a dynamic dimension counts as 1.
    * (C5) a shared buffer is not empty and spans at most 2^20 elements.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape, "::mlir::Type":$elementType,
                        "::ashlar::tile::MemorySpace":$space, "::ashlar::tile::BufferLayoutAttr":$layout);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let builders = [TypeBuilderWithInferredContext<(ins "::llvm::ArrayRef<int64_t>":$shape, "::mlir::Type":$elementType,
      "::ashlar::tile::MemorySpace":$space, CArg<"::ashlar::tile::BufferLayoutAttr", "{}">:$layout), [{
    return $_get(elementType.getContext(), shape, elementType, space, layout);
  }]>];
  let extraClassDeclaration = [{
    int64_t getRank() const { return getShape().size(); }
    bool isShared() const { return getSpace() == MemorySpace::Shared; }
    /// Strides in elements: those of the layout, else row-major.
    ::llvm::SmallVector<int64_t> getStrides() const;
    /// The dimension that is cut into panels; -1 without panels.
    int64_t getPanelDim() const;
    /// Bytes from the first to the last element; static shapes only.
    int64_t getSizeInBytes() const;
  }];
}

def Tile_ViewType : Tile_Type<"View", "view"> {
  let summary = "A virtual tensor whose elements are found in a global buffer through an affine map.";
  let description = [{
    `!tile.view<?x576xf16>`: what a kernel reads or writes tile by tile. An element outside the view's extents, or
    whose coordinates fall outside the buffer, reads as zero and is not written.

    Constraints:
    * (C1) elements are integers or floats of 1, 4, 8, 16, 32 or 64 bits.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape, "::mlir::Type":$elementType);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{ int64_t getRank() const { return getShape().size(); } }];
}

def Tile_Tile : AnyTypeOf<[AnyStaticShapeTensor], "a tile: a tensor of static shape">;
def Tile_SharedBuffer : Type<CPred<"::llvm::isa<::ashlar::tile::BufferType>($_self) && "
    "::llvm::cast<::ashlar::tile::BufferType>($_self).isShared()">, "a shared-memory buffer",
    "::ashlar::tile::BufferType">;
def Tile_Operand : AnyTypeOf<[Tile_Tile, Tile_SharedBuffer], "a tile or a shared-memory buffer">;
def Tile_GlobalBuffer : Type<CPred<"::llvm::isa<::ashlar::tile::BufferType>($_self) && "
    "!::llvm::cast<::ashlar::tile::BufferType>($_self).isShared()">, "a global-memory buffer",
    "::ashlar::tile::BufferType">;
def Tile_Addressable : AnyTypeOf<[Tile_ViewType, Tile_SharedBuffer], "a view or a shared-memory buffer">;

#endif
