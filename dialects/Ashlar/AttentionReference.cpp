//===-- AttentionReference.cpp - What attention computes ------------------===//
//
// The decomposition of ashlar.attention: a loop over batches and heads around plain two-dimensional steps, so
// that only one head's scores exist at a time.
//
//===----------------------------------------------------------------------===//

#include "dialects/Ashlar/Ashlar.h"
#include "dialects/Ashlar/ReferenceBuilder.h"
#include "dialects/Ashlar/Verification.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <limits>

using namespace mlir;
using namespace ashlar::ash;

static constexpr double minusInfinity = -std::numeric_limits<double>::infinity();

/// The matrix of one batch and one head.
static Value sliceHead(ReferenceBuilder &builder, Value tensor, OpFoldResult batch, OpFoldResult head) {
  OpFoldResult zero = builder.getIndexAttr(0), one = builder.getIndexAttr(1);
  return builder.slice(tensor, {batch, head, zero, zero},
                       {one, one, builder.size(tensor, 2), builder.size(tensor, 3)}, 2);
}

/// The mask's matrix for a batch and a head, [Sq or 1, Sk], or null.
static Value sliceMask(ReferenceBuilder &builder, AttentionOp op, Value batch, Value head) {
  if (!op.getMask())
    return {};
  auto position = [&](int64_t dim, Value index) -> OpFoldResult {
    return op.getMaskType().getDimSize(dim) == 1 ? OpFoldResult(builder.getIndexAttr(0))
                                                 : OpFoldResult(index);
  };
  return sliceHead(builder, op.getMask(), position(0, batch), position(1, head));
}

/// scale * query key^T, [Sq, Sk] in f32, before any mask.
static Value computeScores(ReferenceBuilder &builder, Value query, Value key) {
  Type f32 = builder.getF32Type();
  AffineExpr i = builder.dim(0), d = builder.dim(1), j = builder.dim(2);
  Value keyTransposed = builder.compute({builder.size(key, 1), builder.size(key, 0)}, f32,
                                        {{key, builder.map(2, {builder.dim(1), builder.dim(0)})}},
                                        [&](ValueRange values) { return builder.convert(values[0], f32); });
  return builder.contract({builder.size(query, 0), builder.size(key, 0)}, builder.map(3, {i, j}),
                          {query, builder.map(3, {i, d})}, {keyTransposed, builder.map(3, {d, j})});
}

/// Whether query i may see key j: j <= i + Sk - Sq.
static Value isCausal(ReferenceBuilder &builder, Value queryLength, Value keyLength) {
  Value i = linalg::IndexOp::create(builder, 0), j = linalg::IndexOp::create(builder, 1);
  // Both sides moved so that nothing is negative.
  Value left = arith::AddIOp::create(builder, j, queryLength),
        right = arith::AddIOp::create(builder, i, keyLength);
  return arith::CmpIOp::create(builder, arith::CmpIPredicate::sle, left, right);
}

/// Steps 1 to 4 of the operation's description, after the product.
static Value maskScores(ReferenceBuilder &builder, AttentionOp op, Value scores, Value mask) {
  Type f32 = builder.getF32Type();
  TensorSizes sizes = builder.sizes(scores);
  Value queryLength = builder.index(sizes[0]), keyLength = builder.index(sizes[1]);
  SmallVector<ReferenceBuilder::Operand> inputs = {{scores}};
  if (mask) {
    bool isBroadcast = tensorTypeOf(mask).getDimSize(0) == 1;
    AffineExpr row = isBroadcast ? builder.getAffineConstantExpr(0) : builder.dim(0);
    inputs.push_back({mask, builder.map(2, {row, builder.dim(1)})});
  }
  return builder.compute(sizes, f32, inputs, [&](ValueRange values) {
    Value lowest = builder.number(f32, minusInfinity);
    Value score = builder.multiply(values[0], builder.number(f32, op.getScaleOrDefault()));
    if (std::optional<APFloat> softcap = op.getSoftcap()) {
      Value cap = builder.number(f32, softcap->convertToFloat());
      score =
          builder.multiply(cap, math::TanhOp::create(builder, arith::DivFOp::create(builder, score, cap)));
    }
    if (op.isMaskBoolean())
      score = arith::SelectOp::create(builder, values[1], score, lowest);
    else if (mask)
      score = builder.add(score, builder.convert(values[1], f32));
    if (op.getCausal())
      score = arith::SelectOp::create(builder, isCausal(builder, queryLength, keyLength), score, lowest);
    return score;
  });
}

namespace {
/// A head's softmax before the division: p = exp(s - shift), and for each row its shift and its sum of p.
struct Softmax {
  Value weights, shift, sum;
};
} // namespace

static Softmax computeSoftmax(ReferenceBuilder &builder, Value scores) {
  Type f32 = builder.getF32Type();
  TensorSizes sizes = builder.sizes(scores), rows = {sizes[0]};
  AffineMap row = builder.map(2, {builder.dim(0)});
  Value highest =
      builder.accumulate({builder.filled(rows, f32, minusInfinity), row}, {{scores}}, [&](ValueRange values) {
        return arith::MaximumFOp::create(builder, values[0], values[1]);
      });
  // Where nothing may be attended to the maximum is minus infinity, and subtracting it would not give a
  // number.
  Value shift = builder.compute(rows, f32, {{highest}}, [&](ValueRange values) {
    Value lowest = builder.number(f32, minusInfinity), zero = builder.number(f32, 0);
    Value isMasked = arith::CmpFOp::create(builder, arith::CmpFPredicate::OEQ, values[0], lowest);
    return arith::SelectOp::create(builder, isMasked, zero, values[0]);
  });
  Value weights = builder.compute(sizes, f32, {{scores}, {shift, row}}, [&](ValueRange values) {
    return math::ExpOp::create(builder, builder.subtract(values[0], values[1]));
  });
  Value sum = builder.accumulate({builder.filled(rows, f32, 0), row}, {{weights}},
                                 [&](ValueRange values) { return builder.add(values[1], values[0]); });
  return {weights, shift, sum};
}

/// (weights value) / sum, and 0 in rows whose sum is 0.
static Value computeOutput(ReferenceBuilder &builder, const Softmax &softmax, Value value, Type elementType) {
  Type f32 = builder.getF32Type();
  AffineExpr i = builder.dim(0), j = builder.dim(1), e = builder.dim(2);
  TensorSizes sizes = {builder.size(softmax.weights, 0), builder.size(value, 1)};
  Value weighted = builder.contract(sizes, builder.map(3, {i, e}), {softmax.weights, builder.map(3, {i, j})},
                                    {builder.convertTensor(value, f32), builder.map(3, {j, e})});
  Value sum = softmax.sum;
  return builder.compute(
      sizes, elementType, {{weighted}, {sum, builder.map(2, {i})}}, [&](ValueRange values) {
        Value zero = builder.number(f32, 0);
        Value isEmpty = arith::CmpFOp::create(builder, arith::CmpFPredicate::OEQ, values[1], zero);
        Value quotient = arith::DivFOp::create(builder, values[0], values[1]);
        return builder.convert(arith::SelectOp::create(builder, isEmpty, zero, quotient), elementType);
      });
}

/// log(sum) + shift; the logarithm of 0 is minus infinity, which is what an empty row shall have.
static Value computeLogSumExp(ReferenceBuilder &builder, const Softmax &softmax) {
  return builder.compute(
      builder.sizes(softmax.sum), builder.getF32Type(), {{softmax.sum}, {softmax.shift}},
      [&](ValueRange values) { return builder.add(math::LogOp::create(builder, values[0]), values[1]); });
}

FailureOr<SmallVector<Value>> AttentionOp::decompose(OpBuilder &opBuilder) {
  ReferenceBuilder builder(opBuilder, getLoc());
  OpFoldResult batches = builder.size(getQuery(), 0), queryLength = builder.size(getQuery(), 2);
  OpFoldResult heads = builder.getIndexAttr(getQueryHeads()), valueSize = builder.size(getValue(), 3);
  OpFoldResult zero = builder.getIndexAttr(0), one = builder.getIndexAttr(1);
  Type elementType = getOutputType().getElementType();
  SmallVector<Value> results = {builder.empty({batches, heads, queryLength, valueSize}, elementType)};
  if (getLogSumExp())
    results.push_back(builder.empty({batches, heads, queryLength}, builder.getF32Type()));

  auto computeHead = [&](OpBuilder &nested, Location, ValueRange indices,
                         ValueRange sofar) -> scf::ValueVector {
    OpBuilder::InsertionGuard guard(builder);
    builder.restoreInsertionPoint(nested.saveInsertionPoint());
    Value batch = indices[0], head = indices[1];
    Value keyHead =
        arith::DivUIOp::create(builder, head, builder.index(builder.getIndexAttr(getGroupSize())));
    Value scores = computeScores(builder, sliceHead(builder, getQuery(), batch, head),
                                 sliceHead(builder, getKey(), batch, keyHead));
    scores = maskScores(builder, *this, scores, sliceMask(builder, *this, batch, head));
    Softmax softmax = computeSoftmax(builder, scores);
    Value output =
        computeOutput(builder, softmax, sliceHead(builder, getValue(), batch, keyHead), elementType);
    scf::ValueVector updated = {
        builder.insert(output, sofar[0], {batch, head, zero, zero}, {one, one, queryLength, valueSize})};
    if (getLogSumExp())
      updated.push_back(builder.insert(computeLogSumExp(builder, softmax), sofar[1], {batch, head, zero},
                                       {one, one, queryLength}));
    return updated;
  };
  Value zeroIndex = builder.index(zero), oneIndex = builder.index(one);
  scf::LoopNest loops = scf::buildLoopNest(builder, getLoc(), {zeroIndex, zeroIndex},
                                           {builder.index(batches), builder.index(heads)},
                                           {oneIndex, oneIndex}, results, computeHead);
  SmallVector<Value> computed;
  for (auto [value, type] : llvm::zip_equal(loops.results, getResultTypes()))
    computed.push_back(builder.as(value, type));
  return computed;
}
