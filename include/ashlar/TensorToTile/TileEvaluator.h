//===-- TileEvaluator.h - Tensor values, tile by tile -----------*- C++ -*-===//
//
// "The tile of tensor v at coordinates c": the one question that prologues, epilogues and plain kernels ask.
// The evaluator answers it on demand, from the value backwards through the region of an `ashlar.kernel`:
//
// * an input is loaded, through a view made from c, or through shared memory in a staged space;
// * an elementwise operation (`linalg` with parallel iterators only, or `arith`/`math` on tensors) asks for
// its
//   operands at the coordinates that its indexing maps say, and is repeated on their tiles;
// * reshapes, slices, paddings, concatenations, fills and constants change coordinates or are known;
// * any other result (the main operation's) must have been bound to a tile by the lowering that made it.
//
// A value that depends on some of the space's dimensions only (a bias on n, a row's maximum on m) stays a
// tile of those dimensions as long as it can: what is computed from it alone is computed once a row, not once
// an element. A value that depends on none is a scalar. Index values inside of bodies are 32 bits wide.
//
// Outside of the space's extents, tiles hold unspecified values; stores drop them, reductions must mask them.
//
//===----------------------------------------------------------------------===//
#ifndef ASHLAR_TENSORTOTILE_TILEEVALUATOR_H
#define ASHLAR_TENSORTOTILE_TILEEVALUATOR_H

#include "ashlar/TensorToTile/KernelBuilder.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace ashlar {

/// A tile over some of a space's dimensions, in ascending order; a scalar if over none.
struct PartialTile {
  mlir::Value value;
  llvm::SmallVector<unsigned, 2> dims;
};

class TileEvaluator {
public:
  /// `staged`: inputs that depend on every dimension of the space go through shared memory where copies can
  /// move them.
  TileEvaluator(KernelBuilder &kernel, TileSpace space, bool staged = false)
      : kernel_(kernel), space_(std::move(space)), staged_(staged) {}

  const TileSpace &space() const { return space_; }
  KernelBuilder &kernel() { return kernel_; }

  /// From now on `tensor` at `coordinates` is `tile`: of all of the space's dimensions, or of `dims`.
  void bind(mlir::Value tensor, mlir::AffineMap coordinates, mlir::Value tile);
  void bind(mlir::Value tensor, mlir::AffineMap coordinates, PartialTile tile);

  /// Takes over what `outer` knows. Its space must be the first dimensions and symbols of this one's.
  void adopt(const TileEvaluator &outer);

  /// The tile of `tensor` whose element at each point of the space is tensor[coordinates(point)].
  mlir::FailureOr<mlir::Value> evaluate(mlir::Value tensor, mlir::AffineMap coordinates);
  mlir::FailureOr<PartialTile> evaluatePartial(mlir::Value tensor, mlir::AffineMap coordinates);

  /// The tile of an operand, tensor or scalar, of `op`; `loops` as below.
  mlir::FailureOr<PartialTile> evaluateOperand(mlir::linalg::LinalgOp op, mlir::OpOperand &operand,
                                               mlir::AffineMap loops);
  /// Repeats the body of `op` on tiles; `arguments` are the block arguments' tiles, `loops` the map from the
  /// space to the iteration dimensions (for linalg.index). Returns what the body yields.
  mlir::FailureOr<llvm::SmallVector<PartialTile>>
  evaluateBody(mlir::linalg::LinalgOp op, llvm::ArrayRef<PartialTile> arguments, mlir::AffineMap loops);
  /// The expression at each point of the space, as i32.
  PartialTile evaluateIndex(mlir::AffineExpr expression);
  /// An extent (or another expression of the kernel's runtime dimensions) as i32.
  PartialTile evaluateExtent(mlir::AffineExpr extent);
  /// The tile with more dimensions: repeats elements along the new ones.
  PartialTile broadcast(PartialTile tile, llvm::ArrayRef<unsigned> dims);
  mlir::Value broadcastToSpace(PartialTile tile);

  /// Repeats a scalar operation on tiles; the result has all of the operands' dimensions.
  mlir::FailureOr<llvm::SmallVector<PartialTile>> evaluateOperation(mlir::Operation *op,
                                                                    llvm::ArrayRef<PartialTile> operands);

private:
  mlir::FailureOr<PartialTile> evaluateUncached(mlir::Value tensor, mlir::AffineMap coordinates);
  mlir::FailureOr<PartialTile> evaluateInput(mlir::Value tensor, mlir::AffineMap coordinates);
  mlir::FailureOr<PartialTile> evaluateLinalg(mlir::linalg::LinalgOp op, unsigned result,
                                              mlir::AffineMap coordinates);
  mlir::FailureOr<PartialTile> evaluateElementwise(mlir::Operation *op, unsigned result,
                                                   mlir::AffineMap coordinates);
  mlir::FailureOr<PartialTile> evaluatePieces(mlir::Operation *op, mlir::AffineMap coordinates);
  PartialTile insideBox(mlir::AffineMap coordinates, llvm::ArrayRef<int64_t> low,
                        llvm::ArrayRef<int64_t> size, llvm::ArrayRef<int64_t> whole);
  mlir::FailureOr<PartialTile> evaluateScalar(mlir::Value value);
  mlir::Value loadStaged(mlir::Value view, llvm::ArrayRef<unsigned> order, mlir::Location loc);
  /// A packed input as it lies, if the space is made of its blocks.
  std::optional<PartialTile> loadBlocks(ash::UnpackOp unpack, mlir::AffineMap coordinates);
  llvm::SmallVector<unsigned> allDims() const;

  KernelBuilder &kernel_;
  TileSpace space_;
  bool staged_;
  llvm::DenseMap<std::pair<mlir::Value, mlir::AffineMap>, PartialTile> known_;
};

/// Whether the evaluator computes `op` from its operands, so that it can stand before or after a main
/// operation.
bool isEvaluable(mlir::Operation *op);

/// Where an elementwise operation's result has the element that its operand has at `coordinates`; fails
/// (without a diagnostic) if that is not one place.
mlir::FailureOr<mlir::AffineMap> resultCoordinates(mlir::Operation *op, unsigned operand, unsigned result,
                                                   mlir::AffineMap coordinates);

/// A result of the main operation, and its element at each point of the evaluator's space, where it must be
/// bound. The coordinates name every element once.
struct MainResult {
  mlir::Value tensor;
  mlir::AffineMap coordinates;
};

/// Computes and stores the kernel's result number `number`, whose element at each point of the evaluator's
/// space has these coordinates.
mlir::LogicalResult storeResult(TileEvaluator &evaluator, unsigned number, mlir::AffineMap coordinates);

/// Computes everything after the main operation and stores the kernel's results.
mlir::LogicalResult storeResults(TileEvaluator &evaluator, llvm::ArrayRef<MainResult> results);

} // namespace ashlar

#endif // ASHLAR_TENSORTOTILE_TILEEVALUATOR_H
