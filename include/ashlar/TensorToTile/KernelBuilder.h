//===-- KernelBuilder.h - The frame of a tile kernel ------------*- C++ -*-===//
//
// One `ashlar.kernel` becomes one `tile.kernel` and one `tile.launch`. The KernelBuilder makes the frame that
// all families share: the symbol, its buffers and runtime dimensions, the grid, views of the tensors, and at
// the end the launch. What happens between is the business of a main operation's lowering (MainOperations.h).
//
// Extents
// -------
// The extent of a tensor's dimension is an affine expression of the kernel's runtime dimensions: a constant
// where it is static, `s0` for the first runtime dimension, and so on. Loops, grids and views are made from
// extents, so static and dynamic shapes take the same road.
//
// Where types leave open whether the sizes of two operands agree, the launch says so in its `requirements`,
// and the kernel relies on it.
//
// Coordinates
// -----------
// Where a tile's elements come from is said by an affine map from the dimensions of a TileSpace (with its
// symbols) to the coordinates of a tensor. A TileSpace names what the block is working on: its dimensions are
// those of the tiles, its symbols are everything that is fixed for the moment (the batch, the filter's
// position in a loop).
//
//     matmul, block (bm, bn) of batch b:  dims (m, n), symbols [b]; result: (m, n)[b] -> (b, m, n)
//                                         bias:  (m, n)[b] -> (n)
//
// Global buffers have one dynamic dimension at most, the first. A tensor with another one is collapsed by the
// caller of the kernel (`tensor.collapse_shape`) up to its last dynamic dimension; view maps take that into
// account.
//
// Errors are diagnostics at the operation at fault; functions then return failure.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_TENSORTOTILE_KERNELBUILDER_H
#define ASHLAR_TENSORTOTILE_KERNELBUILDER_H

#include "dialects/Ashlar/Ashlar.h"
#include "dialects/Tile/Tile.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/IntegerSet.h"

namespace ashlar {

/// One dimension of the tiles of a TileSpace.
struct TileDim {
  int64_t size;            ///< Elements of a tile along it.
  mlir::Value offset;      ///< Where the tile starts; index.
  mlir::AffineExpr extent; ///< Where the dimension ends, in the kernel's runtime dimensions.
  /// No tile reaches beyond the extent. Ask KernelBuilder::isTiledExactly().
  bool inBounds = false;
};

/// What a block works on at a place in its program.
struct TileSpace {
  llvm::SmallVector<TileDim> dims;
  llvm::SmallVector<mlir::Value> symbols; ///< index values.

  /// The space's dimension and symbol as expressions of a coordinate map.
  mlir::AffineExpr dim(unsigned i) const;
  mlir::AffineExpr symbol(unsigned i) const;
  /// The map from this space to `coordinates`.
  mlir::AffineMap map(llvm::ArrayRef<mlir::AffineExpr> coordinates, mlir::MLIRContext *context) const;
  llvm::SmallVector<int64_t> tileShape() const;
};

class KernelBuilder {
public:
  /// Makes the kernel with its arguments: the inputs, the results, then the runtime dimensions. The symbol
  /// goes before the function that holds `source`, under the name that `source` wishes or else `defaultName`,
  /// made unique.
  static mlir::FailureOr<KernelBuilder> create(ash::KernelOp source, mlir::SymbolTable &symbols,
                                               llvm::StringRef defaultName);

  /// Builds at the end of the kernel's body, or wherever a lowering has moved it to.
  mlir::OpBuilder &builder() { return builder_; }
  mlir::MLIRContext *context() { return builder_.getContext(); }
  ash::KernelOp source() { return source_; }
  tile::KernelOp kernel() { return kernel_; }

  /// The schedule's entries. Fail, with a diagnostic, where the entry is missing or of another form.
  mlir::FailureOr<llvm::SmallVector<int64_t>> scheduleList(llvm::StringRef name, size_t length);
  mlir::FailureOr<int64_t> scheduleListLength(llvm::StringRef name);
  mlir::FailureOr<int64_t> scheduleNumber(llvm::StringRef name);
  mlir::FailureOr<llvm::StringRef> scheduleWord(llvm::StringRef name);

  /// The extent of dimension `dim` of a tensor of the source's region.
  mlir::FailureOr<mlir::AffineExpr> extent(mlir::Value tensor, int64_t dim);
  /// All extents of a tensor.
  mlir::FailureOr<llvm::SmallVector<mlir::AffineExpr>> extents(mlir::Value tensor);
  /// An index value of the region (a constant, tensor.dim, a sum of such) as an extent.
  mlir::FailureOr<mlir::AffineExpr> extentOfIndex(mlir::Value index);
  mlir::AffineExpr constant(int64_t value) { return mlir::getAffineConstantExpr(value, context()); }
  /// The extent as an index value at the insertion point. Extents and coordinates are never negative.
  mlir::Value materialize(mlir::AffineExpr extent);
  mlir::Value constantIndex(int64_t value);
  /// Whether tiles of `size` cover `extent` without reaching beyond it.
  static bool isTiledExactly(mlir::AffineExpr extent, int64_t size);

  /// Makes the grid the product of `counts` and returns each block's index in each count, the last running
  /// fastest. To be called once.
  llvm::SmallVector<mlir::Value> distributeBlocks(llvm::ArrayRef<mlir::AffineExpr> counts);
  /// A dimension of tiles of `size`, of which `index` is the tile's number.
  TileDim tileDim(mlir::Value index, int64_t size, mlir::AffineExpr extent);

  /// Whether the region's value has a buffer: an argument that is a tensor, or what `ashlar.unpack` makes of
  /// one. Where an element of that lies in the packed buffer is a matter of maps, like everything else.
  bool isInput(mlir::Value tensor) const { return buffers_.contains(tensor); }
  /// A view with a dimension for each entry of `viewDims` (dimensions of `space`, in the view's order);
  /// coordinates says which element of the input it shows.
  mlir::Value inputView(mlir::Value input, mlir::AffineMap coordinates, const TileSpace &space,
                        llvm::ArrayRef<unsigned> viewDims);
  /// A view of an unpacked input whose coordinates say how far along the packed vector an element stands.
  mlir::Value packedView(ash::UnpackOp unpack, mlir::AffineMap coordinates, const TileSpace &space,
                         llvm::ArrayRef<unsigned> viewDims);
  mlir::Value resultView(unsigned result, mlir::AffineMap coordinates, const TileSpace &space,
                         llvm::ArrayRef<unsigned> viewDims);
  /// Of the dimensions of `space` that the input's address depends on, the one that moves it least comes
  /// last: the order in which a tile lies in memory.
  llvm::SmallVector<unsigned> memoryOrder(mlir::Value input, mlir::AffineMap coordinates,
                                          const TileSpace &space);

  /// Creates tile.load / tile.store / tile.copy at the space's offsets.
  mlir::Value load(mlir::Value view, const TileSpace &space, llvm::ArrayRef<unsigned> viewDims);
  void store(mlir::Value tile, mlir::Value view, const TileSpace &space, llvm::ArrayRef<unsigned> viewDims);
  /// Whether copies, which move whole bytes, can read the space's tile of a view.
  bool canCopy(mlir::Value view, const TileSpace &space, llvm::ArrayRef<unsigned> viewDims);
  /// Allocates the shared buffer, too, and returns it: its dimensions are the view's.
  mlir::Value copyToShared(mlir::Value view, const TileSpace &space, llvm::ArrayRef<unsigned> viewDims);

  /// Ends the kernel and puts the launch in the place of the source, which is erased.
  void finish();

private:
  /// A buffer, and where in it an element of the tensor lies: the map's symbols are the kernel's runtime
  /// dimensions.
  struct Binding {
    mlir::Value buffer;
    mlir::AffineMap map;
  };
  KernelBuilder(ash::KernelOp source) : source_(source), builder_(source.getContext()) {}
  mlir::LogicalResult collectDimensions();
  /// Sizes that the operations need to agree and that are not the same expression: SizeRequirements.cpp.
  mlir::LogicalResult collectRequirements();
  mlir::AffineExpr addDimension(mlir::Value hostIndex);
  mlir::FailureOr<mlir::AffineExpr> extentOfResult(mlir::OpResult result, int64_t dim);
  Binding bind(mlir::Value argument, llvm::ArrayRef<mlir::AffineExpr> shape);
  void bindUnpacked(ash::UnpackOp unpack);
  /// The elements of a packed vector, perhaps of words that hold several.
  Binding bindElements(mlir::Value buffer, mlir::Type element);
  mlir::Value view(const Binding &binding, mlir::AffineMap coordinates, const TileSpace &space,
                   llvm::ArrayRef<unsigned> viewDims);

  ash::KernelOp source_;
  tile::KernelOp kernel_;
  mlir::OpBuilder builder_;
  llvm::DenseMap<mlir::Value, Binding> buffers_; // by argument of the region
  llvm::DenseMap<mlir::Value, Binding> packed_;  // by result of ashlar.unpack
  llvm::SmallVector<Binding> results_;
  llvm::SmallVector<mlir::Value> hostDimensions_; // what the launch passes for each runtime dimension
  llvm::DenseMap<std::pair<mlir::Value, int64_t>, mlir::AffineExpr>
      inputExtents_; // by argument of the region
  llvm::DenseMap<mlir::Value, mlir::AffineExpr> indexInputs_;
  llvm::SmallVector<llvm::SmallVector<mlir::AffineExpr>> resultExtents_;
  mlir::AffineExpr blocks_;
  mlir::IntegerSet requirements_; // of the runtime dimensions; null for none
};

} // namespace ashlar

#endif // ASHLAR_TENSORTOTILE_KERNELBUILDER_H
