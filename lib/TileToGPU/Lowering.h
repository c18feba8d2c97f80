//===-- Lowering.h - the patterns of this conversion, by family -------------===//
#ifndef ASHLAR_LIB_TILETOGPU_LOWERING_H
#define ASHLAR_LIB_TILETOGPU_LOWERING_H

#include "Coordinates.h"
#include "Registers.h"
#include "ViewAddressing.h"
#include "dialects/Tile/Tile.h"
#include "mlir/Transforms/DialectConversion.h"

namespace ashlar::tile {

/// tile.kernel, tile.return, tile.block_id, tile.view, tile.alloc, tile.stage, tile.transpose.
void populateKernelPatterns(const mlir::TypeConverter &converter, mlir::RewritePatternSet &patterns);
/// arith and math on tiles, constants, splats, iota, layout conversions that rename registers, unpack.
void populateElementwisePatterns(const mlir::TypeConverter &converter, mlir::RewritePatternSet &patterns);
/// tile.copy, tile.async_commit, tile.async_wait.
void populateCopyPatterns(const mlir::TypeConverter &converter, mlir::RewritePatternSet &patterns);
/// tile.load and tile.store, vector by vector.
void populateAccessPatterns(const mlir::TypeConverter &converter, mlir::RewritePatternSet &patterns);
/// tile.load from shared memory by ldmatrix, where it fits; preferred to the general pattern.
void populateFragmentPatterns(const mlir::TypeConverter &converter, mlir::RewritePatternSet &patterns);
/// tile.mma.
void populateMmaPatterns(const mlir::TypeConverter &converter, mlir::RewritePatternSet &patterns);
/// tile.role, tile.barrier, tile.mbarrier_*, tile.block_count.
void populateConcurrencyPatterns(const mlir::TypeConverter &converter, mlir::RewritePatternSet &patterns);
/// tile.tensor_copy.
void populateTensorCopyPatterns(const mlir::TypeConverter &converter, mlir::RewritePatternSet &patterns);
/// tile.mma by wgmma, tile.mma_wait.
void populateWgmmaPatterns(const mlir::TypeConverter &converter, mlir::RewritePatternSet &patterns);
/// tile.reduce and tile.broadcast.
void populateReductionPatterns(const mlir::TypeConverter &converter, mlir::RewritePatternSet &patterns);

/// The distribution of a tile-typed value; every tile has one when this conversion runs.
inline layout::Distribution distributionOf(mlir::Value tile) {
  return getDistributionAttr(tile.getType()).getDistribution();
}

/// Addressing of an access to `view` (an operand of tile.view's result), its operands remapped by `rewriter`.
/// Fails when the view is not the result of a tile.view, as behind a loop-carried value.
mlir::FailureOr<ViewAddressing> makeViewAddressing(IndexMath &math, mlir::ConversionPatternRewriter &rewriter,
                                                   mlir::Value view, mlir::Value base,
                                                   std::optional<llvm::ArrayRef<bool>> inBounds);

/// Writes onto every load and store of `kernel` what the patterns need to know of its offsets: the pattern driver takes
/// loops apart while it runs, so values cannot be followed any more by then.
void annotateAccesses(KernelOp kernel);
/// Writes onto what depends on the role it stands in what that says: roles are branches once they are converted.
void annotateRoles(KernelOp kernel);
/// Numbers the tensor maps of the kernel's copies and describes them on it, as `ashlar.tensor_maps`.
mlir::LogicalResult numberTensorMaps(KernelOp kernel);
/// A divisor of the offset of `access` along `dim`, as annotated.
int64_t offsetDivisor(mlir::Operation *access, int64_t dim);

/// Loads a vector of `type` (1-D) from `address`; zero where the element does not exist.
mlir::Value loadOrZero(IndexMath &math, ElementAddress address, mlir::VectorType type);

/// Bytes of alignment that an access to a whole vector of `type` has.
unsigned alignmentOf(mlir::VectorType type);

} // namespace ashlar::tile

#endif // ASHLAR_LIB_TILETOGPU_LOWERING_H
