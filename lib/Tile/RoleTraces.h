//===-- RoleTraces.h - the steps of a kernel's roles --------------------------===//
//
// Follows each role for given trip counts and writes down what matters between roles, as the sequences that
// PhaseModel.h decides about.
//
//===-----------------------------------------------------------------------===//
#ifndef ASHLAR_LIB_TILE_ROLETRACES_H
#define ASHLAR_LIB_TILE_ROLETRACES_H

#include "IndexEvaluator.h"
#include "PhaseModel.h"
#include "RoleProtocol.h"

namespace ashlar::tile {

/// Where a step comes from.
struct StepOrigin {
  mlir::Operation *op;
  uint32_t iteration;
};

class RoleTraces {
public:
  /// Trip counts by group of loops. A constant one that is another than the loop's cuts the loop short.
  RoleTraces(const RoleProtocol &protocol, llvm::ArrayRef<int64_t> trips);

  /// Fails, with a diagnostic, where a stage, a parity or a predicate does not follow from constants and
  /// loops.
  mlir::FailureOr<phases::Program> trace();

  const StepOrigin &getOrigin(const phases::Event &event) const { return origins[event.origin]; }
  /// Iterations, from 0, of the loops around, from outside inwards.
  llvm::ArrayRef<int64_t> getIterations(const StepOrigin &origin) const {
    return iterations[origin.iteration];
  }

private:
  using Pairs = llvm::SmallVector<std::pair<mlir::Value, mlir::Value>>;

  mlir::LogicalResult traceBlock(mlir::Block &block);
  mlir::LogicalResult traceOp(mlir::Operation *op);
  mlir::LogicalResult traceLoop(mlir::scf::ForOp loop);
  mlir::LogicalResult traceIf(mlir::scf::IfOp branch);
  mlir::LogicalResult traceBarrier(mlir::Operation *op, mlir::Value barriers, mlir::Value stage,
                                   phases::Step step, int64_t amount);
  mlir::LogicalResult traceArrive(MbarrierArriveOp arrive);
  mlir::LogicalResult traceWait(MbarrierWaitOp wait);
  mlir::LogicalResult traceCopy(TensorCopyOp copy);
  mlir::LogicalResult traceProduct(MmaOp product);
  void traceProductWait(MmaWaitOp wait);
  void traceMeeting(mlir::Operation *op);
  mlir::LogicalResult traceReads(mlir::Operation *op, bool byProduct);
  mlir::LogicalResult checkUses(mlir::Operation *op, mlir::ValueRange tiles);
  int64_t bindTrips(mlir::scf::ForOp loop);
  void assign(const Pairs &pairs);
  mlir::FailureOr<int64_t> evaluate(mlir::Operation *op, mlir::Value value, llvm::StringRef what);
  mlir::FailureOr<bool> holds(mlir::Operation *op, mlir::ValueRange predicate);
  mlir::FailureOr<uint32_t> slotOf(mlir::Operation *op, StagedBuffer buffer);
  phases::Event &add(mlir::Operation *op, phases::Step step, int64_t amount = 0);

  const RoleProtocol &protocol;
  llvm::ArrayRef<int64_t> trips;
  IndexEvaluator evaluator;
  phases::Program program;
  // Of the role that is being followed.
  phases::Role *role = nullptr;
  uint32_t meetingBarrier = 0;
  int64_t meetings = 0, products = 0, retired = 0;
  llvm::DenseMap<mlir::Value, int64_t> productOf; ///< By sum that no wait has handed on.
  llvm::SmallVector<int64_t, 2> around;           ///< The iterations that it is in.

  std::vector<StepOrigin> origins;
  std::vector<llvm::SmallVector<int64_t, 2>> iterations;
};

} // namespace ashlar::tile

#endif // ASHLAR_LIB_TILE_ROLETRACES_H
