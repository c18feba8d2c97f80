//===-- LayoutClasses.h - Tiles that share a distribution -------*- C++ -*-===//
//
// The first half of `ashlar-tile-assign-layouts`: which distribution each tile should have, before anything
// changes.
//
// Tiles that elementwise operations, loops and branches tie together form a class; a class has one
// distribution. Ties are refused where they would join two classes whose distributions are already fixed and
// differ: at these places, and nowhere else, a conversion will stand. Distributions spread over classes from
// the products (and from whatever the program already says) through reductions, broadcasts and operands;
// classes that are reached by nothing choose one that suits their global accesses and reductions.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TILE_LAYOUTCLASSES_H
#define ASHLAR_LIB_TILE_LAYOUTCLASSES_H

#include "LayoutChoices.h"
#include "dialects/Tile/Tile.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace ashlar::tile {

inline bool isTile(mlir::Value value) { return llvm::isa<mlir::RankedTensorType>(value.getType()); }
inline mlir::RankedTensorType tileType(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType());
}
/// Operations of arith and math whose tiles, operands and results, share one distribution.
bool isElementwise(mlir::Operation *op);
/// The vectors with which an operation accesses global memory; scalars along the last dimension if it does
/// not.
VectorAccess accessVectors(mlir::Operation *op);

class LayoutClasses {
public:
  explicit LayoutClasses(KernelOp kernel) : kernel(kernel) {}

  /// Fixes, ties, spreads and chooses. Fails with a diagnostic on operations that no rule is known for.
  mlir::LogicalResult build();

  /// Whether the program said which distribution the tile has.
  bool isGiven(mlir::Value value) const { return given.contains(value); }
  /// The distribution of a value's class. Every tile has one after build().
  DistributionAttr layoutOf(mlir::Value value);
  /// The distributions in which a product wants its operands.
  std::pair<DistributionAttr, DistributionAttr> operandLayouts(MmaOp mma) const {
    return productOperands.at(mma);
  }
  /// The distribution in which a reduction should read a source that has `source`: itself, or one that keeps
  /// the reduction within a warp.
  DistributionAttr reductionLayout(ReduceOp reduce, DistributionAttr source);
  /// The distribution of the source that unpacks to a tile distributed like `result`; null if there is none.
  DistributionAttr packedLayout(UnpackOp unpack, DistributionAttr result);
  DistributionAttr sliceOf(DistributionAttr distribution, int64_t dim);
  /// The distribution of `tile`, whose dimension `dim` has one element, if it has `distribution` without that
  /// dimension; null if it has more elements.
  DistributionAttr withUnitDimension(DistributionAttr distribution, mlir::Value tile, int64_t dim);

private:
  // Phases.
  void fixGiven();
  mlir::LogicalResult fixProducts();
  mlir::LogicalResult tieAll();
  void spread();
  bool chooseForOne();

  mlir::LogicalResult fixProduct(MmaOp mma);
  std::optional<ProductFragments> chooseFragments(MmaOp mma);
  mlir::LogicalResult tieOperation(mlir::Operation *op);
  void tieLoop(mlir::scf::ForOp loop);
  void tieBranch(mlir::scf::IfOp branch);
  bool spreadThrough(mlir::Operation *op);
  DistributionAttr chooseByNeighbours(llvm::ArrayRef<mlir::Value> members);
  layout::Distribution chooseByAccesses(llvm::ArrayRef<mlir::Value> members);

  unsigned find(mlir::Value value);
  /// Whether both are in one class now.
  bool tie(mlir::Value a, mlir::Value b);
  /// Fixes the class's distribution if it has none.
  bool propose(mlir::Value value, DistributionAttr distribution);
  DistributionAttr attribute(const layout::Distribution &distribution);
  std::optional<ProductGrid> scheduledGrid(llvm::StringRef name);
  int64_t threads() { return kernel.getThreads(); }

  KernelOp kernel;
  llvm::DenseMap<mlir::Value, unsigned> numbers;
  llvm::SmallVector<mlir::Value> values;
  llvm::SmallVector<unsigned> parents;
  llvm::SmallVector<DistributionAttr> layouts;
  llvm::DenseSet<mlir::Value> given;
  llvm::DenseMap<mlir::Operation *, std::pair<DistributionAttr, DistributionAttr>> productOperands;
};

} // namespace ashlar::tile

#endif // ASHLAR_LIB_TILE_LAYOUTCLASSES_H
