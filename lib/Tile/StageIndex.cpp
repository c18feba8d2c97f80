//===-- StageIndex.cpp - which stage of a buffer an index selects ------------===//
//
// A small evaluator of index arithmetic, applied to every value that a loop-carried stage index can have.
//
//===-----------------------------------------------------------------------===//
#include "StageIndex.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

/// More stages than this no buffer has; evaluating them all is cheap.
static constexpr int64_t maxStages = 64;

static std::optional<int64_t> getConstant(Value value) {
  APInt constant;
  if (!matchPattern(value, m_ConstantInt(&constant)) || constant.getBitWidth() > 64)
    return std::nullopt;
  return constant.getBitWidth() == 1 ? constant.getZExtValue() : constant.getSExtValue();
}

/// The result of a binary operation; nothing for those that are not needed for indices.
static std::optional<int64_t> evaluateBinary(Operation *op, int64_t lhs, int64_t rhs) {
  return TypeSwitch<Operation *, std::optional<int64_t>>(op)
      .Case([&](arith::AddIOp) { return lhs + rhs; })
      .Case([&](arith::SubIOp) { return lhs - rhs; })
      .Case([&](arith::MulIOp) { return lhs * rhs; })
      .Case([&](arith::XOrIOp) { return lhs ^ rhs; })
      .Case([&](arith::AndIOp) { return lhs & rhs; })
      .Case<arith::RemUIOp, arith::RemSIOp>(
          [&](Operation *) { return lhs >= 0 && rhs > 0 ? std::optional(lhs % rhs) : std::nullopt; })
      .Case([&](arith::CmpIOp compare) -> std::optional<int64_t> {
        return arith::applyCmpPredicate(compare.getPredicate(), APInt(64, lhs, /*isSigned=*/true),
                                        APInt(64, rhs, /*isSigned=*/true));
      })
      .Default([](Operation *) { return std::nullopt; });
}

/// The value of `value` when `argument` has the value `at`; nothing if it depends on anything else.
static std::optional<int64_t> evaluate(Value value, Value argument, int64_t at, int depth = 0) {
  if (value == argument)
    return at;
  if (std::optional<int64_t> constant = getConstant(value))
    return constant;
  Operation *op = value.getDefiningOp();
  if (!op || depth > 16)
    return std::nullopt;
  auto operand = [&](unsigned i) { return evaluate(op->getOperand(i), argument, at, depth + 1); };
  if (isa<arith::SelectOp>(op)) {
    std::optional<int64_t> condition = operand(0);
    return condition ? operand(*condition ? 1 : 2) : std::nullopt;
  }
  if (isa<arith::IndexCastOp, arith::IndexCastUIOp>(op))
    return operand(0);
  if (op->getNumOperands() != 2)
    return std::nullopt;
  std::optional<int64_t> lhs = operand(0), rhs = operand(1);
  return lhs && rhs ? evaluateBinary(op, *lhs, *rhs) : std::nullopt;
}

/// The k for which value(argument) = (argument + k) mod `stages`, for every argument in [0, stages).
static std::optional<int64_t> evaluateRotation(Value value, Value argument, int64_t stages) {
  std::optional<int64_t> rotation = evaluate(value, argument, 0);
  if (!rotation || *rotation < 0)
    return std::nullopt;
  for (int64_t at = 0; at < stages; ++at)
    if (evaluate(value, argument, at) != (at + *rotation) % stages)
      return std::nullopt;
  return rotation;
}

/// The only loop-carried value that `value` is computed from.
static BlockArgument findCarried(Value value, int depth = 0) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return isa<scf::ForOp>(argument.getOwner()->getParentOp()) && argument.getArgNumber() > 0
               ? argument
               : BlockArgument();
  Operation *op = value.getDefiningOp();
  if (!op || depth > 16)
    return {};
  for (Value operand : op->getOperands())
    if (BlockArgument found = findCarried(operand, depth + 1))
      return found;
  return {};
}

StageIndex tile::analyzeStageIndex(Value index, int64_t stages) {
  if (std::optional<int64_t> constant = getConstant(index))
    return {StageIndex::Kind::Constant, *constant, {}};
  BlockArgument carried = findCarried(index);
  if (!carried || stages < 1 || stages > maxStages)
    return {};
  auto loop = cast<scf::ForOp>(carried.getOwner()->getParentOp());
  unsigned number = carried.getArgNumber() - loop.getNumInductionVars();
  std::optional<int64_t> first = getConstant(loop.getInitArgs()[number]);
  std::optional<int64_t> step =
      evaluateRotation(loop.getBody()->getTerminator()->getOperand(number), carried, stages);
  std::optional<int64_t> shift = evaluateRotation(index, carried, stages);
  if (!first || *first < 0 || *first >= stages || step != 1 % stages || !shift)
    return {};
  return {StageIndex::Kind::Rotating, (*first + *shift) % stages, loop};
}
