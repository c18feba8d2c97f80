//===-- RoleProtocol.h - what a kernel's roles share --------------------------===//
//
// The part of a kernel by which its roles depend on each other: memory barriers, buffers that tensor copies
// fill, the operations that touch either, and the loops around them.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TILE_ROLEPROTOCOL_H
#define ASHLAR_LIB_TILE_ROLEPROTOCOL_H

#include "dialects/Tile/Tile.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace ashlar::tile {

/// Loops whose bounds and steps are computed alike, in whichever roles: they have the same trip count. Only
/// loops in which something happens between roles.
struct LoopGroup {
  llvm::SmallVector<mlir::scf::ForOp> loops;
  std::optional<int64_t> trips;  ///< If constant.
  int64_t mostTrips = INT64_MAX; ///< What a constant bound allows if the rest is not.
};

/// One element of a buffer of memory barriers.
struct BarrierElement {
  AllocOp alloc;
  int64_t element, arrivals;
  unsigned ring; ///< Number of the buffer.
};

/// A buffer, or the stage of one.
struct StagedBuffer {
  mlir::Value alloc;
  mlir::Value stage; ///< Null where there are none.
};

/// Through stages and transposes.
StagedBuffer findStagedBuffer(mlir::Value buffer);

class RoleProtocol {
public:
  /// Fails, with a diagnostic, where a barrier is used that nothing initialises.
  static mlir::FailureOr<RoleProtocol> create(KernelOp kernel);

  llvm::SmallVector<RoleOp> roles;
  llvm::SmallVector<BarrierElement> barriers;
  unsigned rings = 0;
  /// The number of the first element, by buffer of barriers.
  llvm::DenseMap<mlir::Value, unsigned> firstBarrier;
  /// The number of the first stage, by buffer that tensor copies fill, and how many there are in all.
  llvm::DenseMap<mlir::Value, unsigned> firstSlot;
  unsigned slots = 0;
  int64_t mostStages = 1;
  /// Sums that may belong to an asynchronous product which no wait has retired.
  llvm::DenseSet<mlir::Value> sumsUnderWay;
  /// Operations of a block that touch any of this or have some inside, in their order.
  llvm::DenseMap<mlir::Block *, llvm::SmallVector<mlir::Operation *>> relevant;
  llvm::SmallVector<LoopGroup> groups;
  llvm::DenseMap<mlir::Operation *, unsigned> groupOf;

  /// Whether an operand is, or is part of, a buffer that tensor copies fill.
  bool touchesSlot(mlir::Operation *op) const;
  /// About how many steps the roles take with these trip counts of the groups.
  int64_t estimateSteps(llvm::ArrayRef<int64_t> trips) const;

private:
  mlir::LogicalResult collectBarriers(KernelOp kernel);
  void collectSlots(KernelOp kernel);
  void collectSumsUnderWay(KernelOp kernel);
  bool isStep(mlir::Operation *op) const;
  void collectRelevant(RoleOp role);
  void groupLoops(RoleOp role);
  int64_t estimateSteps(mlir::Block *block, llvm::ArrayRef<int64_t> trips) const;

  llvm::StringMap<unsigned> groupByBounds;
};

} // namespace ashlar::tile

#endif // ASHLAR_LIB_TILE_ROLEPROTOCOL_H
