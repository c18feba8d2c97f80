//===-- StageIndex.cpp - which stage of a buffer an index selects ------------===//
//
// Index arithmetic is evaluated for every value that a loop-carried stage index can have.
//
//===-----------------------------------------------------------------------===//
#include "StageIndex.h"
#include "IndexEvaluator.h"

using namespace mlir;
using namespace ashlar;
using namespace ashlar::tile;

/// More stages than this no buffer has; evaluating them all is cheap.
static constexpr int64_t maxStages = 64;

/// The value of `value` when `argument` has the value `at`; nothing if it depends on anything else.
static std::optional<int64_t> evaluate(Value value, Value argument, int64_t at) {
  IndexEvaluator evaluator;
  evaluator.set(argument, at);
  return evaluator.evaluate(value);
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
  if (std::optional<int64_t> constant = IndexEvaluator().evaluate(index))
    return {StageIndex::Kind::Constant, *constant, {}};
  BlockArgument carried = findCarried(index);
  if (!carried || stages < 1 || stages > maxStages)
    return {};
  auto loop = cast<scf::ForOp>(carried.getOwner()->getParentOp());
  unsigned number = carried.getArgNumber() - loop.getNumInductionVars();
  std::optional<int64_t> first = IndexEvaluator().evaluate(loop.getInitArgs()[number]);
  std::optional<int64_t> step =
      evaluateRotation(loop.getBody()->getTerminator()->getOperand(number), carried, stages);
  std::optional<int64_t> shift = evaluateRotation(index, carried, stages);
  if (!first || *first < 0 || *first >= stages || step != 1 % stages || !shift)
    return {};
  return {StageIndex::Kind::Rotating, (*first + *shift) % stages, loop};
}
