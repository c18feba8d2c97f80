//===-- ElementwiseUnrolling.cpp - Elementwise operations row by row ------===//
//
// A register tile is an n-D vector, but LLVM and the hardware know rows and scalars. One pattern cuts every
// elementwise operation of arith and math, so that no other pattern has to care about the rank.
//
//===----------------------------------------------------------------------===//

#include "ThreadProgram.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace ashlar;

/// The vector type that decides how an operation is cut: its first vector operand or result.
static VectorType governingType(Operation *op) {
  for (TypeRange types : {TypeRange(op->getOperandTypes()), TypeRange(op->getResultTypes())})
    for (Type type : types)
      if (auto vector = dyn_cast<VectorType>(type))
        return vector;
  return {};
}

/// `type` without its first `dropped` dimensions; an element type where none is left.
static Type dropLeading(Type type, int64_t dropped) {
  auto vector = dyn_cast<VectorType>(type);
  if (!vector)
    return type;
  if (vector.getRank() == dropped)
    return vector.getElementType();
  return VectorType::get(vector.getShape().drop_front(dropped), vector.getElementType());
}

/// Repeats `op` on the parts of its operands at `position`; operands that are scalars stay as they are.
static Operation *clonePart(PatternRewriter &rewriter, Operation *op, ArrayRef<int64_t> position) {
  SmallVector<Value> operands;
  for (Value operand : op->getOperands())
    operands.push_back(isa<VectorType>(operand.getType())
                           ? vector::ExtractOp::create(rewriter, op->getLoc(), operand, position).getResult()
                           : operand);
  SmallVector<Type> types;
  for (Type type : op->getResultTypes())
    types.push_back(dropLeading(type, position.size()));
  return rewriter.create(op->getLoc(), op->getName().getIdentifier(), operands, types, op->getAttrs());
}

/// One vector of all parts: scalars by one operation, rows by insertion into nothing.
static Value assemble(PatternRewriter &rewriter, Location loc, VectorType type, ValueRange parts,
                      ArrayRef<SmallVector<int64_t>> positions) {
  if (!isa<VectorType>(parts.front().getType()))
    return vector::FromElementsOp::create(rewriter, loc, type, parts);
  Value whole = ub::PoisonOp::create(rewriter, loc, type);
  for (auto [part, position] : llvm::zip_equal(parts, positions))
    whole = vector::InsertOp::create(rewriter, loc, part, whole, position);
  return whole;
}

namespace {
struct UnrollElementwise : RewritePattern {
  UnrollElementwise(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/10, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isa_and_present<arith::ArithDialect, math::MathDialect>(op->getDialect()) ||
        !OpTrait::hasElementwiseMappableTraits(op))
      return rewriter.notifyMatchFailure(op, "is not an elementwise operation");
    VectorType vector = governingType(op);
    if (!vector || vector.isScalable() || vector.getRank() == 0)
      return rewriter.notifyMatchFailure(op, "has no vector of fixed shape");
    int64_t cut = lowersToSpecialFunction(op) ? vector.getRank() : vector.getRank() - 1;
    if (cut == 0)
      return rewriter.notifyMatchFailure(op, "acts on rows already");

    SmallVector<int64_t> shape(vector.getShape().take_front(cut));
    SmallVector<int64_t> strides = computeStrides(shape);
    SmallVector<SmallVector<int64_t>> positions;
    SmallVector<SmallVector<Value>> parts(op->getNumResults());
    for (int64_t linear = 0, count = computeProduct(shape); linear < count; ++linear) {
      positions.push_back(delinearize(linear, strides));
      Operation *part = clonePart(rewriter, op, positions.back());
      for (auto [list, result] : llvm::zip_equal(parts, part->getResults()))
        list.push_back(result);
    }
    SmallVector<Value> results;
    for (auto [list, result] : llvm::zip_equal(parts, op->getResults()))
      results.push_back(
          assemble(rewriter, op->getLoc(), cast<VectorType>(result.getType()), list, positions));
    rewriter.replaceOp(op, results);
    return success();
  }
};
} // namespace

void ashlar::populateElementwiseUnrollingPatterns(RewritePatternSet &patterns) {
  patterns.add<UnrollElementwise>(patterns.getContext());
}
